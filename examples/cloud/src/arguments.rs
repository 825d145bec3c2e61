//! What can be said on the command line.

use std::{net::SocketAddr, path::PathBuf};

use allmende_server::{Config, LogFormat, Tls};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{Failure, audit::AuditCommand, care::CareCommand};

/// A file server for Nextcloud's clients.
///
/// Without a command it serves. Settings come from the configuration file, then from
/// variables ALLMENDE_*, then from the options given here.
#[derive(Debug, Parser)]
#[command(name = "allmende", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// What every command may need.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// The configuration file (TOML)
    #[arg(long, global = true, value_name = "FILE", env = "ALLMENDE_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// The folder of everything that the server keeps [default: allmende-data]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// A PostgreSQL connection; otherwise SQLite in the data folder
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) database: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server
    Serve(Serve),
    /// Create and change people
    #[command(subcommand)]
    User(UserCommand),
    /// Create and change groups
    #[command(subcommand)]
    Group(GroupCommand),
    /// Create and revoke app passwords
    #[command(subcommand)]
    AppPassword(AppPasswordCommand),
    /// Remove for good what people have thrown away
    #[command(subcommand)]
    Trash(TrashCommand),
    /// List what is locked, and end locks
    #[command(subcommand)]
    Locks(LocksCommand),
    /// Say to clients that the server is being worked on, or that it is back
    Maintenance(Maintenance),
    /// Check the configuration and the stores
    Check(Check),
    /// Write out what happened, and check that all of it is there
    #[command(subcommand)]
    Audit(AuditCommand),
    #[command(flatten)]
    Care(CareCommand),
}

#[derive(Debug, Default, Args)]
pub(crate) struct Serve {
    /// Where clients connect [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// The name that people read on pages and in clients
    #[arg(long)]
    name: Option<String>,
    /// The address under which clients reach the server
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// The certificate chain (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// The private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Where metrics, health and readiness are told
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
    /// Which events are logged, such as info,allmende::access=debug
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
    /// The form of log lines
    #[arg(long, value_enum)]
    log_format: Option<Format>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Maintenance {
    /// Whether it begins or ends; without it, what holds now is told
    #[arg(value_enum)]
    pub(crate) switch: Option<Switch>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Check {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TrashCommand {
    /// Empty the trash of people's own files
    Empty {
        /// The id of a person, more than once for several
        #[arg(long = "user", value_name = "ID", required = true)]
        users: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum LocksCommand {
    /// List all locks: those that people and apps set, and those of the protocol
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// End the locks of a file, whoever holds them; they are told, and an event is written
    Break {
        /// The number of the file, as the list tells it
        file: i64,
        /// Only the lock with this token
        #[arg(long)]
        token: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Create a person; the password is read from ALLMENDE_PASSWORD or standard input
    Add {
        /// The id, which stays for ever
        id: String,
        /// The name to show
        #[arg(long, default_value = "")]
        display_name: String,
        /// The e-mail address, which is a login name too
        #[arg(long)]
        email: Option<String>,
        /// A group (may be repeated)
        #[arg(long, value_name = "GROUP")]
        group: Vec<String>,
        /// How much may be stored: bytes, "5 GB", "none" or "default"
        #[arg(long, default_value = "default")]
        quota: String,
        /// Make up a password and print it
        #[arg(long)]
        generate: bool,
    },
    /// List people
    List {
        /// A part of the id, name or e-mail address
        #[arg(long, default_value = "")]
        search: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Keep a person out, with everything they have
    Disable {
        /// The id
        id: String,
    },
    /// Let a person in again
    Enable {
        /// The id
        id: String,
    },
    /// Set how much a person may store
    Quota {
        /// The id
        id: String,
        /// Bytes, "5 GB", "none" or "default"
        quota: String,
    },
    /// Set a password, read from ALLMENDE_PASSWORD or standard input
    Password {
        /// The id
        id: String,
        /// Make up a password and print it
        #[arg(long)]
        generate: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    /// Create a group
    Add {
        /// The id
        id: String,
        /// The name to show
        #[arg(long, default_value = "")]
        display_name: String,
    },
    /// List groups
    List {
        /// A part of the id or name
        #[arg(long, default_value = "")]
        search: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove a group; its members stay
    Remove {
        /// The id
        id: String,
    },
    /// Make a person a member
    Join {
        /// The group
        group: String,
        /// The person
        user: String,
    },
    /// End a person's membership
    Leave {
        /// The group
        group: String,
        /// The person
        user: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AppPasswordCommand {
    /// Create an app password and print it
    Add {
        /// The person
        user: String,
        /// What it is for
        #[arg(long, default_value = "allmende app-password add")]
        name: String,
    },
    /// List a person's app passwords
    List {
        /// The person
        user: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Revoke an app password
    Revoke {
        /// The person
        user: String,
        /// Its number in the list
        id: i64,
    },
}

impl Settings {
    /// The configuration that file, environment and options say together.
    pub(crate) fn config(&self, serve: Option<&Serve>) -> Result<Config, Failure> {
        let mut config = Config::load(self.config.as_deref(), |name| std::env::var(name).ok())?;
        if let Some(data) = &self.data {
            config.data.clone_from(data);
        }
        if self.database.is_some() {
            config.database.clone_from(&self.database);
        }
        if let Some(serve) = serve {
            serve.apply(&mut config);
        }
        config.check()?;
        Ok(config)
    }
}

impl Serve {
    fn apply(&self, config: &mut Config) {
        if let Some(listen) = self.listen {
            config.listen = listen;
        }
        if let Some(name) = &self.name {
            config.name.clone_from(name);
        }
        if self.public_url.is_some() {
            config.public_url.clone_from(&self.public_url);
        }
        if let (Some(certificate), Some(key)) = (&self.tls_certificate, &self.tls_key) {
            config.tls = Some(Tls { certificate: certificate.clone(), key: key.clone() });
        }
        if self.metrics.is_some() {
            config.metrics = self.metrics;
        }
        if let Some(filter) = &self.log {
            config.log.filter.clone_from(filter);
        }
        match self.log_format {
            Some(Format::Text) => config.log.format = LogFormat::Text,
            Some(Format::Json) => config.log.format = LogFormat::Json,
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn options_win() {
        let parsed = Arguments::try_parse_from([
            "allmende",
            "serve",
            "--data",
            "/d",
            "--listen",
            "127.0.0.1:9",
            "--name",
            "Amt",
        ])
        .unwrap();
        let Some(Command::Serve(serve)) = &parsed.command else { panic!("{parsed:?}") };
        let config = parsed.settings.config(Some(serve)).unwrap();
        assert_eq!(config.data, PathBuf::from("/d"));
        assert_eq!((config.listen.port(), config.name.as_str()), (9, "Amt"));
    }
}
