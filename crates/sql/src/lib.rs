//! One handle over SQLite and PostgreSQL: batches of statements with expectations
