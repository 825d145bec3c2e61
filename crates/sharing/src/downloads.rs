//! Downloads through links, and how many of them there may be.

use std::net::IpAddr;

use allmende_events::append;
use allmende_sql::{Batch, Expect, Statement, params};
use allmende_types::{EventKind, Timestamp};

use crate::{Error, ErrorKind, Link, Result, Sharing, news};

/// Seconds for which the parts of one download are not counted again.
const GOING_ON: i64 = 3600;
const COUNTED: &str = "a counted download";

impl Link {
    /// How many downloads are left, if there is a limit.
    #[must_use]
    pub fn downloads_left(&self) -> Option<u32> {
        self.share.download_limit.map(|limit| limit.saturating_sub(self.share.downloads))
    }
}

impl Sharing {
    /// Admits a download through a link; to be called before the first byte is sent.
    ///
    /// The count and the limit are looked at by one statement, so that of any number of
    /// downloads at once no more are admitted than are left; the event is written with it.
    ///
    /// `content` names what is downloaded, in one state: its path and its etag. What is
    /// returned proves for an hour that it was counted: a player that asks for it part by part
    /// shows it again, see [`Sharing::is_counted`].
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when the limit is reached.
    pub async fn count_download(
        &self,
        link: &Link,
        content: &str,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<String> {
        let mut batch = Batch::new();
        if link.share.download_limit.is_some() {
            let count = "UPDATE shares SET downloads = downloads + 1 WHERE id = $1 \
                         AND (download_limit IS NULL OR downloads < download_limit)";
            batch.expect(Statement::new(count, params![link.share.id.0]), Expect::ONE);
        }
        let told = news::of_link(EventKind::LinkDownloaded, &link.share, Some(from), now);
        append(&mut batch, &told.about(news::about(&link.root)));
        let written = self.sql().write(batch).await;
        written.map_err(|e| Error::of_batch(e, vec![(0, ErrorKind::NotFound)]))?;
        let end = now.plus_seconds(GOING_ON).unix();
        let id = link.share.id.0.to_be_bytes();
        Ok(self.inner.options.key.prove(COUNTED, &[&id, content.as_bytes()], end))
    }

    /// Whether what somebody shows is from [`Sharing::count_download`] for this content, and
    /// not out of date.
    #[must_use]
    pub fn is_counted(&self, link: &Link, content: &str, shown: &str, now: Timestamp) -> bool {
        let id = link.share.id.0.to_be_bytes();
        self.inner.options.key.is_proof(COUNTED, &[&id, content.as_bytes()], shown, now)
    }
}
