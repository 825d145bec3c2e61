//! App passwords: one per device, made by the server, revoked one by one.

use std::fmt;

use allmende_events::append;
use allmende_sql::{Batch, Expect, Row, Statement, params};
use allmende_types::{EventKind, NewEvent, Principal, Timestamp, UserId};

use crate::{Accounts, Error, ErrorKind, Result, Secret, act::about};

/// Characters of an app password. Clients take it as opaque; Nextcloud's has as many.
const LENGTH: usize = 72;
/// Characters of a name that are kept.
const NAME: usize = 255;

/// The number of an app password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppPasswordId(pub i64);

impl fmt::Display for AppPasswordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What an app password is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum AppPasswordKind {
    /// For a device, until it is revoked.
    #[default]
    Permanent,
    /// To be exchanged once for a permanent one (`getapppassword-onetime`), and for nothing
    /// else: whoever accepts it has to look at this.
    OneTime,
}

/// Whether an app password opens files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FilesystemAccess {
    /// It does.
    #[default]
    Allowed,
    /// It opens everything else.
    Denied,
}

pub(crate) fn kind_from_sql(kind: i64) -> AppPasswordKind {
    if kind == 1 { AppPasswordKind::Permanent } else { AppPasswordKind::OneTime }
}

pub(crate) fn filesystem_from_sql(filesystem: i64) -> FilesystemAccess {
    if filesystem == 1 { FilesystemAccess::Allowed } else { FilesystemAccess::Denied }
}

/// An app password, without the secret: nobody has that but the device.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppPassword {
    /// Its number.
    pub id: AppPasswordId,
    /// Whose it is.
    pub person: UserId,
    /// The login name that it was made for.
    pub login_name: String,
    /// What it is called: the `User-Agent` of the client that asked for it.
    pub name: String,
    /// What it is for.
    pub kind: AppPasswordKind,
    /// Whether it opens files.
    pub filesystem: FilesystemAccess,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last used, to within some minutes.
    pub last_activity: Timestamp,
    /// When it ends by itself.
    pub expires: Option<Timestamp>,
    /// Whether the device was asked to wipe itself. It opens nothing then.
    pub wipe: bool,
}

/// An app password to be made.
///
/// ```
/// use allmende_accounts::NewAppPassword;
///
/// let phone = NewAppPassword::new("Mozilla/5.0 (Android) Nextcloud-android/3.30.0");
/// assert_eq!(phone.expires, None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewAppPassword {
    /// See [`AppPassword::name`]; what is too long is cut off.
    pub name: String,
    /// What it is for.
    pub kind: AppPasswordKind,
    /// Whether it opens files.
    pub filesystem: FilesystemAccess,
    /// When it ends by itself.
    pub expires: Option<Timestamp>,
}

impl NewAppPassword {
    /// A permanent one of this name that opens files.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

const COLUMNS: &str = "SELECT t.id, p.uid, t.login_name, t.name, t.kind, t.filesystem, \
    t.created, t.last_activity, t.expires, t.wipe \
    FROM app_passwords t JOIN people p ON p.key = t.person";

impl Accounts {
    /// Makes an app password. The secret is handed out here and never again.
    ///
    /// # Errors
    /// [`NoSuchPerson`](ErrorKind::NoSuchPerson).
    pub async fn create_app_password(
        &self,
        person: &UserId,
        login_name: &str,
        new: NewAppPassword,
        now: Timestamp,
    ) -> Result<(AppPasswordId, Secret)> {
        let secret = self.new_app_password_secret()?;
        let insert = insert(&person.key(), login_name, &new, &secret, now);
        let meanings = [(0, ErrorKind::NoSuchPerson)];
        let mut batch = Batch::one(insert, Expect::ONE);
        append(&mut batch, &self.new_device(person, &new.name, now));
        let written = self.write(batch).await;
        let outcomes = written.map_err(|e| Error::of_batch(e, &meanings))?;
        let id = outcomes.first().map(|insert| insert.rows.one()?.int(0)).transpose()?;
        tracing::info!(%person, name = new.name, "an app password was made");
        Ok((AppPasswordId(id.unwrap_or_default()), secret))
    }

    /// A person's app passwords; the one used last comes first.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn app_passwords(&self, person: &UserId) -> Result<Vec<AppPassword>> {
        let list = format!("{COLUMNS} WHERE t.person = $1 ORDER BY t.last_activity DESC, t.id");
        let rows = self.sql().read(Statement::new(list, params![person.key()])).await?;
        rows.iter().map(app_password).collect()
    }

    /// Gives an app password another name.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound).
    pub async fn rename_app_password(
        &self,
        person: &UserId,
        id: AppPasswordId,
        name: &str,
    ) -> Result<()> {
        let set = "UPDATE app_passwords SET name = $3 WHERE person = $1 AND id = $2";
        self.change(Statement::new(set, params![person.key(), id.0, clean_name(name)])).await
    }

    /// Says whether an app password opens files.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound).
    pub async fn set_filesystem_access(
        &self,
        person: &UserId,
        id: AppPasswordId,
        access: FilesystemAccess,
    ) -> Result<()> {
        let set = "UPDATE app_passwords SET filesystem = $3 WHERE person = $1 AND id = $2";
        let allowed = access == FilesystemAccess::Allowed;
        self.change(Statement::new(set, params![person.key(), id.0, allowed])).await
    }

    /// Gives an app password another secret; the old one is void at once. It counts as
    /// not confirmed again.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), also if it is marked for wiping.
    pub async fn rotate_app_password(&self, person: &UserId, id: AppPasswordId) -> Result<Secret> {
        let secret = self.new_app_password_secret()?;
        let set = "UPDATE app_passwords SET hash = $3, confirmed = NULL \
                   WHERE person = $1 AND id = $2 AND wipe = 0";
        self.change(Statement::new(set, params![person.key(), id.0, secret.digest()])).await?;
        Ok(secret)
    }

    /// Removes an app password.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound).
    pub async fn revoke_app_password(&self, person: &UserId, id: AppPasswordId) -> Result<()> {
        let delete = "DELETE FROM app_passwords WHERE person = $1 AND id = $2";
        let delete = Statement::new(delete, params![person.key(), id.0]);
        let mut batch = Batch::one(delete, Expect::ONE);
        let kind = EventKind::AppPasswordRevoked;
        self.tell_of_device(&mut batch, kind, person, id).await?;
        let written = self.write(batch).await;
        written.map_err(|e| Error::of_batch(e, &[(0, ErrorKind::NotFound)]))?;
        tracing::info!(%person, %id, "an app password was revoked");
        Ok(())
    }

    /// The event that a device got access.
    pub(crate) fn new_device(&self, person: &UserId, name: &str, now: Timestamp) -> NewEvent {
        let mut event = about(self.event_at(EventKind::AppPasswordCreated, now), person);
        event.actor = event.actor.or_else(|| Some(Principal::Person(person.clone())));
        event.detail("device", clean_name(name))
    }

    /// A change of exactly one app password.
    pub(crate) async fn change(&self, statement: Statement) -> Result<()> {
        let written = self.write(Batch::one(statement, Expect::ONE)).await;
        written.map(drop).map_err(|e| Error::of_batch(e, &[(0, ErrorKind::NotFound)]))
    }

    pub(crate) fn new_app_password_secret(&self) -> Result<Secret> {
        Secret::random(&*self.inner().entropy, LENGTH)
    }
}

pub(crate) fn insert(
    person: &str,
    login_name: &str,
    new: &NewAppPassword,
    secret: &Secret,
    now: Timestamp,
) -> Statement {
    Statement::new(
        "INSERT INTO app_passwords (hash, person, login_name, name, kind, filesystem, created, \
         last_activity, expires, wipe) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, 0) RETURNING id",
        params![
            secret.digest(),
            person,
            login_name,
            clean_name(&new.name),
            new.kind == AppPasswordKind::Permanent,
            new.filesystem == FilesystemAccess::Allowed,
            now.unix(),
            new.expires.map(Timestamp::unix)
        ],
    )
}

pub(crate) fn clean_name(name: &str) -> String {
    let clean: String = name.chars().filter(|c| !c.is_control()).take(NAME).collect();
    if clean.trim().is_empty() { "unknown".to_owned() } else { clean }
}

fn app_password(row: Row<'_>) -> Result<AppPassword> {
    Ok(AppPassword {
        id: AppPasswordId(row.int(0)?),
        person: crate::person::user_id(row.text(1)?)?,
        login_name: row.text(2)?.to_owned(),
        name: row.text(3)?.to_owned(),
        kind: kind_from_sql(row.int(4)?),
        filesystem: filesystem_from_sql(row.int(5)?),
        created: Timestamp::from_unix(row.int(6)?),
        last_activity: Timestamp::from_unix(row.int(7)?),
        expires: row.opt_int(8)?.map(Timestamp::from_unix),
        wipe: row.flag(9)?,
    })
}
