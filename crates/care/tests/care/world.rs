//! An installation in a temporary folder.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use allmende_accounts::{Accounts, AccountsOptions, NewPerson};
use allmende_care::{
    Error, backup,
    fsck::{self, Depth, Mode, Problem, Report, Subject},
};
use allmende_files::{
    Algorithm, Files, FilesOptions, FolderRequest, PutRequest, Stores, SystemClock,
};
use allmende_sql::{Batch, Migrations, Sql, SqliteOptions, Statement, params};
use allmende_storage::{BlobStore, ByteRange, LockStore, Tree};
use allmende_storage_local::{LocalBlobs, LocalOptions};
use allmende_tree_sql::{SqlTree, TreeOptions};
use allmende_types::{Checksums, NodeId, SpacePath, Timestamp, UserId};
use bytes::Bytes;
use futures_util::{TryStreamExt, stream};

pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_900_000_000);

/// All tables of a server.
pub(crate) fn schemas() -> Vec<Migrations> {
    vec![
        allmende_accounts::SCHEMA,
        allmende_events::MIGRATIONS,
        allmende_sharing::SCHEMA,
        allmende_tags::SCHEMA,
        allmende_comments::SCHEMA,
        allmende_reminders::SCHEMA,
        allmende_tree_sql::MIGRATIONS,
    ]
}

pub(crate) struct World {
    pub(crate) sql: Sql,
    pub(crate) tree: Arc<SqlTree>,
    pub(crate) blobs: Arc<LocalBlobs>,
    pub(crate) files: Files,
    pub(crate) accounts: Accounts,
    pub(crate) data: PathBuf,
}

impl World {
    /// Opens an installation with SQLite in a folder, or makes it.
    pub(crate) async fn at(data: &Path) -> Self {
        std::fs::create_dir_all(data).unwrap();
        let sql = Sql::open_sqlite(SqliteOptions::new(data.join("allmende.db"))).await.unwrap();
        Self::on(sql, data).await
    }

    /// The same on a database.
    pub(crate) async fn on(sql: Sql, data: &Path) -> Self {
        sql.migrate(&schemas()).await.unwrap();
        let tree = Arc::new(SqlTree::open(sql.clone(), TreeOptions::default()).await.unwrap());
        let blobs = LocalBlobs::open(data.join("blobs"), LocalOptions::default()).unwrap();
        let blobs = Arc::new(blobs);
        let stores = Stores {
            tree: tree.clone() as Arc<dyn Tree>,
            blobs: blobs.clone() as Arc<dyn BlobStore>,
            locks: tree.clone() as Arc<dyn LockStore>,
        };
        let options = FilesOptions::default();
        let files = Files::new(stores, Arc::new(SystemClock), options).unwrap();
        let mut options = AccountsOptions::default();
        (options.hash_memory_kib, options.hash_passes) = (64, 1);
        let accounts = Accounts::new(sql.clone(), options).unwrap();
        Self { sql, tree, blobs, files, accounts, data: data.to_owned() }
    }

    /// A few people with a few files: small ones, a large one, an empty one, copies.
    pub(crate) async fn fill(&self) {
        for person in ["alice", "bob"] {
            let new = NewPerson::new(person.parse().unwrap()).with_password("of the village");
            self.accounts.create_person(new, NOW).await.unwrap();
            for n in 0..4 {
                let text = format!("{person} wrote line {n}\n");
                self.put(person, &format!("notes/2026/{n}.txt"), text.as_bytes()).await;
            }
            self.put(person, "empty", b"").await;
            self.put(person, "large.bin", &noise(300_000)).await;
        }
    }

    pub(crate) async fn put(&self, person: &str, path: &str, bytes: &[u8]) -> NodeId {
        let person: UserId = person.parse().unwrap();
        let view = self.files.view(&person).await.unwrap();
        let path: SpacePath = path.parse().unwrap();
        let mut folders = Vec::new();
        let mut above = path.parent();
        while let Some(folder) = above.filter(|folder| !folder.is_root()) {
            above = folder.parent();
            folders.push(folder);
        }
        for folder in folders.into_iter().rev() {
            if view.resolve(&folder).await.unwrap().is_none() {
                view.make_folder(FolderRequest::new(folder)).await.unwrap();
            }
        }
        let mut request = PutRequest::new(path);
        let mut checksums = Checksums::none();
        checksums.set(Algorithm::Sha1.checksum(bytes));
        request.checksums = checksums;
        request.modified = Some(Timestamp::from_unix(1_500_000_000));
        let body = Box::pin(stream::iter([Ok(Bytes::copy_from_slice(bytes))]));
        view.put(request, body).await.unwrap().entry.id()
    }

    /// The content of a file; none if there is no such file.
    pub(crate) async fn read(&self, person: &str, path: &str) -> Option<Vec<u8>> {
        let view = self.files.view(&person.parse().unwrap()).await.unwrap();
        let entry = view.resolve(&path.parse().unwrap()).await.unwrap()?;
        let body = view.read(&entry, ByteRange::ALL).await.unwrap().body;
        Some(body.try_collect::<Vec<Bytes>>().await.unwrap().concat())
    }

    /// Changes rows behind everybody's back.
    pub(crate) async fn tamper(&self, text: &str) {
        let statement = Statement::new(text.to_owned(), params![]);
        self.sql.write(Batch::from_iter([statement])).await.unwrap();
    }

    pub(crate) async fn number(&self, text: &str) -> i64 {
        let rows = self.sql.read(Statement::new(text.to_owned(), params![])).await.unwrap();
        rows.one().unwrap().int(0).unwrap()
    }

    pub(crate) async fn fsck(&self, mode: Mode) -> (Report, Vec<Problem>) {
        let mut options = fsck::Options::default();
        (options.mode, options.depth) = (mode, Depth::Bytes);
        let quarantine = self.data.join("quarantine");
        let subject = Subject {
            sql: &self.sql,
            tree: &self.tree,
            blobs: &*self.blobs,
            quarantine: &quarantine,
        };
        let mut problems = Vec::new();
        let mut tell = |problem| problems.push(problem);
        let report = fsck::check(subject, options, NOW, &(), &mut tell).await.unwrap();
        (report, problems)
    }

    pub(crate) async fn backup(&self, dir: &Path) -> Result<backup::Taken, Error> {
        self.backup_at(dir, NOW).await
    }

    pub(crate) async fn backup_at(
        &self,
        dir: &Path,
        now: Timestamp,
    ) -> Result<backup::Taken, Error> {
        let secret = self.data.join("links.key");
        let source = backup::BackupSource {
            sql: &self.sql,
            tree: &self.tree,
            blobs: &*self.blobs,
            files: &[&secret],
        };
        backup::take(source, dir, now, &()).await
    }
}

/// A target without a database of its own.
pub(crate) fn target(data: &Path) -> backup::RestoreTarget {
    backup::RestoreTarget {
        data: data.to_owned(),
        database: None,
        schemas: schemas(),
        tree: TreeOptions::default(),
    }
}

pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 7u64;
    let step = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040);
        (state >> 33) as u8
    };
    (0..length).map(step).collect()
}
