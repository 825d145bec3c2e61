//! Attacks, one module per line of the table of issue 3's security row.
//!
//! | Attack | Here | And where its first test stands |
//! |---|---|---|
//! | sharing on more than one has | [`rights`] | |
//! | guessing a link, telling links apart by time | [`guessing`] | |
//! | guessing passwords | [`guessing`] | `dialect/auth.rs`, `dialect/links.rs` |
//! | a path that leads out of a share, a link, an upload, an archive | [`escape`] | `dialect/hostile.rs`, `dialect/bulk.rs`, `dialect/links.rs` |
//! | moving things out of what one may only read | [`rights`] | |
//! | reading by a file drop | [`drop`] | `dialect/links.rs` |
//! | looking into a circle, rising in one | [`circles`] | |
//! | using what has ended | [`ended`] | `dialect/direct.rs`, `dialect/oauth2.rs`, `dialect/links.rs` |
//! | requests that another site forged | [`forged`] | `dialect/auth.rs`, `dialect/headers.rs` |
//! | scripts in what others wrote | [`script`] | `dialect/links.rs`, `dialect/login_flow.rs`, `src/pages` |
//! | redirects that lead away | [`redirects`] | `dialect/oauth2.rs` |
//!
//! What a test elsewhere shows already is not shown again here.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "other tests need the rest")]
mod common;

mod circles;
mod drop;
mod ended;
mod escape;
mod forged;
mod guessing;
mod redirects;
mod rights;
mod script;
mod setting;
