//! People and groups, and how they prove who they are.
//!
//! [`Accounts`] is the service: people with their profiles, groups with members and
//! administrators, circles (teams that people make and manage themselves), passwords, app passwords, browser sessions, and the login flow through
//! which a client gets its app password. It knows no HTTP: headers and cookies come in as
//! [`Credentials`], and errors say what to answer without saying how.
//!
//! It is built on [`allmende_sql`], and so runs on SQLite and PostgreSQL. Time comes from
//! the caller with each call, randomness from an [`Entropy`].
//!
//! ```
//! use allmende_accounts::{Accounts, AccountsOptions, Credentials, NewPerson, SCHEMA};
//! use allmende_sql::{Sql, SqliteOptions};
//! use allmende_types::Timestamp;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("accounts.db");
//! let sql = Sql::open_sqlite(SqliteOptions::new(path)).await?;
//! sql.migrate(&[SCHEMA, allmende_events::MIGRATIONS]).await?;
//! let accounts = Accounts::new(sql, AccountsOptions::default())?;
//!
//! let now = Timestamp::from_unix(1_795_500_000);
//! let alice = NewPerson::new("alice".parse()?).with_password("correct horse");
//! accounts.create_person(alice, now).await?;
//!
//! let credentials = Credentials::Basic { login: "Alice", secret: "correct horse" };
//! let who = accounts.authenticate(credentials, [192, 0, 2, 1].into(), now).await?;
//! assert_eq!(who.person.id.as_str(), "alice");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accounts;
mod act;
mod activity;
mod app_passwords;
mod authenticate;
mod avatars;
mod cache;
mod circles;
mod csrf;
mod entropy;
mod error;
mod groups;
mod guests;
mod login_flow;
mod oauth2;
mod password;
mod password_links;
mod people;
mod person;
mod policy;
mod profile;
mod quota;
mod schema;
mod sessions;
mod settings;
mod throttle;
mod wipe;

pub use accounts::{Accounts, AccountsOptions};
pub use act::Act;
pub use app_passwords::{
    AppPassword, AppPasswordId, AppPasswordKind, FilesystemAccess, NewAppPassword,
};
pub use authenticate::{Authenticated, Credentials, Method};
pub use avatars::Avatar;
pub use circles::{
    Circle, CircleEdit, CircleFlags, CircleLevel, CircleMember, CircleMemberId, CircleQuery,
    CircleRefusal, CircleState, CircleSubject, JoinedCircle, NewCircle,
};
pub use entropy::{Entropy, Secret, SystemEntropy};
pub use error::{AuthError, Error, ErrorKind, Result};
pub use groups::{Group, GroupRole, Memberships};
pub use guests::{Attempt, circle_exists, group_exists, people_generation, person_exists};
pub use login_flow::{Grant, GrantedFlow, LoginFlow, WaitingFlow};
pub use oauth2::{OAuthClient, OAuthClientId, OAuthGrant, OAuthTokens};
pub use people::{Page, PeopleOrder, PeopleQuery};
pub use person::{NewPerson, Person, PersonUpdate, Status};
pub use policy::{Lack, PasswordPolicy, WeakPassword};
pub use profile::{FieldChange, FieldUpdate, ProfileField};
pub use quota::{InvalidQuota, Quota};
pub use schema::SCHEMA;
pub use sessions::{SessionId, SessionKind};
pub use settings::{Ensured, Maintenance};
