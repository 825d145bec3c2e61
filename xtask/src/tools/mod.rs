//! What a run needs besides Rust, installed where it is missing.

mod debian;
mod node;
mod python;

use crate::check::{Check, Need};

/// The set-up, in the order in which it has to happen.
pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: Need::Debian.check_name(),
        shows: "the programs from Debian's packages are there",
        needs: &[],
        run: debian::install,
    },
    Check {
        name: Need::Python.check_name(),
        shows: "the clients from PyPI are there",
        needs: &[],
        run: python::install,
    },
    Check {
        name: Need::Node.check_name(),
        shows: "the clients from npm are there",
        needs: &[],
        run: node::install,
    },
];

pub(crate) use python::program as python_program;
