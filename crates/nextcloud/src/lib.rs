//! The Nextcloud dialect: URL space, login flow, properties, uploads and OCS wiring.

mod origin;

pub use origin::Origin;
