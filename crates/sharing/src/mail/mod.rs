//! Mails: written into the database by the act that causes them, sent by a job.

mod outbox;
#[cfg(feature = "smtp")]
mod smtp;
mod text;

use allmende_sql::{Batch, Expect, Statement, params};
use allmende_types::Timestamp;
use async_trait::async_trait;

pub use self::outbox::Sent;
#[cfg(feature = "smtp")]
pub use self::smtp::{Encryption, SmtpMailer, SmtpOptions};
pub(crate) use self::text::{Shared, password_of, shared_with_you};
use crate::{LinkKey, Mails, Result, Sharing};

/// A mail in plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mail {
    /// The address it goes to.
    pub recipient: String,
    /// The address that answers go to, if not the sender's.
    pub reply_to: Option<String>,
    /// The subject, on one line.
    pub subject: String,
    /// The text.
    pub body: String,
}

impl Mail {
    /// A mail to an address.
    #[must_use]
    pub fn new(recipient: String, subject: &str, body: String) -> Self {
        // A line break in a subject would begin another header.
        let subject = subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Self { recipient, reply_to: None, subject, body }
    }

    /// The statement that puts it into the outbox: a part of the act's batch. The text may
    /// have links and passwords in it, and lies there sealed.
    pub(crate) fn queue(&self, key: &LinkKey, now: Timestamp) -> Result<Statement> {
        let insert = "INSERT INTO mails \
                      (recipient, reply_to, subject, body, sealed, created, attempts, due) \
                      VALUES ($1, $2, $3, '', $4, $5, 0, $5)";
        let Self { recipient, reply_to, subject, body } = self;
        let sealed = key.seal_for(PURPOSE, body.as_bytes())?;
        let row = params![recipient, reply_to.as_deref(), subject, sealed, now.unix()];
        Ok(Statement::new(insert, row))
    }
}

/// Adds the sealed text of a mail; before, `body` had it in clear.
pub(crate) const SEALED: &str = "ALTER TABLE mails ADD COLUMN sealed BLOB;";

const PURPOSE: &str = "text of a mail";

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queued {
    /// It lies in the outbox.
    Queued,
    /// There is no mail server, and it is nowhere.
    NoServer,
}

impl Sharing {
    /// Puts a mail into the outbox.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn queue_mail(&self, mail: &Mail, now: Timestamp) -> Result<Queued> {
        if self.inner.options.mails == Mails::Off {
            return Ok(Queued::NoServer);
        }
        let queue = mail.queue(&self.inner.options.key, now)?;
        self.sql().write(Batch::one(queue, Expect::ONE)).await?;
        Ok(Queued::Queued)
    }
}

/// Why a mail was not handed over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// It may be taken later: no connection, or the server is busy.
    #[error("the mail server does not take it now: {0}")]
    Later(String),
    /// It never will be: a bad address, or the server refused for good.
    #[error("the mail cannot be sent: {0}")]
    Never(String),
}

/// What hands mails over to a mail server.
#[async_trait]
pub trait Mailer: std::fmt::Debug + Send + Sync + 'static {
    /// Hands a mail over; when it returns, the server is responsible for it.
    ///
    /// # Errors
    /// See [`MailError`].
    async fn send(&self, mail: &Mail) -> std::result::Result<(), MailError>;
}
