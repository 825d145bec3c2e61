//! Comments, who is told of them and what is new to whom, on both engines.

#![allow(clippy::unwrap_used)] // Bodies and helpers of tests may fail like tests.

use std::sync::Arc;

use allmende_comments::{
    Caller, Comment, CommentId, Comments, Counts, ErrorKind, NewComment, ReadUpTo, SCHEMA, Slice,
};
use allmende_events::{Events, Notification, Reader};
use allmende_sql::{Sql, every_engine};
use allmende_storage::{
    Actor, Batch, Expect, MakeFolder, NewSpace, Op, Target, Tree, memory::MemoryTree,
};
use allmende_types::{EventKind, EventNode, NodeId, NodeShape, SpaceId, Stream, Timestamp, UserId};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
const SPACE: SpaceId = SpaceId(3);

fn user(id: &str) -> UserId {
    id.parse().unwrap()
}

async fn comments(sql: &Sql) -> Comments {
    sql.migrate(&[allmende_events::MIGRATIONS, SCHEMA]).await.unwrap();
    Comments::new(sql.clone())
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

fn said(text: &str) -> NewComment {
    NewComment::new(text.parse().unwrap())
}

fn answer(parent: CommentId, text: &str) -> NewComment {
    let mut new = said(text);
    new.parent = Some(parent);
    new
}

fn telling(text: &str, people: &[&str]) -> NewComment {
    let mut new = said(text);
    new.tell = people.iter().map(|id| user(id)).collect();
    new
}

fn kind<T: std::fmt::Debug>(result: allmende_comments::Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

async fn news(sql: &Sql, person: &str) -> Vec<Notification> {
    let reader = Reader { person: user(person), groups: Vec::new(), circles: Vec::new() };
    Events::new(sql.clone()).notifications(&reader, 99).await.unwrap()
}

async fn counts(comments: &Comments, person: &str, id: i64) -> (u64, u64) {
    let Counts { all, unread, .. } =
        comments.counts(&user(person), &[NodeId(id)]).await.unwrap()[0];
    (all, unread)
}

async fn texts(comments: &Comments, id: i64, slice: Slice) -> Vec<String> {
    let found = comments.list(&user("alice"), NodeId(id), slice).await.unwrap();
    found.into_iter().map(|comment| comment.message).collect()
}

fn slice(set: impl FnOnce(&mut Slice)) -> Slice {
    let mut slice = Slice::default();
    set(&mut slice);
    slice
}

every_engine! {
    async fn comments_are_written_and_read(sql: Sql) {
        let comments = comments(&sql).await;
        let (alice, bob) = (user("Alice"), user("bob"));
        let at = |seconds| Caller { person: &alice, now: NOW.plus_seconds(seconds) };
        let first = comments.create(at(0), &node(1), said("first \u{fc} \u{1f980}")).await.unwrap();
        for number in 1..5 {
            comments.create(at(number), &node(1), said(&number.to_string())).await.unwrap();
        }
        comments.create(at(0), &node(2), said("elsewhere")).await.unwrap();
        let found = comments.find(&bob, NodeId(1), first).await.unwrap().unwrap();
        assert_eq!(found.message, "first \u{fc} \u{1f980}");
        // The id as it was chosen.
        assert_eq!(found.author.as_ref().map(UserId::as_str), Some("Alice"));
        assert_eq!((found.created, found.verb.as_str(), found.unread), (NOW, "comment", true));
        assert_eq!((found.parent, found.topmost, found.replies, found.last_reply), (None, None, 0, None));
        assert_eq!(comments.find(&bob, NodeId(2), first).await.unwrap(), None);

        let latest = texts(&comments, 1, slice(|s| s.limit = 2)).await;
        assert_eq!(latest, ["4", "3"]);
        assert_eq!(texts(&comments, 1, slice(|s| (s.skip, s.limit) = (3, 9))).await.len(), 2);
        let until = NOW.plus_seconds(2);
        assert_eq!(texts(&comments, 1, slice(|s| s.until = Some(until))).await[0], "2");
        // Page by page, also when the comment at the edge is deleted.
        let page = comments.list(&alice, NodeId(1), slice(|s| s.limit = 2)).await.unwrap();
        let edge = page.last().map(Comment::place);
        comments.delete(at(9), &node(1), page[1].id).await.unwrap();
        let rest = texts(&comments, 1, slice(|s| s.before = edge)).await;
        assert_eq!(rest, ["2", "1", "first \u{fc} \u{1f980}"]);
    }

    async fn only_authors_change_what_they_said(sql: Sql) {
        let comments = comments(&sql).await;
        let (alice, bob, shouted) = (user("alice"), user("bob"), user("ALICE"));
        let by = |person| Caller { person, now: NOW };
        let id = comments.create(by(&alice), &node(1), said("a")).await.unwrap();
        let text = || "b".parse().unwrap();
        let refused = comments.edit(by(&bob), &node(1), id, text(), &[]).await;
        assert_eq!(kind(refused), ErrorKind::NotAuthor);
        assert_eq!(kind(comments.delete(by(&bob), &node(1), id).await), ErrorKind::NotAuthor);
        let elsewhere = comments.edit(by(&alice), &node(2), id, text(), &[]).await;
        assert_eq!(kind(elsewhere), ErrorKind::NotFound);
        comments.edit(by(&shouted), &node(1), id, text(), &[]).await.unwrap();
        assert_eq!(texts(&comments, 1, Slice::default()).await, ["b"]);
        comments.delete(by(&alice), &node(1), id).await.unwrap();
        assert_eq!(kind(comments.delete(by(&alice), &node(1), id).await), ErrorKind::NotFound);
        let told = Events::new(sql).of_stream(Stream::Space(SPACE), None, 9).await.unwrap();
        let kinds: Vec<_> = told.iter().map(|event| event.fact.kind).collect();
        let expected =
            [EventKind::CommentCreated, EventKind::CommentChanged, EventKind::CommentDeleted];
        assert_eq!(kinds, expected);
        assert!(told.iter().all(|event| event.fact.details["comment"] == id.to_string()));
    }

    async fn answers_form_threads(sql: Sql) {
        let comments = comments(&sql).await;
        let alice = user("alice");
        let at = |seconds| Caller { person: &alice, now: NOW.plus_seconds(seconds) };
        let top = comments.create(at(0), &node(1), said("top")).await.unwrap();
        let one = comments.create(at(1), &node(1), answer(top, "one")).await.unwrap();
        let two = comments.create(at(2), &node(1), answer(one, "two")).await.unwrap();
        comments.create(at(3), &node(1), answer(top, "three")).await.unwrap();
        let elsewhere = comments.create(at(4), &node(2), answer(top, "x")).await;
        assert_eq!(kind(elsewhere), ErrorKind::NoSuchParent);
        let unknown = comments.create(at(4), &node(1), answer(CommentId(999), "x")).await;
        assert_eq!(kind(unknown), ErrorKind::NoSuchParent);
        assert_eq!(counts(&comments, "bob", 1).await.0, 4);
        let find = async |id| comments.find(&alice, NodeId(1), id).await.unwrap().unwrap();
        let thread = find(top).await;
        assert_eq!((thread.replies, thread.last_reply), (2, Some(NOW.plus_seconds(3))));
        let deepest = find(two).await;
        assert_eq!((deepest.parent, deepest.topmost), (Some(one), Some(top)));
        comments.delete(at(5), &node(1), top).await.unwrap();
        let left = find(one).await;
        assert_eq!((left.parent, left.topmost, left.replies), (Some(top), Some(top), 1));
    }

    async fn who_is_mentioned_is_told(sql: Sql) {
        let comments = comments(&sql).await;
        let alice = user("alice");
        let by = Caller { person: &alice, now: NOW };
        let new = telling("@bob <script>alert(1)</script>", &["bob"]);
        let id = comments.create(by, &node(1), new).await.unwrap();
        let told = news(&sql, "bob").await;
        assert_eq!(told.len(), 1);
        assert_eq!((&*told[0].object.app, &*told[0].object.id), ("comments", &*id.to_string()));
        assert_eq!(told[0].details["message"], "@bob <script>alert(1)</script>");
        assert_eq!((told[0].node, told[0].details["name"].as_str()), (Some(NodeId(1)), "n1"));
        // Who was told the old text has the new one in its place.
        let text = "@bob and @carol".parse().unwrap();
        comments.edit(by, &node(1), id, text, &[user("bob"), user("carol")]).await.unwrap();
        let (bob, carol) = (news(&sql, "bob").await, news(&sql, "carol").await);
        assert_eq!((bob.len(), carol.len()), (1, 1));
        assert_eq!(bob[0].details["message"], "@bob and @carol");
        comments.edit(by, &node(1), id, "@carol".parse().unwrap(), &[user("carol")]).await.unwrap();
        assert_eq!((news(&sql, "bob").await.len(), news(&sql, "carol").await.len()), (0, 1));
        comments.delete(by, &node(1), id).await.unwrap();
        assert_eq!(news(&sql, "carol").await.len(), 0);
        // A comment that is not written tells nobody.
        let mut lost = telling("@bob", &["bob"]);
        lost.parent = Some(CommentId(999));
        comments.create(by, &node(1), lost).await.unwrap_err();
        assert_eq!(news(&sql, "bob").await.len(), 0);
    }

    async fn what_is_new_to_whom(sql: Sql) {
        let comments = comments(&sql).await;
        let (alice, bob) = (user("alice"), user("bob"));
        let by = |person, seconds| Caller { person, now: NOW.plus_seconds(seconds) };
        for _ in 0..3 {
            comments.create(by(&alice, 0), &node(1), said("x")).await.unwrap();
        }
        assert_eq!(counts(&comments, "alice", 1).await, (3, 0));
        assert_eq!(counts(&comments, "bob", 1).await, (3, 3));
        assert_eq!(comments.read_mark(&bob, NodeId(1)).await.unwrap(), None);
        comments.mark_read(by(&bob, 0), NodeId(1), ReadUpTo::Now).await.unwrap();
        assert_eq!(counts(&comments, "bob", 1).await, (3, 0));
        // In the same second, and after the last one was deleted.
        let last = comments.list(&bob, NodeId(1), Slice::default()).await.unwrap()[0].id;
        comments.delete(by(&alice, 0), &node(1), last).await.unwrap();
        comments.create(by(&alice, 0), &node(1), said("y")).await.unwrap();
        assert_eq!(counts(&comments, "bob", 1).await, (3, 1));
        comments.create(by(&alice, 60), &node(1), said("z")).await.unwrap();
        let until = ReadUpTo::Time(NOW.plus_seconds(30));
        comments.mark_read(by(&bob, 90), NodeId(1), until).await.unwrap();
        assert_eq!(counts(&comments, "bob", 1).await, (4, 1));
        let mark = comments.read_mark(&bob, NodeId(1)).await.unwrap();
        assert_eq!(mark, Some(NOW.plus_seconds(30)));
        // A page of any size takes one statement.
        let before = sql.stats().statements;
        let page: Vec<NodeId> = (0..900).map(NodeId).collect();
        let counted = comments.counts(&bob, &page).await.unwrap();
        assert_eq!(sql.stats().statements - before, 1);
        assert_eq!((counted.len(), counted[1].all, counted[2].all), (900, 4, 0));
    }

    async fn what_is_gone_is_cleared_in_rounds(sql: Sql) {
        let comments = comments(&sql).await;
        let (alice, bob) = (user("alice"), user("bob"));
        let by = Caller { person: &alice, now: NOW };
        let tree = Arc::new(MemoryTree::default());
        let space = NewSpace { key: "home:alice".into(), quota: None, now: NOW };
        let home = tree.create_space(space).await.unwrap().root;
        let (parent, name) = (home, "d".parse().unwrap());
        let target = Target { parent, name, expect: Expect::Absent, space: None };
        let make = Op::MakeFolder(MakeFolder { target, modified: NOW, created: None });
        let made = tree.commit(Batch::one(Actor::default(), NOW, make)).await.unwrap();
        let kept = made.written[0].node.id.0;
        comments.create(by, &node(kept), telling("@bob", &["bob"])).await.unwrap();
        for ghost in 1_000..1_501 {
            comments.create(by, &node(ghost), said("x")).await.unwrap();
        }
        comments.create(by, &node(1_000), telling("@bob", &["bob"])).await.unwrap();
        let reads = Caller { person: &bob, now: NOW };
        comments.mark_read(reads, NodeId(2_000), ReadUpTo::Now).await.unwrap();
        assert_eq!(news(&sql, "bob").await.len(), 2);
        let (mut after, mut rounds) = (None, 0);
        while let Some(last) = comments.clean(&*tree, after).await.unwrap() {
            (after, rounds) = (Some(last), rounds + 1);
        }
        assert_eq!((rounds, news(&sql, "bob").await.len()), (2, 1));
        for table in ["comments", "commented_nodes"] {
            let left = format!("SELECT count(*) FROM {table}");
            let left = sql.read(allmende_sql::Statement::new(left, vec![])).await.unwrap();
            assert_eq!(left.one().unwrap().int(0).unwrap(), 1, "{table}");
        }
        assert_eq!(comments.read_mark(&bob, NodeId(2_000)).await.unwrap(), None);
        // Who is gone leaves what they said, without a name.
        comments.forget_person(&alice).await.unwrap();
        let left = comments.list(&bob, NodeId(kept), Slice::default()).await.unwrap();
        assert_eq!((left.len(), left[0].author.as_ref()), (1, None));
    }
}

#[derive(Debug, Clone)]
enum Act {
    Say { person: usize, later: i64 },
    Delete { which: usize },
    Read { person: usize },
    ReadUntil { person: usize, ago: i64 },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..3_usize, 0..3_i64).prop_map(|(person, later)| Act::Say { person, later }),
        1 => any::<usize>().prop_map(|which| Act::Delete { which }),
        2 => (0..3_usize).prop_map(|person| Act::Read { person }),
        1 => (0..3_usize, 0..6_i64).prop_map(|(person, ago)| Act::ReadUntil { person, ago }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever was written, deleted and read: new to somebody is what others wrote and what
    /// was not there (or was later) when they last said up to where they have read.
    #[test]
    fn unread_counts_are_those_of_a_model(acts in prop::collection::vec(act(), 0..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let options = allmende_sql::SqliteOptions::new(folder.path().join("comments.db"));
            let sql = Sql::open_sqlite(options).await.unwrap();
            let comments = comments(&sql).await;
            let people = ["alice", "bob", "carol"].map(user);
            let mut now = NOW;
            // (id, author, time, who has read it)
            let mut model: Vec<(CommentId, usize, Timestamp, [bool; 3])> = Vec::new();
            for act in acts {
                match act {
                    Act::Say { person, later } => {
                        now = now.plus_seconds(later);
                        let by = Caller { person: &people[person], now };
                        let id = comments.create(by, &node(1), said("x")).await.unwrap();
                        model.push((id, person, now, [false; 3]));
                    }
                    Act::Delete { which } if !model.is_empty() => {
                        let (id, author, ..) = model.remove(which % model.len());
                        let by = Caller { person: &people[author], now };
                        comments.delete(by, &node(1), id).await.unwrap();
                    }
                    Act::Delete { .. } => {}
                    Act::Read { person } => {
                        let by = Caller { person: &people[person], now };
                        comments.mark_read(by, NodeId(1), ReadUpTo::Now).await.unwrap();
                        model.iter_mut().for_each(|(.., read)| read[person] = true);
                    }
                    Act::ReadUntil { person, ago } => {
                        let until = now.plus_seconds(-ago);
                        let by = Caller { person: &people[person], now };
                        let up_to = ReadUpTo::Time(until);
                        comments.mark_read(by, NodeId(1), up_to).await.unwrap();
                        for (.., at, read) in &mut model {
                            read[person] = *at <= until;
                        }
                    }
                }
                for (reader, id) in people.iter().enumerate() {
                    let new = |(_, author, _, read): &&(_, usize, _, [bool; 3])| {
                        *author != reader && !read[reader]
                    };
                    let unread = model.iter().filter(new).count();
                    let counted = comments.counts(id, &[NodeId(1)]).await.unwrap()[0];
                    let expected = (model.len() as u64, unread as u64);
                    assert_eq!((counted.all, counted.unread), expected);
                }
            }
        });
    }
}
