//! Batches: all or nothing, on both engines.

// Helpers of tests may fail like tests.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use allmende_sql::{
    Batch, ErrorKind, Expect, Migration, Migrations, Sql, Statement, Value, every_engine, params,
};

const SCHEMA: Migrations = Migrations {
    component: "test",
    steps: &[Migration::new(
        1,
        "items",
        "CREATE TABLE items (id BIGINT PRIMARY KEY, name TEXT UNIQUE, data BLOB, parent BIGINT REFERENCES items (id));
         CREATE TABLE numbered (id AUTO_ID, name TEXT NOT NULL);
         CREATE TABLE counters (id INTEGER PRIMARY KEY, n BIGINT NOT NULL CHECK (n >= 0));
         INSERT INTO counters (id, n) VALUES (1, 0);",
    )],
};

fn insert(id: i64, name: &str) -> Statement {
    Statement::new("INSERT INTO items (id, name) VALUES ($1, $2)", params![id, name])
}

async fn names(sql: &Sql) -> Vec<String> {
    let rows = sql.read(Statement::new("SELECT name FROM items ORDER BY name", vec![])).await;
    rows.unwrap().iter().map(|row| row.text(0).unwrap().to_owned()).collect()
}

every_engine! {
    async fn values_come_back_as_they_went(sql: Sql) {
        sql.migrate(&[SCHEMA]).await.unwrap();
        let add = "INSERT INTO items (id, name, data, parent) VALUES ($1, $2, $3, $4)";
        sql.write(Batch::from_iter([
            // Nulls first: the types of the parameters are not known from the values.
            Statement::new(add, params![1, None::<&str>, None::<&[u8]>, None::<i64>]),
            Statement::new(add, params![i64::MAX, "straße 𝄞 $1 ?", b"\0\xff", 1]),
        ])).await.unwrap();
        let all = "SELECT id, name, data, parent FROM items ORDER BY id";
        let rows = sql.read(Statement::new(all, vec![])).await.unwrap();
        assert_eq!((rows.len(), rows.columns()), (2, 4));
        assert!((1..4).all(|column| rows.get(0).unwrap().is_null(column).unwrap()));
        let row = rows.get(1).unwrap();
        assert_eq!(row.int(0).unwrap(), i64::MAX);
        assert_eq!(row.text(1).unwrap(), "straße 𝄞 $1 ?");
        assert_eq!(row.blob(2).unwrap(), b"\0\xff");
        assert_eq!(row.int(3).unwrap(), 1);
    }

    async fn parameters_are_found_by_number(sql: Sql) {
        let two = "SELECT CAST($2 AS BIGINT) - CAST($1 AS BIGINT), '$1', CAST($1 AS BIGINT)";
        for point in [false, true] {
            let statement = Statement::new(two, params![1, 10]);
            let rows = sql.read(if point { statement.point() } else { statement }).await.unwrap();
            let row = rows.one().unwrap();
            assert_eq!((row.int(0).unwrap(), row.text(1).unwrap(), row.int(2).unwrap()), (9, "$1", 1));
        }
        let wrong = sql.read(Statement::new(two, params![1])).await.unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::Invalid);
    }

    async fn names_sort_by_bytes(sql: Sql) {
        sql.migrate(&[SCHEMA]).await.unwrap();
        let batch = (0..).zip(["b", "a", "B", "_", "ä", "a b", "ab", "Z"]).map(|(id, name)| insert(id, name));
        sql.write(batch.collect()).await.unwrap();
        assert_eq!(names(&sql).await, ["B", "Z", "_", "a", "a b", "ab", "b", "ä"]);
    }

    async fn outcomes_tell_what_happened(sql: Sql) {
        sql.migrate(&[SCHEMA]).await.unwrap();
        let outcomes = sql.write(Batch::from_iter([
            insert(1, "a"),
            insert(2, "b"),
            Statement::new("UPDATE items SET data = $1", params![b"x"]),
            Statement::new("DELETE FROM items WHERE id > $1 RETURNING id, name", params![1]),
            Statement::new("SELECT count(*) FROM items", vec![]),
            Statement::new("INSERT INTO numbered (name) VALUES ($1) RETURNING id", params!["n"]),
        ])).await.unwrap();
        let affected: Vec<u64> = outcomes.iter().map(|outcome| outcome.affected).collect();
        assert_eq!(affected, [1, 1, 2, 1, 1, 1]);
        assert_eq!(outcomes[3].rows.one().unwrap().text(1).unwrap(), "b");
        assert_eq!(outcomes[4].rows.one().unwrap().int(0).unwrap(), 1);
        assert_eq!(outcomes[5].rows.one().unwrap().int(0).unwrap(), 1);
        assert!(outcomes[2].rows.is_empty());
        assert!(sql.write(Batch::new()).await.unwrap().is_empty());
    }

    async fn a_broken_expectation_undoes_everything(sql: Sql) {
        sql.migrate(&[SCHEMA]).await.unwrap();
        sql.write(Batch::one(insert(1, "a"), Expect::ONE)).await.unwrap();
        let guard = || Statement::new("SELECT id FROM items WHERE name = $1", params!["a"]);
        let cases = [
            (guard(), Expect::None, 1),
            (guard(), Expect::Exactly(2), 1),
            (guard(), Expect::AtMost(0), 1),
            (Statement::new("UPDATE items SET data = $1 WHERE id = $2", params![b"x", 9]), Expect::AtLeast(1), 0),
        ];
        for (statement, expect, got) in cases {
            let mut batch = Batch::new();
            batch.push(insert(2, "b"));
            batch.expect(statement, expect);
            batch.push(insert(3, "c"));
            let failed = sql.write(batch).await.unwrap_err();
            assert_eq!(failed.kind(), ErrorKind::Expectation { statement: 1, got }, "{expect:?}");
            assert_eq!(failed.statement(), Some(1));
            assert!(!failed.is_retryable());
            assert_eq!(names(&sql).await, ["a"]);
        }
        // The connection is sound afterwards.
        let mut batch = Batch::new();
        batch.expect(guard(), Expect::AtMost(1));
        batch.push(insert(2, "b"));
        sql.write(batch).await.unwrap();
        assert_eq!(names(&sql).await, ["a", "b"]);
    }

    async fn a_failing_statement_undoes_everything(sql: Sql) {
        sql.migrate(&[SCHEMA]).await.unwrap();
        sql.write(Batch::one(insert(1, "a"), Expect::Any)).await.unwrap();
        let orphan = Statement::new("INSERT INTO items (id, parent) VALUES ($1, $2)", params![5, 77]);
        let negative = Statement::new("UPDATE counters SET n = $1", params![-1]);
        let cases = [
            (insert(4, "a"), ErrorKind::Constraint),
            (orphan, ErrorKind::Constraint),
            (negative, ErrorKind::Constraint),
            (Statement::new("INSERT INTO nowhere (id) VALUES (1)", vec![]), ErrorKind::Invalid),
            (Statement::new("NONSENSE", vec![]), ErrorKind::Invalid),
        ];
        for (statement, kind) in cases {
            for last in [Expect::Any, Expect::ONE] {
                let mut batch = Batch::from_iter([insert(2, "b"), statement.clone()]);
                batch.expect(insert(3, "c"), last);
                let failed = sql.write(batch).await.unwrap_err();
                assert_eq!((failed.kind(), failed.statement()), (kind, Some(1)), "{failed}");
                assert_eq!(names(&sql).await, ["a"]);
            }
        }
    }

    async fn lists_have_any_length(sql: Sql) {
        sql.migrate(&[SCHEMA]).await.unwrap();
        sql.write((1..=9).map(|id| insert(id, &format!("n{id}"))).collect()).await.unwrap();
        for wanted in 0..=9 {
            let list = (1..=wanted).map(Value::Int);
            let rows = sql.read(Statement::with_list(
                "SELECT id FROM items WHERE id > $1 AND id IN ($list)", params![0], list,
            )).await.unwrap();
            assert_eq!(rows.len() as i64, wanted);
        }
    }

    async fn writers_do_not_lose_each_others_work(sql: Sql) {
        sql.migrate(&[SCHEMA]).await.unwrap();
        let before = sql.stats();
        let writers: Vec<_> = (0..32).map(|writer| {
            let sql = sql.clone();
            tokio::spawn(async move {
                for n in 0..10 {
                    let mut batch = Batch::new();
                    let next = "UPDATE counters SET n = n + 1 WHERE id = 1 RETURNING n";
                    batch.expect(Statement::new(next, vec![]), Expect::ONE);
                    batch.push(insert(writer * 100 + n, &format!("{writer}-{n}")));
                    let outcomes = sql.write(batch).await.unwrap();
                    let seen = outcomes[0].rows.one().unwrap().int(0).unwrap();
                    // Who has the answer sees the change.
                    let now = sql.read(Statement::new("SELECT n FROM counters", vec![]).point()).await.unwrap();
                    assert!(now.one().unwrap().int(0).unwrap() >= seen);
                }
            })
        }).collect();
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!(names(&sql).await.into_iter().collect::<BTreeSet<_>>().len(), 320);
        let n = sql.read(Statement::new("SELECT n FROM counters", vec![])).await.unwrap();
        assert_eq!(n.one().unwrap().int(0).unwrap(), 320);
        let done = sql.stats() - before;
        assert_eq!((done.batches, done.reads, done.statements), (320, 322, 640 + 322));
    }

    async fn opposite_orders_end_well(sql: Sql) {
        sql.migrate(&[SCHEMA]).await.unwrap();
        sql.write([insert(1, "a"), insert(2, "b")].into_iter().collect()).await.unwrap();
        let touch = |id: i64| Statement::new("UPDATE items SET data = $1 WHERE id = $2", params![b"x", id]);
        let writers: Vec<_> = (0..2).map(|n| {
            let sql = sql.clone();
            let order = if n % 2 == 0 { [1, 2] } else { [2, 1] };
            tokio::spawn(async move {
                for _ in 0..3 {
                    match sql.write(order.map(touch).into_iter().collect()).await {
                        Ok(_) => {}
                        Err(failed) => assert!(failed.is_retryable(), "{failed}"),
                    }
                }
            })
        }).collect();
        for writer in writers {
            writer.await.unwrap();
        }
        sql.write(Batch::one(touch(1), Expect::ONE)).await.unwrap();
    }

    async fn reads_together_see_one_state(sql: Sql) {
        sql.migrate(&[SCHEMA]).await.unwrap();
        let writer = tokio::spawn({
            let sql = sql.clone();
            async move {
                for id in 0..100 {
                    let count = Statement::new("UPDATE counters SET n = n + 1", vec![]);
                    sql.write([insert(id, &id.to_string()), count].into_iter().collect()).await.unwrap();
                }
            }
        });
        while !writer.is_finished() {
            let count = Statement::new("SELECT count(*) FROM items", vec![]);
            let n = Statement::new("SELECT n FROM counters", vec![]);
            for statements in [vec![count.clone(), n.clone()], vec![count.point(), n.point()]] {
                let rows = sql.read_all(statements).await.unwrap();
                let read = |at: usize| rows[at].one().unwrap().int(0).unwrap();
                assert_eq!(read(0), read(1));
            }
        }
        writer.await.unwrap();
        let broken = vec![Statement::new("SELECT 1", vec![]), Statement::new("SELEKT", vec![])];
        let failed = sql.read_all(broken).await.unwrap_err();
        assert_eq!((failed.kind(), failed.statement()), (ErrorKind::Invalid, Some(1)));
        sql.read(Statement::new("SELECT 1", vec![])).await.unwrap();
    }

    async fn a_dropped_caller_does_not_stop_the_batch(sql: Sql) {
        sql.migrate(&[SCHEMA]).await.unwrap();
        let write = sql.write(Batch::from_iter([insert(1, "a"), insert(2, "b")]));
        let given_up = tokio::time::timeout(std::time::Duration::ZERO, write).await;
        drop(given_up);
        for _ in 0..200 {
            if names(&sql).await.len() == 2 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("the batch did not happen");
    }

    async fn a_closed_handle_says_so(sql: Sql) {
        sql.migrate(&[SCHEMA]).await.unwrap();
        let clone = sql.clone();
        clone.write(Batch::one(insert(1, "a"), Expect::ONE)).await.unwrap();
        sql.close().await;
        sql.close().await;
        let read = clone.read(Statement::new("SELECT 1", vec![])).await.unwrap_err();
        let point = clone.read(Statement::new("SELECT 1", vec![]).point()).await.unwrap_err();
        let write = clone.write(Batch::one(insert(2, "b"), Expect::ONE)).await.unwrap_err();
        assert_eq!([read.kind(), point.kind(), write.kind()], [ErrorKind::Closed; 3]);
    }
}
