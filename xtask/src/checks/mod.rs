//! The sources and the project's own tests.

mod cargo;
mod licences;
mod machine_paths;
mod test_suites;

use crate::check::{Check, Need};

/// From the quickest to the slowest.
pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: "format",
        shows: "every source file is formatted",
        needs: &[],
        run: cargo::format,
    },
    Check {
        name: "machine-paths",
        shows: "no file names a path of the machine it was written on",
        needs: &[],
        run: machine_paths::check,
    },
    Check {
        name: "licences",
        shows: "licences, sources and duplicates of all dependencies are allowed",
        needs: &[Need::Python],
        run: licences::check,
    },
    Check { name: "lints", shows: "clippy finds nothing", needs: &[], run: cargo::lints },
    Check {
        name: "docs",
        shows: "the documentation has no broken link",
        needs: &[],
        run: cargo::docs,
    },
    Check {
        name: "tests",
        shows: "unit, property and conformance tests pass on SQLite and PostgreSQL",
        needs: &[Need::Debian],
        run: test_suites::tests,
    },
    Check {
        name: "doc-tests",
        shows: "the examples in the documentation compile and run",
        needs: &[],
        run: test_suites::doc_tests,
    },
    Check {
        name: Need::Release.check_name(),
        shows: "the binaries build in the release profile",
        needs: &[],
        run: cargo::release,
    },
];
