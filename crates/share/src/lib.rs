//! Who may do what with shared files, and why.
//!
//! Pure functions: no I/O, no clock, no SQL, no HTTP. Who keeps shares somewhere loads what
//! bears upon some nodes into a [`ShareGraph`] and asks it.
//!
//! # What a share gives
//!
//! > `effective(who, node)` is what any *route* gives: owning the space, a team folder, or a
//! > share of the node or of a folder above it. A share gives what both its ceiling and
//! > `effective(granter)` hold. Denials are taken away at the end. It is the **least** such
//! > assignment: shares that only support each other give nothing.
//!
//! It is evaluated when somebody wants to do something, not when something is shared. So to
//! lower a share lowers all that was shared on from it at once, and nothing has to be
//! rewritten when a group, a right or a date changes. The laws that follow are tested:
//!
//! * no share gives more than its granter has;
//! * to remove or leave a share never gives anybody anything, nor does leaving a group to
//!   which nothing is denied;
//! * a share that has ended is as one that was removed;
//! * the order in which shares were made means nothing;
//! * a cycle of shares supports nothing;
//! * to lower a share never raises anything;
//! * a denial never gives anything;
//! * the explanation says what the decision says.
//!
//! # What is where
//!
//! | | |
//! |---|---|
//! | shares and whom they are for | [`Grant`], [`Recipient`], [`ShareKind`], [`Member`], [`Attributes`] |
//! | decisions | [`ShareGraph::rights`], [`ShareGraph::explain`], [`Rights`], [`Why`] |
//! | what administrators allow | [`SharePolicy::admit`], [`admit_change`](SharePolicy::admit_change), [`open_link`](SharePolicy::open_link), [`Refusal`] |
//! | rules of team folders | [`Acl`], [`Rules`] |
//! | what recipients see | [`merge`], [`unique_name`] |

mod acl;
mod attributes;
mod day;
mod grant;
mod graph;
mod kind;
mod merge;
mod policy;
mod refusal;
mod rights;

pub use acl::{Acl, Inheritance, NodeRule, OwnReadLost, Rule, Rules, Unruled};
pub use attributes::Attributes;
pub use day::{Day, InvalidDay};
pub use grant::{Answer, Denial, Grant, ShareId};
pub use graph::{
    DisabledGranters, GraphOptions, Owner, Resharing, Route, RouteKind, ShareGraph, TeamSpace,
    Verdict, Why,
};
pub use kind::{Member, Recipient, ShareKind, Standing, Subject};
pub use merge::{Merged, ReceivedShare, merge, unique_name};
pub use policy::{
    Change, DateRule, Exclusion, Expiry, LinkClosed, PasswordChange, PasswordGiven, RecipientFacts,
    Request, SharePolicy, SharedAs, Situation, Terms, TermsChange, Upload, permissions_from,
};
pub use refusal::Refusal;
pub use rights::Rights;
