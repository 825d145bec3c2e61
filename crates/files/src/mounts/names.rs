//! Names for mounts, where two things want the same one.

use std::collections::{HashMap, HashSet};

use allmende_storage::{Actor, Batch, Expect, MoveNode, Node, Op, Target};
use allmende_types::{Name, NamePolicy, NodeId};

use crate::{Files, Result};

/// How many further names are asked for at once.
const AT_ONCE: u32 = 8;
/// How many are tried at all, before the name itself is shown twice.
const MOST: u32 = 1024;

/// Which names are taken, by what stands in the home or by other mounts.
#[derive(Debug)]
pub(super) struct Claims {
    names: NamePolicy,
    standing: HashMap<(NodeId, String), Node>,
    taken: HashSet<(NodeId, String)>,
}

impl Claims {
    /// Looks which of these names are taken in the home.
    pub(super) async fn load(
        files: &Files,
        places: impl Iterator<Item = (NodeId, Name)>,
    ) -> Result<Self> {
        let names = files.options().names.clone();
        let mut claims = Self { names, standing: HashMap::new(), taken: HashSet::new() };
        claims.look(files, &places.collect::<Vec<_>>()).await?;
        Ok(claims)
    }

    async fn look(&mut self, files: &Files, places: &[(NodeId, Name)]) -> Result<()> {
        let found = files.tree().children_named(places).await?;
        for ((folder, name), node) in places.iter().zip(found) {
            if let Some(node) = node {
                self.standing.insert((*folder, self.names.key(name)), node);
            }
        }
        Ok(())
    }

    /// Takes a name, if it is free.
    pub(super) fn take(&mut self, folder: NodeId, name: &Name) -> bool {
        let place = (folder, self.names.key(name));
        !self.standing.contains_key(&place) && self.taken.insert(place)
    }

    /// Renames what stands in the home under the name of a team folder, as the original
    /// does, and takes the name. Not, if that cannot be renamed now.
    pub(super) async fn make_room(
        &mut self,
        files: &Files,
        folder: NodeId,
        name: &Name,
    ) -> Result<bool> {
        let place = (folder, self.names.key(name));
        let Some(own) = self.standing.get(&place).cloned() else { return Ok(false) };
        if self.taken.contains(&place) {
            return Ok(false);
        }
        let others: Vec<_> = (1..=AT_ONCE).map(|n| (folder, numbered(name, n))).collect();
        self.look(files, &others).await?;
        for (folder, other) in others {
            if !self.take(folder, &other) {
                continue;
            }
            // What was thrown away in this moment is not fetched back.
            let (node, space) = (own.id, Some(own.space));
            let target = Target { parent: folder, name: other, expect: Expect::Absent, space };
            let op = Op::Move(MoveNode { space, ..MoveNode::whatever(node, target) });
            let batch = Batch::one(Actor::default(), files.now(), op);
            return Ok(match files.tree().commit(batch).await {
                Ok(_) => {
                    self.standing.remove(&place);
                    self.take(folder, name)
                }
                Err(error) => {
                    tracing::debug!(%error, "a team folder is shown under another name");
                    false
                }
            });
        }
        Ok(false)
    }

    /// Another name for each of these, `name (2)` and so on.
    pub(super) async fn other_names(
        &mut self,
        files: &Files,
        places: Vec<(NodeId, Name)>,
    ) -> Result<Vec<Name>> {
        let mut shown: Vec<Option<Name>> = vec![None; places.len()];
        let mut from = 2;
        while from < MOST && shown.iter().any(Option::is_none) {
            let numbers = from..from + AT_ONCE;
            let waiting = || places.iter().zip(&shown).filter(|(_, shown)| shown.is_none());
            let asked: Vec<_> = waiting()
                .flat_map(|((folder, name), _)| {
                    numbers.clone().map(|number| (*folder, numbered(name, number)))
                })
                .collect();
            self.look(files, &asked).await?;
            for ((folder, name), shown) in places.iter().zip(&mut shown) {
                if shown.is_none() {
                    let mut others = numbers.clone().map(|number| numbered(name, number));
                    *shown = others.find(|other| self.take(*folder, other));
                }
            }
            from += AT_ONCE;
        }
        Ok(places.into_iter().zip(shown).map(|((_, own), other)| other.unwrap_or(own)).collect())
    }
}

/// A name with a number before its ending.
pub(crate) fn numbered(name: &Name, number: u32) -> Name {
    let text = name.as_str();
    let numbered = match text.rfind('.').filter(|dot| *dot > 0) {
        Some(dot) => format!("{} ({number}){}", &text[..dot], &text[dot..]),
        None => format!("{text} ({number})"),
    };
    // A name that is too long already keeps its length, and its end gives way.
    Name::new(&numbered).unwrap_or_else(|_| {
        let kept: String = text.chars().take(48).collect();
        Name::new(&format!("{kept} ({number})")).unwrap_or_else(|_| name.clone())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_stands_before_the_ending() {
        for (name, expected) in
            [("a", "a (2)"), ("a.txt", "a (2).txt"), ("a.tar.gz", "a.tar (2).gz"), (".x", ".x (2)")]
        {
            assert_eq!(numbered(&Name::new(name).unwrap(), 2).as_str(), expected);
        }
        let long = Name::new(&"x".repeat(250)).unwrap();
        assert!(numbered(&long, 2).as_str().ends_with(" (2)"));
    }
}
