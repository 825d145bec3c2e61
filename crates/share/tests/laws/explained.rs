use allmende_share::{Rights, RouteKind, Verdict};

use crate::{
    law, reference,
    world::{NOW, World},
};

#[test]
fn the_explanation_says_what_the_decision_says() {
    law(&World::default(), |world, _| {
        let graph = world.graph();
        for (who, node) in world.pairs() {
            let (why, rights) = (graph.explain(who, node, NOW), graph.rights(who, node, NOW));
            let told = why.routes.iter().fold(Rights::NONE, |all, route| match route.verdict {
                Verdict::Gives(gives) => all | gives,
                _ => all,
            });
            let left = told.without(why.denied);
            let left =
                if left.may(allmende_types::Permissions::READ) { left } else { Rights::NONE };
            if why.rights != rights || left != rights {
                return Err(format!("{who} at {node} has {rights}, but {why}"));
            }
        }
        Ok(())
    });
}

#[test]
fn what_a_route_is_told_to_give_its_granter_has() {
    law(&World::default(), |world, _| {
        let graph = world.graph();
        for (who, node) in world.pairs() {
            let why = graph.explain(who, node, NOW);
            for route in &why.routes {
                let RouteKind::Share { id, granter, .. } = &route.kind else { continue };
                let has = graph.rights(granter, route.node, NOW);
                match route.verdict {
                    Verdict::Gives(gives) if !has.contains(gives) || gives.is_none() => {
                        return Err(format!("share {id} gives {gives}, its granter has {has}"));
                    }
                    Verdict::GranterHasNothing if !has.is_none() => {
                        return Err(format!("the granter of share {id} has {has}"));
                    }
                    _ => {}
                }
            }
            // Owners and members are told so.
            let own = why.routes.iter().any(|route| route.kind == RouteKind::Owner);
            let known = world.people.iter().any(|member| member.id == *who);
            if own != (known && reference::owns(world, who, node)) {
                return Err(format!("{who} at {node}: {why}"));
            }
        }
        Ok(())
    });
}
