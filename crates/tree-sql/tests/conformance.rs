//! The laws of the contracts, on each engine.

#![allow(clippy::unwrap_used, reason = "a fixture that cannot be made fails its test")]

use std::sync::Arc;

use allmende_sql::{Engine, testing::Fixture};
use allmende_storage::{LockStore, Tree};
use allmende_tree_sql::{SqlTree, TreeOptions};
use allmende_types::NamePolicy;

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
