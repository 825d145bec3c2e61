//! Locks as the file service keeps them, and as WebDAV tells of them.

use allmende_storage::{
    Lock as StoreLock, LockDepth as StoreDepth, LockKind, LockScope as StoreScope,
    LockTimeout as StoreTimeout,
};
use allmende_types::{SpacePath, Timestamp};
use allmende_webdav::{
    Kind,
    lock::{Lock, LockDepth, LockScope, LockTimeout, LockToken},
};
use allmende_webdav_proto::{Element, PropName};

/// How long a lock is to last.
pub(super) fn store_timeout(timeout: LockTimeout) -> StoreTimeout {
    match timeout {
        LockTimeout::Seconds(seconds) => {
            StoreTimeout::Seconds(u32::try_from(seconds).unwrap_or(u32::MAX))
        }
        LockTimeout::Infinite => StoreTimeout::Infinite,
    }
}

/// A stored lock as WebDAV shows it.
pub(super) fn shown(lock: &StoreLock, root: SpacePath, root_kind: Kind, now: Timestamp) -> Lock {
    Lock {
        token: LockToken::new(lock.token.as_str()),
        root,
        root_kind,
        scope: match lock.scope {
            StoreScope::Exclusive => LockScope::Exclusive,
            StoreScope::Shared => LockScope::Shared,
        },
        depth: match lock.depth {
            StoreDepth::Zero => LockDepth::Zero,
            StoreDepth::Infinity => LockDepth::Infinity,
        },
        owner: match lock.kind {
            LockKind::Token => Element::from_fragment(&lock.owner).ok(),
            LockKind::Person | LockKind::App => {
                Some(Element::with_text(PropName::dav("owner"), lock.holder.as_str()))
            }
        },
        timeout: match lock.expires {
            Some(end) => LockTimeout::Seconds(u64::try_from(end.unix() - now.unix()).unwrap_or(0)),
            None => LockTimeout::Infinite,
        },
    }
}
