//! What has to be known of people to say what they may.

use std::collections::{BTreeSet, HashMap, HashSet};

use allmende_accounts::{Person, Status};
use allmende_types::{GroupId, UserId};

use crate::{Recipient, Result, Sharing};

/// A person with their groups.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) person: Person,
    pub(crate) groups: Vec<GroupId>,
    /// The teams, by id.
    pub(crate) teams: Vec<String>,
}

impl Member {
    pub(crate) fn is_enabled(&self) -> bool {
        self.person.status == Status::Enabled
    }

    pub(crate) fn is_administrator(&self) -> bool {
        self.groups.contains(&GroupId::admin())
    }

    /// Whether a share with this recipient is for the person.
    pub(crate) fn is_among(&self, recipient: &Recipient) -> bool {
        match recipient {
            Recipient::Person(id) => id.key() == self.person.id.key(),
            Recipient::Group(id) => self.groups.contains(id),
            Recipient::Team(id) => self.teams.contains(id),
            _ => false,
        }
    }
}

/// Some people, by the keys of their ids.
#[derive(Debug, Clone, Default)]
pub(crate) struct People(HashMap<String, Member>);

impl People {
    pub(crate) fn get(&self, id: &UserId) -> Option<&Member> {
        self.0.get(&id.key())
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl Sharing {
    /// People with their groups, those left out whom there is not: two reads, however many.
    pub(crate) async fn members<'a>(
        &self,
        ids: impl IntoIterator<Item = &'a UserId>,
    ) -> Result<People> {
        let mut seen = HashSet::new();
        let ids: Vec<UserId> =
            ids.into_iter().filter(|id| seen.insert(id.key())).cloned().collect();
        if ids.is_empty() {
            return Ok(People::default());
        }
        let people = self.accounts().people_by_id(&ids).await?;
        let groups = self.accounts().memberships(&ids).await?;
        let members = ids.iter().zip(people.into_iter().zip(groups));
        let members = members.filter_map(|(id, (person, groups))| {
            let member = Member { person: person?, groups: groups.groups, teams: Vec::new() };
            Some((id.key(), member))
        });
        Ok(People(members.collect()))
    }

    /// One person with their groups.
    pub(crate) async fn member(&self, id: &UserId) -> Result<Option<Member>> {
        let mut people = self.members([id]).await?;
        Ok(people.0.remove(&id.key()))
    }

    /// The id with a key, as it was chosen; the key itself of somebody who is gone.
    pub(crate) async fn spelled(&self, key: &str) -> Result<UserId> {
        let id = crate::rows::person(key)?;
        Ok(self.accounts().person(&id).await?.map_or(id, |person| person.id))
    }

    /// The names to show of people, by the keys of their ids; the id of one who is gone.
    pub(crate) async fn people_named(
        &self,
        ids: &BTreeSet<UserId>,
    ) -> Result<HashMap<String, Person>> {
        let ids: Vec<UserId> = ids.iter().cloned().collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let found = self.accounts().people_by_id(&ids).await?;
        Ok(found.into_iter().flatten().map(|person| (person.id.key(), person)).collect())
    }
}
