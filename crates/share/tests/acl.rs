//! Rules of team folders, as observed on the original.
#![allow(clippy::unwrap_used, reason = "what a test builds is known to be well-formed")]

use allmende_share::{Acl, Inheritance, Member, OwnReadLost, Rule, Subject, Unruled};
use allmende_types::{NodeId, Permissions};
use proptest::prelude::*;

const ROOT: NodeId = NodeId(1);
const MID: NodeId = NodeId(2);
const LEAF: NodeId = NodeId(3);
const CHAIN: [NodeId; 3] = [ROOT, MID, LEAF];

fn bits(bits: u8) -> Permissions {
    Permissions::from_bits(bits).unwrap()
}

/// Uma, of the groups a and b and the team t.
fn uma() -> Member {
    let mut uma = Member::new("uma".parse().unwrap());
    uma.groups = vec!["a".parse().unwrap(), "b".parse().unwrap()];
    uma.teams = vec!["t".to_owned()];
    uma
}

/// `"user uma 31 1"`: mask and permissions for somebody.
fn rules(texts: &[&str]) -> Vec<Rule> {
    let rule = |text: &&str| {
        let words: Vec<&str> = text.split(' ').collect();
        let subject = Subject::parse(words[0], words[1]).unwrap();
        Rule::new(subject, words[2].parse().unwrap(), words[3].parse().unwrap())
    };
    texts.iter().map(rule).collect()
}

fn acl(root: &[&str], mid: &[&str], leaf: &[&str]) -> Acl {
    let mut acl = Acl::default();
    for (node, texts) in [(ROOT, root), (MID, mid), (LEAF, leaf)] {
        acl.set(node, rules(texts));
    }
    acl
}

#[test]
fn rules_come_together_node_by_node() {
    for (name, acl, expected) in [
        ("no rule", acl(&[], &[], &[]), 31),
        ("a rule for others", acl(&["user eve 31 0"], &["group c 31 0"], &[]), 31),
        ("to allow beats to deny on one node", acl(&["group a 31 0", "group b 31 1"], &[], &[]), 1),
        (
            "a person's rule does not beat a group's",
            acl(&["user uma 2 0", "group a 2 2"], &[], &[]),
            31,
        ),
        ("a group without a rule adds nothing", acl(&["group b 31 0"], &[], &[]), 0),
        ("the nearer goes before the farther", acl(&["circle t 31 1"], &["user uma 2 2"], &[]), 3),
        ("bit by bit", acl(&["user uma 6 0"], &["user uma 4 4"], &["user uma 16 0"]), 13),
        (
            "below what cannot be read is nothing",
            acl(&["user uma 1 0"], &[], &["user uma 31 31"]),
            0,
        ),
        ("bits beyond the five mean nothing", acl(&["user uma 255 225"], &[], &[]), 1),
    ] {
        assert_eq!(acl.evaluate(&uma(), &CHAIN), bits(expected), "{name}");
        assert_eq!(acl.for_member(&uma()).evaluate(&CHAIN), bits(expected), "{name}");
    }
    assert_eq!(Acl::default().evaluate(&uma(), &[]), Permissions::NONE);
}

#[test]
fn per_subject_what_a_group_was_allowed_above_survives_the_denial_of_another() {
    let mut acl = acl(&["group a 31 31"], &["group b 31 0"], &[]);
    assert_eq!(acl.evaluate(&uma(), &CHAIN), Permissions::NONE);
    acl.inheritance = Inheritance::PerSubject;
    assert_eq!(acl.evaluate(&uma(), &CHAIN), Permissions::ALL);
    // A subject without any rule adds nothing here either.
    acl.set(ROOT, Vec::new());
    assert_eq!(acl.evaluate(&uma(), &CHAIN), Permissions::NONE);
}

#[test]
fn where_nothing_is_given_by_default_rules_give_and_managers_read() {
    let mut acl = acl(&[], &["user uma 31 3"], &[]);
    acl.unruled = Unruled::Nothing;
    // The root cannot be read, so what lies below is not reached.
    assert_eq!(acl.evaluate(&uma(), &CHAIN), Permissions::NONE);
    acl.managers.push(Subject::parse("group", "b").unwrap());
    assert_eq!(acl.evaluate(&uma(), &[ROOT]), bits(1));
    assert_eq!(acl.evaluate(&uma(), &CHAIN), bits(3));
}

#[test]
fn nobody_locks_themselves_out() {
    let mut acl = acl(&[], &["user uma 1 1"], &[]);
    let own = rules(&["user uma 31 0"]);
    assert_eq!(acl.check_own_read(&uma(), &CHAIN, &own), Err(OwnReadLost));
    assert_eq!(OwnReadLost.to_string(), "You cannot remove your own read permission.");
    assert_eq!(acl.check_own_read(&uma(), &CHAIN, &rules(&["user uma 30 0"])), Ok(()));
    assert_eq!(acl.check_own_read(&uma(), &CHAIN, &rules(&["group c 31 0"])), Ok(()));
    // To clear the rule that lets them read is the same as to deny it.
    acl.unruled = Unruled::Nothing;
    acl.set(ROOT, rules(&["group c 1 1"]));
    acl.managers.push(Subject::parse("user", "uma").unwrap());
    assert_eq!(acl.check_own_read(&uma(), &CHAIN[..2], &[]), Ok(()), "managers read anyway");
    // Who could not read before loses nothing.
    let eve = Member::new("eve".parse().unwrap());
    assert_eq!(acl.check_own_read(&eve, &CHAIN, &own), Ok(()));
}

#[test]
fn one_denial_below_keeps_the_whole_folder() {
    let acl = acl(&[], &[], &["group a 8 0"]);
    let rules = acl.for_member(&uma());
    assert_eq!(rules.check_delete(&CHAIN[..2], []), Ok(()));
    assert_eq!(rules.check_delete(&CHAIN[..2], [&CHAIN[..]]), Err(LEAF));
    assert_eq!(rules.check_delete(&CHAIN, []), Err(LEAF));
}

#[test]
fn inherited_rules_are_one_for_each_subject() {
    let acl = acl(&["group a 3 1", "user uma 16 0"], &["group a 6 4"], &["group a 31 0"]);
    let inherited = acl.inherited(&uma(), &CHAIN[..2]);
    let told: Vec<_> = inherited
        .iter()
        .map(|rule| (rule.subject.kind(), rule.subject.id(), rule.mask, rule.allow))
        .collect();
    assert_eq!(told, [("user", "uma", 16, 15), ("group", "a", 7, 29)]);
    assert!(acl.inherited(&uma(), &[]).is_empty());
}

/// Rules on the three nodes, for subjects of which Uma is some.
fn any_acl() -> impl Strategy<Value = Acl> {
    let subject =
        prop::sample::select(vec!["user uma", "group a", "group b", "circle t", "user eve"]);
    let rule = (0usize..3, subject, any::<u8>(), any::<u8>());
    (prop::collection::vec(rule, 0..8), any::<bool>(), any::<bool>()).prop_map(
        |(all, per_subject, nothing)| {
            let mut acl = Acl::default();
            if per_subject {
                acl.inheritance = Inheritance::PerSubject;
            }
            if nothing {
                acl.unruled = Unruled::Nothing;
                acl.managers.push(Subject::parse("group", "a").unwrap());
            }
            for (at, subject, mask, allow) in all {
                let mut rules_there = acl.at(CHAIN[at]).to_vec();
                rules_there.extend(rules(&[&format!("{subject} {mask} {allow}")]));
                acl.set(CHAIN[at], rules_there);
            }
            acl
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_rules_of_one_person_say_what_all_rules_say(acl in any_acl()) {
        let rules = acl.for_member(&uma());
        for end in 1..=3 {
            prop_assert_eq!(rules.evaluate(&CHAIN[..end]), acl.evaluate(&uma(), &CHAIN[..end]));
        }
    }

    #[test]
    fn what_can_be_seen_lies_below_what_can_be_seen(acl in any_acl()) {
        let may = |end: usize| acl.evaluate(&uma(), &CHAIN[..end]);
        prop_assert!(may(3) == Permissions::NONE || may(3).contains(Permissions::READ));
        prop_assert!(!may(3).contains(Permissions::READ) || may(2).contains(Permissions::READ));
    }

    #[test]
    fn rules_for_others_change_nothing(acl in any_acl(), mask: u8, allow: u8) {
        let mut more = acl.clone();
        let mut rules_there = more.at(MID).to_vec();
        rules_there.push(Rule::new(Subject::parse("user", "eve").unwrap(), mask, allow));
        more.set(MID, rules_there);
        prop_assert_eq!(acl.evaluate(&uma(), &CHAIN), more.evaluate(&uma(), &CHAIN));
    }
}
