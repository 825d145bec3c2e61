//! What can be said on the command line.

use std::path::PathBuf;

use allmende_care::{Rate, backup::BackupId};
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum CareCommand {
    /// Compare the tree and the contents in both directions.
    ///
    /// Ends with 0 if nothing is wrong, 3 if everything that was is repaired, 4 if something
    /// is. Without --repair it changes nothing and may run beside the server.
    Fsck(Fsck),
    /// Read every content and compare it with its checksums; goes on where it was broken off,
    /// be it by the server, which does the same slowly (section `care` of its configuration)
    Scrub(Scrub),
    /// Remove what nobody needs any more, once; the server must not run (it does it itself)
    Gc(Gc),
    /// Copy everything into a folder of backups, beside the server or without it
    ///
    /// Ends with 4 if something could not be read, or with --verify if something is not what
    /// was written.
    Backup(Backup),
    /// Bring a backup back, into a data folder that is empty or not there (--data)
    ///
    /// Ends with 4 if contents are not in the backup or damaged in it: everything else is back
    /// then, and they are named.
    Restore(Restore),
    /// Write people's files, trash and versions into a plain folder, with a manifest of
    /// everything known of them
    Export(Export),
    /// Read an export into a new installation, or the data directory of a Nextcloud; the
    /// server must not run
    ///
    /// Ends with 4 if something was skipped.
    Import(Import),
    /// Print one number for all people, files, trash, versions, times, tags, comments and
    /// shares: equal for equal installations
    Digest(Digest),
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Fsck {
    /// Repair what is provable, and move contents that nothing knows into the folder
    /// `quarantine`; the server must not run
    #[arg(long)]
    pub(crate) repair: bool,
    /// Do not read contents, only look whether they are there
    #[arg(long)]
    pub(crate) quick: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Scrub {
    /// The most that is read in a second, such as 50MB/s
    #[arg(long)]
    pub(crate) rate: Option<Rate>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Gc {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The folder of backups; what an earlier one has is not copied again
    pub(crate) dir: PathBuf,
    /// Take none, but read everything of all that are there, and say what is damaged; the next
    /// backup copies it anew
    #[arg(long)]
    pub(crate) verify: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The folder of backups
    pub(crate) dir: PathBuf,
    /// Which backup [default: the newest]
    #[arg(long, value_name = "NAME")]
    pub(crate) backup: Option<BackupId>,
    /// Only list the backups
    #[arg(long)]
    pub(crate) list: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// A folder that is empty or not there
    pub(crate) dir: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The folder of an export
    pub(crate) dir: PathBuf,
    /// The folder is the data directory of a Nextcloud; people are made on the way
    #[arg(long)]
    pub(crate) nextcloud: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Digest {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
