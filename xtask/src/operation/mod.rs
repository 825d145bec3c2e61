//! The release build as an operator meets it: its first start, its command line, a disk
//! that is full.

mod command_line;
mod full_disk;

use crate::check::{Check, Need};

const NEEDS: &[Need] = &[Need::Release];

/// What is checked without a foreign client.
pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: "command-line",
        shows: "the first start makes an administrator, and people are managed beside the server",
        needs: NEEDS,
        run: command_line::check,
    },
    Check {
        name: "full-disk",
        shows: "a full disk is 507, loses nothing, and what is there can be read and removed",
        needs: NEEDS,
        run: full_disk::check,
    },
];
