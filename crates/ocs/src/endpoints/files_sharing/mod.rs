//! `/apps/files_sharing`: what is shared with whom.
//!
//! The refusals of these endpoints are those of the sharing rules; this module carries their code
//! and message as [`OcsError`](crate::OcsError) like any other.

pub mod deleted;
pub mod remote;
mod share;
pub mod sharees;
pub mod shares;
pub mod token;

pub use share::{ItemType, REDACTED, RecipientStatus, Share, ShareType};
