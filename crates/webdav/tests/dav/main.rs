//! The handler from the outside, over a tree in memory and over a local folder.

#![allow(clippy::unwrap_used, reason = "the scenarios are tests, though not marked as such")]

mod conditions;
mod copy_move;
mod get;
mod hostile;
mod listing;
mod local;
mod lock;
mod options;
mod properties;
mod put;
mod report;
mod support;
