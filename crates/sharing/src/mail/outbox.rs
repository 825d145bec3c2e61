//! The outbox.

use allmende_sql::{Batch, Expect, Statement, params};
use allmende_types::Timestamp;

use super::{Mail, MailError, Mailer, PURPOSE};
use crate::{Result, Sharing};

/// Attempts after which a mail is given up: with the pauses between them, two days.
const ATTEMPTS: i64 = 12;
/// The first pause between two attempts, in seconds; each next one is twice as long.
const FIRST_PAUSE: i64 = 60;
/// The longest pause.
const LONGEST_PAUSE: i64 = 6 * 3600;
/// Seconds for which one process has a mail to itself.
const CLAIM: i64 = 300;

/// What a round of the outbox did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Sent {
    /// Mails that were handed over.
    pub sent: u32,
    /// Mails that will be tried again.
    pub later: u32,
    /// Mails that were given up.
    pub lost: u32,
}

impl Sharing {
    /// Sends up to `limit` mails that are due. To be called by a job, now and then; several
    /// processes can do so at once, and each mail is sent by one of them.
    ///
    /// A process that dies between handing a mail over and noting it sends it once more.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) when the outbox cannot be read. What a
    /// mail server says is in the log and in [`Sent`].
    pub async fn send_mails(
        &self,
        mailer: &dyn Mailer,
        limit: u32,
        now: Timestamp,
    ) -> Result<Sent> {
        let find = "SELECT id FROM mails WHERE due <= $1 ORDER BY due, id LIMIT $2";
        let due = self.sql().read(Statement::new(find, params![now.unix(), limit])).await?;
        let mut done = Sent::default();
        for row in due.iter() {
            let id = row.int(0)?;
            // Whoever sets the time first has the mail.
            let claim = "UPDATE mails SET due = $2, attempts = attempts + 1 \
                 WHERE id = $1 AND due <= $3 \
                 RETURNING recipient, reply_to, subject, body, attempts, sealed";
            let row = params![id, now.plus_seconds(CLAIM).unix(), now.unix()];
            let claim = Batch::one(Statement::new(claim, row), Expect::Any);
            let claimed = self.sql().write(claim).await?;
            let Some(row) = claimed[0].rows.first() else { continue };
            let body = match row.opt_blob(5)? {
                None => Some(row.text(3)?.to_owned()),
                Some(sealed) => self
                    .inner
                    .options
                    .key
                    .open_for(PURPOSE, sealed)
                    .and_then(|text| String::from_utf8(text).ok()),
            };
            let attempts = row.int(4)?;
            let sent = match body {
                Some(body) => {
                    let mail = Mail {
                        reply_to: row.opt_text(1)?.map(str::to_owned),
                        ..Mail::new(row.text(0)?.to_owned(), row.text(2)?, body)
                    };
                    mailer.send(&mail).await
                }
                None => Err(MailError::Never("it was sealed with another key".to_owned())),
            };
            let next = match sent {
                Ok(()) => {
                    done.sent += 1;
                    None
                }
                Err(MailError::Later(reason)) if attempts < ATTEMPTS => {
                    tracing::info!(mail = id, %reason, "a mail will be tried again");
                    done.later += 1;
                    Some(now.plus_seconds(pause(attempts)))
                }
                Err(failed) => {
                    tracing::warn!(mail = id, %failed, "a mail was given up");
                    done.lost += 1;
                    None
                }
            };
            let note = match next {
                Some(due) => Statement::new(
                    "UPDATE mails SET due = $2 WHERE id = $1",
                    params![id, due.unix()],
                ),
                None => Statement::new("DELETE FROM mails WHERE id = $1", params![id]),
            };
            self.sql().write(Batch::one(note, Expect::Any)).await?;
        }
        Ok(done)
    }
}

fn pause(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0);
    FIRST_PAUSE.saturating_mul(2i64.saturating_pow(doublings)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit() {
        let pauses: Vec<i64> = (1..=11).map(pause).collect();
        assert_eq!(pauses, [60, 120, 240, 480, 960, 1920, 3840, 7680, 15_360, 21_600, 21_600]);
    }
}
