//! What can be said on the command line.

use std::path::PathBuf;

use allmende_ocs::endpoints::user_status::Presence;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::path::RemotePath;
use crate::sharing::Permissions;

/// Files, shares and people of a Nextcloud server.
///
/// Exit status: 0 done, 1 refused or failed, 2 wrong command line, 3 not logged in, 4 not found,
/// 5 may succeed later.
#[derive(Debug, Parser)]
#[command(name = "ocs", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Print data as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Log in to a server, in the browser unless --user is given
    Login(Login),
    /// Log out, and revoke the app password
    Logout,
    /// Tell who is logged in, and where
    Whoami,
    /// List a folder
    Ls {
        /// The folder or file
        #[arg(default_value = "/")]
        path: RemotePath,
    },
    /// Download a file, or a folder as an archive
    Get(Get),
    /// Upload a file
    Put(Put),
    /// Make a folder
    Mkdir {
        /// The new folder
        path: RemotePath,
    },
    /// Remove a file, or a folder with everything in it
    Rm {
        /// What to remove
        path: RemotePath,
    },
    /// Rename or move a file or folder
    Mv(Mv),
    /// Find files and folders by a part of their name
    Find(Find),
    /// Share a file or folder
    Share(Box<Share>),
    /// List the shares that you made
    Shares {
        /// Only those of this file or folder
        path: Option<RemotePath>,
    },
    /// End a share that you made, or leave one that you received
    Unshare {
        /// Its number in the list
        id: String,
    },
    /// List the shares that you received
    Received,
    /// Look for people and groups to share with
    People {
        /// A part of the name
        search: String,
    },
    /// Tell your status, or change it
    Status(Status),
    /// Tell what the server can do
    Capabilities,
}

#[derive(Debug, Args)]
pub(crate) struct Login {
    /// The address of the server; https unless it says otherwise
    pub(crate) url: String,
    /// Log in without a browser, by this name
    #[arg(long)]
    pub(crate) user: Option<String>,
    /// The password; read from standard input if not given
    #[arg(long, env = "OCS_PASSWORD", hide_env_values = true, requires = "user")]
    pub(crate) password: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Get {
    /// The file or folder on the server
    pub(crate) path: RemotePath,
    /// The local file, `-` for standard output [default: its name]
    pub(crate) file: Option<PathBuf>,
    /// Replace a local file
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Put {
    /// The local file
    pub(crate) file: PathBuf,
    /// The file on the server; with a slash at the end, the folder to put it in
    #[arg(default_value = "/")]
    pub(crate) path: RemotePath,
    /// Send a larger file in pieces of so many MiB
    #[arg(long, value_name = "MIB", default_value_t = 10, value_parser = clap::value_parser!(u64).range(5..=5000))]
    pub(crate) chunk: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Mv {
    /// What to move
    pub(crate) from: RemotePath,
    /// Where it will be; with a slash at the end, the folder to put it in
    pub(crate) to: RemotePath,
    /// Replace what is there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Find {
    /// A part of the name; % stands for any text, _ for one character
    pub(crate) name: String,
    /// At most so many
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Share {
    /// The file or folder
    pub(crate) path: RemotePath,
    #[command(flatten)]
    pub(crate) recipient: Recipient,
    /// What may be done: a list of read, update, create, delete, share; or all; or a number
    #[arg(long, value_name = "LIST")]
    pub(crate) permissions: Option<Permissions>,
    /// The password of the link
    #[arg(long, env = "OCS_LINK_PASSWORD", hide_env_values = true, conflicts_with_all = ["with", "group"])]
    pub(crate) password: Option<String>,
    /// The last day, as 2027-01-31
    #[arg(long, value_name = "DAY")]
    pub(crate) expires: Option<String>,
    /// What you call the link
    #[arg(long, conflicts_with_all = ["with", "group"])]
    pub(crate) label: Option<String>,
    /// A note to the recipient
    #[arg(long)]
    pub(crate) note: Option<String>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Recipient {
    /// Share with a person
    #[arg(long, value_name = "USER")]
    pub(crate) with: Option<String>,
    /// Share with a group
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: Option<String>,
    /// Make a public link
    #[arg(long)]
    pub(crate) link: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Whether you are there
    #[arg(value_enum)]
    pub(crate) presence: Option<There>,
    /// What you say about it, at most 80 characters
    #[arg(long)]
    pub(crate) message: Option<String>,
    /// An emoji beside the message
    #[arg(long, requires = "message")]
    pub(crate) icon: Option<String>,
    /// Take the message away after so many minutes
    #[arg(long = "for", value_name = "MINUTES", requires = "message")]
    pub(crate) minutes: Option<u32>,
    /// Take the message away now
    #[arg(long, conflicts_with = "message")]
    pub(crate) clear: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum There {
    Online,
    Away,
    Busy,
    Dnd,
    Invisible,
    Offline,
}

impl From<There> for Presence {
    fn from(there: There) -> Self {
        match there {
            There::Online => Self::Online,
            There::Away => Self::Away,
            There::Busy => Self::Busy,
            There::Dnd => Self::Dnd,
            There::Invisible => Self::Invisible,
            There::Offline => Self::Offline,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    use super::*;

    fn parse(line: &str) -> Result<Command, ErrorKind> {
        Arguments::try_parse_from(line.split(' '))
            .map(|arguments| arguments.command)
            .map_err(|error| error.kind())
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_share_has_one_recipient() {
        let Ok(Command::Share(share)) = parse("ocs share /a --with bob --permissions read,share")
        else {
            panic!("refused")
        };
        assert_eq!(share.recipient.with.as_deref(), Some("bob"));
        assert_eq!(share.permissions, Some(Permissions(17)));
        for (line, kind) in [
            ("ocs share /a", ErrorKind::MissingRequiredArgument),
            ("ocs share /a --with bob --link", ErrorKind::ArgumentConflict),
            ("ocs share /a --with bob --password x", ErrorKind::ArgumentConflict),
            ("ocs share /a --group g --label x", ErrorKind::ArgumentConflict),
            ("ocs share /a --link --permissions fly", ErrorKind::ValueValidation),
        ] {
            assert_eq!(parse(line).unwrap_err(), kind, "{line}");
        }
    }

    #[test]
    fn paths_do_not_climb() {
        assert_eq!(parse("ocs ls ../bob").unwrap_err(), ErrorKind::ValueValidation);
        assert!(matches!(parse("ocs ls"), Ok(Command::Ls { path }) if path.to_string() == "/"));
    }

    #[test]
    fn chunks_are_as_large_as_servers_take() {
        assert!(parse("ocs put a b --chunk 5").is_ok());
        assert_eq!(parse("ocs put a b --chunk 4").unwrap_err(), ErrorKind::ValueValidation);
    }

    #[test]
    fn a_password_needs_a_name() {
        assert_eq!(
            parse("ocs login example.org --password x").unwrap_err(),
            ErrorKind::MissingRequiredArgument
        );
    }
}
