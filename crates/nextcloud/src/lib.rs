//! The Nextcloud dialect: everything that is Nextcloud's and not WebDAV's.
//!
//! [`Nextcloud`] is a tower service for all that lies below one host name: the WebDAV
//! roots with their `oc:` and `nc:` properties, chunked and bulk uploads, the OCS
//! interface, the login flow with its pages, and what clients ask before they sign in. It
//! is put together from a file service ([`allmende_files::Files`]) and people
//! ([`allmende_accounts::Accounts`]), and knows neither a database nor a disk.

mod auth;
mod avatar;
mod dav;
mod delegation;
mod direct;
mod discovery;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod mails;
mod maintenance;
mod ocs;
mod origin;
mod pages;
mod people;
mod previews;
mod public;
mod push;
mod route;
mod service;
mod teams;
mod theming;
mod web;

pub use origin::Origin;
pub use push::{PUSH_PROXY, ProxyAnswer, ProxyUnreachable, PushError, PushProxy, Pushed};
pub use service::{Nextcloud, NextcloudOptions, NextcloudParts};
