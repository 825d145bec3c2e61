//! The tree of files, its locks and its change feed in SQL
