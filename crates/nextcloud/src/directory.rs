//! Who finds whom: people and groups by what somebody typed, within the limits that
//! administrators set.

use allmende_accounts::{Accounts, Group, Page, PeopleQuery, Person, Result, Status};
use allmende_types::{GroupId, UserId};

/// Who is found, by the switches `core/shareapi_…` of the original.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "switches of administrators, one key each")]
pub(crate) struct Rules {
    /// Whether a part of a name finds anybody.
    pub(crate) enumeration: bool,
    /// Whether a part of a name finds only people of the own groups.
    pub(crate) own_groups: bool,
    /// Whether a part of a name finds only people whom one's address book knows.
    pub(crate) known_only: bool,
    /// Whether a whole name finds people nevertheless.
    pub(crate) full_match: bool,
    /// Whether the id is such a name.
    pub(crate) match_id: bool,
    /// Whether the e-mail address is such a name.
    pub(crate) match_email: bool,
    /// Whether a name fits without what stands in brackets behind it.
    pub(crate) ignore_second_name: bool,
    /// Whether groups are found.
    pub(crate) groups: bool,
    /// Whether only members of own groups, and own groups, are found at all.
    pub(crate) only_members: bool,
    /// How many of a kind are found at most.
    pub(crate) most: usize,
}

impl Default for Rules {
    /// Everybody finds everybody.
    fn default() -> Self {
        Self {
            enumeration: true,
            own_groups: false,
            known_only: false,
            full_match: true,
            match_id: true,
            match_email: true,
            ignore_second_name: false,
            groups: true,
            only_members: false,
            most: 25,
        }
    }
}

/// What was found: first what was named in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found<T> {
    pub(crate) exact: Vec<T>,
    pub(crate) wide: Vec<T>,
}

/// The people and groups as one person finds them.
#[derive(Debug)]
pub(crate) struct Directory<'a> {
    accounts: &'a Accounts,
    viewer: &'a UserId,
    own: Vec<GroupId>,
    rules: Rules,
}

impl<'a> Directory<'a> {
    pub(crate) async fn of(
        accounts: &'a Accounts,
        viewer: &'a UserId,
        rules: Rules,
    ) -> Result<Self> {
        let own = if rules.own_groups || rules.only_members {
            accounts.memberships_of(viewer).await?.groups
        } else {
            Vec::new()
        };
        Ok(Self { accounts, viewer, own, rules })
    }

    /// People whose id, name or address contains a text, in the order of their names. Who
    /// asks is not among them.
    pub(crate) async fn people(&self, text: &str) -> Result<Found<Person>> {
        let all = PeopleQuery {
            search: text.to_owned(),
            status: Some(Status::Enabled),
            groups: self.rules.only_members.then(|| self.own.clone()),
            ..PeopleQuery::default()
        };
        let mut people = self.accounts.people(&all).await?;
        people.retain(|person| person.id != *self.viewer);
        people.sort_by_cached_key(|person| (person.display_name.to_lowercase(), person.id.key()));
        let (exact, mut wide): (Vec<_>, Vec<_>) =
            people.into_iter().partition(|person| self.is_named(person, text));
        let exact = if self.rules.enumeration || self.rules.full_match { exact } else { vec![] };
        if !self.rules.enumeration || (self.rules.known_only && !self.rules.own_groups) {
            wide.clear();
        } else if self.rules.own_groups {
            let ids: Vec<UserId> = wide.iter().map(|person| person.id.clone()).collect();
            let groups = self.accounts.memberships(&ids).await?;
            let mut shares = groups.iter().map(|of| of.groups.iter().any(|g| self.own.contains(g)));
            wide.retain(|_| shares.next().unwrap_or(false));
        }
        wide.truncate(self.rules.most);
        Ok(Found { exact, wide })
    }

    fn is_named(&self, person: &Person, text: &str) -> bool {
        let text = text.trim().to_lowercase();
        let rules = &self.rules;
        let name = person.display_name.to_lowercase();
        let first = name.split(" (").next().unwrap_or(&name);
        let address = person.email.as_ref().map(|address| address.to_lowercase());
        (rules.match_id && person.id.key() == text)
            || name == text
            || (rules.ignore_second_name && first == text)
            // The original takes an address for an id as well.
            || ((rules.match_email || rules.match_id) && address.as_deref() == Some(&*text))
    }

    /// Groups whose id or name contains a text, in the order of their ids.
    pub(crate) async fn groups(&self, text: &str) -> Result<Found<Group>> {
        if !self.rules.groups {
            return Ok(Found { exact: Vec::new(), wide: Vec::new() });
        }
        let mut groups = self.accounts.groups(text, Page::default()).await?;
        let own = |group: &Group| self.own.contains(&group.id);
        if self.rules.only_members {
            groups.retain(own);
        }
        let named = |group: &Group| {
            let text = text.trim().to_lowercase();
            group.id.as_str().to_lowercase() == text || group.display_name.to_lowercase() == text
        };
        let (exact, mut wide): (Vec<_>, Vec<_>) = groups.into_iter().partition(named);
        if !self.rules.enumeration {
            wide.clear();
        } else if self.rules.own_groups {
            wide.retain(own);
        }
        wide.truncate(self.rules.most);
        Ok(Found { exact, wide })
    }

    /// Whether the person who asks may know of another at all.
    pub(crate) async fn knows(&self, person: &Person) -> Result<bool> {
        let rules = &self.rules;
        let open = rules.enumeration && !rules.own_groups && !rules.known_only;
        if open || rules.full_match || person.id == *self.viewer {
            return Ok(true);
        }
        if !rules.enumeration || !rules.own_groups {
            return Ok(false);
        }
        let groups = self.accounts.memberships_of(&person.id).await?.groups;
        Ok(groups.iter().any(|group| self.own.contains(group)))
    }
}
