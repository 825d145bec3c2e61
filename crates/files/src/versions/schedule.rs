//! Which old contents are too many: pure functions of the times.

use std::{collections::HashSet, time::Duration};

use allmende_types::Timestamp;

use super::VersionOptions;
use crate::{Retention, options::seconds};

/// How densely old contents are kept, by their age.
///
/// Time is divided into slots; of the contents that came into one slot, the last one stays.
/// The older they are, the longer the slots. Since each length is a multiple of the one
/// before it, what is thinned out often is the same as what is thinned out late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    steps: Vec<Step>,
    rest: Duration,
}

/// A step of a [`Schedule`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Up to which age it holds.
    pub until: Duration,
    /// The length of its slots.
    pub every: Duration,
}

/// A schedule whose thinning would depend on how often it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("ages must rise, and each length must be whole seconds and a multiple of the one before")]
pub struct InvalidSchedule;

impl Schedule {
    /// A schedule of steps, the youngest first, and the length of the slots behind them.
    ///
    /// # Errors
    /// When ages do not rise, or a length is no multiple of the one before it.
    pub fn new(steps: Vec<Step>, rest: Duration) -> Result<Self, InvalidSchedule> {
        let lengths = steps.iter().map(|step| step.every).chain([rest]).map(seconds);
        let lengths: Vec<i64> = lengths.collect();
        let nested = lengths.iter().all(|length| *length > 0)
            && lengths.windows(2).all(|pair| pair[1] % pair[0] == 0);
        let rising = steps.windows(2).all(|pair| pair[0].until < pair[1].until);
        if nested && rising { Ok(Self { steps, rest }) } else { Err(InvalidSchedule) }
    }

    /// The length of a slot at an age, both in seconds.
    fn slot(&self, age: i64) -> i64 {
        let step = self.steps.iter().find(|step| age < seconds(step.until));
        seconds(step.map_or(self.rest, |step| step.every))
    }

    /// The lengths of slots.
    fn lengths(&self) -> impl Iterator<Item = i64> {
        self.steps.iter().map(|step| step.every).chain([self.rest]).map(seconds)
    }
}

/// The original's: one in 2 seconds of the first 10, one in 10 seconds of the first minute,
/// one a minute in the first hour, one an hour in the first day, one a day in the first 30
/// days, and one a week then.
impl Default for Schedule {
    fn default() -> Self {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        const DAY: u64 = 24 * HOUR;
        let step = |(until, every)| Step {
            until: Duration::from_secs(until),
            every: Duration::from_secs(every),
        };
        let steps = [(10, 2), (MINUTE, 10), (HOUR, MINUTE), (DAY, HOUR), (30 * DAY, DAY)].map(step);
        Self { steps: steps.into(), rest: Duration::from_secs(7 * DAY) }
    }
}

/// What decides whether an old content is thinned out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// When it was overwritten, by the clock of the server: what clients say of times does
    /// not count here.
    pub at: Timestamp,
    /// Whether somebody gave it a name.
    pub naming: Naming,
}

/// Whether a version has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Naming {
    /// It has one: it never goes by itself.
    Labelled,
    /// It has none.
    Plain,
}

impl VersionOptions {
    /// Which old contents of one file are to go: their places in the list, which is in the
    /// order in which they were kept.
    ///
    /// ```
    /// use allmende_files::versions::{Kept, Naming, VersionOptions};
    /// use allmende_types::Timestamp;
    ///
    /// let now = Timestamp::from_unix(1_800_000_000);
    /// let kept = |seconds: i64| Kept { at: now.plus_seconds(-seconds), naming: Naming::Plain };
    /// // Of three within the same hour, two hours ago, the last one stays.
    /// let three = [kept(8000), kept(7900), kept(7800), kept(5)];
    /// assert_eq!(VersionOptions::default().surplus(now, &three), [0, 1]);
    /// ```
    #[must_use]
    pub fn surplus(&self, now: Timestamp, kept: &[Kept]) -> Vec<usize> {
        const DAY: i64 = 86_400;
        let Retention::Bounded { at_least, at_most } = self.retention else { return Vec::new() };
        let days = |days: u32| i64::from(days) * DAY;
        let alone = seconds(self.settle).max(at_least.map_or(0, days));
        let mut taken = HashSet::new();
        let mut surplus: Vec<usize> = Vec::new();
        // The last one comes first, and takes its slots of every length.
        for (place, Kept { at, naming }) in kept.iter().enumerate().rev() {
            if *naming == Naming::Labelled {
                continue;
            }
            let age = now.unix().saturating_sub(at.unix());
            let slot = self.schedule.slot(age);
            let crowded = taken.contains(&(slot, at.unix().div_euclid(slot)));
            let over = at_most.is_some_and(|most| age >= days(most));
            if over || (crowded && age >= alone) {
                surplus.push(place);
            }
            for length in self.schedule.lengths() {
                taken.insert((length, at.unix().div_euclid(length)));
            }
        }
        surplus.reverse();
        surplus
    }
}

#[cfg(test)]
mod tests;
