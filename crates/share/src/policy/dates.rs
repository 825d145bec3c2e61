//! When shares end.

use allmende_types::Timestamp;

use crate::{Day, Refusal};

/// When a share is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expiry {
    /// As the policy says: the parameter was not sent.
    #[default]
    Default,
    /// Never, if the policy admits it: the parameter was sent empty.
    Never,
    /// With this day.
    On(Day),
}

impl Expiry {
    /// Reads the parameter `expireDate`.
    ///
    /// # Errors
    /// [`Refusal::InvalidDate`].
    pub fn parse(sent: Option<&str>) -> Result<Self, Refusal> {
        match sent.map(str::trim) {
            None => Ok(Self::Default),
            Some("") => Ok(Self::Never),
            Some(text) => text.parse().map(Self::On).map_err(|_| Refusal::InvalidDate),
        }
    }
}

/// When shares of one kind end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateRule {
    /// Whether a share without a date gets one.
    pub by_default: bool,
    /// Whether no share may be without a date, or end later than `days` from today. The
    /// original looks at this switch only where `by_default` is on too.
    pub enforced: bool,
    /// The days after which it ends at the latest, if enforced.
    pub days: u32,
    /// The days that are given by default; not more than `days`.
    pub default_days: u32,
}

impl Default for DateRule {
    fn default() -> Self {
        Self { by_default: false, enforced: false, days: 7, default_days: 7 }
    }
}

impl DateRule {
    /// The last second of a new share.
    ///
    /// # Errors
    /// [`Refusal::ExpiryInPast`], [`Refusal::ExpiryTooFar`].
    pub fn for_new(&self, expiry: Expiry, now: Timestamp) -> Result<Option<Timestamp>, Refusal> {
        let proposed = || Day::of(now).plus(self.default_days.min(self.days)).last_second();
        match expiry {
            Expiry::Default => Ok((self.by_default || self.enforced).then(proposed)),
            Expiry::Never => Ok(self.enforced.then(proposed)),
            Expiry::On(day) => self.admit(day, now).map(Some),
        }
    }

    /// The last second of a share that gets another.
    ///
    /// # Errors
    /// As of [`DateRule::for_new`], and [`Refusal::FailedUpdate`] where there must be one.
    pub fn for_update(&self, expiry: Expiry, now: Timestamp) -> Result<Option<Timestamp>, Refusal> {
        match expiry {
            Expiry::On(day) => self.admit(day, now).map(Some),
            _ if self.enforced => Err(Refusal::FailedUpdate),
            _ => Ok(None),
        }
    }

    fn admit(&self, day: Day, now: Timestamp) -> Result<Timestamp, Refusal> {
        let today = Day::of(now);
        if day <= today {
            return Err(Refusal::ExpiryInPast);
        }
        if self.enforced && day > today.plus(self.days) {
            return Err(Refusal::ExpiryTooFar { days: self.days });
        }
        Ok(day.last_second())
    }
}
