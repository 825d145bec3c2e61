//! The laws of the contracts, on each engine.

#![allow(clippy::unwrap_used, reason = "a fixture that cannot be made fails its test")]

use std::sync::Arc;

use allmende_events::Events;
use allmende_sql::{Engine, testing::Fixture};
use allmende_storage::{
    LockStore, Tree,
    conformance::{EventLog, ToldTree},
};
use allmende_tree_sql::{SqlTree, TreeOptions};
use allmende_types::{NamePolicy, NewEvent, SpaceId, Stream};

async fn open(engine: Engine, policy: NamePolicy) -> Option<(SqlTree, Fixture)> {
    let fixture = Fixture::new(engine).await?;
    let mut options = TreeOptions::default();
    options.policy = policy;
    let tree = SqlTree::open(fixture.open().await, options).await.unwrap();
    Some((tree, fixture))
}

async fn tree(engine: Engine, policy: NamePolicy) -> Option<(Arc<dyn Tree>, Fixture)> {
    let (tree, fixture) = open(engine, policy).await?;
    Some((Arc::new(tree), fixture))
}

type Both = (Arc<dyn Tree>, Arc<dyn LockStore>);

async fn both(engine: Engine, policy: NamePolicy) -> Option<(Both, Fixture)> {
    let (tree, fixture) = open(engine, policy).await?;
    Some(((Arc::new(tree.clone()), Arc::new(tree)), fixture))
}

#[derive(Debug)]
struct Log(Events);

#[async_trait::async_trait]
impl EventLog for Log {
    async fn told(&self, space: SpaceId) -> Vec<(i64, NewEvent)> {
        let stream = Stream::Space(space);
        assert_eq!(self.0.gaps(stream).await.unwrap(), []);
        let all = self.0.of_stream(stream, None, 1000).await.unwrap();
        all.into_iter().map(|event| (event.seq, event.fact)).collect()
    }
}

async fn told(engine: Engine, policy: NamePolicy) -> Option<(ToldTree, Fixture)> {
    let fixture = Fixture::new(engine).await?;
    let sql = fixture.open().await;
    let mut options = TreeOptions::default();
    options.policy = policy;
    let tree = SqlTree::open(sql.clone(), options).await.unwrap();
    Some(((Arc::new(tree), Arc::new(Log(Events::new(sql)))), fixture))
}

macro_rules! on {
    ($name:ident, $engine:expr) => {
        mod $name {
            use super::*;

            async fn tree(policy: NamePolicy) -> Option<(Arc<dyn Tree>, Fixture)> {
                super::tree($engine, policy).await
            }

            async fn locks(policy: NamePolicy) -> Option<(Both, Fixture)> {
                super::both($engine, policy).await
            }

            async fn told(policy: NamePolicy) -> Option<(ToldTree, Fixture)> {
                super::told($engine, policy).await
            }

            mod of_events {
                use super::told;
                allmende_storage::event_conformance!(told);
            }

            mod of_tree {
                use super::tree;
                allmende_storage::tree_conformance!(tree);
            }

            mod of_locks {
                use super::locks;
                allmende_storage::lock_store_conformance!(locks);
            }
        }
    };
}

on!(sqlite, Engine::Sqlite);
on!(postgres, Engine::Postgres);
