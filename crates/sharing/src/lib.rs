//! Shares, public links and team folders.
//!
//! [`Sharing`] is the service: who shares what with whom, under which policy, and what that
//! gives at this moment. It knows no transport. Refusals carry the words that the
//! original's clients show.
//!
//! It stands on [`allmende_sql`] and so runs on SQLite and PostgreSQL, on
//! [`allmende_accounts`] for people and groups, and on a [`Tree`](allmende_storage::Tree)
//! for the nodes, to whose ids everything is bound: a share follows its node wherever that
//! is moved.
//!
//! # What costs what
//! * A share with a group of 50,000 is one row. A row for a single member is written only
//!   when that member moves, renames, accepts or leaves it.
//! * What a share gives is found at access time, from what its maker has at that time; no
//!   change of a right rewrites anything below.
//! * What is asked for many nodes or shares at once takes a constant number of queries.
//!
//! # What is where
//!
//! | | |
//! |---|---|
//! | shares | [`Sharing::create`], [`update`](Sharing::update), [`remove`](Sharing::remove), [`made_by`](Sharing::made_by), [`of_nodes`](Sharing::of_nodes), [`shared_with`](Sharing::shared_with) |
//! | recipients | [`Sharing::accept`], [`decline`](Sharing::decline), [`restore`](Sharing::restore), [`pending`](Sharing::pending), [`left`](Sharing::left) |
//! | rights | [`Sharing::rights`] |
//! | team folders | [`Sharing::create_team_folder`], [`team_folders`](Sharing::team_folders), [`set_node_rules`](Sharing::set_node_rules), … |
//! | addresses for players | [`Sharing::create_direct_link`], [`direct_link`](Sharing::direct_link) |
//! | configuration | [`Sharing::policy`], [`config`](Sharing::config), [`set_config`](Sharing::set_config), [`preferences`](Sharing::preferences) |
//! | key pairs of people | [`Sharing::key_pair`], [`keep_key_pair`](Sharing::keep_key_pair) |
//! | mails | [`Mailer`], [`Sharing::queue_mail`], [`send_mails`](Sharing::send_mails) |

mod changes;
mod circles;
mod config;
mod create;
mod direct;
mod downloads;
mod error;
mod facts;
mod key;
mod key_pair;
mod known;
mod lineage;
mod links;
mod lists;
mod mail;
mod mounts;
mod news;
mod people;
mod received;
mod refusal;
mod removal;
mod rights;
mod rows;
mod schema;
mod share;
mod sharees;
mod sharing;
mod spaces;
mod teams;
mod transfer;
mod update;

pub use allmende_share::{
    Answer, Attributes, DateRule, Day, Exclusion, Expiry, InvalidDay, Recipient, Refusal, Rights,
    Rule, ShareId, ShareKind, Subject, Upload, Why,
};
pub use config::{Config, Delegation, Enumeration, Policy, SystemConfig};
pub use create::{Created, SharedNode};
pub use direct::DirectLink;
pub use error::{Error, ErrorKind, Result};
pub use facts::ShareFacts;
pub use key::LinkKey;
pub use key_pair::KeyPair;
pub use known::Look;
pub use links::{Link, LinkError};
pub use lists::{Slice, Whose};
#[cfg(feature = "smtp")]
pub use mail::{Encryption, SmtpMailer, SmtpOptions};
pub use mail::{Mail, MailError, Mailer, Queued, Sent};
pub use refusal::{ConfigRefusal, TeamRefusal};
pub use schema::SCHEMA;
pub use share::{NewShare, Notify, Received, Share, ShareUpdate};
pub use sharees::{Brevity, CloudId, Found, Recommended, ShareeQuery, Sharees};
pub use sharing::{Caller, Mails, Sharing, SharingOptions};
pub use teams::{
    NewTeamFolder, NodeRules, RulesSwitch, ShownRule, TeamFolder, TeamFolderId, TeamGroup,
    TeamManager, TeamOrder, TeamQuota, TeamScope,
};
pub use transfer::{Incoming, Transfer, TransferRequest};
