//! The dialect from the outside: a whole server in memory, asked as clients ask it.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[path = "../common/mod.rs"]
mod common;

mod activity;
mod app_config;
mod app_passwords;
mod auth;
mod avatars;
mod bulk;
mod circles;
mod comments;
mod conditions;
mod core;
mod direct;
mod discovery;
mod download_limits;
mod faults;
mod folders;
mod headers;
mod home_screen;
mod hostile;
mod laws;
mod legacy_flow;
mod links;
mod locks;
mod login_flow;
mod maintenance;
mod marked_mounts;
mod mount_roots;
mod names;
mod notices;
mod notifications;
mod oauth2;
mod openproject;
mod paginate;
mod policies;
mod previews;
mod profile;
mod properties;
mod provisioning;
mod provisioning_errors;
mod push;
mod quota;
mod reminders;
mod search;
mod shares;
mod status_codes;
mod sync;
mod tags;
mod team_folders;
mod team_list;
mod team_rules;
mod times;
mod trash;
mod uploads;
mod versions;
mod welcome;
