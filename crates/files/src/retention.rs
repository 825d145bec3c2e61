//! How long what was removed or overwritten is kept.

use std::{fmt, str::FromStr};

/// An obligation to keep, in the form in which the original's settings
/// `trashbin_retention_obligation` and `versions_retention_obligation` have it.
///
/// | Text | Meaning |
/// |---|---|
/// | `auto` | as the owner of the setting decides |
/// | `30, auto` | nothing goes in the first 30 days |
/// | `auto, 30` | everything goes after 30 days |
/// | `7, 30` | both |
/// | `disabled` | nothing goes by itself |
///
/// ```
/// use allmende_files::Retention;
///
/// let retention: Retention = "7, auto".parse()?;
/// assert_eq!(retention, Retention::Bounded { at_least: Some(7), at_most: None });
/// assert_eq!("disabled".parse::<Retention>()?.to_string(), "disabled");
/// # Ok::<(), allmende_files::InvalidRetention>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retention {
    /// Nothing goes by itself.
    Disabled,
    /// What lies between the bounds goes when a policy says so.
    Bounded {
        /// Days in which nothing goes.
        at_least: Option<u32>,
        /// Days after which everything goes; never less than `at_least`.
        at_most: Option<u32>,
    },
}

impl Retention {
    /// `auto`: no bounds.
    pub const AUTO: Self = Self::Bounded { at_least: None, at_most: None };
}

impl Default for Retention {
    fn default() -> Self {
        Self::AUTO
    }
}

/// A text that is no obligation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{0:?} is neither `disabled` nor one or two of `auto` and a number of days")]
pub struct InvalidRetention(pub String);

impl FromStr for Retention {
    type Err = InvalidRetention;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidRetention(text.to_owned());
        if text.trim() == "disabled" {
            return Ok(Self::Disabled);
        }
        let bound = |part: &str| match part.trim() {
            "auto" => Ok(None),
            days => days.parse().map(Some).map_err(|_| invalid()),
        };
        let (first, second) = text.split_once(',').unwrap_or((text, "auto"));
        let (at_least, at_most): (Option<u32>, Option<u32>) = (bound(first)?, bound(second)?);
        // As in the original, a lower bound above the upper one counts for both.
        let at_most = at_most.map(|most| most.max(at_least.unwrap_or(0)));
        Ok(Self::Bounded { at_least, at_most })
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = |days: Option<u32>| days.map_or("auto".to_owned(), |days| days.to_string());
        match *self {
            Self::Disabled => f.write_str("disabled"),
            Self::AUTO => f.write_str("auto"),
            Self::Bounded { at_least, at_most } => {
                write!(f, "{}, {}", bound(at_least), bound(at_most))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_forms_of_the_original() {
        let bounded = |at_least, at_most| Retention::Bounded { at_least, at_most };
        for (text, expected) in [
            ("auto", bounded(None, None)),
            ("30", bounded(Some(30), None)),
            ("30, auto", bounded(Some(30), None)),
            ("auto,30", bounded(None, Some(30))),
            (" 7 , 30 ", bounded(Some(7), Some(30))),
            ("30, 7", bounded(Some(30), Some(30))),
            ("auto, auto", Retention::AUTO),
            ("disabled", Retention::Disabled),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in
            ["", "never", "1, 2, 3", "-1, auto", "auto 30", "1.5", "disabled, 3", "99999999999"]
        {
            assert_eq!(text.parse::<Retention>(), Err(InvalidRetention(text.to_owned())));
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_read(at_least in any::<Option<u32>>(), more in any::<Option<u16>>()) {
            let at_most = more.map(|more| at_least.unwrap_or(0).saturating_add(u32::from(more)));
            let retention = Retention::Bounded { at_least, at_most };
            prop_assert_eq!(retention.to_string().parse(), Ok(retention));
        }
    }
}
