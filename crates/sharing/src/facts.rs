//! What clients are told of shares beside the shares themselves.

use std::collections::{BTreeSet, HashMap};

use allmende_storage::Node;
use allmende_types::{GroupId, NodeId, SpacePath};

use crate::{Recipient, Result, Share, Sharing, spaces::SpaceOwner};

/// A share with the names and the node that the answers of the protocol show.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShareFacts {
    /// The share.
    pub share: Share,
    /// The name of whose the node is.
    pub owner_name: String,
    /// The name of who shares it.
    pub initiator_name: String,
    /// The name of whom it is with; the id of somebody who is gone, empty for a link.
    pub recipient_name: String,
    /// What tells people of one name apart: the mail address of a person, else the id. Of
    /// shares with people only.
    pub recipient_unique: Option<String>,
    /// The node; none if it is gone.
    pub node: Option<Node>,
    /// Its path in its space.
    pub path: Option<SpacePath>,
}

impl Sharing {
    /// Completes shares, in their order: five queries, however many.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn facts(&self, shares: Vec<Share>) -> Result<Vec<ShareFacts>> {
        if shares.is_empty() {
            return Ok(Vec::new());
        }
        let (mut people, mut groups, mut circles) = <(BTreeSet<_>, BTreeSet<_>, Vec<_>)>::default();
        for share in &shares {
            people.extend([share.owner.clone(), share.initiator.clone()]);
            match &share.recipient {
                Recipient::Person(id) => _ = people.insert(id.clone()),
                Recipient::Group(id) => _ = groups.insert(id.clone()),
                Recipient::Team(id) => circles.push(id.as_str()),
                _ => {}
            }
        }
        let people = self.people_named(&people).await?;
        let groups: Vec<GroupId> = groups.into_iter().collect();
        let group_names = match groups.is_empty() {
            true => Vec::new(),
            false => self.accounts().group_names(&groups).await?,
        };
        let groups: HashMap<GroupId, Option<String>> =
            groups.into_iter().zip(group_names).collect();
        let circles = self.circles_named(circles).await?;
        let mut ids: Vec<NodeId> = shares.iter().map(|share| share.node).collect();
        ids.sort_unstable();
        ids.dedup();
        let nodes = self.tree().stat(&ids).await?;
        let paths = self.tree().paths(&ids).await?;
        let spaces: Vec<_> = nodes.iter().flatten().map(|node| node.space).collect();
        let owners = self.owners(spaces).await?;
        // What was thrown away takes its shares along until it comes back.
        let there =
            |node: &Node| owners.get(&node.space).is_some_and(|of| *of != SpaceOwner::Other);
        let nodes = nodes.into_iter().map(|node| node.filter(&there));
        let places: HashMap<NodeId, (Option<Node>, Option<SpacePath>)> =
            ids.into_iter().zip(nodes.into_iter().zip(paths)).collect();
        let name = |id: &allmende_types::UserId| {
            let person = people.get(&id.key());
            person.map_or_else(|| id.to_string(), |person| person.display_name.clone())
        };
        Ok(shares
            .into_iter()
            .map(|share| {
                let (node, path) = places.get(&share.node).cloned().unwrap_or_default();
                let recipient_name = match &share.recipient {
                    Recipient::Person(id) => name(id),
                    Recipient::Group(id) => {
                        let name = groups.get(id).cloned().flatten();
                        name.unwrap_or_else(|| id.to_string())
                    }
                    Recipient::Team(id) => circles.get(id).unwrap_or(id).clone(),
                    other => other.id().unwrap_or_default().to_owned(),
                };
                let unique = person_of(&share.recipient).map(|id| {
                    let person = people.get(&id.key());
                    let email = person.and_then(|person| person.email.clone());
                    email.unwrap_or_else(|| id.to_string())
                });
                ShareFacts {
                    owner_name: name(&share.owner),
                    initiator_name: name(&share.initiator),
                    recipient_name,
                    recipient_unique: unique,
                    node,
                    path,
                    share,
                }
            })
            .collect())
    }
}

fn person_of(recipient: &Recipient) -> Option<&allmende_types::UserId> {
    match recipient {
        Recipient::Person(id) => Some(id),
        _ => None,
    }
}
