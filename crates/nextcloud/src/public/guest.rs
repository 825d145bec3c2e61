//! Who comes with a link: the look-up of its token, the proof of its password, and the view
//! that its guests have.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use allmende_files::{Download, LinkView, Mount, MountId, MountKind, MountPlace};
use allmende_sharing::{Link, LinkError};
use allmende_types::Name;
use http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};

use crate::{
    Origin,
    auth::{self, cookie},
    dav::Home,
    service::Inner,
};

/// Why a link does not open for a visitor. Whatever is to be held back was held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    /// There is no such link, or there is none any more.
    NotFound,
    /// It has a password, and none was shown.
    PasswordNeeded,
    /// It has another password.
    WrongPassword,
    /// Too many failures came from the visitor's network.
    TooMany(std::time::Duration),
    /// It cannot be found out now.
    Unavailable,
}

/// Passwords of links that were right a short while ago, so that a client which sends one
/// with each request does not cost a slow hash each time. Only digests are kept, and what
/// was proved is void when the password changes.
#[derive(Debug, Default)]
pub(crate) struct Proofs(Mutex<HashMap<[u8; 32], String>>);

/// How many are kept; then all are forgotten, which costs one hash each.
const KEPT: usize = 10_000;

impl Proofs {
    fn key(link: &Link, password: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(link.share.id.0.to_be_bytes());
        hash.update(password.as_bytes());
        hash.finalize().into()
    }

    fn get(&self, key: &[u8; 32]) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn put(&self, key: [u8; 32], proof: String) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, proof);
    }
}

impl Inner {
    /// The link of a token.
    pub(crate) async fn link(&self, token: &str, origin: &Origin) -> Result<Link, Closed> {
        match self.sharing.link(token, origin.client, self.now()).await {
            Ok(link) => Ok(link),
            Err(error) => Err(closed(error).await),
        }
    }

    /// Whether a browser has shown the password of a link already.
    pub(crate) fn is_unlocked(&self, link: &Link, headers: &HeaderMap) -> bool {
        let shown = cookie(headers, &unlocked(link));
        self.sharing.is_unlocked(link, shown, self.now())
    }

    /// The link of a token for a client, which shows the password with each request:
    /// by a cookie of the page, or in Basic credentials under any name.
    pub(crate) async fn open_link(
        &self,
        token: &str,
        headers: &HeaderMap,
        origin: &Origin,
    ) -> Result<Link, Closed> {
        let link = self.link(token, origin).await?;
        if !link.needs_password() || self.is_unlocked(&link, headers) {
            return Ok(link);
        }
        let Some((_, password)) = auth::basic_of(headers) else {
            return Err(Closed::PasswordNeeded);
        };
        let (key, now) = (Proofs::key(&link, &password), self.now());
        let known = self.proofs.get(&key);
        if known.is_some_and(|proof| self.sharing.is_unlocked(&link, Some(&proof), now)) {
            return Ok(link);
        }
        match self.sharing.unlock_link(&link, &password, origin.client, now).await {
            Ok(proof) => {
                self.proofs.put(key, proof);
                Ok(link)
            }
            Err(error) => Err(closed(error).await),
        }
    }

    /// What the guests of a link see.
    pub(crate) async fn guests(&self, link: &Link) -> Result<Home, Closed> {
        let share = &link.share;
        let name = link.root.name.clone().or_else(|| Name::new("files").ok());
        let place = MountPlace { parent: None, name: name.ok_or(Closed::NotFound)? };
        let id = MountId(u64::try_from(share.id.0).unwrap_or_default());
        let owner = share.owner.clone();
        let mut mount = Mount::new(id, MountKind::Link, place, link.root.id, owner);
        mount.permissions = link.permissions;
        mount.hides_download = share.hide_download;
        mount.owner_name = link.owner_name.as_str().into();
        if !link.download {
            let policy = self.sharing.policy().await.map_err(|_| Closed::Unavailable)?;
            mount.download =
                if policy.view_without_download { Download::ViewOnly } else { Download::Refused };
        }
        let holder = format!("link-{}", share.id).parse().map_err(|_| Closed::NotFound)?;
        let view = LinkView { mount, holder, number: Some(share.id.0) };
        Ok(Home {
            view: self.files.node_view(view),
            display_name: link.owner_name.as_str().into(),
            sharing: self.sharing.clone(),
            tags: self.tags.clone(),
            comments: self.comments.clone(),
            reminders: self.reminders.clone(),
            instance: self.instance.clone(),
            data_fingerprint: self.options.data_fingerprint.clone(),
        })
    }
}

impl Inner {
    /// Which of the guests of a link sends a request, as far as it shows: by the address, the
    /// program and the credentials, which stay the same from the first to the last part of an
    /// upload, also for a client that keeps no cookies. Guests in whom all of this is the same
    /// are told apart by the ids alone that their clients draw.
    pub(crate) fn guest_of(
        &self,
        link: &Link,
        headers: &HeaderMap,
        origin: &Origin,
    ) -> Option<Name> {
        let shown = |name| headers.get(name).map_or(&b""[..], HeaderValue::as_bytes);
        let address = origin.client.to_string();
        let known = [address.as_bytes(), shown(header::USER_AGENT), shown(header::AUTHORIZATION)];
        Name::new(&self.sharing.guest_name(link, &known)).ok()
    }
}

/// The name of the cookie by which a browser shows that it knew the password of a link.
pub(crate) fn unlocked(link: &Link) -> String {
    format!("allmende_link_{}", link.share.id)
}

/// Holds an answer back for as long as the failure asks.
pub(crate) async fn closed(error: LinkError) -> Closed {
    match error {
        LinkError::NotFound { delay } => {
            tokio::time::sleep(delay).await;
            Closed::NotFound
        }
        LinkError::WrongPassword { delay } => {
            tokio::time::sleep(delay).await;
            Closed::WrongPassword
        }
        LinkError::TooManyAttempts { retry_after } => Closed::TooMany(retry_after),
        error => {
            tracing::warn!(%error, "a link could not be looked up");
            Closed::Unavailable
        }
    }
}
