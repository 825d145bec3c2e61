//! The definition, as slow and plain as it can be written: everybody's rights at every node,
//! from nothing upwards until nothing changes.

use std::collections::HashMap;

use allmende_share::{Answer, DisabledGranters, Grant, Member, Owner, Resharing, Rights, Standing};
use allmende_types::{NodeId, Permissions, UserId};

use crate::world::{NOW, World};

pub(crate) type Table = HashMap<(UserId, NodeId), Rights>;

/// What the definition says of everybody and every node.
pub(crate) fn table(world: &World) -> Table {
    let mut table = Table::new();
    loop {
        let mut next = Table::new();
        for (who, node) in world.pairs() {
            next.insert((who.clone(), node), step(world, &table, who, node));
        }
        if next == table {
            return table;
        }
        table = next;
    }
}

/// What a person has of a node without any share.
pub(crate) fn base(world: &World, who: &Member, node: NodeId) -> Rights {
    let chain = world.chain(node);
    match world.owners.iter().find(|(root, _)| *root == chain[0]) {
        Some((_, Owner::Person(owner))) if *owner == who.id => Rights::ALL,
        Some((_, Owner::Team(space))) => {
            readable(Rights::new(space.permissions(who, &chain)).with_download())
        }
        _ => Rights::NONE,
    }
}

/// What a share gives, if its granter has this.
pub(crate) fn through(share: &Grant, has: Rights) -> Rights {
    let ceiling = Rights::new(share.permissions);
    let view_only = !share.attributes.download();
    has & if view_only { ceiling } else { ceiling.with_download() }
}

fn step(world: &World, table: &Table, who: &UserId, node: NodeId) -> Rights {
    let Some(member) = world.people.iter().find(|member| member.id == *who) else {
        return Rights::NONE;
    };
    let base = base(world, member, node);
    if base == Rights::ALL && owns(world, who, node) {
        return base;
    }
    let chain = world.chain(node);
    let mut rights = base;
    for share in &world.shares {
        let subject = share.recipient.subject();
        let answer = world.answers.iter().rfind(|(id, by, _)| (*id, by) == (share.id, who));
        let answer = answer.map_or(share.unanswered, |(_, _, answer)| *answer);
        let granter = world.people.iter().find(|member| member.id == share.granter);
        let granter = granter.filter(|granter| {
            granter.standing == Standing::Active || world.options.disabled == DisabledGranters::Keep
        });
        if chain.contains(&share.node)
            && subject.is_some_and(|subject| member.is_one_of(&subject))
            && answer == Answer::Accepted
            && share.expires.is_none_or(|last| NOW <= last)
            && granter.is_some()
        {
            let has = table.get(&(share.granter.clone(), share.node)).copied();
            let mut gives = readable(through(share, has.unwrap_or_default()));
            if world.options.resharing == Resharing::Forbidden {
                gives = gives.without(Rights::new(Permissions::SHARE));
            }
            rights = rights | gives;
        }
    }
    for denial in &world.denials {
        if chain.contains(&denial.node) && member.is_one_of(&denial.subject) {
            rights = rights.without(denial.taken);
        }
    }
    readable(rights)
}

pub(crate) fn owns(world: &World, who: &UserId, node: NodeId) -> bool {
    let root = world.chain(node)[0];
    let owner = world.owners.iter().find(|(of, _)| *of == root);
    matches!(owner, Some((_, Owner::Person(owner))) if owner == who)
}

fn readable(rights: Rights) -> Rights {
    if rights.may(Permissions::READ) { rights } else { Rights::NONE }
}
