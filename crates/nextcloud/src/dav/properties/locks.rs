//! The properties that tell of a lock, as the lock dialogues of clients read them.

use std::collections::HashMap;

use allmende_storage::{Lock, LockKind};
use allmende_types::{ETag, UserId};
use allmende_webdav::{
    Entry, Error, ErrorKind, PropertyPage, PropertyProvider, Result, Selection, Slot, Wanted,
};
use allmende_webdav_proto::{Element, PropName, XmlWriter, multistatus::PropsWriter};
use async_trait::async_trait;

use super::{Home, Item, from_files};

/// What `nc:lock-timeout` says of a lock of a person that has no end; observed.
const WITHOUT_END: i64 = -60;

/// What is told of a lock, in the order in which the answer to a `LOCK` tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Lock,
    OwnerType,
    Owner,
    OwnerName,
    Editor,
    Time,
    Timeout,
    Token,
}

static TABLE: [(Known, PropName); 8] = [
    (Known::Lock, PropName::nc("lock")),
    (Known::OwnerType, PropName::nc("lock-owner-type")),
    (Known::Owner, PropName::nc("lock-owner")),
    (Known::OwnerName, PropName::nc("lock-owner-displayname")),
    (Known::Editor, PropName::nc("lock-owner-editor")),
    (Known::Time, PropName::nc("lock-time")),
    (Known::Timeout, PropName::nc("lock-timeout")),
    (Known::Token, PropName::nc("lock-token")),
];

/// The provider of these properties: at most two queries for a page, none where nothing of it
/// was asked for.
#[derive(Debug)]
pub(crate) struct LockProperties;

#[async_trait]
impl PropertyProvider<Home> for LockProperties {
    fn find(&self, name: &PropName) -> Option<Slot> {
        let at = TABLE.iter().position(|(_, known)| known == name)?;
        u16::try_from(at).ok().map(Slot)
    }

    async fn load(
        &self,
        home: &Home,
        page: &[Entry<Item>],
        selection: &Selection<'_>,
    ) -> Result<Box<dyn PropertyPage<Item>>> {
        if selection.wanted.is_empty() {
            return Ok(Box::new(Loaded::default()));
        }
        let ids: Vec<_> = page.iter().map(|entry| entry.resource.0.id()).collect();
        let locks = home.view.locks_covering(&ids).await.map_err(from_files)?;
        let locks: Vec<Option<Lock>> = locks.into_iter().map(shown).collect();
        let names = HolderNames::of(home, locks.iter().flatten()).await?;
        Ok(Box::new(Loaded { locks, names }))
    }
}

/// The lock that a client shows of several: one that was set by hand before others.
fn shown(locks: Vec<Lock>) -> Option<Lock> {
    locks.into_iter().min_by_key(|lock| lock.kind.number())
}

/// How people are called who hold locks.
#[derive(Debug, Default)]
pub(crate) struct HolderNames(HashMap<String, String>);

impl HolderNames {
    /// The names of the holders of some locks: one query, and none without locks.
    pub(crate) async fn of(home: &Home, locks: impl IntoIterator<Item = &Lock>) -> Result<Self> {
        let mut people: Vec<UserId> = locks.into_iter().map(|lock| lock.holder.clone()).collect();
        if people.is_empty() {
            return Ok(Self::default());
        }
        people.sort_unstable();
        people.dedup();
        let known = home.sharing.accounts().people_by_id(&people).await.map_err(|error| {
            let text = "The holders of locks cannot be looked up now";
            Error::new(ErrorKind::Unavailable, text).with_source(error)
        })?;
        let named = known.into_iter().flatten();
        Ok(Self(named.map(|person| (person.id.key(), person.display_name)).collect()))
    }

    /// The name to show of a holder; the id of one who is gone. Who locks by the protocol may
    /// tell another.
    fn get(&self, lock: &Lock) -> String {
        if lock.kind == LockKind::Token
            && let Ok(owner) = Element::from_fragment(&lock.owner)
            && !owner.text().trim().is_empty()
        {
            return owner.text().trim().to_owned();
        }
        let known = self.0.get(&lock.holder.key()).filter(|name| !name.is_empty());
        known.cloned().unwrap_or_else(|| lock.holder.to_string())
    }
}

impl Known {
    /// What it says of a lock.
    fn of(self, lock: &Lock, names: &HolderNames) -> String {
        match self {
            Self::Lock => "1".to_owned(),
            Self::OwnerType => lock.kind.number().to_string(),
            Self::Owner | Self::Editor => lock.holder.to_string(),
            Self::OwnerName => names.get(lock),
            Self::Time => lock.created.unix().to_string(),
            Self::Timeout => match lock.expires {
                Some(end) => (end.unix() - lock.created.unix()).to_string(),
                None => WITHOUT_END.to_string(),
            },
            Self::Token => {
                let token = lock.token.as_str();
                token.strip_prefix("opaquelocktoken:").unwrap_or(token).to_owned()
            }
        }
    }
}

/// The answer to a lock that was set, ended or refused by hand: a `d:prop` with the etag of the
/// file, without its quotes, and what is told of the lock; empty elements, if there is none.
pub(crate) fn lock_body(etag: &ETag, lock: Option<&Lock>, names: &HolderNames) -> Vec<u8> {
    let mut xml = XmlWriter::new();
    xml.root(&PropName::dav("prop"), |xml| {
        for (known, name) in &TABLE {
            match lock {
                Some(lock) => xml.text_element(name, &known.of(lock, names)),
                None => xml.empty(name),
            }
        }
        xml.text_element(&PropName::dav("getetag"), etag.opaque());
    });
    xml.into_bytes()
}

/// What was loaded for a page.
#[derive(Debug, Default)]
struct Loaded {
    locks: Vec<Option<Lock>>,
    names: HolderNames,
}

impl PropertyPage<Item> for Loaded {
    fn write(&self, index: usize, _: &Entry<Item>, wanted: &Wanted, out: &mut PropsWriter<'_>) {
        let name = &wanted.name;
        let Some((known, _)) = TABLE.get(usize::from(wanted.slot.0)) else {
            return out.missing(name);
        };
        match (known, self.locks.get(index).and_then(Option::as_ref)) {
            // Present also where nothing is locked: clients take its absence for no answer.
            (Known::Lock, None) => out.found_text(name, ""),
            (_, None) => out.missing(name),
            (Known::Editor, Some(lock)) if lock.kind != LockKind::App => out.missing(name),
            (known, Some(lock)) => out.found_text(name, &known.of(lock, &self.names)),
        }
    }

    fn exists(&self, _: usize, _: &Entry<Item>, _: &Wanted) -> bool {
        false
    }
}
