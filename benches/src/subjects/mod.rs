//! The subjects, one a file.

mod get;
#[cfg(feature = "heap")]
mod heap;
mod large;
mod listing;
mod logins;
mod poll;
mod put;
mod start;
mod transfer;

use crate::Failure;

/// A subject by its name on the command line.
pub(crate) type Subject = (&'static str, fn() -> Result<(), Failure>);

/// All of them, in the order in which they run.
pub(crate) const ALL: &[Subject] = &[
    ("poll", poll::run),
    ("listing", listing::run),
    ("put", put::run),
    ("get", get::run),
    ("large", large::run),
    ("transfer", transfer::run),
    ("start", start::run),
    ("logins", logins::run),
    #[cfg(feature = "heap")]
    ("heap", heap::run),
];
