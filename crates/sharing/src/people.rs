//! What has to be known of people to say what they may.

use std::collections::{BTreeSet, HashMap, HashSet};

use allmende_accounts::{Person, Status};
use allmende_share::{Member, Standing};
use allmende_sql::Value;
use allmende_types::{GroupId, UserId};

use crate::{Recipient, Result, Sharing};

/// A person, with what makes something to be for them.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) person: Person,
    pub(crate) member: Member,
}

impl Known {
    pub(crate) fn groups(&self) -> &[GroupId] {
        &self.member.groups
    }

    /// The ids of the groups and circles that they are in, as one list for a statement. A group
    /// can have the id of a circle: ask of what is found whether it
    /// [is for them](Self::is_among).
    pub(crate) fn sets(&self) -> impl Iterator<Item = Value> + '_ {
        let groups = self.member.groups.iter().map(GroupId::as_str);
        groups.chain(self.member.teams.iter().map(String::as_str)).map(Value::from)
    }

    pub(crate) fn is_administrator(&self) -> bool {
        self.member.groups.contains(&GroupId::admin())
    }

    /// Whether a share with this recipient is for the person.
    pub(crate) fn is_among(&self, recipient: &Recipient) -> bool {
        recipient.subject().is_some_and(|subject| self.member.is_one_of(&subject))
    }
}

/// Some people, by the keys of their ids.
#[derive(Debug, Clone, Default)]
pub(crate) struct People(HashMap<String, Known>);

impl People {
    pub(crate) fn get(&self, id: &UserId) -> Option<&Known> {
        self.0.get(&id.key())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Known> {
        self.0.values()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl Sharing {
    /// People with their groups and circles, those left out whom there is not: two reads,
    /// however many.
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
            let person = person?;
            let mut member = Member::new(person.id.clone());
            member.groups = groups.groups;
            member.teams = groups.circles.iter().map(ToString::to_string).collect();
            member.standing = match person.status {
                Status::Enabled => Standing::Active,
                Status::Disabled => Standing::Disabled,
            };
            Some((id.key(), Known { person, member }))
        });
        Ok(People(members.collect()))
    }

    /// One person with their groups and circles.
    pub(crate) async fn member(&self, id: &UserId) -> Result<Option<Known>> {
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
