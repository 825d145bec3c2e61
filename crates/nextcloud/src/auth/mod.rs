//! Who sends a request, and what those hear who cannot tell.

mod credentials;

pub(crate) use credentials::{Proof, cookie};
