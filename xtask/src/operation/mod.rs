//! The release build as an operator meets it: its first start, its command lines, a disk
//! that is full.

mod command_line;
mod full_disk;
mod ocs_cli;

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
        name: "ocs-cli",
        shows: "`ocs` logs in, uploads, lists, shares, finds, unshares and logs out",
        needs: NEEDS,
        run: ocs_cli::check,
    },
    Check {
        name: "full-disk",
        shows: "a full disk is 507, loses nothing, and what is there can be read and removed",
        needs: NEEDS,
        run: full_disk::check,
    },
];
