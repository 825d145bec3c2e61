//! Ways in which people got more than they were given, at other servers or in the plan of an
//! attack, each as a worked example: who may what before, what happens, who may what after.
//!
//! The tree is the same in all of them: Alice's home is node 1, with the folder 2, in that
//! the folder 3, and in that the file 4. Node 5 is another folder of the home. Node 10 is the
//! root of a team folder, with the folder 11 in it.
#![allow(clippy::unwrap_used, reason = "what a test builds is known to be well-formed")]

use allmende_share::{
    Acl, Answer, Attributes, Denial, DisabledGranters, Grant, GraphOptions, Member, Owner,
    Recipient, Refusal, Resharing, Rights, Rule, ShareGraph, ShareId, Situation, Standing, Subject,
    TeamSpace,
};
use allmende_share::{PasswordChange, RecipientFacts};
use allmende_types::{NodeId, NodeShape, Permissions, Timestamp, UserId};

const NOW: Timestamp = Timestamp::from_unix(1_000);
const BEFORE: Timestamp = Timestamp::from_unix(999);

fn id(id: &str) -> UserId {
    id.parse().unwrap()
}

fn bits(bits: u8) -> Permissions {
    Permissions::from_bits(bits).unwrap()
}

/// The facts of an example, which the second half of it changes.
#[derive(Clone)]
struct Scene {
    options: GraphOptions,
    people: Vec<Member>,
    nodes: Vec<(i64, Option<i64>)>,
    team: TeamSpace,
    shares: Vec<Grant>,
    left: Vec<(i64, &'static str)>,
    denials: Vec<Denial>,
}

impl Scene {
    fn new() -> Self {
        let people = ["alice", "bob", "carol", "dave"].map(|name| Member::new(id(name)));
        let nodes = [(1, None), (2, Some(1)), (3, Some(2)), (4, Some(3)), (5, Some(1))];
        let team = [(10, None), (11, Some(10))];
        Self {
            options: GraphOptions::default(),
            people: people.to_vec(),
            nodes: nodes.into_iter().chain(team).collect(),
            team: TeamSpace::default(),
            shares: Vec::new(),
            left: Vec::new(),
            denials: Vec::new(),
        }
    }

    /// A share with the next number: 1, 2, …
    fn share(mut self, node: i64, by: &str, with: &str, permissions: u8) -> Self {
        let recipient = match with.split_once(':') {
            Some(("group", group)) => Recipient::Group(group.parse().unwrap()),
            _ if with == "link" => Recipient::Link,
            _ => Recipient::Person(id(with)),
        };
        let number = ShareId(self.shares.len() as i64 + 1);
        let mut grant = Grant::new(number, NodeId(node), id(by), recipient);
        grant.permissions = bits(permissions);
        self.shares.push(grant);
        self
    }

    fn member(&mut self, name: &str) -> &mut Member {
        self.people.iter_mut().find(|member| member.id == id(name)).unwrap()
    }

    fn in_group(mut self, name: &str, group: &str) -> Self {
        self.member(name).groups.push(group.parse().unwrap());
        self
    }

    fn graph(&self) -> ShareGraph {
        let mut graph = ShareGraph::new(self.options);
        self.people.iter().for_each(|member| graph.add_member(member.clone()));
        for (node, parent) in &self.nodes {
            graph.add_node(NodeId(*node), parent.map(NodeId));
        }
        graph.set_owner(NodeId(1), Owner::Person(id("alice")));
        graph.set_owner(NodeId(10), Owner::Team(self.team.clone()));
        self.shares.iter().for_each(|share| graph.add_grant(share.clone()));
        for (share, who) in &self.left {
            graph.set_answer(ShareId(*share), &id(who), Answer::Left);
        }
        self.denials.iter().for_each(|denial| graph.deny(denial));
        graph
    }

    fn may(&self, who: &str, node: i64) -> u8 {
        self.graph().rights(&id(who), NodeId(node), NOW).permissions().bits()
    }
}

/// An example: the scene, what happens in it, and what people may then do: who, where, the
/// bits before, the bits after.
struct Example {
    name: &'static str,
    scene: Scene,
    happens: fn(&mut Scene),
    expected: &'static [(&'static str, i64, u8, u8)],
}

fn examples() -> Vec<Example> {
    let scene = Scene::new;
    vec![
        Example {
            // Nextcloud NC-SA-2017-001, nextcloud/server#21480.
            name: "who may read and share passes on to write: the row says so, and gives nothing",
            scene: scene().share(2, "alice", "bob", 17),
            happens: |scene| *scene = scene.clone().share(2, "bob", "carol", 31),
            expected: &[("bob", 2, 17, 17), ("carol", 2, 0, 17)],
        },
        Example {
            // nextcloud/server#42337: first read only, then changed, below the shared folder.
            name: "a share of a folder further down is raised afterwards",
            scene: scene().share(2, "alice", "bob", 17).share(3, "bob", "carol", 1),
            happens: |scene| scene.shares[1].permissions = bits(15),
            expected: &[("carol", 3, 1, 1), ("carol", 4, 1, 1), ("carol", 2, 0, 0)],
        },
        Example {
            name: "two who received it share it back to each other after it was taken from both",
            scene: scene()
                .share(2, "alice", "bob", 31)
                .share(2, "bob", "carol", 31)
                .share(2, "carol", "bob", 31),
            happens: |scene| drop(scene.shares.remove(0)),
            expected: &[("bob", 2, 31, 0), ("carol", 2, 31, 0)],
        },
        Example {
            name: "what was shared on ends with the share that it came from",
            scene: scene()
                .share(2, "alice", "bob", 31)
                .share(2, "bob", "carol", 1)
                .share(2, "carol", "dave", 1),
            happens: |scene| scene.shares[0].expires = Some(BEFORE),
            expected: &[("bob", 2, 31, 0), ("carol", 2, 1, 0), ("dave", 2, 1, 0)],
        },
        Example {
            name: "who was taken to read only passes on no more than to read",
            scene: scene().share(2, "alice", "bob", 31).share(3, "bob", "carol", 15),
            happens: |scene| scene.shares[0].permissions = bits(1),
            expected: &[("bob", 3, 31, 1), ("carol", 3, 15, 1), ("carol", 4, 15, 1)],
        },
        Example {
            // nextcloud/groupfolders#2827 is the same in a team folder, see below.
            name: "who leaves a group loses what it has, with all that they shared on from it",
            scene: scene()
                .in_group("bob", "staff")
                .share(2, "alice", "group:staff", 31)
                .share(2, "bob", "dave", 1),
            happens: |scene| scene.member("bob").groups.clear(),
            expected: &[("bob", 2, 31, 0), ("dave", 2, 1, 0)],
        },
        Example {
            // CVE-2016-9464: the share was removed for the whole group.
            name: "who leaves a share of a group leaves it for nobody else",
            scene: scene().in_group("bob", "staff").in_group("carol", "staff").share(
                2,
                "alice",
                "group:staff",
                15,
            ),
            happens: |scene| scene.left.push((1, "bob")),
            expected: &[("bob", 2, 15, 0), ("carol", 2, 15, 15)],
        },
        Example {
            name: "who shares with their own group gets nothing back from it",
            scene: scene()
                .in_group("bob", "staff")
                .in_group("carol", "staff")
                .share(2, "alice", "bob", 17)
                .share(2, "bob", "group:staff", 31),
            happens: |scene| drop(scene.shares.remove(0)),
            expected: &[("bob", 2, 17, 0), ("carol", 2, 17, 0)],
        },
        Example {
            name: "what is moved out of a shared folder is shared no more, even below the root",
            scene: scene().share(2, "alice", "bob", 15).share(3, "bob", "carol", 1),
            happens: |scene| scene.nodes[2].1 = Some(5),
            expected: &[("bob", 4, 15, 0), ("carol", 4, 1, 0), ("bob", 2, 15, 15)],
        },
        Example {
            name: "what is moved into a shared folder keeps its own shares beside the folder's",
            scene: scene().share(2, "alice", "bob", 1).share(5, "alice", "carol", 3),
            happens: |scene| scene.nodes[4].1 = Some(2),
            expected: &[("bob", 5, 0, 1), ("carol", 5, 3, 3), ("carol", 2, 0, 0)],
        },
        Example {
            name: "a share gives nothing above its node, nor beside it",
            scene: scene(),
            happens: |scene| *scene = scene.clone().share(3, "alice", "bob", 31),
            expected: &[("bob", 1, 0, 0), ("bob", 2, 0, 0), ("bob", 5, 0, 0), ("bob", 4, 0, 31)],
        },
        Example {
            name: "two shares of one folder are joined, and each is bounded by its own granter",
            scene: scene().share(2, "alice", "bob", 17).share(2, "alice", "carol", 19),
            happens: |scene| {
                let more = scene.clone().share(2, "bob", "dave", 31);
                *scene = more.share(3, "carol", "dave", 2 | 1);
            },
            expected: &[("dave", 2, 0, 17), ("dave", 3, 0, 19)],
        },
        Example {
            name: "to change without to read is nothing to a person, and does not add up",
            scene: scene().share(2, "alice", "bob", 6),
            happens: |scene| *scene = scene.clone().share(2, "alice", "bob", 1),
            expected: &[("bob", 2, 0, 1)],
        },
        Example {
            name: "the share of somebody who never had anything gives nothing",
            scene: scene(),
            happens: |scene| *scene = scene.clone().share(2, "bob", "carol", 31),
            expected: &[("bob", 2, 0, 0), ("carol", 2, 0, 0)],
        },
        Example {
            name: "when an account is deleted, so is what it shared on",
            scene: scene().share(2, "alice", "bob", 31).share(2, "bob", "carol", 1),
            happens: |scene| scene.people.retain(|member| member.id != id("bob")),
            expected: &[("bob", 2, 31, 0), ("carol", 2, 1, 0)],
        },
        Example {
            name: "when the owner is deleted, everything is",
            scene: scene().share(2, "alice", "bob", 31).share(2, "bob", "carol", 1),
            happens: |scene| scene.people.retain(|member| member.id != id("alice")),
            expected: &[("bob", 2, 31, 0), ("carol", 2, 1, 0)],
        },
        Example {
            name: "what a disabled account shared stays, as in the original",
            scene: scene().share(2, "alice", "bob", 31).share(2, "bob", "carol", 1),
            happens: |scene| scene.member("bob").standing = Standing::Disabled,
            expected: &[("carol", 2, 1, 1)],
        },
        Example {
            name: "or not, where the operator wants it so",
            scene: scene().share(2, "alice", "bob", 31).share(2, "bob", "carol", 1),
            happens: |scene| {
                scene.member("bob").standing = Standing::Disabled;
                scene.options.disabled = DisabledGranters::Suspend;
            },
            expected: &[("carol", 2, 1, 0)],
        },
        Example {
            name: "where sharing on is forbidden the bit is gone, and what was shared on stays",
            scene: scene().share(2, "alice", "bob", 31).share(2, "bob", "carol", 17),
            happens: |scene| scene.options.resharing = Resharing::Forbidden,
            expected: &[("alice", 2, 31, 31), ("bob", 2, 31, 15), ("carol", 2, 17, 1)],
        },
        Example {
            // nextcloud/groupfolders#2827.
            name: "who leaves the team takes along what they shared out of its folder",
            scene: {
                let mut scene = scene().in_group("bob", "team").share(11, "bob", "dave", 3);
                scene.team.given.push((Subject::parse("group", "team").unwrap(), bits(31)));
                scene
            },
            happens: |scene| scene.member("bob").groups.clear(),
            expected: &[("bob", 11, 31, 0), ("dave", 11, 3, 0)],
        },
        Example {
            name: "a rule that takes a folder from a member takes it from whom they shared it with",
            scene: {
                let mut scene = scene().in_group("bob", "team").share(10, "bob", "dave", 1);
                scene.team.given.push((Subject::parse("group", "team").unwrap(), bits(31)));
                scene.team.acl = Some(Acl::default());
                scene
            },
            happens: |scene| {
                let rule = Rule::new(Subject::Person(id("bob")), 31, 0);
                scene.team.acl.as_mut().unwrap().set(NodeId(11), vec![rule]);
            },
            // Of the folder above, which was shared, nothing is taken.
            expected: &[("bob", 11, 31, 0), ("bob", 10, 31, 31), ("dave", 10, 1, 1)],
        },
        Example {
            name: "a rule of a team folder never lifts above what its group was given",
            scene: {
                let mut scene = scene().in_group("bob", "team");
                scene.team.given.push((Subject::parse("group", "team").unwrap(), bits(1)));
                scene.team.acl = Some(Acl::default());
                scene
            },
            happens: |scene| {
                let rule = Rule::new(Subject::Person(id("bob")), 31, 31);
                scene.team.acl.as_mut().unwrap().set(NodeId(11), vec![rule]);
            },
            expected: &[("bob", 11, 1, 1)],
        },
        Example {
            name: "a denial counts for every route, further down too, and for what is shared on",
            scene: scene()
                .in_group("bob", "staff")
                .share(2, "alice", "bob", 31)
                .share(3, "alice", "group:staff", 31)
                .share(3, "bob", "carol", 31),
            happens: |scene| {
                let subject = Subject::Person(id("bob"));
                scene.denials.push(Denial {
                    node: NodeId(3),
                    subject,
                    taken: Rights::new(bits(30)),
                });
            },
            expected: &[("bob", 2, 31, 31), ("bob", 4, 31, 1), ("carol", 4, 31, 1)],
        },
    ]
}

#[test]
fn nobody_gets_more_than_they_were_given() {
    for Example { name, mut scene, happens, expected } in examples() {
        for (who, node, before, _) in expected {
            assert_eq!(scene.may(who, *node), *before, "before: {name}: {who} at {node}");
        }
        happens(&mut scene);
        for (who, node, _, after) in expected {
            assert_eq!(scene.may(who, *node), *after, "after: {name}: {who} at {node}");
        }
    }
}

#[test]
fn what_may_not_be_downloaded_may_not_be_by_any_share_of_it() {
    let mut scene = Scene::new()
        .share(2, "alice", "bob", 31)
        .share(2, "bob", "carol", 31)
        .share(2, "bob", "link", 17);
    let text = r#"[{"scope":"permissions","key":"download","value":false}]"#;
    scene.shares[0].attributes = Attributes::parse(text).unwrap();
    let graph = scene.graph();
    let carol = graph.rights(&id("carol"), NodeId(4), NOW);
    assert!(carol.may(bits(31)) && !carol.may_download());
    let link = graph.gives(ShareId(3), NOW);
    assert!(link.may(bits(17)) && !link.may_download());
    // Somebody else gives it with that.
    let graph = scene.share(3, "alice", "carol", 1).graph();
    assert!(graph.rights(&id("carol"), NodeId(4), NOW).may_download());
    assert!(!graph.rights(&id("carol"), NodeId(2), NOW).may_download());
}

#[test]
fn a_link_ends_with_the_right_of_who_made_it() {
    // filebrowser before 2.63.1: links outlived the right to share and to read.
    let link = |scene: &Scene| scene.graph().gives(ShareId(2), NOW).permissions().bits();
    let mut scene = Scene::new().share(2, "alice", "bob", 31).share(3, "bob", "link", 31);
    assert_eq!(link(&scene), 31);
    scene.shares[0].permissions = bits(17);
    assert_eq!(link(&scene), 17);
    scene.shares[0].expires = Some(BEFORE);
    assert_eq!(link(&scene), 0);
    // It gives nothing to people: who knows it comes by the token.
    assert_eq!(scene.may("carol", 3), 0);
}

#[test]
fn a_file_drop_lets_nobody_read() {
    let scene = Scene::new().share(2, "alice", "link", 4);
    let gives = scene.graph().gives(ShareId(1), NOW);
    assert_eq!(gives.permissions(), Permissions::CREATE);
    let alice = &scene.people[0];
    let policy = allmende_share::SharePolicy::default();
    let open = policy.open_link(alice, NodeShape::Folder, gives).unwrap();
    assert!(!open.may(Permissions::READ) && open.may(Permissions::CREATE));
    // Who may not put anything into the folder makes no drop of it either.
    let scene = Scene::new().share(2, "alice", "bob", 17).share(2, "bob", "link", 4);
    assert_eq!(scene.graph().gives(ShareId(2), NOW), Rights::NONE);
}

#[test]
fn more_than_one_has_is_refused_when_it_is_asked_for() {
    let policy = allmende_share::SharePolicy::default();
    let scene = Scene::new().share(2, "alice", "bob", 17);
    let (bob, carol) = (&scene.people[1], &scene.people[2]);
    let mut situation = Situation {
        sharer: bob,
        rights: scene.graph().rights(&bob.id, NodeId(2), NOW),
        shape: NodeShape::Folder,
        path: "shared/2",
        recipient: RecipientFacts::Person(carol),
    };
    let mut request = allmende_share::Request::new(Recipient::Person(carol.id.clone()));
    request.permissions = Some(bits(15));
    let increase = Refusal::CannotIncrease { path: "/shared/2".to_owned() };
    assert_eq!(policy.admit(&request, &situation, NOW), Err(increase.clone()));
    request.permissions = Some(bits(17));
    assert_eq!(policy.admit(&request, &situation, NOW).unwrap().permissions, bits(17));
    // Nor by changing it afterwards.
    let as_it_is = allmende_share::SharedAs {
        kind: allmende_share::ShareKind::Person,
        permissions: bits(17),
        has_password: false,
    };
    let mut change =
        allmende_share::Change { permissions: Some(bits(31)), ..allmende_share::Change::default() };
    assert_eq!(policy.admit_change(&change, as_it_is, &situation, NOW), Err(increase));
    // Who lost the right to share may still take away.
    situation.rights = Rights::new(bits(1));
    change.permissions = Some(bits(1));
    change.password = PasswordChange::Keep;
    let terms = policy.admit_change(&change, as_it_is, &situation, NOW).unwrap();
    assert_eq!(terms.permissions, Some(bits(1)));
}

#[test]
fn folders_that_go_in_a_circle_are_nowhere() {
    let mut scene = Scene::new().share(3, "alice", "bob", 31);
    scene.nodes[1].1 = Some(4);
    assert_eq!((scene.may("bob", 4), scene.may("alice", 4)), (0, 0));
    assert_eq!(scene.may("bob", 99), 0);
}
