//! What is done to everything below a folder.

use std::os::fd::OwnedFd;

use allmende_types::{Name, SpacePath};
use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, mkdirat, openat, renameat, statat, unlinkat},
    io::Errno,
};

use super::{
    commit::{FOLDER_MODE, flush},
    dir::{DIRECTORY, is_hidden, names},
    failure::{from_errno, from_io},
    properties::Sidecar,
    upload::Scratch,
};
use crate::{
    backend::{Failure, TransferDepth},
    error::Result,
};

/// Removes what stands at a name, members first. What cannot be removed is noted, without
/// the folders that therefore stay (RFC 4918, section 9.6.1).
pub(super) fn remove_below(
    directory: &OwnedFd,
    name: &str,
    path: &SpacePath,
    failures: &mut Vec<Failure>,
) {
    let mut fail = |errno: Errno| {
        failures.push(Failure { path: path.clone(), error: from_errno(errno) });
    };
    let folder = match openat(directory, name, DIRECTORY, Mode::empty()) {
        Ok(folder) => folder,
        Err(Errno::NOTDIR | Errno::LOOP) => {
            if let Err(errno) = unlinkat(directory, name, AtFlags::empty()) {
                fail(errno);
            }
            return;
        }
        Err(errno) => return fail(errno),
    };
    let before = failures.len();
    // Members that have no proper name cannot be reported by it: the folder stands for them.
    let members: Vec<_> = match rustix::fs::Dir::read_from(&folder) {
        Ok(entries) => entries.filter_map(|e| Some(e.ok()?.file_name().to_owned())).collect(),
        Err(errno) => {
            failures.push(Failure { path: path.clone(), error: from_errno(errno) });
            return;
        }
    };
    for member in members {
        if matches!(member.to_bytes(), b"." | b"..") {
            continue;
        }
        let Ok(text) = member.to_str() else {
            let _ = unlinkat(&folder, &member, AtFlags::empty());
            continue;
        };
        let below = Name::new(text).map_or_else(|_| path.clone(), |name| path.join(name));
        remove_below(&folder, text, &below, failures);
    }
    if failures.len() == before
        && let Err(errno) = unlinkat(directory, name, AtFlags::REMOVEDIR)
    {
        failures.push(Failure { path: path.clone(), error: from_errno(errno) });
    }
}

/// Copies what stands at a name. Members that cannot be copied are noted; the rest goes on.
pub(super) fn copy_below(
    from: &OwnedFd,
    name: &str,
    to: &OwnedFd,
    new_name: &str,
    path: &SpacePath,
    depth: TransferDepth,
    failures: &mut Vec<Failure>,
) -> Result<()> {
    let stat = statat(from, name, AtFlags::SYMLINK_NOFOLLOW).map_err(from_errno)?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let mut source =
                std::fs::File::from(openat(from, name, flags, Mode::empty()).map_err(from_errno)?);
            let directory = openat(to, c".", DIRECTORY, Mode::empty()).map_err(from_errno)?;
            let mut scratch = Scratch::create(directory)?;
            std::io::copy(&mut source, &mut scratch.file).map_err(from_io)?;
            scratch.finish()?;
            renameat(to, scratch.name.as_str(), to, new_name).map_err(from_errno)?;
            scratch.keep();
            Ok(())
        }
        FileType::Directory => {
            let source = openat(from, name, DIRECTORY, Mode::empty()).map_err(from_errno)?;
            mkdirat(to, new_name, FOLDER_MODE).map_err(from_errno)?;
            let copy = openat(to, new_name, DIRECTORY, Mode::empty()).map_err(from_errno)?;
            let mut properties = Sidecar::load(&source)?;
            if depth == TransferDepth::Alone {
                properties.keep_only("");
            }
            properties.store(&copy)?;
            if depth == TransferDepth::Everything {
                let members: Vec<String> = names(&source)?.collect::<Result<_>>()?;
                for member in members.iter().filter(|member| !is_hidden(member)) {
                    let Ok(child) = Name::new(member) else { continue };
                    let below = path.join(child);
                    let copied =
                        copy_below(&source, member, &copy, member, &below, depth, failures);
                    if let Err(error) = copied {
                        failures.push(Failure { path: below, error });
                    }
                }
            }
            flush(&copy)
        }
        // Not a part of the tree.
        _ => Ok(()),
    }
}
