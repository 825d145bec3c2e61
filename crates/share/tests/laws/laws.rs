use allmende_share::{Denial, Recipient, Rights, Subject};
use allmende_types::{NodeId, Permissions, Timestamp, UserId};

use crate::{
    law,
    random::Random,
    reference,
    world::{NOW, World},
};

/// Everybody's rights at every node.
fn everything(world: &World) -> Vec<Rights> {
    let graph = world.graph();
    world.pairs().map(|(who, node)| graph.rights(who, node, NOW)).collect()
}

fn equal(world: &World, before: &[Rights], after: &[Rights]) -> Result<(), String> {
    compare(world, before, after, |before, after| before == after)
}

fn nothing_added(world: &World, before: &[Rights], after: &[Rights]) -> Result<(), String> {
    compare(world, before, after, Rights::contains)
}

fn compare(
    world: &World,
    before: &[Rights],
    after: &[Rights],
    holds: impl Fn(Rights, Rights) -> bool,
) -> Result<(), String> {
    let all = world.pairs().zip(before.iter().zip(after));
    for ((who, node), (before, after)) in all {
        if !holds(*before, *after) {
            return Err(format!("{who} at {node}: before {before}, after {after}"));
        }
    }
    Ok(())
}

#[test]
fn the_decision_is_the_least_fixed_point() {
    law(&World::default(), |world, _| {
        let (graph, table) = (world.graph(), reference::table(world));
        for (who, node) in world.pairs() {
            let (is, should) = (graph.rights(who, node, NOW), table[&(who.clone(), node)]);
            if is != should {
                return Err(format!("{who} at {node}: {is}, by definition {should}"));
            }
        }
        Ok(())
    });
}

#[test]
fn no_share_gives_more_than_its_granter_has() {
    law(&World::default(), |world, _| {
        let graph = world.graph();
        for share in &world.shares {
            let gives = graph.gives(share.id, NOW);
            let has = graph.rights(&share.granter, share.node, NOW);
            if !has.contains(gives) || !share.ceiling().contains(gives) {
                return Err(format!("share {} gives {gives} of {has}", share.id));
            }
        }
        // And nobody has what no share gives them, nor the space.
        for member in &world.people {
            for (node, _) in &world.nodes {
                let chain = world.chain(*node);
                let mine = world.shares.iter().filter(|share| {
                    let subject = share.recipient.subject();
                    chain.contains(&share.node)
                        && subject.is_some_and(|subject| member.is_one_of(&subject))
                });
                let given = mine.fold(reference::base(world, member, *node), |all, share| {
                    all | graph.gives(share.id, NOW)
                });
                let has = graph.rights(&member.id, *node, NOW);
                if !given.contains(has) {
                    return Err(format!("{} at {node} has {has}, given {given}", member.id));
                }
            }
        }
        Ok(())
    });
}

#[test]
fn to_remove_a_share_never_adds_anything() {
    law(&World::default(), |world, choice| {
        let mut after = world.clone();
        if let Some(at) = chosen(choice, world.shares.len()) {
            after.shares.remove(at);
        }
        nothing_added(world, &everything(world), &everything(&after))
    });
}

#[test]
fn a_share_that_has_ended_is_as_one_that_was_removed() {
    law(&World::default(), |world, choice| {
        let Some(at) = chosen(choice, world.shares.len()) else { return Ok(()) };
        let (mut ended, mut removed) = (world.clone(), world.clone());
        ended.shares[at].expires = Some(Timestamp::from_unix(NOW.unix() - 1));
        removed.shares.remove(at);
        equal(world, &everything(&ended), &everything(&removed))?;
        // In its last second it still is as one without end.
        let (mut last, mut endless) = (world.clone(), world.clone());
        last.shares[at].expires = Some(NOW);
        endless.shares[at].expires = None;
        equal(world, &everything(&last), &everything(&endless))
    });
}

#[test]
fn the_order_in_which_things_are_told_means_nothing() {
    law(&World::default(), |world, choice| {
        let mut other = world.clone();
        let mut random = Random::new(choice);
        random.shuffle(&mut other.shares);
        random.shuffle(&mut other.people);
        random.shuffle(&mut other.denials);
        random.shuffle(&mut other.owners);
        let graph = {
            let mut other = other;
            random.shuffle(&mut other.nodes);
            other.graph()
        };
        let after: Vec<Rights> =
            world.pairs().map(|(who, node)| graph.rights(who, node, NOW)).collect();
        equal(world, &everything(world), &after)
    });
}

#[test]
fn a_cycle_of_shares_supports_nothing() {
    law(&World::default(), |world, choice| {
        let mut cycle = world.clone();
        // Everybody shares with everybody else in a ring, at one node.
        let people: Vec<UserId> = world.people.iter().map(|member| member.id.clone()).collect();
        let node = world.nodes[chosen(choice, world.nodes.len()).unwrap_or(0)].0;
        for (at, granter) in people.iter().enumerate() {
            let next = people[(at + 1) % people.len()].clone();
            let id = allmende_share::ShareId(100 + i64::try_from(at).unwrap());
            let to = Recipient::Person(next);
            cycle.shares.push(allmende_share::Grant::new(id, node, granter.clone(), to));
        }
        // Without what those share who have something of their own, nobody gets anything.
        let base = |who: &UserId, node: NodeId| {
            let member = cycle.people.iter().find(|member| member.id == *who);
            member.map_or(Rights::NONE, |member| reference::base(&cycle, member, node))
        };
        let mut orphaned = cycle.clone();
        orphaned.shares.retain(|share| base(&share.granter, share.node).is_none());
        let graph = orphaned.graph();
        for (who, node) in cycle.pairs() {
            let (has, own) = (graph.rights(who, node, NOW), base(who, node));
            if !own.contains(has) {
                return Err(format!("{who} at {node} has {has} out of nothing"));
            }
        }
        Ok(())
    });
}

#[test]
fn to_lower_a_share_lowers_what_follows_from_it() {
    law(&World::default(), |world, choice| {
        let Some(at) = chosen(choice, world.shares.len()) else { return Ok(()) };
        let mut lower = world.clone();
        let kept = Permissions::from_bits((choice >> 32) as u8 & 31).unwrap();
        let share = &mut lower.shares[at];
        share.permissions = share.permissions & kept;
        nothing_added(world, &everything(world), &everything(&lower))?;
        let (before, after) = (world.graph(), lower.graph());
        for share in &world.shares {
            let (before, after) = (before.gives(share.id, NOW), after.gives(share.id, NOW));
            if !before.contains(after) {
                return Err(format!("share {} gave {before}, now {after}", share.id));
            }
        }
        Ok(())
    });
}

#[test]
fn a_denial_never_adds_anything() {
    law(&World::default(), |world, choice| {
        let mut denied = world.clone();
        let node = world.nodes[chosen(choice, world.nodes.len()).unwrap_or(0)].0;
        let taken = Rights::new(Permissions::from_bits((choice >> 32) as u8 & 31).unwrap());
        let who = chosen(choice >> 8, world.people.len()).map(|at| world.people[at].id.clone());
        let Some(who) = who else { return Ok(()) };
        let subject = match choice >> 40 & 1 {
            0 => Subject::Person(who),
            _ => Subject::Group("g0".parse().unwrap()),
        };
        denied.denials.push(Denial { node, subject, taken });
        nothing_added(world, &everything(world), &everything(&denied))
    });
}

#[test]
fn to_leave_never_adds_anything() {
    law(&World::without_denying(), |world, choice| {
        let Some(at) = chosen(choice, world.people.len()) else { return Ok(()) };
        let before = everything(world);
        // A group, where nothing is denied to it.
        let mut after = world.clone();
        after.people[at].groups.pop();
        nothing_added(world, &before, &everything(&after))?;
        // A share.
        let mut after = world.clone();
        if let Some(share) = chosen(choice >> 16, world.shares.len()) {
            let who = world.people[at].id.clone();
            after.answers.push((world.shares[share].id, who, allmende_share::Answer::Left));
        }
        nothing_added(world, &before, &everything(&after))?;
        // This world: an account is deleted, with the home if it has one.
        let mut after = world.clone();
        after.people.remove(at);
        nothing_added(world, &before, &everything(&after))
    });
}

#[test]
fn stricter_options_never_add_anything() {
    use allmende_share::{DisabledGranters, GraphOptions, Resharing};
    law(&World::default(), |world, _| {
        let (mut lax, mut strict) = (world.clone(), world.clone());
        lax.options = GraphOptions::default();
        strict.options =
            GraphOptions { resharing: Resharing::Forbidden, disabled: DisabledGranters::Suspend };
        nothing_added(world, &everything(&lax), &everything(&strict))
    });
}

/// One of so many.
fn chosen(choice: u64, of: usize) -> Option<usize> {
    usize::try_from(choice % (of.max(1) as u64)).ok().filter(|at| *at < of)
}
