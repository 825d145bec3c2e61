//! Who may know of whom: what administrators allow people to see of one another.

use std::collections::BTreeSet;

use allmende_accounts::{FieldUpdate, Person, Status};
use allmende_types::UserId;

use crate::{Enumeration, Result, Sharing};

/// Where the ids of those are kept whom a person's address book has: a field of the person
/// that no profile shows.
const PHONE_BOOK: &str = ".phone_book";

/// How a person comes by another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Look {
    /// They ask for them by their id.
    Named,
    /// They are shown them unasked, as in a list.
    Listed,
}

impl Enumeration {
    /// Whether everybody may be shown everybody.
    const fn is_open(&self) -> bool {
        self.allowed && !self.to_group && !self.to_phone
    }
}

impl Sharing {
    /// Whether a person may know of others, in the order of the ids: those in their own groups
    /// only, where the policy shares within groups only; and as it lets people be found. A
    /// constant number of reads.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn knows(&self, person: &UserId, ids: &[UserId], look: Look) -> Result<Vec<bool>> {
        let policy = self.policy().await?;
        let rules = &policy.enumeration;
        let open = rules.is_open() || look == Look::Named && rules.full_match;
        if open && !policy.only_group_members {
            return Ok(vec![true; ids.len()]);
        }
        let people = self.members(ids.iter().chain([person])).await?;
        let Some(me) = people.get(person) else { return Ok(vec![false; ids.len()]) };
        let book = match !open && rules.allowed && rules.to_phone {
            true => self.phone_book(person).await?,
            false => BTreeSet::new(),
        };
        let knows = |id: &UserId| {
            let groups = people.get(id).map_or(&[][..], |other| other.groups());
            let common = || policy.common(me.groups()).any(|group| groups.contains(group));
            let found = || {
                rules.to_group && me.groups().iter().any(|group| groups.contains(group))
                    || book.contains(&id.key())
            };
            id.key() == person.key()
                || (!policy.only_group_members || common()) && (open || rules.allowed && found())
        };
        Ok(ids.iter().map(knows).collect())
    }

    /// Keeps whom a person's address book has; what was kept before is forgotten.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn keep_phone_book(&self, person: &UserId, known: &[UserId]) -> Result<()> {
        let keys: BTreeSet<String> = known.iter().map(UserId::key).collect();
        // Ids have no line ends.
        let value = keys.into_iter().collect::<Vec<_>>().join("\n");
        let update = FieldUpdate { value: Some(value), scope: None };
        Ok(self.accounts().set_profile_field(person, PHONE_BOOK, update).await?)
    }

    /// The keys of those whom a person's address book has.
    async fn phone_book(&self, person: &UserId) -> Result<BTreeSet<String>> {
        let fields = self.accounts().profile(person).await?;
        let field = fields.into_iter().find(|field| field.name == PHONE_BOOK);
        let value = field.map(|field| field.value).unwrap_or_default();
        Ok(value.lines().map(str::to_owned).collect())
    }

    /// Those in a person's address book whose name, id or address contains a text.
    pub(crate) async fn found_in_phone_book(
        &self,
        person: &UserId,
        text: &str,
    ) -> Result<Vec<Person>> {
        let keys = self.phone_book(person).await?;
        let ids: Vec<UserId> = keys.iter().filter_map(|key| key.parse().ok()).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let text = text.to_lowercase();
        let has = |value: &str| value.to_lowercase().contains(&text);
        let people = self.accounts().people_by_id(&ids).await?.into_iter().flatten();
        let fits = |person: &Person| {
            person.status == Status::Enabled
                && (has(&person.display_name)
                    || has(person.id.as_str())
                    || person.email.as_deref().is_some_and(has))
        };
        Ok(people.filter(fits).collect())
    }
}
