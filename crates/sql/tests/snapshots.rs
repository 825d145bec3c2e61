//! A snapshot shows one state, and hinders nobody.

#![allow(clippy::unwrap_used, reason = "a test")]

use allmende_sql::{Batch, Sql, Statement, every_engine, params};

async fn write(sql: &Sql, text: &'static str) {
    sql.write(Batch::from_iter([Statement::new(text, params![])])).await.unwrap();
}

every_engine! {
    async fn what_is_written_later_is_not_seen(sql: Sql) {
        write(&sql, "CREATE TABLE t (n BIGINT NOT NULL)").await;
        write(&sql, "INSERT INTO t (n) VALUES (1)").await;
        let snapshot = sql.snapshot().await.unwrap();
        assert_eq!(snapshot.engine(), sql.engine());
        write(&sql, "INSERT INTO t (n) VALUES (2)").await;
        write(&sql, "UPDATE t SET n = 7 WHERE n = 1").await;
        for _ in 0..2 {
            let sum = Statement::new("SELECT CAST(sum(n) AS BIGINT) FROM t WHERE n > $1", params![0]);
            assert_eq!(snapshot.read(sum).await.unwrap().one().unwrap().int(0).unwrap(), 1);
        }
        drop(snapshot);
        let sum = Statement::new("SELECT CAST(sum(n) AS BIGINT) FROM t", params![]);
        let now = sql.snapshot().await.unwrap();
        assert_eq!(now.read(sum).await.unwrap().one().unwrap().int(0).unwrap(), 9);
        let bad = now.read(Statement::new("SELECT n FROM t WHERE n = $1", params![])).await;
        assert_eq!(bad.unwrap_err().kind(), allmende_sql::ErrorKind::Invalid);
    }
}
