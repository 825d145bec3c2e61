//! People: making, finding, changing, removing.

use allmende_events::append;
use allmende_sql::{Batch, Expect, Statement, Value, params};
use allmende_types::{EventKind, GroupId, Timestamp, UserId};

use crate::{
    Accounts, Error, ErrorKind, NewPerson, Person, PersonUpdate, Result, Status,
    act::about,
    groups::guard_administrators,
    person::{columns, from_row},
};

/// What of a long list to return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Entries to pass over.
    pub offset: u64,
    /// Entries to return at most; never more than [`Page::MAX`].
    pub limit: u64,
}

impl Page {
    /// The most entries that are returned at once.
    pub const MAX: u64 = 1000;

    pub(crate) fn to_sql(self) -> [Value; 2] {
        let offset = i64::try_from(self.offset).unwrap_or(i64::MAX);
        let limit = self.limit.min(Self::MAX) as i64;
        [limit.into(), offset.into()]
    }
}

impl Default for Page {
    /// The first entries, as many as are returned at once.
    fn default() -> Self {
        Self { offset: 0, limit: Self::MAX }
    }
}

/// Which people to list; by default all of them in the order of their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeopleQuery {
    /// A part of the id, the name or the e-mail address, in any case; empty for all.
    pub search: String,
    /// Only members of at least one of these groups. An empty list admits nobody.
    pub groups: Option<Vec<GroupId>>,
    /// Only people of this status.
    pub status: Option<Status>,
    /// The order.
    pub order: PeopleOrder,
    /// What of the list.
    pub page: Page,
}

/// The order of a list of people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PeopleOrder {
    /// By id, in lower case.
    #[default]
    Id,
    /// By the name to show, in lower case.
    Name,
    /// Who logged in last comes first; only people who did are listed.
    LastLogin,
}

impl Accounts {
    /// Makes a person.
    ///
    /// # Errors
    /// [`Exists`](ErrorKind::Exists) when the id is taken in any case,
    /// [`NoSuchGroup`](ErrorKind::NoSuchGroup), [`UnfitPassword`](ErrorKind::UnfitPassword),
    /// [`Invalid`](ErrorKind::Invalid) for a name or address that is not allowed.
    pub async fn create_person(&self, new: NewPerson, now: Timestamp) -> Result<Person> {
        if is_reserved(&new.id) {
            return Err(Error::new(ErrorKind::Exists, format!("the id {}", new.id)));
        }
        let name = display_name(&new.display_name, &new.id)?;
        let email = new.email.as_deref().map(email).transpose()?;
        settings(&[&new.language, &new.locale])?;
        let password = match &new.password {
            Some(password) => Some(self.hash_new_password(password.expose()).await?),
            None => None,
        };
        let key = new.id.key();
        let mut batch = Batch::one(
            Statement::new(
                "INSERT INTO people (key, uid, display_name, display_key, email, email_key, \
                 password, generation, enabled, quota, language, locale, timezone, created) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 1, $8, $9, $10, '', $11)",
                params![
                    key.as_str(),
                    new.id.as_str(),
                    name,
                    name.to_lowercase(),
                    email,
                    email.map(str::to_lowercase),
                    password,
                    new.quota.to_sql(),
                    new.language,
                    new.locale,
                    now.unix()
                ],
            ),
            Expect::ONE,
        );
        let mut meanings = vec![(0, ErrorKind::Exists)];
        let tables = [
            (
                "INSERT INTO group_members (group_id, person) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                &new.groups,
            ),
            (
                "INSERT INTO group_admins (group_id, person) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                &new.administers,
            ),
        ];
        for (insert, groups) in tables {
            for group in groups {
                let at = batch.push(Statement::new(insert, params![group.as_str(), key.as_str()]));
                meanings.push((at, ErrorKind::NoSuchGroup));
            }
        }
        let event = self.event_at(EventKind::PersonCreated, now);
        append(&mut batch, &about(event, &new.id));
        self.write_people(batch).await.map_err(|e| Error::of_batch(e, &meanings))?;
        tracing::info!(person = %new.id, "an account was made");
        self.person(&new.id).await?.ok_or_else(|| no_such(&new.id))
    }

    /// A person by id, in any case.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn person(&self, id: &UserId) -> Result<Option<Person>> {
        const FIND: &str = concat!("SELECT ", columns!(), " FROM people p WHERE p.key = $1");
        let rows = self.sql().read(Statement::new(FIND, params![id.key()]).point()).await?;
        rows.first().map(from_row).transpose()
    }

    /// People by ids, in their order; none where there is none.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn people_by_id(&self, ids: &[UserId]) -> Result<Vec<Option<Person>>> {
        const FIND: &str = concat!("SELECT ", columns!(), " FROM people p WHERE p.key IN ($list)");
        let keys = ids.iter().map(|id| Value::Text(id.key()));
        let rows = self.sql().read(Statement::with_list(FIND, vec![], keys)).await?;
        let mut found = std::collections::HashMap::with_capacity(rows.len());
        for row in rows.iter() {
            let person = from_row(row)?;
            found.insert(person.id.key(), person);
        }
        Ok(ids.iter().map(|id| found.get(&id.key()).cloned()).collect())
    }

    /// A person by what they type to log in: the id in any case, or the e-mail address if
    /// nobody has it as id and only one person has it as address.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn person_by_login(&self, login: &str) -> Result<Option<Person>> {
        const FIND: &str = concat!(
            "SELECT ",
            columns!(),
            ", p.key FROM people p WHERE p.key = $1 OR p.email_key = $1 LIMIT 3"
        );
        let login = login.to_lowercase();
        let rows = self.sql().read(Statement::new(FIND, params![login.as_str()]).point()).await?;
        let at = crate::authenticate::choose_login(&rows, &login, crate::person::COLUMNS)?;
        at.and_then(|at| rows.get(at)).map(from_row).transpose()
    }

    /// Up to a hundred people whose id, name or e-mail address is a text, in any case; with
    /// those whose name is the text and an addition in brackets.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn people_called(&self, text: &str) -> Result<Vec<Person>> {
        const FIND: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM people p WHERE p.key = $1 OR p.display_key = $1 OR p.email_key = $1 \
             OR p.display_key LIKE $2 ESCAPE '!' ORDER BY p.display_key, p.key LIMIT 100"
        );
        let text = text.trim().to_lowercase();
        let with_addition = match contains(&format!("{text} (")) {
            // At the start of the name, not anywhere in it.
            Value::Text(pattern) => Value::from(pattern.trim_start_matches('%')),
            other => other,
        };
        let rows = self.sql().read(Statement::new(FIND, params![text, with_addition])).await?;
        rows.iter().map(from_row).collect()
    }

    /// The people that a query finds.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn people(&self, query: &PeopleQuery) -> Result<Vec<Person>> {
        let mut sql = concat!("SELECT ", columns!(), " FROM people p WHERE 1 = 1").to_owned();
        let mut params = query.page.to_sql().to_vec();
        if !query.search.is_empty() {
            params.push(contains(&query.search));
            sql.push_str(
                " AND (p.key LIKE $3 ESCAPE '!' OR p.display_key LIKE $3 ESCAPE '!' \
                 OR p.email_key LIKE $3 ESCAPE '!')",
            );
        }
        match query.status {
            None => {}
            Some(Status::Enabled) => sql.push_str(" AND p.enabled = 1"),
            Some(Status::Disabled) => sql.push_str(" AND p.enabled = 0"),
        }
        if query.groups.is_some() {
            sql.push_str(
                " AND EXISTS (SELECT 1 FROM group_members m \
                 WHERE m.person = p.key AND m.group_id IN ($list))",
            );
        }
        sql.push_str(match query.order {
            PeopleOrder::Id => " ORDER BY p.key",
            PeopleOrder::Name => " ORDER BY p.display_key, p.key",
            PeopleOrder::LastLogin => {
                " AND p.last_login IS NOT NULL ORDER BY p.last_login DESC, p.key"
            }
        });
        sql.push_str(" LIMIT $1 OFFSET $2");
        let groups = query.groups.iter().flatten().map(|group| Value::from(group.as_str()));
        let rows = self.sql().read(Statement::with_list(sql, params, groups)).await?;
        rows.iter().map(from_row).collect()
    }

    /// How many people there are.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn count_people(&self) -> Result<u64> {
        let rows = self.sql().read(Statement::new("SELECT count(*) FROM people", vec![])).await?;
        Ok(rows.one()?.int(0)?.unsigned_abs())
    }

    /// Changes a person.
    ///
    /// # Errors
    /// [`NoSuchPerson`](ErrorKind::NoSuchPerson), [`Invalid`](ErrorKind::Invalid).
    pub async fn update_person(&self, id: &UserId, update: PersonUpdate) -> Result<()> {
        let mut params = params![id.key()];
        let mut set = vec!["enabled = enabled".to_owned()];
        let mut fields = Vec::new();
        let mut column = |name: &str, value: Value| {
            if !name.ends_with("_key") {
                fields.push(name.to_owned());
            }
            params.push(value);
            set.push(format!("{name} = ${}", params.len()));
        };
        if let Some(name) = &update.display_name {
            let name = display_name(name, id)?;
            column("display_name", name.into());
            column("display_key", name.to_lowercase().into());
        }
        if let Some(address) = &update.email {
            let address = address.as_deref().map(email).transpose()?;
            column("email", address.into());
            column("email_key", address.map(str::to_lowercase).into());
        }
        if let Some(quota) = update.quota {
            column("quota", quota.to_sql().into());
        }
        let texts = [
            ("language", update.language),
            ("locale", update.locale),
            ("timezone", update.timezone),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                settings(&[&value])?;
                column(name, value.into());
            }
        }
        let sql = format!("UPDATE people SET {} WHERE key = $1", set.join(", "));
        let mut batch = Batch::one(Statement::new(sql, params), Expect::ONE);
        let event = about(self.event(EventKind::PersonChanged), id);
        append(&mut batch, &event.detail("fields", fields.join(",")));
        let meanings = [(0, ErrorKind::NoSuchPerson)];
        self.write_people(batch).await.map_err(|e| Error::of_batch(e, &meanings))?;
        Ok(())
    }

    /// Lets a person log in or not. Disabling ends their sessions; app passwords stay and
    /// work again when the account is enabled.
    ///
    /// # Errors
    /// [`NoSuchPerson`](ErrorKind::NoSuchPerson),
    /// [`LastAdministrator`](ErrorKind::LastAdministrator).
    pub async fn set_status(&self, id: &UserId, status: Status) -> Result<()> {
        let mut batch = Batch::new();
        let mut meanings = Vec::new();
        let enabled = status == Status::Enabled;
        if !enabled {
            let guard = guard_administrators(&mut batch, id);
            meanings.push((guard, ErrorKind::LastAdministrator));
            let end = "DELETE FROM browser_sessions WHERE person = $1";
            batch.push(Statement::new(end, params![id.key()]));
        }
        let set = "UPDATE people SET enabled = $2 WHERE key = $1";
        let at = batch.expect(Statement::new(set, params![id.key(), enabled]), Expect::ONE);
        meanings.push((at, ErrorKind::NoSuchPerson));
        let kind = if enabled { EventKind::PersonEnabled } else { EventKind::PersonDisabled };
        self.tell(&mut batch, kind, id);
        self.write_people(batch).await.map_err(|e| Error::of_batch(e, &meanings))?;
        tracing::info!(person = %id, ?status, "an account changed its status");
        Ok(())
    }

    /// Removes a person, with their memberships, app passwords and sessions. Their circles go
    /// to another member, or with them. What they stored elsewhere is for its owner to remove.
    ///
    /// # Errors
    /// [`NoSuchPerson`](ErrorKind::NoSuchPerson),
    /// [`LastAdministrator`](ErrorKind::LastAdministrator).
    pub async fn remove_person(&self, id: &UserId) -> Result<()> {
        let mut batch = Batch::new();
        let guard = guard_administrators(&mut batch, id);
        crate::circles::hand_on(&mut batch, id);
        let remove = Statement::new("DELETE FROM people WHERE key = $1", params![id.key()]);
        let at = batch.expect(remove, Expect::ONE);
        let meanings = [(guard, ErrorKind::LastAdministrator), (at, ErrorKind::NoSuchPerson)];
        self.tell(&mut batch, EventKind::PersonDeleted, id);
        self.write_people(batch).await.map_err(|e| Error::of_batch(e, &meanings))?;
        tracing::info!(person = %id, "an account was removed");
        Ok(())
    }
}

pub(crate) fn no_such(id: &UserId) -> Error {
    Error::new(ErrorKind::NoSuchPerson, format!("person {id}"))
}

/// The pattern of texts that contain another, with `!` as the escape.
pub(crate) fn contains(part: &str) -> Value {
    let mut pattern = "%".to_owned();
    for c in part.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern.into()
}

fn display_name<'a>(name: &'a str, id: &'a UserId) -> Result<&'a str> {
    let name = if name.trim().is_empty() { id.as_str() } else { name.trim() };
    line(name, 255)?;
    Ok(name)
}

fn email(address: &str) -> Result<&str> {
    let parts = address.rsplit_once('@');
    let shape = parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if !shape || address.chars().any(char::is_whitespace) {
        return Err(Error::new(ErrorKind::Invalid, "the e-mail address"));
    }
    line(address, 254)?;
    Ok(address)
}

fn settings(values: &[&str]) -> Result<()> {
    values.iter().try_for_each(|value| line(value, 64))
}

/// Refuses what does not fit into one line of so many characters.
pub(crate) fn line(text: &str, max: usize) -> Result<()> {
    if text.chars().any(char::is_control) || text.chars().count() > max {
        return Err(Error::new(ErrorKind::Invalid, format!("a text of at most {max} characters")));
    }
    Ok(())
}
/// Ids under which the views of guests keep what is theirs: `link-7`, `direct-link`. A person
/// of that name would be mistaken for them.
fn is_reserved(id: &UserId) -> bool {
    let key = id.key();
    let number = key.strip_prefix("link-");
    key == "direct-link"
        || number.is_some_and(|n| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()))
}
