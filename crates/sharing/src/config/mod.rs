//! Configuration by the original's keys, and what people prefer.

mod delegation;
mod keys;
mod policy;
mod preferences;
mod store;
mod system;

pub(crate) use self::store::Cached;
pub use self::{
    delegation::Delegation,
    policy::{Enumeration, Policy},
    store::Config,
    system::SystemConfig,
};
