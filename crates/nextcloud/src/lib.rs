//! The Nextcloud dialect: URL space, login flow, properties, uploads and OCS wiring.

mod auth;
mod avatar;
mod dav;
mod discovery;
mod origin;
mod pages;
mod people;
mod route;

pub use origin::Origin;
