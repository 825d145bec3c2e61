//! `/apps/files`: what clients ask about files beside WebDAV.

pub mod direct_editing;
pub mod open_local;
pub mod templates;
pub mod tree;
