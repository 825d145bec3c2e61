//! The handler from the outside, over a tree in memory and over a local folder.

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
