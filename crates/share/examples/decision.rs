//! How long a decision takes: a node at depth 10 with 50 shares on it and above it.
//!
//! `cargo run --release -p allmende-share --example decision`

use std::{hint::black_box, time::Instant};

use allmende_share::{Grant, Member, Owner, Recipient, ShareGraph, ShareId};
use allmende_types::{InvalidPrincipal, NodeId, Permissions, Timestamp, UserId};

const ROUNDS: u32 = 200_000;

fn main() -> Result<(), InvalidPrincipal> {
    let person = |n: i64| format!("person{n}").parse::<UserId>();
    // The owner shares with everybody; or each passes on what the one before them gave.
    for (name, passed_on) in [("shares of the owner", false), ("shares passed on", true)] {
        let mut graph = ShareGraph::default();
        for n in 0..=50 {
            let mut member = Member::new(person(n)?);
            member.groups = (0..10).filter_map(|g| format!("group{g}").parse().ok()).collect();
            graph.add_member(member);
        }
        for n in 1..=10 {
            graph.add_node(NodeId(n), (n > 1).then(|| NodeId(n - 1)));
        }
        graph.set_owner(NodeId(1), Owner::Person(person(0)?));
        for n in 1..=50 {
            let (by, to) = (person(if passed_on { n - 1 } else { 0 })?, person(n)?);
            let node = NodeId((n - 1) / 5 + 1);
            let mut grant = Grant::new(ShareId(n), node, by, Recipient::Person(to));
            grant.permissions = Permissions::READ | Permissions::SHARE;
            graph.add_grant(grant);
        }
        let who = person(50)?;
        let start = Instant::now();
        for _ in 0..ROUNDS {
            black_box(graph.rights(black_box(&who), NodeId(10), Timestamp::EPOCH));
        }
        println!("{name}: {:?} a decision", start.elapsed() / ROUNDS);
    }
    Ok(())
}
