//! When things in the trash go: pure functions of ages and sizes.

use crate::Retention;

/// Whether there is a trash, and how long things stay in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrashPolicy {
    /// There is none: what is removed is gone.
    Off,
    /// There is one. What the retention leaves open (`auto`) is 30 days if nothing is said at
    /// all, and then until there is need of the room.
    Keep(Retention),
}

impl Default for TrashPolicy {
    fn default() -> Self {
        Self::Keep(Retention::default())
    }
}

/// What is to become of something of an age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// It stays.
    Keep,
    /// It goes if there is not enough room.
    IfNeeded,
    /// It goes.
    Expire,
}

/// Days that things stay where nothing was chosen.
const DAYS: u32 = 30;
const DAY: i64 = 86_400;

/// What becomes of something that was thrown away so many seconds ago.
pub(super) fn judge(retention: Retention, age: i64) -> Verdict {
    let Retention::Bounded { at_least, at_most } = retention else { return Verdict::Keep };
    let at_least = at_least.unwrap_or(if at_most.is_none() { DAYS } else { 0 });
    let older = |days: u32| age > i64::from(days) * DAY;
    match at_most {
        Some(most) if older(most) => Verdict::Expire,
        _ if at_least == 0 || older(at_least) => Verdict::IfNeeded,
        _ => Verdict::Keep,
    }
}

/// How many bytes of trash there may be: half of what is free under the quota, and without one
/// as many as there are.
pub(super) fn allowance(quota: Option<u64>, used: u64) -> Option<u64> {
    quota.map(|quota| quota.saturating_sub(used) / 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_form_decides_as_it_says() {
        use Verdict::{Expire, IfNeeded, Keep};
        for (text, days, verdict) in [
            ("auto", 29, Keep),
            ("auto", 30, IfNeeded),
            ("auto", 10_000, IfNeeded),
            ("7, auto", 6, Keep),
            ("7, auto", 7, IfNeeded),
            ("auto, 7", 0, IfNeeded),
            ("auto, 7", 6, IfNeeded),
            ("auto, 7", 7, Expire),
            ("7, 30", 6, Keep),
            ("7, 30", 29, IfNeeded),
            ("7, 30", 30, Expire),
            ("disabled", 10_000, Keep),
        ] {
            let retention = text.parse().unwrap();
            assert_eq!(judge(retention, days * DAY), judge(retention, days * DAY - 1), "{text}");
            assert_eq!(judge(retention, days * DAY + 1), verdict, "{text} after {days} days");
        }
        // Deleted in the future, by a clock that went back.
        assert_eq!(judge("0, 0".parse().unwrap(), -5), IfNeeded);
    }

    fn any_retention() -> impl Strategy<Value = Retention> {
        let days = || prop::option::of(0u32..400);
        let bounded = (days(), days()).prop_map(|(at_least, at_most)| {
            let at_most = at_most.map(|most| most.max(at_least.unwrap_or(0)));
            Retention::Bounded { at_least, at_most }
        });
        prop_oneof![1 => Just(Retention::Disabled), 5 => bounded]
    }

    proptest! {
        #[test]
        fn the_older_is_kept_less(
            retention in any_retention(), a in -9i64..40_000_000, b in -9i64..40_000_000,
        ) {
            prop_assert!(judge(retention, a.min(b)) <= judge(retention, a.max(b)));
        }

        #[test]
        fn half_of_what_is_free_is_allowed(quota in 0u64..1 << 60, used in 0u64..1 << 60) {
            prop_assert_eq!(allowance(None, used), None);
            let allowed = allowance(Some(quota), used).unwrap();
            if used >= quota {
                prop_assert_eq!(allowed, 0);
            } else {
                prop_assert!(allowed * 2 <= quota - used && quota - used <= allowed * 2 + 1);
            }
        }
    }
}
