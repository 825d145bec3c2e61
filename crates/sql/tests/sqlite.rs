//! What only SQLite has: group commit, the file and its limits.

// Helpers of tests may fail like tests.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use allmende_sql::{
    Batch, ErrorKind, Expect, Migration, Migrations, Sql, SqliteOptions, Statement, params,
};

const SCHEMA: Migrations = Migrations {
    component: "test",
    steps: &[Migration::new(1, "t", "CREATE TABLE t (id BIGINT PRIMARY KEY, data BLOB);")],
};

async fn open(folder: &tempfile::TempDir, set: impl FnOnce(&mut SqliteOptions)) -> Sql {
    let mut options = SqliteOptions::new(folder.path().join("t.db"));
    set(&mut options);
    Sql::open_sqlite(options).await.unwrap()
}

fn insert(id: i64, bytes: usize) -> Batch {
    let statement = "INSERT INTO t (id, data) VALUES ($1, $2)";
    Batch::one(Statement::new(statement, params![id, vec![7; bytes]]), Expect::ONE)
}

async fn ids(sql: &Sql) -> Vec<i64> {
    let rows = sql.read(Statement::new("SELECT id FROM t ORDER BY id", vec![])).await.unwrap();
    rows.iter().map(|row| row.int(0).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_wait_share_a_flush_and_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let sql = open(&folder, |o| o.flush_delay = Some(Duration::from_millis(30))).await;
    sql.migrate(&[SCHEMA]).await.unwrap();
    let before = sql.stats();
    // Every fourth batch collides with the one before it.
    let writers: Vec<_> = (0..32)
        .map(|n: i64| {
            let sql = sql.clone();
            let id = if n % 4 == 3 { 2 } else { n };
            tokio::spawn(async move { sql.write(insert(id, 10)).await.map_err(|e| e.kind()) })
        })
        .collect();
    let mut failed = 0;
    for writer in writers {
        match writer.await.unwrap() {
            Ok(outcomes) => assert_eq!(outcomes[0].affected, 1),
            Err(kind) => {
                assert_eq!(kind, ErrorKind::Constraint);
                failed += 1;
            }
        }
    }
    assert_eq!(failed, 8);
    assert_eq!(ids(&sql).await, (0..32).filter(|n| n % 4 != 3).collect::<Vec<_>>());
    let done = sql.stats() - before;
    assert_eq!(done.batches, 32);
    assert!(done.commits <= 4, "{done:?}");
}

#[tokio::test]
async fn what_was_acknowledged_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let sql = open(&folder, |_| {}).await;
    sql.migrate(&[SCHEMA]).await.unwrap();
    for n in 0..5 {
        sql.write(insert(n, 10)).await.unwrap();
        // The files as they are now are what a crash would leave.
        let crashed = tempfile::tempdir().unwrap();
        for name in ["t.db", "t.db-wal"] {
            std::fs::copy(folder.path().join(name), crashed.path().join(name)).unwrap();
        }
        assert_eq!(ids(&open(&crashed, |_| {}).await).await, (0..=n).collect::<Vec<_>>());
    }
    sql.close().await;
    assert_eq!(ids(&open(&folder, |_| {}).await).await, [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn a_full_database_is_told_and_stays_sound() {
    let folder = tempfile::tempdir().unwrap();
    let sql = open(&folder, |o| o.max_bytes = Some(200_000)).await;
    sql.migrate(&[SCHEMA]).await.unwrap();
    sql.write(insert(1, 1000)).await.unwrap();
    let failed = sql.write(insert(2, 1_000_000)).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Full, "{failed}");
    assert!(!failed.is_retryable());
    sql.write(insert(3, 1000)).await.unwrap();
    assert_eq!(ids(&sql).await, [1, 3]);
}

#[tokio::test]
async fn readers_do_not_write() {
    let folder = tempfile::tempdir().unwrap();
    let sql = open(&folder, |_| {}).await;
    sql.migrate(&[SCHEMA]).await.unwrap();
    let delete = Statement::new("DELETE FROM t", vec![]);
    for statement in [delete.clone(), delete.point()] {
        assert_eq!(sql.read(statement).await.unwrap_err().kind(), ErrorKind::ReadOnly);
    }
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    std::fs::write(&path, [b'x'; 8192]).unwrap();
    let failed = Sql::open_sqlite(SqliteOptions::new(&path)).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Corrupt);
    let nowhere = Sql::open_sqlite(SqliteOptions::new(folder.path().join("a/b.db"))).await;
    assert_eq!(nowhere.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_handles_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (open(&folder, |_| {}).await, open(&folder, |_| {}).await);
    a.migrate(&[SCHEMA]).await.unwrap();
    let write = |sql: Sql, first: i64| async move {
        for n in 0..50 {
            sql.write(insert(first + n, 10)).await.unwrap();
        }
    };
    let (one, two) = (tokio::spawn(write(a.clone(), 0)), tokio::spawn(write(b, 50)));
    one.await.unwrap();
    two.await.unwrap();
    assert_eq!(ids(&a).await, (0..100).collect::<Vec<_>>());
}
