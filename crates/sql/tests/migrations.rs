//! Schemas: forward, together, and never with an unknown one.

// Helpers of tests may fail like tests.
#![allow(clippy::unwrap_used)]

use allmende_sql::{Batch, ErrorKind, Expect, Migration, Migrations, Sql, Statement, every_engine};

const FIRST: Migration =
    Migration::new(1, "notes", "CREATE TABLE notes (id AUTO_ID, body TEXT NOT NULL);");
const SECOND: Migration = Migration::new(
    2,
    "colour",
    "ALTER TABLE notes ADD COLUMN colour BIGINT; CREATE INDEX notes_colour ON notes (colour);",
);
const BROKEN: Migration =
    Migration::new(3, "broken", "CREATE TABLE more (id AUTO_ID); CREATE NONSENSE;");

const V1: Migrations = Migrations { component: "notes", steps: &[FIRST] };
const V2: Migrations = Migrations { component: "notes", steps: &[FIRST, SECOND] };
const V3: Migrations = Migrations { component: "notes", steps: &[FIRST, SECOND, BROKEN] };
const RENAMED: Migrations =
    Migrations { component: "other", steps: &[Migration::new(1, "x", "SELECT 1")] };
const OTHER: Migrations = Migrations {
    component: "other",
    steps: &[Migration::per_engine(
        1,
        "own words",
        "CREATE TABLE other (id INTEGER PRIMARY KEY, engine TEXT NOT NULL DEFAULT 'sqlite') STRICT",
        "CREATE TABLE other (id BIGINT PRIMARY KEY, engine TEXT NOT NULL DEFAULT 'postgres')",
    )],
};

async fn count(sql: &Sql, query: &'static str) -> Result<i64, ErrorKind> {
    let rows = sql.read(Statement::new(query, vec![])).await.map_err(|e| e.kind())?;
    rows.one().unwrap().int(0).map_err(|e| e.kind())
}

const NOTES: &str = "SELECT count(*) FROM notes WHERE colour IS NULL";
const STEPS: &str = "SELECT count(*) FROM schema_versions WHERE component <> 'sql'";

every_engine! {
    async fn steps_are_taken_once(sql: Sql) {
        sql.migrate(&[V1]).await.unwrap();
        let add = Statement::new("INSERT INTO notes (body) VALUES ('old')", vec![]);
        sql.write(Batch::one(add, Expect::ONE)).await.unwrap();
        assert_eq!(count(&sql, NOTES).await, Err(ErrorKind::Invalid));
        for _ in 0..2 {
            sql.migrate(&[V2, OTHER]).await.unwrap();
            assert_eq!((count(&sql, NOTES).await, count(&sql, STEPS).await), (Ok(1), Ok(3)));
        }
    }

    async fn a_failing_step_leaves_nothing(sql: Sql) {
        sql.migrate(&[V1]).await.unwrap();
        let failed = sql.migrate(&[OTHER, V3]).await.unwrap_err();
        assert_eq!(failed.kind(), ErrorKind::Invalid);
        assert_eq!(count(&sql, STEPS).await, Ok(1));
        assert_eq!(count(&sql, "SELECT count(*) FROM other").await, Err(ErrorKind::Invalid));
        sql.migrate(&[V2]).await.unwrap();
        assert_eq!(count(&sql, NOTES).await, Ok(0));
    }

    async fn an_unknown_version_is_refused(sql: Sql) {
        sql.migrate(&[V2, OTHER]).await.unwrap();
        let failed = sql.migrate(&[V1]).await.unwrap_err();
        assert_eq!(failed.kind(), ErrorKind::Schema);
        assert_eq!(
            failed.to_string(),
            "notes has schema version 2 (colour), and this program knows versions up to 1: use a newer program: unknown schema"
        );
        assert_eq!(sql.migrate(&[RENAMED]).await.unwrap_err().kind(), ErrorKind::Schema);
        // A component that this program does not have is not its business.
        sql.migrate(&[V2]).await.unwrap();
    }

    async fn nonsense_is_refused_before_anything_happens(sql: Sql) {
        let backwards = Migrations { component: "notes", steps: &[SECOND, FIRST] };
        for wrong in [vec![backwards], vec![V1, V2]] {
            assert_eq!(sql.migrate(&wrong).await.unwrap_err().kind(), ErrorKind::Invalid);
        }
        assert_eq!(count(&sql, STEPS).await, Err(ErrorKind::Invalid));
    }

    async fn several_servers_start_at_once(fixture: Fixture) {
        let mut starts = Vec::new();
        for _ in 0..4 {
            let sql = fixture.open().await;
            starts.push(tokio::spawn(async move { sql.migrate(&[V2, OTHER]).await }));
        }
        for start in starts {
            start.await.unwrap().unwrap();
        }
        assert_eq!(count(&fixture.open().await, STEPS).await, Ok(3));
    }

    async fn statements_outlive_a_migration_by_another(fixture: Fixture) {
        let (old, new) = (fixture.open().await, fixture.open().await);
        old.migrate(&[V1]).await.unwrap();
        let all = || Statement::new("SELECT * FROM notes", vec![]);
        assert_eq!(old.read(all()).await.unwrap().columns(), 2);
        new.migrate(&[V2]).await.unwrap();
        assert_eq!(old.read(all()).await.unwrap().columns(), 3);
        assert_eq!(old.write(Batch::one(all(), Expect::None)).await.unwrap().len(), 1);
    }

    async fn a_schema_as_it_was_can_be_laid_and_brought_up_to_date(sql: Sql) {
        assert_eq!((V2.newest(), V2.up_to(1).newest(), V2.up_to(0).newest()), (2, 1, 0));
        sql.migrate(&[V2.up_to(1)]).await.unwrap();
        let all = || Statement::new("SELECT * FROM notes", vec![]);
        assert_eq!(sql.read(all()).await.unwrap().columns(), 2);
        sql.migrate(&[V2.up_to(9)]).await.unwrap();
        assert_eq!(sql.read(all()).await.unwrap().columns(), 3);
    }

    async fn numbers_are_never_given_twice(sql: Sql) {
        sql.migrate(&[V1]).await.unwrap();
        let mut given = Vec::new();
        for _ in 0..3 {
            let add = Statement::new("INSERT INTO notes (body) VALUES ('x') RETURNING id", vec![]);
            let clear = Statement::new("DELETE FROM notes", vec![]);
            let outcomes = sql.write([add, clear].into_iter().collect()).await.unwrap();
            given.push(outcomes[0].rows.one().unwrap().int(0).unwrap());
        }
        assert_eq!(given, [1, 2, 3]);
    }
}
