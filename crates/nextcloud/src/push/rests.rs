//! Proxies that are left alone for a while.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use allmende_types::Timestamp;

/// Until when proxies are left alone, by their addresses: what they asked for, or because
/// they did not answer. It outlives a round, so that what is new waits as well.
///
/// There are no more of them than there are proxies that devices may choose among.
#[derive(Debug, Default)]
pub(crate) struct Rests(Mutex<BTreeMap<String, Timestamp>>);

impl Rests {
    /// Seconds for which a proxy is still to be left alone; none if it is not.
    pub(super) fn left(&self, address: &str, now: Timestamp) -> Option<i64> {
        let left = self.all().get(address).map(|until| until.unix() - now.unix());
        left.filter(|left| *left > 0)
    }

    /// Leaves a proxy alone until a time.
    pub(super) fn begin(&self, address: &str, until: Timestamp) {
        self.all().insert(address.to_owned(), until);
    }

    /// A proxy can be sent to again.
    pub(super) fn end(&self, address: &str) {
        self.all().remove(address);
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Timestamp>> {
        // Each change is one step: whoever panicked left nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_proxy_rests_for_itself() {
        let rests = Rests::default();
        let at = Timestamp::from_unix;
        rests.begin("a", at(160));
        rests.begin("b", at(200));
        assert_eq!((rests.left("a", at(100)), rests.left("b", at(100))), (Some(60), Some(100)));
        assert_eq!((rests.left("a", at(160)), rests.left("b", at(160))), (None, Some(40)));
        assert_eq!(rests.left("c", at(100)), None);
        rests.end("b");
        assert_eq!(rests.left("b", at(100)), None);
    }
}
