//! The stores of a configuration, opened and put together.

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use allmende_accounts::{Accounts, AccountsOptions};
use allmende_comments::Comments;
use allmende_events::Events;
use allmende_files::{
    Files, FilesOptions, Stores as FileStores, SystemClock, TrashPolicy, versions::VersionOptions,
};
use allmende_previews::{PreviewOptions, Previews, StoreOptions as PreviewStore};
use allmende_reminders::Reminders;
use allmende_sharing::{
    Encryption, LinkKey, Mails, Sharing, SharingOptions, SmtpMailer, SmtpOptions,
};
use allmende_sql::{Migrations, PostgresOptions, Sql, SqliteOptions};
use allmende_storage::{BlobStore, LockStore, Tree};
use allmende_storage_local::{LocalBlobs, LocalOptions, LocalReader};
use allmende_tags::Tags;
use allmende_tree_sql::{SqlTree, TreeOptions};
use allmende_types::NamePolicy;

use crate::{Config, Mail, MailEncryption, audit::Reads};

/// The folder of contents in the data folder.
const CONTENTS: &str = "blobs";
/// The key of links in the data folder.
const LINK_KEY: &str = "links.key";

/// A server that cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The folder of data cannot be made or used.
    #[error("the data folder {path} cannot be used")]
    Data {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database cannot be opened.
    #[error("the database cannot be used")]
    Database(#[from] allmende_sql::Error),
    /// The people cannot be read.
    #[error("the accounts cannot be used")]
    Accounts(#[from] allmende_accounts::Error),
    /// The tree or the contents cannot be opened.
    #[error("the stored files cannot be used")]
    Storage(#[from] allmende_storage::Error),
    /// The folder of previews cannot be used.
    #[error("the previews cannot be used")]
    Previews(#[from] allmende_previews::Error),
    /// The options of the file service contradict one another.
    #[error("the options of the file service contradict one another")]
    Options(#[from] allmende_files::InvalidOptions),
    /// The mail server cannot be used as it is described.
    #[error("the mail server cannot be used: {0}")]
    Mail(String),
    /// The certificate or its key cannot be used.
    #[error("TLS cannot be set up")]
    Tls(#[source] io::Error),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The signals of the process cannot be watched.
    #[error("the signals of the process cannot be watched")]
    Signals(#[source] io::Error),
    /// The name or password of the first administrator is not allowed.
    #[error("the first administrator cannot be made: {0}")]
    Administrator(String),
}

/// What only tests and benchmarks set, and therefore no configuration has.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct StoreOptions {
    /// Each flush of the contents, and each of an SQLite database, waits this much longer,
    /// as on a slower disk. So the number of flushes that a change costs can be measured on
    /// any machine.
    pub flush_delay: Option<Duration>,
}

/// The database with the people and the tree in it: enough to administer.
#[derive(Debug, Clone)]
pub struct Databases {
    /// The database itself.
    pub sql: Sql,
    /// The people.
    pub accounts: Accounts,
    /// The tree of all spaces.
    pub tree: Arc<SqlTree>,
}

impl Databases {
    /// All tables of an installation.
    pub const SCHEMAS: &'static [Migrations] = &[
        allmende_accounts::SCHEMA,
        allmende_events::MIGRATIONS,
        allmende_sharing::SCHEMA,
        allmende_tags::SCHEMA,
        allmende_comments::SCHEMA,
        allmende_reminders::SCHEMA,
        allmende_tree_sql::MIGRATIONS,
    ];

    /// How the tree of a configuration is opened.
    #[must_use]
    pub fn tree_options(config: &Config) -> TreeOptions {
        let mut options = TreeOptions::default();
        options.policy = name_policy(config);
        options
    }

    /// Opens the database of a configuration and brings its tables up to date.
    ///
    /// # Errors
    /// When the data folder or the database cannot be used.
    pub async fn open(config: &Config) -> Result<Self, StartError> {
        Self::open_with(config, &StoreOptions::default()).await
    }

    /// The same with options that no configuration has.
    ///
    /// # Errors
    /// As of [`Databases::open`].
    pub async fn open_with(config: &Config, options: &StoreOptions) -> Result<Self, StartError> {
        let about = |source| StartError::Data { path: config.data.clone(), source };
        // Keys, tokens and everybody's files: a fresh folder is nobody else's to read. One that
        // is there stays as its operator made it.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&config.data).map_err(about)?;
        flush_name(&config.data).map_err(about)?;
        let sql = match &config.database {
            Some(url) => Sql::open_postgres(PostgresOptions::new(url.clone())).await?,
            None => {
                let mut sqlite = SqliteOptions::new(config.data.join("allmende.db"));
                sqlite.flush_delay = options.flush_delay;
                Sql::open_sqlite(sqlite).await?
            }
        };
        sql.migrate(Self::SCHEMAS).await?;
        let tree = Arc::new(SqlTree::open(sql.clone(), Self::tree_options(config)).await?);
        let accounts = Accounts::new(sql.clone(), AccountsOptions::default())?;
        Ok(Self { sql, accounts, tree })
    }
}

/// Makes the name of a folder durable, which the folder above holds: what is flushed in a
/// folder whose name is lost is lost too.
fn flush_name(folder: &Path) -> io::Result<()> {
    match fs::File::open(folder.join("..")) {
        Ok(above) => above.sync_all(),
        // Who may not read it has not made a name in it either.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(error),
    }
}

/// Everything that a server keeps.
#[derive(Debug, Clone)]
pub struct Stores {
    /// The database.
    pub databases: Databases,
    /// The contents of files.
    pub blobs: Arc<LocalBlobs>,
    /// Shares, links, team folders and what administrators chose.
    pub sharing: Sharing,
    /// Who mails are handed over to, if a mail server is configured.
    pub(crate) mailer: Option<Arc<SmtpMailer>>,
    /// The file service over all of it.
    pub files: Files,
    /// Labels on files.
    pub tags: Tags,
    /// What people say of files.
    pub comments: Comments,
    /// Files that people want to be reminded of.
    pub reminders: Reminders,
    /// Small pictures of images.
    pub previews: Previews,
}

impl Stores {
    /// Opens only the contents, for writing. No other process may have them open.
    ///
    /// # Errors
    /// When they cannot be used.
    pub fn contents(config: &Config) -> Result<LocalBlobs, StartError> {
        Ok(LocalBlobs::open(config.data.join(CONTENTS), LocalOptions::default())?)
    }

    /// Opens the stores of a configuration. No other process may have them open.
    ///
    /// # Errors
    /// When one of them cannot be used.
    pub async fn open(config: &Config) -> Result<Self, StartError> {
        Self::open_with(config, &StoreOptions::default()).await
    }

    /// The same with options that no configuration has.
    ///
    /// # Errors
    /// As of [`Stores::open`].
    pub async fn open_with(config: &Config, options: &StoreOptions) -> Result<Self, StartError> {
        let databases = Databases::open_with(config, options).await?;
        let mut local = LocalOptions::default();
        local.flush_delay = options.flush_delay;
        let blobs = LocalBlobs::open(config.data.join(CONTENTS), local)?;
        let blobs = Arc::new(blobs);
        let stores = FileStores {
            tree: databases.tree.clone() as Arc<dyn Tree>,
            blobs: blobs.clone() as Arc<dyn BlobStore>,
            locks: databases.tree.clone() as Arc<dyn LockStore>,
        };
        let options = FilesOptions {
            names: name_policy(config),
            default_quota: config.files.default_quota,
            trash: match config.files.trash {
                true => TrashPolicy::Keep(config.files.trashbin_retention_obligation),
                false => TrashPolicy::Off,
            },
            versions: config.files.versions.then(|| VersionOptions {
                retention: config.files.versions_retention_obligation,
                ..VersionOptions::default()
            }),
            ..FilesOptions::default()
        };
        let sharing = sharing(config, &databases)?;
        let mailer = config.mail.as_ref().map(mailer).transpose()?.map(Arc::new);
        let files = Files::new(stores, Arc::new(SystemClock), options)?;
        let files = files.with_mounts(Arc::new(sharing.clone()));
        let files = match config.audit.reads {
            true => files.with_read_log(Arc::new(Reads(Events::new(databases.sql.clone())))),
            false => files,
        };
        let budget = PreviewStore { budget: config.files.preview_budget };
        let previews = PreviewOptions { store: budget, ..PreviewOptions::default() };
        let previews = Previews::open(config.data.join("previews"), previews).await?;
        let tags = Tags::new(databases.sql.clone());
        let comments = Comments::new(databases.sql.clone());
        let reminders = Reminders::new(databases.sql.clone());
        Ok(Self { databases, blobs, sharing, mailer, files, tags, comments, reminders, previews })
    }
}

/// The contents of a configuration's installation, to be read beside a server that has them
/// open.
///
/// # Errors
/// When there are none, or they have another format.
pub fn contents_beside(config: &Config) -> Result<LocalReader, StartError> {
    Ok(LocalReader::open(config.data.join(CONTENTS))?)
}

/// Files that lie beside the database and without which it is of less use: those that belong
/// into a backup.
#[must_use]
pub fn secrets(config: &Config) -> Vec<PathBuf> {
    vec![config.data.join(LINK_KEY)]
}

/// The key of links of a configuration's installation, which is made if there is none.
///
/// # Errors
/// When it cannot be read or made.
pub fn link_key(config: &Config) -> Result<LinkKey, StartError> {
    let path = config.data.join(LINK_KEY);
    LinkKey::in_file(&path).map_err(|source| StartError::Data { path, source })
}

/// The shares of an installation. Tokens of links lie in the database under a key that lies
/// beside it, so that a copy of the database alone opens none.
fn sharing(config: &Config, databases: &Databases) -> Result<Sharing, StartError> {
    let key = link_key(config)?;
    let url = config.public_url.clone().unwrap_or_else(|| format!("http://{}", config.listen));
    let Databases { sql, accounts, tree } = databases;
    let mut options = SharingOptions::new(key, url);
    options.mails = if config.mail.is_some() { Mails::Sent } else { Mails::Off };
    Ok(Sharing::new(sql.clone(), accounts.clone(), tree.clone(), options))
}

fn mailer(mail: &Mail) -> Result<SmtpMailer, StartError> {
    let mut options = SmtpOptions::new(mail.host.as_str(), mail.from.as_str());
    options.port = mail.port.unwrap_or(options.port);
    options.encryption = match mail.encryption {
        MailEncryption::Tls => Encryption::Tls,
        MailEncryption::Starttls => Encryption::StartTls,
        MailEncryption::None => Encryption::None,
    };
    options.login = mail.user.clone().zip(mail.password.clone());
    SmtpMailer::new(&options).map_err(|error| StartError::Mail(error.to_string()))
}

fn name_policy(config: &Config) -> NamePolicy {
    let policy = if config.files.windows_compatible_names {
        NamePolicy::windows_compatible()
    } else {
        NamePolicy::default()
    };
    NamePolicy { case_insensitive: config.files.case_insensitive_names, ..policy }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn a_fresh_data_folder_is_only_its_owners() {
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let data = folder.path().join("fresh");
        let mut config = Config { data, ..Config::default() };
        Databases::open(&config).await.unwrap();
        assert_eq!(mode(&config.data), 0o700);

        config.data = folder.path().join("of the operator");
        fs::create_dir(&config.data).unwrap();
        fs::set_permissions(&config.data, fs::Permissions::from_mode(0o750)).unwrap();
        Databases::open(&config).await.unwrap();
        assert_eq!(mode(&config.data), 0o750);
    }
}
