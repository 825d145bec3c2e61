//! A small installation: people, a group, and files.

#![allow(dead_code, reason = "each test uses some of it")]
#![allow(clippy::unwrap_used)] // Helpers of tests may fail like tests.

use std::sync::Arc;

use allmende_accounts::{Accounts, AccountsOptions, GroupRole, NewPerson, SCHEMA as ACCOUNTS};
use allmende_sharing::{
    Caller, Created, ErrorKind, LinkKey, NewShare, Recipient, SCHEMA, SharedNode, Sharing,
    SharingOptions,
};
use allmende_sql::Sql;
use allmende_storage::{
    Actor, Batch, Expect, MakeFolder, Op, PutFile, RemoveNode, Segment, Target, Tree,
};
use allmende_tree_sql::{SqlTree, TreeOptions};
use allmende_types::{Checksums, GroupId, NodeId, Permissions, Timestamp, UserId};

/// 2027-01-05T12:00:00Z.
pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_799_150_400);

pub(crate) fn user(id: &str) -> UserId {
    id.parse().unwrap()
}

pub(crate) fn group(id: &str) -> GroupId {
    id.parse().unwrap()
}

pub(crate) fn bits(bits: u8) -> Permissions {
    Permissions::from_bits(bits).unwrap()
}

/// Everything that a test needs.
pub(crate) struct World {
    pub(crate) sql: Sql,
    pub(crate) accounts: Accounts,
    pub(crate) tree: Arc<SqlTree>,
    pub(crate) sharing: Sharing,
}

/// People alice, bob, carol and dave; the group staff with bob and carol; the
/// administrator root.
pub(crate) async fn world(sql: Sql) -> World {
    world_with(sql, |_| {}).await
}

pub(crate) async fn world_with(sql: Sql, change: impl FnOnce(&mut SharingOptions)) -> World {
    sql.migrate(&[ACCOUNTS, allmende_events::MIGRATIONS, SCHEMA]).await.unwrap();
    let tree = Arc::new(SqlTree::open(sql.clone(), TreeOptions::default()).await.unwrap());
    let mut options = AccountsOptions::default();
    (options.hash_memory_kib, options.hash_passes) = (8, 1);
    let accounts = Accounts::new(sql.clone(), options).unwrap();
    for id in ["alice", "Bob", "carol", "dave", "root"] {
        let mut new = NewPerson::new(user(id));
        new.display_name = format!("{}{} Rig", id[..1].to_uppercase(), &id[1..]);
        new.email = Some(format!("{}@example.org", id.to_lowercase()));
        accounts.create_person(new, NOW).await.unwrap();
    }
    accounts.create_group(&group("staff"), "The staff").await.unwrap();
    for (id, of) in [("bob", "staff"), ("carol", "staff"), ("root", "admin")] {
        accounts.add_to_group(&group(of), &user(id), GroupRole::Member).await.unwrap();
    }
    let mut options =
        SharingOptions::new(LinkKey::from_bytes([7; 32]), "https://cloud.example.org/");
    change(&mut options);
    let sharing = Sharing::new(sql.clone(), accounts.clone(), tree.clone(), options);
    World { sql, accounts, tree, sharing }
}

impl World {
    /// The root of a person's home.
    pub(crate) async fn home(&self, person: &str) -> NodeId {
        let key = format!("home:{}", person.to_lowercase());
        match self.tree.as_ref().find_space_of(&key).await {
            Some(root) => root,
            None => {
                let new = allmende_storage::NewSpace { key: key.into(), quota: None, now: NOW };
                Tree::create_space(self.tree.as_ref(), new).await.unwrap().root
            }
        }
    }

    pub(crate) async fn folder(&self, parent: NodeId, name: &str) -> NodeId {
        let name = name.parse().unwrap();
        let target = Target { parent, name, expect: Expect::Absent, space: None };
        let make = MakeFolder { target, modified: NOW, created: None };
        self.commit(Op::MakeFolder(make)).await
    }

    pub(crate) async fn file(&self, parent: NodeId, name: &str) -> NodeId {
        let name = name.parse().unwrap();
        let target = Target { parent, name, expect: Expect::Absent, space: None };
        let put = PutFile {
            target,
            segments: Vec::<Segment>::new(),
            media_type: "text/plain".into(),
            checksums: Checksums::none(),
            modified: NOW,
            created: None,
            properties: Vec::new(),
        };
        self.commit(Op::PutFile(put)).await
    }

    pub(crate) async fn rename(&self, node: NodeId, parent: NodeId, name: &str) {
        let name = name.parse().unwrap();
        let target = Target { parent, name, expect: Expect::Absent, space: None };
        let op = allmende_storage::MoveNode::whatever(node, target);
        self.commit(Op::Move(op)).await;
    }

    pub(crate) async fn delete(&self, node: NodeId) {
        self.commit(Op::Remove(RemoveNode::whatever(node))).await;
    }

    async fn commit(&self, op: Op) -> NodeId {
        let batch = Batch::one(Actor::default(), NOW, op);
        Tree::commit(self.tree.as_ref(), batch).await.unwrap().written[0].node.id
    }

    /// Shares, as the person.
    pub(crate) async fn share(
        &self,
        person: &str,
        node: NodeId,
        new: NewShare,
    ) -> allmende_sharing::Result<Created> {
        let person = user(person);
        let node = SharedNode { id: node, path: "d".to_owned() };
        self.sharing.create(Caller { person: &person, now: NOW }, &node, new).await
    }

    pub(crate) async fn rights(&self, person: &str, node: NodeId) -> u8 {
        let rights = self.sharing.rights(&user(person), &[node], NOW).await.unwrap();
        rights[0].permissions().bits()
    }
}

/// A share with a person.
pub(crate) fn with(person: &str, permissions: u8) -> NewShare {
    let mut new = NewShare::new(Recipient::Person(user(person)));
    new.permissions = Some(bits(permissions));
    new
}

/// A share with a group.
pub(crate) fn with_group(id: &str, permissions: u8) -> NewShare {
    let mut new = NewShare::new(Recipient::Group(group(id)));
    new.permissions = Some(bits(permissions));
    new
}

/// A link.
pub(crate) fn link(permissions: u8) -> NewShare {
    let mut new = NewShare::new(Recipient::Link);
    new.permissions = Some(bits(permissions));
    new
}

/// The words of a refusal.
pub(crate) fn words<T>(result: allmende_sharing::Result<T>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(error) => match error.kind() {
            ErrorKind::Refused(refusal) => refusal.to_string(),
            ErrorKind::Team(refusal) => refusal.to_string(),
            ErrorKind::Config(refusal) => refusal.to_string(),
            kind => format!("{kind:?}"),
        },
    }
}

trait FindSpace {
    async fn find_space_of(&self, key: &str) -> Option<NodeId>;
}

impl FindSpace for SqlTree {
    async fn find_space_of(&self, key: &str) -> Option<NodeId> {
        Tree::find_space(self, key).await.unwrap().map(|space| space.root)
    }
}
