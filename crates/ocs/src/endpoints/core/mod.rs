//! `/core/…`: app passwords, the menu, completion of names.

pub mod app_password;
pub mod autocomplete;
pub mod navigation;
