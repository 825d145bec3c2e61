//! Whom something can be shared with: the search behind the sharing dialogs.

use std::collections::{BTreeMap, BTreeSet};

use allmende_accounts::{Circle, Group, Page, PeopleOrder, PeopleQuery, Person, Status};
use allmende_sql::{Statement, Value, params};
use allmende_types::{GroupId, UserId};

use crate::{
    Caller, Enumeration, Policy, Recipient, Result, ShareKind, Sharing, create::is_address,
    people::Known,
};

/// A search for recipients.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ShareeQuery {
    /// A part of a name, id or address.
    pub text: String,
    /// The kinds to look for; those that policy forbids are passed over.
    pub kinds: Vec<ShareKind>,
    /// The page, from 1.
    pub page: u32,
    /// Results of each kind on a page; never more than the operator allows.
    pub per_page: u32,
    /// What a text that is too short finds.
    pub brevity: Brevity,
}

/// What to do with a text that is shorter than the operator wants for a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Brevity {
    /// Nothing is found.
    #[default]
    Refused,
    /// It is looked for: names are completed from the first letter.
    Taken,
}

impl ShareeQuery {
    /// The first page for people, groups and addresses.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let kinds = vec![ShareKind::Person, ShareKind::Group, ShareKind::Mail];
        Self { text: text.into(), kinds, page: 1, per_page: 200, brevity: Brevity::default() }
    }
}

/// What a search for recipients found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sharees {
    /// What is called exactly as the text. It is not repeated among the others.
    pub exact: Found,
    /// What contains the text.
    pub wide: Found,
    /// Whether there is a next page.
    pub more: bool,
}

/// Recipients of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// People, by name.
    pub people: Vec<Person>,
    /// Groups, by id.
    pub groups: Vec<Group>,
    /// Circles that the caller may know of and share with, by name.
    pub circles: Vec<Circle>,
    /// Mail addresses.
    pub mails: Vec<String>,
    /// Cloud ids on other servers.
    pub remotes: Vec<CloudId>,
}

/// A person on another server: `user@host`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CloudId {
    /// The id over there.
    pub user: String,
    /// The server, with its port and path if it has them.
    pub host: String,
}

/// A recipient with whom the caller often shares.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recommended {
    /// Whom.
    pub recipient: Recipient,
    /// The name to show.
    pub name: String,
    /// How many shares there are.
    pub count: u64,
}

/// People that are looked through for one page at most.
const LOOKED_THROUGH: u64 = 1000;
/// Recipients that are recommended.
const RECOMMENDED: u32 = 5;

impl Sharing {
    /// Looks for recipients, as the policy lets this person see others.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn sharees(&self, caller: Caller<'_>, query: &ShareeQuery) -> Result<Sharees> {
        let policy = self.policy().await?;
        let text = query.text.trim();
        let mut found = Sharees::default();
        let Some(me) = self.member(caller.person).await? else { return Ok(found) };
        let short = query.brevity == Brevity::Refused
            && text.chars().count() < policy.enumeration.min_length;
        if short || !policy.may_share(me.groups()) {
            return Ok(found);
        }
        let wants = |kind| query.kinds.contains(&kind);
        let limit = u64::from(query.per_page).min(policy.enumeration.max_results).max(1);
        let offset = u64::from(query.page.max(1) - 1) * limit;
        let search = Search { me: &me, policy: &policy, text, page: Page { offset, limit } };
        if wants(ShareKind::Person) {
            self.find_people(&search, &mut found).await?;
        }
        if wants(ShareKind::Group) && policy.group_sharing {
            self.find_groups(&search, &mut found).await?;
        }
        if wants(ShareKind::Team) {
            self.find_circles(&search, &mut found).await?;
        }
        let local = !found.exact.people.is_empty() && text.contains('@');
        let known = found.wide.people.iter().chain(&found.exact.people);
        let mut known = known.filter_map(|person| person.email.as_deref());
        let known = known.any(|email| email.eq_ignore_ascii_case(text));
        if is_address(text) && !local && query.page <= 1 {
            let mail = wants(ShareKind::Mail) && policy.mail_shares && policy.may_link(me.groups());
            if mail && !known {
                found.exact.mails.push(text.to_owned());
            }
        }
        if wants(ShareKind::Federated) && policy.federation_out && !local && query.page <= 1 {
            found.exact.remotes.extend(cloud_id(text));
        }
        Ok(found)
    }

    async fn find_people(&self, search: &Search<'_>, found: &mut Sharees) -> Result<()> {
        let Search { me, policy, text, page } = search;
        let rules = &policy.enumeration;
        let own: Vec<GroupId> = policy.common(me.groups()).cloned().collect();
        if rules.full_match && !text.is_empty() {
            let mut exact = self.accounts().people_called(text).await?;
            exact.retain(|person| rules.is_exact(person, text));
            if policy.only_group_members {
                self.retain_fellows(&mut exact, &own).await?;
            }
            let me = me.person.id.key();
            let by_id = |person: &Person| person.id.key() == text.to_lowercase();
            exact.retain(|of| of.id.key() != me && (of.status == Status::Enabled || by_id(of)));
            found.exact.people = exact;
        }
        if !rules.allowed {
            return Ok(());
        }
        let only_own = rules.to_group || policy.only_group_members;
        let query = PeopleQuery {
            search: (*text).to_owned(),
            groups: only_own.then_some(if policy.only_group_members {
                own.clone()
            } else {
                me.groups().to_vec()
            }),
            status: Some(Status::Enabled),
            order: PeopleOrder::Name,
            // What is left out below must not make a page short.
            page: Page { offset: 0, limit: LOOKED_THROUGH },
        };
        let mut people = match rules.to_phone && !rules.to_group {
            true => Vec::new(),
            false => self.accounts().people(&query).await?,
        };
        if rules.to_phone {
            let mut known = self.found_in_phone_book(&me.person.id, text).await?;
            if policy.only_group_members {
                self.retain_fellows(&mut known, &own).await?;
            }
            known.retain(|one| people.iter().all(|other| other.id != one.id));
            people.extend(known);
            people.sort_by_cached_key(|person| person.display_name.to_lowercase());
        }
        let exact: BTreeSet<String> = found.exact.people.iter().map(|of| of.id.key()).collect();
        let me = me.person.id.key();
        let mut people =
            people.into_iter().filter(|of| of.id.key() != me && !exact.contains(&of.id.key()));
        let skipped = usize::try_from(page.offset).unwrap_or(usize::MAX);
        let wide = people.by_ref().skip(skipped).take(page.limit as usize);
        found.wide.people = wide.collect();
        found.more |= people.next().is_some();
        Ok(())
    }

    /// Leaves of some people those who are in one of these groups.
    async fn retain_fellows(&self, people: &mut Vec<Person>, groups: &[GroupId]) -> Result<()> {
        let ids: Vec<UserId> = people.iter().map(|person| person.id.clone()).collect();
        let memberships = self.accounts().memberships(&ids).await?;
        let mut fellow =
            memberships.iter().map(|of| of.groups.iter().any(|id| groups.contains(id)));
        people.retain(|_| fellow.next().unwrap_or(false));
        Ok(())
    }

    async fn find_groups(&self, search: &Search<'_>, found: &mut Sharees) -> Result<()> {
        let Search { me, policy, text, page } = search;
        let rules = &policy.enumeration;
        let all = self.accounts().groups(text, Page { offset: 0, limit: LOOKED_THROUGH }).await?;
        let own: Vec<&GroupId> = policy.common(me.groups()).collect();
        let may = |group: &Group| !policy.only_group_members || own.contains(&&group.id);
        let lower = text.to_lowercase();
        let is_exact = |group: &Group| {
            !text.is_empty()
                && (group.id.as_str().to_lowercase() == lower
                    || group.display_name.to_lowercase() == lower)
        };
        let (exact, wide): (Vec<Group>, Vec<Group>) =
            all.into_iter().filter(may).partition(is_exact);
        found.exact.groups = exact;
        if !rules.allowed {
            return Ok(());
        }
        let shown = |group: &Group| !rules.to_group || me.groups().contains(&group.id);
        let mut wide = wide.into_iter().filter(shown);
        let skipped = usize::try_from(page.offset).unwrap_or(usize::MAX);
        found.wide.groups = wide.by_ref().skip(skipped).take(page.limit as usize).collect();
        found.more |= wide.next().is_some();
        Ok(())
    }

    /// The recipients with whom a person shares most, those first with whom they share more.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn recommended(
        &self,
        caller: Caller<'_>,
        kinds: &[ShareKind],
    ) -> Result<Vec<Recommended>> {
        const FIND: &str = "SELECT kind, min(recipient), count(*) FROM shares \
             WHERE initiator_key = $1 AND recipient_key IS NOT NULL \
             AND (expires IS NULL OR expires >= $2) AND kind IN ($list) \
             GROUP BY kind, recipient_key ORDER BY count(*) DESC, kind, recipient_key LIMIT $3";
        let row = params![caller.person.key(), caller.now.unix(), RECOMMENDED];
        let kinds = kinds.iter().map(|kind| Value::from(kind.number()));
        let rows = self.sql().read(Statement::with_list(FIND, row, kinds)).await?;
        let mut counted = Vec::with_capacity(rows.len());
        let (mut people, mut groups) = (BTreeSet::new(), Vec::new());
        for row in rows.iter() {
            let recipient = crate::rows::recipient(row.int(0)?, row.opt_text(1)?)?;
            match &recipient {
                Recipient::Person(id) => _ = people.insert(id.clone()),
                Recipient::Group(id) => groups.push(id.clone()),
                _ => {}
            }
            counted.push((recipient, row.int(2)?.unsigned_abs()));
        }
        let people = self.people_named(&people).await?;
        let names = match groups.is_empty() {
            true => Vec::new(),
            false => self.accounts().group_names(&groups).await?,
        };
        let groups: BTreeMap<GroupId, Option<String>> = groups.into_iter().zip(names).collect();
        let named = |(recipient, count): (Recipient, u64)| {
            // Who is gone is not recommended.
            let name = match &recipient {
                Recipient::Person(id) => people.get(&id.key())?.display_name.clone(),
                Recipient::Group(id) => groups.get(id).cloned().flatten()?,
                // There is no list for circles.
                Recipient::Team(_) => return None,
                other => other.id()?.to_owned(),
            };
            Some(Recommended { recipient, name, count })
        };
        Ok(counted.into_iter().filter_map(named).collect())
    }
}

pub(crate) struct Search<'a> {
    pub(crate) me: &'a Known,
    pub(crate) policy: &'a Policy,
    pub(crate) text: &'a str,
    pub(crate) page: Page,
}

impl Enumeration {
    /// Whether a person is called exactly so.
    fn is_exact(&self, person: &Person, text: &str) -> bool {
        let text = text.to_lowercase();
        let name = person.display_name.to_lowercase();
        let first = name.split_once(" (").map_or(name.as_str(), |(first, _)| first);
        let email = person.email.as_deref().map(str::to_lowercase);
        // A match of the id accepts an address too, as by the original.
        let by_email = (self.match_email || self.match_id) && email.as_deref() == Some(&*text);
        by_email
            || self.match_id && person.id.key() == text
            || name == text
            || self.ignore_second_name && first == text
    }
}

fn cloud_id(text: &str) -> Option<CloudId> {
    let (user, host) = text.rsplit_once('@')?;
    let host = host.trim_start_matches("https://").trim_end_matches('/');
    let fits = |c: char| c.is_ascii_alphanumeric() || "-.:/_[]".contains(c);
    let fine = !user.is_empty() && !user.contains('/') && !host.is_empty() && host.len() <= 255;
    (fine && host.chars().all(fits))
        .then(|| CloudId { user: user.to_owned(), host: host.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cloud_ids_have_a_user_and_a_host() {
        let id = |text| cloud_id(text).map(|id| (id.user, id.host));
        let both = |user: &str, host: &str| Some((user.to_owned(), host.to_owned()));
        assert_eq!(id("foo@example.org"), both("foo", "example.org"));
        assert_eq!(id("a@b@example.org:8443/nc/"), both("a@b", "example.org:8443/nc"));
        for bad in ["foo", "@x", "foo@", "a/b@c", "foo@ex ample"] {
            assert_eq!(id(bad), None, "{bad}");
        }
    }
}
