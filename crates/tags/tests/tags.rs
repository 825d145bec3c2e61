//! Tags, who may do what with them, and what they mark, on both engines.

#![allow(clippy::unwrap_used)] // Bodies and helpers of tests may fail like tests.

use std::{collections::BTreeSet, sync::Arc};

use allmende_events::Events;
use allmende_sql::{Sql, every_engine};
use allmende_storage::{
    Actor, Batch, Expect, MakeFolder, NewSpace, Op, RemoveNode, Target, Tree, memory::MemoryTree,
};
use allmende_tags::{Assigned, Caller, ErrorKind, NewTag, SCHEMA, Tag, TagId, TagUpdate, Tags};
use allmende_types::{
    EventKind, EventNode, GroupId, NodeId, NodeShape, SpaceId, Stream, Timestamp, UserId,
};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
const SPACE: SpaceId = SpaceId(3);

/// People by their name and groups.
struct Person(UserId, Vec<GroupId>);

impl Person {
    fn new(id: &str, groups: &[&str]) -> Self {
        Self(id.parse().unwrap(), groups.iter().map(|id| id.parse().unwrap()).collect())
    }

    fn caller(&self) -> Caller<'_> {
        Caller { person: &self.0, groups: &self.1, now: NOW }
    }
}

fn alice() -> Person {
    Person::new("alice", &[])
}

fn bob() -> Person {
    Person::new("bob", &["staff"])
}

fn root() -> Person {
    Person::new("root", &["admin"])
}

async fn tags(sql: &Sql) -> Tags {
    sql.migrate(&[allmende_events::MIGRATIONS, SCHEMA]).await.unwrap();
    Tags::new(sql.clone())
}

fn node(id: i64) -> EventNode {
    EventNode {
        space: SPACE,
        node: NodeId(id),
        parent: None,
        name: format!("n{id}").into(),
        shape: NodeShape::File,
        from: None,
    }
}

fn named(name: &str) -> NewTag {
    NewTag::new(name.parse().unwrap())
}

fn restricted(name: &str, group: &str) -> NewTag {
    let mut new = named(name);
    new.assignable = false;
    new.groups = vec![group.parse().unwrap()];
    new
}

fn hidden(name: &str) -> NewTag {
    let mut new = named(name);
    (new.visible, new.assignable) = (false, false);
    new
}

/// What an error says, with its kind where it says nothing for people.
fn words<T>(result: allmende_tags::Result<T>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(error) => match error.kind() {
            ErrorKind::Refused(refusal) => refusal.to_string(),
            kind => format!("{kind:?}"),
        },
    }
}

fn names(tags: &[Tag]) -> Vec<&str> {
    tags.iter().map(|tag| tag.name.as_str()).collect()
}

every_engine! {
    async fn who_makes_and_sees_tags(sql: Sql) {
        let tags = tags(&sql).await;
        let (alice, root) = (alice(), root());
        let plain = tags.create(alice.caller(), named("b"), None).await.unwrap();
        assert_eq!((plain.visible, plain.assignable, plain.revision), (true, true, 1));
        for new in [hidden("h"), restricted("r", "staff")] {
            let refused = words(tags.create(alice.caller(), new.clone(), None).await);
            assert_eq!(refused, "Not sufficient permissions");
            tags.create(root.caller(), new, None).await.unwrap();
        }
        for taken in ["b", "B", " b "] {
            let refused = words(tags.create(root.caller(), named(taken), None).await);
            assert_eq!(refused, "Tag already exists", "{taken}");
        }
        assert_eq!(names(&tags.list(alice.caller()).await.unwrap()), ["b", "r"]);
        assert_eq!(names(&tags.list(root.caller()).await.unwrap()), ["b", "h", "r"]);
        let secret = tags.list(root.caller()).await.unwrap()[1].id;
        assert_eq!(tags.tag(alice.caller(), secret).await.unwrap(), None);
        let staff: GroupId = "staff".parse().unwrap();
        let groups = &tags.list(root.caller()).await.unwrap()[2].groups;
        assert_eq!(groups[..], *std::slice::from_ref(&staff));
        tags.forget_group(&staff).await.unwrap();
        assert_eq!(tags.list(root.caller()).await.unwrap()[2].groups, []);
    }

    async fn who_changes_tags(sql: Sql) {
        let tags = tags(&sql).await;
        let (alice, bob, root) = (alice(), bob(), root());
        let plain = tags.create(alice.caller(), named("a"), None).await.unwrap().id;
        let bound = tags.create(root.caller(), restricted("r", "staff"), None).await.unwrap().id;
        let secret = tags.create(root.caller(), hidden("h"), None).await.unwrap().id;
        let rename = |name: &str| change(|update| update.name = Some(name.parse().unwrap()));
        tags.update(bob.caller(), plain, rename("renamed")).await.unwrap();
        tags.update(bob.caller(), bound, rename("theirs")).await.unwrap();
        let update = tags.update(alice.caller(), bound, rename("x")).await;
        assert_eq!(words(update), format!("No permission to update tag {bound}"));
        assert_eq!(words(tags.update(alice.caller(), secret, rename("x")).await), "NotFound");
        assert_eq!(words(tags.update(alice.caller(), TagId(99), rename("x")).await), "NotFound");
        let taken = tags.update(alice.caller(), plain, rename("THEIRS")).await;
        assert_eq!(words(taken), "Tag already exists");
        let mut govern = change(|update| update.assignable = Some(false));
        let refused = words(tags.update(alice.caller(), plain, govern.clone()).await);
        assert_eq!(refused, format!("No permission to update permissions for tag {plain}"));
        // Saying what is so already is no change.
        let same = change(|update| (update.visible, update.assignable) = (Some(true), Some(true)));
        tags.update(alice.caller(), plain, same).await.unwrap();
        govern.color = Some("00ff00".parse().ok());
        tags.update(root.caller(), plain, govern).await.unwrap();
        let now = tags.tag(alice.caller(), plain).await.unwrap().unwrap();
        assert_eq!((now.name.as_str(), now.assignable, now.revision), ("renamed", false, 4));
        assert_eq!(now.color.unwrap().as_str(), "00ff00");
        let uncolored = change(|update| update.color = Some(None));
        tags.update(root.caller(), plain, uncolored).await.unwrap();
        assert_eq!(tags.tag(alice.caller(), plain).await.unwrap().unwrap().color, None);
        let refused = words(tags.delete(alice.caller(), plain).await);
        assert_eq!(refused, format!("No permission to delete tag {plain}"));
        tags.delete(root.caller(), plain).await.unwrap();
        assert_eq!(words(tags.delete(root.caller(), plain).await), "NotFound");
    }

    async fn marks_are_put_on_and_taken_away(sql: Sql) {
        let tags = tags(&sql).await;
        let (alice, bob, root) = (alice(), bob(), root());
        let plain = tags.create(alice.caller(), named("a"), Some(&node(1))).await.unwrap().id;
        let bound = tags.create(root.caller(), restricted("r", "staff"), None).await.unwrap().id;
        let secret = tags.create(root.caller(), hidden("h"), None).await.unwrap().id;
        assert_eq!(tags.assign(alice.caller(), plain, &node(1)).await.unwrap(), Assigned::Already);
        assert_eq!(tags.assign(alice.caller(), plain, &node(2)).await.unwrap(), Assigned::New);
        let refused = format!("No permission to assign tag {bound}");
        assert_eq!(words(tags.assign(alice.caller(), bound, &node(2)).await), refused);
        assert_eq!(words(tags.assign(alice.caller(), secret, &node(2)).await), "NotFound");
        tags.assign(bob.caller(), bound, &node(2)).await.unwrap();
        tags.assign(root.caller(), secret, &node(2)).await.unwrap();
        assert_eq!(words(tags.unassign(alice.caller(), bound, &node(2)).await), refused);
        let page = [2, 3, 1].map(NodeId);
        let of = |found: Vec<Vec<Tag>>| -> Vec<Vec<String>> {
            let names = |tags: Vec<Tag>| tags.iter().map(|tag| tag.name.to_string()).collect();
            found.into_iter().map(names).collect()
        };
        let seen = of(tags.of_nodes(alice.caller(), &page).await.unwrap());
        assert_eq!(seen, [vec!["a", "r"], vec![], vec!["a"]]);
        let seen = of(tags.of_nodes(root.caller(), &page).await.unwrap());
        assert_eq!(seen, [vec!["a", "h", "r"], vec![], vec!["a"]]);
        // A page of any size takes two statements.
        let before = sql.stats().statements;
        tags.of_nodes(root.caller(), &(1..900).map(NodeId).collect::<Vec<_>>()).await.unwrap();
        assert_eq!(sql.stats().statements - before, 2);

        assert_eq!(tags.nodes_with(&[plain], None, 9).await.unwrap(), [1, 2].map(NodeId));
        assert_eq!(tags.nodes_with(&[plain], Some(NodeId(1)), 9).await.unwrap(), [NodeId(2)]);
        assert_eq!(tags.nodes_with(&[bound, plain], None, 9).await.unwrap(), [NodeId(2)]);
        assert_eq!(tags.nodes_with(&[bound, TagId(99)], None, 9).await.unwrap(), []);
        assert_eq!(tags.nodes_with(&[], None, 9).await.unwrap(), []);
        let marked = tags.marked(alice.caller(), None, 1).await.unwrap();
        assert_eq!(marked, [(NodeId(2), vec![plain, bound])]);
        let before = sql.stats().statements;
        let marked = tags.marked(alice.caller(), Some(NodeId(2)), 9).await.unwrap();
        assert_eq!(marked, [(NodeId(1), vec![plain])]);
        assert_eq!(sql.stats().statements - before, 1);

        tags.unassign(alice.caller(), plain, &node(1)).await.unwrap();
        assert_eq!(words(tags.unassign(alice.caller(), plain, &node(1)).await), "NotFound");
        // Whoever sees the node is told, in the order in which it happened.
        let events = Events::new(sql);
        let told = events.of_stream(Stream::Space(SPACE), None, 99).await.unwrap();
        let told: Vec<_> =
            told.iter().map(|event| (event.fact.kind, event.fact.details["tag"].as_str())).collect();
        let (on, off) = (EventKind::TagAssigned, EventKind::TagUnassigned);
        assert_eq!(told, [(on, "a"), (on, "a"), (on, "r"), (off, "a")]);
        // But not of a tag that most may not know of: that stands with what governs tags.
        let hidden = events.of_stream(Stream::Sharing, None, 99).await.unwrap();
        let hidden: Vec<_> = hidden.iter().filter(|event| event.fact.kind == on).collect();
        assert_eq!((hidden.len(), hidden[0].fact.details["tag"].as_str()), (1, "h"));
        assert_eq!(events.gaps(Stream::Space(SPACE)).await.unwrap(), []);
    }

    async fn many_nodes_change_together_or_not_at_all(sql: Sql) {
        let tags = tags(&sql).await;
        let alice = alice();
        let id = tags.create(alice.caller(), named("a"), None).await.unwrap().id;
        let all = |range: std::ops::Range<i64>| range.map(node).collect::<Vec<_>>();
        tags.replace(alice.caller(), id, &all(0..5), &[]).await.unwrap();
        tags.replace(alice.caller(), id, &all(5..8), &all(0..3)).await.unwrap();
        let carried = [3, 4, 5, 6, 7].map(NodeId);
        assert_eq!(tags.nodes_with(&[id], None, 99).await.unwrap(), carried);
        for (on, off) in [(all(0..4), vec![]), (all(0..2), all(9..10))] {
            assert_eq!(words(tags.replace(alice.caller(), id, &on, &off).await), "Changed");
        }
        assert_eq!(tags.nodes_with(&[id], None, 99).await.unwrap(), carried);
    }

    async fn what_is_gone_is_cleared_in_rounds(sql: Sql) {
        let tags = tags(&sql).await;
        let root = root();
        let tree = Arc::new(MemoryTree::default());
        let space = NewSpace { key: "home:alice".into(), quota: None, now: NOW };
        let home = tree.create_space(space).await.unwrap().root;
        let (kept, gone) = (folder(&tree, home, "kept").await, folder(&tree, home, "gone").await);
        let stays = tags.create(root.caller(), named("stays"), None).await.unwrap().id;
        let goes = tags.create(root.caller(), named("goes"), None).await.unwrap().id;
        for id in [kept, gone] {
            for tag in [stays, goes] {
                tags.assign(root.caller(), tag, &node(id.0)).await.unwrap();
            }
        }
        // More than fit into one round.
        let ghosts: Vec<_> = (1_000..1_600).map(node).collect();
        tags.replace(root.caller(), stays, &ghosts, &[]).await.unwrap();
        let remove = Op::Remove(RemoveNode::whatever(gone));
        tree.commit(Batch::one(Actor::default(), NOW, remove)).await.unwrap();
        tags.delete(root.caller(), goes).await.unwrap();
        assert_eq!(tags.nodes_with(&[goes], None, 9).await.unwrap(), []);
        let (mut after, mut rounds) = (None, 0);
        while let Some(last) = tags.clean(&*tree, after).await.unwrap() {
            (after, rounds) = (Some(last), rounds + 1);
        }
        assert_eq!(rounds, 2);
        assert_eq!(tags.nodes_with(&[stays], None, 999).await.unwrap(), [kept]);
        let left = allmende_sql::Statement::new("SELECT count(*) FROM system_tag_nodes", vec![]);
        assert_eq!(sql.read(left).await.unwrap().one().unwrap().int(0).unwrap(), 1);
    }
}

fn change(set: impl FnOnce(&mut TagUpdate)) -> TagUpdate {
    let mut update = TagUpdate::default();
    set(&mut update);
    update
}

async fn folder(tree: &MemoryTree, parent: NodeId, name: &str) -> NodeId {
    let name = name.parse().unwrap();
    let target = Target { parent, name, expect: Expect::Absent, space: None };
    let make = Op::MakeFolder(MakeFolder { target, modified: NOW, created: None });
    tree.commit(Batch::one(Actor::default(), NOW, make)).await.unwrap().written[0].node.id
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The tags of a node are a set: whatever is put on and taken away in whatever order,
    /// each act says what a set would say, and what is read is what the set holds.
    #[test]
    fn the_tags_of_a_node_are_a_set(
        acts in prop::collection::vec((any::<bool>(), 0..3_usize, 0..4_i64), 0..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let options = allmende_sql::SqliteOptions::new(folder.path().join("tags.db"));
            let sql = Sql::open_sqlite(options).await.unwrap();
            let tags = tags(&sql).await;
            let alice = alice();
            let mut ids = Vec::new();
            for name in ["a", "b", "c"] {
                ids.push(tags.create(alice.caller(), named(name), None).await.unwrap().id);
            }
            let mut model: BTreeSet<(i64, TagId)> = BTreeSet::new();
            for (put_on, tag, at) in acts {
                let tag = ids[tag];
                if put_on {
                    let new = model.insert((at, tag));
                    let expected = if new { Assigned::New } else { Assigned::Already };
                    let said = tags.assign(alice.caller(), tag, &node(at)).await.unwrap();
                    assert_eq!(said, expected);
                } else {
                    let there = model.remove(&(at, tag));
                    let said = tags.unassign(alice.caller(), tag, &node(at)).await;
                    assert_eq!(words(said), if there { "ok" } else { "NotFound" });
                }
            }
            let nodes: Vec<NodeId> = (0..4).map(NodeId).collect();
            let found = tags.of_nodes(alice.caller(), &nodes).await.unwrap();
            let of_nodes: BTreeSet<(i64, TagId)> = (0_i64..).zip(&found)
                .flat_map(|(at, tags)| tags.iter().map(move |tag| (at, tag.id)))
                .collect();
            assert_eq!(of_nodes, model);
            for id in ids {
                let nodes = tags.nodes_with(&[id], None, 99).await.unwrap();
                let expected: Vec<NodeId> = model.iter()
                    .filter(|(_, tag)| *tag == id)
                    .map(|(at, _)| NodeId(*at))
                    .collect();
                assert_eq!(nodes, expected);
            }
        });
    }
}
