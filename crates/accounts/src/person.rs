//! What is known of a person.

use allmende_sql::Row;
use allmende_types::{GroupId, Timestamp, UserId};

use crate::{Error, ErrorKind, Quota, Result, Secret};

/// A person who may log in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Person {
    /// The id, as it was chosen.
    pub id: UserId,
    /// The name to show; the id if none was given.
    pub display_name: String,
    /// The e-mail address. It is a login name too, unless two people have it.
    pub email: Option<String>,
    /// Whether the person may log in.
    pub status: Status,
    /// How much they may store.
    pub quota: Quota,
    /// The language as a tag like `de` or `pt_BR`; empty if none was chosen.
    pub language: String,
    /// The locale like `de_AT`; empty if none was chosen.
    pub locale: String,
    /// The time zone like `Europe/Vienna`; empty if none was chosen.
    pub timezone: String,
    /// When the account was made.
    pub created: Timestamp,
    /// The first login.
    pub first_login: Option<Timestamp>,
    /// The last login, to within an hour.
    pub last_login: Option<Timestamp>,
    /// Whether there is a password to log in with.
    pub has_password: bool,
}

/// Whether an account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Status {
    /// It can.
    #[default]
    Enabled,
    /// It is there, with all it has, and nobody can log in.
    Disabled,
}

/// A person to be made.
///
/// ```
/// use allmende_accounts::NewPerson;
///
/// let mut alice = NewPerson::new("alice".parse()?);
/// alice.display_name = "Alice A.".to_owned();
/// alice.groups.push("staff".parse()?);
/// # Ok::<(), allmende_types::InvalidPrincipal>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewPerson {
    /// The id.
    pub id: UserId,
    /// The name to show; the id if empty.
    pub display_name: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The password; without one, the person cannot log in with a password.
    pub password: Option<Secret>,
    /// Groups, all of which must exist.
    pub groups: Vec<GroupId>,
    /// Groups that the person may administer, all of which must exist.
    pub administers: Vec<GroupId>,
    /// How much they may store.
    pub quota: Quota,
    /// See [`Person::language`].
    pub language: String,
    /// See [`Person::locale`].
    pub locale: String,
}

impl NewPerson {
    /// A person with an id and nothing else.
    #[must_use]
    pub fn new(id: UserId) -> Self {
        Self {
            id,
            display_name: String::new(),
            email: None,
            password: None,
            groups: Vec::new(),
            administers: Vec::new(),
            quota: Quota::Default,
            language: String::new(),
            locale: String::new(),
        }
    }

    /// The same with a password.
    #[must_use]
    pub fn with_password(mut self, password: impl Into<Secret>) -> Self {
        self.password = Some(password.into());
        self
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// Changes of a person; what is none stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonUpdate {
    /// A new name to show; if empty, the id.
    pub display_name: Option<String>,
    /// A new e-mail address, or none any more.
    pub email: Option<Option<String>>,
    /// A new quota.
    pub quota: Option<Quota>,
    /// A new language.
    pub language: Option<String>,
    /// A new locale.
    pub locale: Option<String>,
    /// A new time zone.
    pub timezone: Option<String>,
}

/// The columns that [`from_row`] reads, of the table `people` named `p`.
macro_rules! columns {
    () => {
        "p.uid, p.display_name, p.email, p.enabled, p.quota, p.language, p.locale, p.timezone, \
         p.created, p.first_login, p.last_login, \
         CASE WHEN p.password IS NULL THEN 0 ELSE 1 END"
    };
}
pub(crate) use columns;

/// How many columns there are.
pub(crate) const COLUMNS: usize = 12;

pub(crate) fn from_row(row: Row<'_>) -> Result<Person> {
    let time = |column| Ok::<_, Error>(row.opt_int(column)?.map(Timestamp::from_unix));
    Ok(Person {
        id: user_id(row.text(0)?)?,
        display_name: row.text(1)?.to_owned(),
        email: row.opt_text(2)?.map(str::to_owned),
        status: if row.flag(3)? { Status::Enabled } else { Status::Disabled },
        quota: Quota::from_sql(row.opt_int(4)?),
        language: row.text(5)?.to_owned(),
        locale: row.text(6)?.to_owned(),
        timezone: row.text(7)?.to_owned(),
        created: Timestamp::from_unix(row.int(8)?),
        first_login: time(9)?,
        last_login: time(10)?,
        has_password: row.flag(11)?,
    })
}

pub(crate) fn user_id(text: &str) -> Result<UserId> {
    text.parse().map_err(|e| Error::new(ErrorKind::Unavailable, format!("stored person: {e}")))
}

pub(crate) fn group_id(text: &str) -> Result<GroupId> {
    text.parse().map_err(|e| Error::new(ErrorKind::Unavailable, format!("stored group: {e}")))
}
