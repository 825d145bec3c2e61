//! Unmodified foreign clients at work, each against a freshly started server.
//!
//! A module here knows one client: how it is called and what must be true afterwards. Every
//! call has a limit in time, and every client keeps its files below `target/`.

mod cadaver;
mod davfs2;
mod desktop;
mod litmus;
mod mail;
mod nc_py_api;
mod nextcloudcmd;
mod npm_webdav;
mod post_office;
mod pypi_webdav4;
mod rclone;
mod restore_drill;

use crate::check::{Check, Need};
use crate::context::Context;
use crate::failure::{Context as _, Result, fail};
use crate::http::Endpoint;
use crate::process::Log;
use crate::server::Server;

const NATIVE: &[Need] = &[Need::Debian, Need::Release];
const PYTHON: &[Need] = &[Need::Debian, Need::Python, Need::Release];
const NODE: &[Need] = &[Need::Debian, Need::Node, Need::Release];

/// From the narrowest client to the one that uses everything.
pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: "litmus-files",
        shows: "every litmus suite passes on /remote.php/dav/files/U/",
        needs: NATIVE,
        run: litmus::files,
    },
    Check {
        name: "litmus-webdav",
        shows: "every litmus suite passes on /remote.php/webdav/",
        needs: NATIVE,
        run: litmus::webdav,
    },
    Check {
        name: "litmus-dav-folder",
        shows: "every litmus suite passes on the WebDAV crate alone",
        needs: NATIVE,
        run: litmus::dav_folder,
    },
    Check {
        name: "cadaver",
        shows: "cadaver puts, gets, lists, moves and locks",
        needs: NATIVE,
        run: |context, log| with_home(context, log, "cadaver", cadaver::against),
    },
    Check {
        name: "davfs2",
        shows: "a davfs2 mount writes, renames and reads back",
        needs: NATIVE,
        run: |context, log| with_home(context, log, "davfs2", davfs2::against),
    },
    Check {
        name: "pypi-webdav4",
        shows: "webdav4 (PyPI) puts, gets, lists, moves, copies and deletes",
        needs: PYTHON,
        run: |context, log| with_home(context, log, "pypi-webdav4", pypi_webdav4::against),
    },
    Check {
        name: "nc-py-api",
        shows: "nc_py_api (PyPI) walks over people, files, shares, status, activity and more",
        needs: PYTHON,
        run: |context, log| {
            let data = context.fresh_dir("nc-py-api-server")?;
            nc_py_api::against(context, log, &Server::start(context, log, data)?.admin())
        },
    },
    Check {
        name: "mail",
        shows: "aiosmtpd (PyPI) gets each mail as it was meant, also after a time without it",
        needs: PYTHON,
        run: mail::check,
    },
    Check {
        name: "npm-webdav",
        shows: "webdav (npm) puts, gets, lists, moves, copies, locks and deletes",
        needs: NODE,
        run: |context, log| with_home(context, log, "npm-webdav", npm_webdav::against),
    },
    Check {
        name: "rclone-debian",
        shows: "Debian's rclone copies, checks, moves, hashes and deletes, a large file too",
        needs: NATIVE,
        run: |context, log| with_home(context, log, "rclone-debian", rclone::debian),
    },
    Check {
        name: "rclone-new",
        shows: "a new rclone does the same, with the large file in chunks",
        needs: PYTHON,
        run: |context, log| with_home(context, log, "rclone-new", rclone::new),
    },
    Check {
        name: "nextcloudcmd-sync",
        shows: "two folders become equal through every kind of change, and then stay quiet",
        needs: NATIVE,
        run: nextcloudcmd::sync,
    },
    Check {
        name: "nextcloudcmd-kill",
        shows: "a server killed in the middle of an upload loses nothing",
        needs: NATIVE,
        run: nextcloudcmd::kill,
    },
    Check {
        name: "restore-drill",
        shows: "after a restore, nextcloudcmd uploads what is newer, and deletes nothing",
        needs: NATIVE,
        run: restore_drill::drill,
    },
    Check {
        name: "desktop",
        shows: "the desktop client with its window signs in by the flow and syncs both ways",
        needs: NATIVE,
        run: desktop::check,
    },
];

/// What a client does in a collection of its own.
type Against = fn(&Context, &Log, &Endpoint) -> Result<String>;

/// Starts a server, makes a person, and lets the client work in their home.
fn with_home(context: &Context, log: &Log, name: &str, against: Against) -> Result<String> {
    let server = Server::start(context, log, context.fresh_dir(&format!("{name}-server"))?)?;
    against(context, log, &server.person("wanderer")?)
}

/// Lets one client work against a server that already runs, for development.
pub(crate) fn run_against(name: &str, context: &Context, endpoint: &Endpoint) -> Result<String> {
    let against: Against = match name {
        "cadaver" => cadaver::against,
        "davfs2" => davfs2::against,
        "litmus" => litmus::against,
        "nc-py-api" => nc_py_api::against,
        "npm-webdav" => npm_webdav::against,
        "pypi-webdav4" => pypi_webdav4::against,
        "rclone-debian" => rclone::debian,
        "rclone-new" => rclone::new,
        "nextcloudcmd-sync" | "nextcloudcmd-kill" | "desktop" | "restore-drill" | "mail" => {
            fail!("{name} starts its server itself: cargo xtask test --only {name}")
        }
        _ => fail!("no client is called `{name}`"),
    };
    let log = Log::create(context.log_path(name))?;
    against(context, &log, endpoint).context(format!("{name} (see {})", log.path().display()))
}
