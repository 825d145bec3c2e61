//! Who comes with a link.

use std::{fmt, net::IpAddr, time::Duration};

use allmende_accounts::{Attempt, Status};
use allmende_events::append;
use allmende_sql::{Batch, Statement, params};
use allmende_storage::Node;
use allmende_types::{EventKind, Permissions, Timestamp, UserId};

use crate::{
    Error, Result, Share, Sharing,
    create::shape,
    key::random_token,
    news,
    rows::{self, COLUMNS, columns},
    spaces::SpaceOwner,
};

/// What a link opens now.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Link {
    /// The share. Nothing of it is for a visitor before [`Link::needs_password`] is met.
    pub share: Share,
    /// What it leads to. Nothing outside of it can be named through the link.
    pub root: Node,
    /// What a visitor may do.
    pub permissions: Permissions,
    /// Whether a visitor may download.
    pub download: bool,
    /// The name of whose the node is.
    pub owner_name: String,
    /// In whose name writes through the link are made: who shares it.
    pub initiator: UserId,
    password: Option<PasswordHash>,
}

/// The hash of a password, kept out of logs.
#[derive(Clone)]
struct PasswordHash(String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

impl Link {
    /// Whether it opens only with a password.
    #[must_use]
    pub const fn needs_password(&self) -> bool {
        self.password.is_some()
    }

    /// Whether visitors can put files in, and see nothing.
    #[must_use]
    pub fn is_drop(&self) -> bool {
        self.root.is_folder()
            && self.permissions.contains(Permissions::CREATE)
            && !self.permissions.contains(Permissions::READ)
    }
}

/// Why a link does not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// There is no such link: never was, has ended, is switched off, or its maker is gone.
    /// Which of them is not told. The answer is to be held back for `delay`.
    #[error("no such link")]
    NotFound {
        /// Grows with the failures from this network.
        delay: Duration,
    },
    /// It is not the password. The answer is to be held back for `delay`.
    #[error("wrong password")]
    WrongPassword {
        /// Grows with the failures from this network.
        delay: Duration,
    },
    /// Too many failures from this network; not even what is right is looked at.
    #[error("too many failed attempts")]
    TooManyAttempts {
        /// After which time it will be looked at again.
        retry_after: Duration,
    },
    /// It could not be found out.
    #[error(transparent)]
    Unavailable(#[from] Error),
}

/// Seconds for which a browser that knew the password need not be asked again.
const SESSION: i64 = 24 * 3600;

/// Characters of a token that are looked up at most.
const MAX_TOKEN: usize = 64;

impl Sharing {
    /// What a token opens, for a visitor from an address.
    ///
    /// Tokens are found by their keyed hash, see [`LinkKey`](crate::LinkKey). Tokens that
    /// lead nowhere count as failures of the visitor's network, as wrong passwords do.
    ///
    /// # Errors
    /// See [`LinkError`].
    pub async fn link(&self, token: &str, from: IpAddr, now: Timestamp) -> Result<Link, LinkError> {
        if let Some(retry_after) = self.accounts().attempts_blocked(from, now) {
            return Err(LinkError::TooManyAttempts { retry_after });
        }
        match self.open_link(token, now).await? {
            Some(link) => Ok(link),
            None => {
                // One that guesses tokens never succeeds at any of them.
                let attempt = Attempt { from, at: "a link" };
                Err(LinkError::NotFound { delay: self.accounts().attempt_failed(attempt, now) })
            }
        }
    }

    /// A name for one of the guests of a link, made of what tells them apart. Who does not
    /// know that cannot find it out, and it tells nothing of it.
    #[must_use]
    pub fn guest_name(&self, link: &Link, known: &[&[u8]]) -> String {
        let id = link.share.id.0.to_be_bytes();
        let parts: Vec<&[u8]> = std::iter::once(&id[..]).chain(known.iter().copied()).collect();
        let mac = self.inner.options.key.digest("a guest of a link", &parts);
        mac[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A token that no link has, for someone who is about to choose one. It is not kept.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn fresh_token(&self) -> Result<String> {
        const LENGTH: usize = 15;
        loop {
            let token = random_token(LENGTH)?;
            let find = "SELECT 1 FROM shares WHERE token_hash = $1";
            let hash = self.inner.options.key.token_hash(&token).to_vec();
            if self.sql().read(Statement::new(find, params![hash]).point()).await?.is_empty() {
                return Ok(token);
            }
        }
    }

    async fn open_link(&self, token: &str, now: Timestamp) -> Result<Option<Link>> {
        const FIND: &str = concat!(
            "SELECT ",
            columns!(),
            ", s.password FROM shares s WHERE s.token_hash = $1 AND s.kind IN (3, 4)"
        );
        let policy = self.policy().await?;
        if token.is_empty() || token.len() > MAX_TOKEN || !policy.links {
            return Ok(None);
        }
        let hash = self.inner.options.key.token_hash(token).to_vec();
        let rows = self.sql().read(Statement::new(FIND, params![hash]).point()).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let share = rows::share(row, &self.inner.options.key)?;
        let password = row.opt_text(COLUMNS)?.map(|hash| PasswordHash(hash.to_owned()));
        let used_up = share.download_limit.is_some_and(|limit| share.downloads >= limit);
        if share.is_expired(now) || used_up {
            return Ok(None);
        }
        let mut graph = self.graph([&share.initiator], [share.node], now).await?;
        let Some(root) = graph.lineage.get(share.node).cloned() else { return Ok(None) };
        let gives = graph.link_gives(&share);
        let Some(maker) = graph.people.get(&share.initiator) else { return Ok(None) };
        let Ok(rights) = policy.open_link(&maker.member, shape(&root), gives) else {
            return Ok(None);
        };
        let owner_name = match graph.owner(share.node) {
            Some(SpaceOwner::Person(key)) if *key == maker.person.id.key() => {
                maker.person.display_name.clone()
            }
            Some(SpaceOwner::Person(key)) => {
                let owner = self.accounts().person(&rows::person(key)?).await?;
                match owner.filter(|owner| owner.status == Status::Enabled) {
                    Some(owner) => owner.display_name,
                    None => return Ok(None),
                }
            }
            _ => maker.person.display_name.clone(),
        };
        let (permissions, download) = (rights.permissions(), rights.may_download());
        let initiator = share.initiator.clone();
        Ok(Some(Link { share, root, permissions, download, owner_name, initiator, password }))
    }

    /// Opens a link that needs a password; says what the browser can show instead of it for
    /// a day, in a cookie. It is void when the password is changed.
    ///
    /// # Errors
    /// See [`LinkError`].
    pub async fn unlock_link(
        &self,
        link: &Link,
        password: &str,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<String, LinkError> {
        if let Some(retry_after) = self.accounts().attempts_blocked(from, now) {
            return Err(LinkError::TooManyAttempts { retry_after });
        }
        let at = format!("link {}", link.share.id);
        let attempt = Attempt { from, at: &at };
        let hash = link.password.as_ref().map(|hash| hash.0.as_str());
        let current = link.share.password_expires.is_none_or(|end| now <= end);
        let right = match hash {
            None => true,
            Some(_) => {
                let verified = self.accounts().verify_password(password, hash).await;
                verified.map_err(Error::from)? && current
            }
        };
        if !right {
            let delay = self.accounts().attempt_failed(attempt, now);
            let mut batch = Batch::new();
            let told = news::of_link(EventKind::LinkPasswordFailed, &link.share, Some(from), now);
            append(&mut batch, &told.about(news::about(&link.root)));
            self.sql().write(batch).await.map_err(Error::from)?;
            return Err(LinkError::WrongPassword { delay });
        }
        self.accounts().attempt_succeeded(attempt);
        let end = now.plus_seconds(SESSION).unix();
        Ok(self.inner.options.key.prove(UNLOCKED, &[&proof(link, hash)], end))
    }

    /// Whether what a browser shows is from [`Sharing::unlock_link`] for this link, and not
    /// out of date. A link without a password needs nothing.
    #[must_use]
    pub fn is_unlocked(&self, link: &Link, shown: Option<&str>, now: Timestamp) -> bool {
        let Some(hash) = link.password.as_ref().map(|hash| hash.0.as_str()) else { return true };
        let said = proof(link, Some(hash));
        shown.is_some_and(|shown| self.inner.options.key.is_proof(UNLOCKED, &[&said], shown, now))
    }
}

const UNLOCKED: &str = "an unlocked link";

/// What the proof of having known a password says: for which link, and under which password.
fn proof(link: &Link, hash: Option<&str>) -> Vec<u8> {
    let mut text = Vec::new();
    text.extend(link.share.id.0.to_be_bytes());
    text.extend(hash.unwrap_or_default().as_bytes());
    text
}
