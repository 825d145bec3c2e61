//! How much work requests are: statements and flushes, which can be counted on any machine.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod flushes;
mod statements;

use std::time::{Duration, SystemTime};

use allmende_accounts::NewAppPassword;
use allmende_nextcloud::{Nextcloud, NextcloudOptions, NextcloudParts};
use allmende_server::{Config, StoreOptions, Stores};
use allmende_types::Timestamp;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use tower_service::Service;

/// The service over stores in a folder, and somebody who may use it.
struct World {
    stores: Stores,
    service: Nextcloud,
    bearer: String,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new(flush_delay: Option<Duration>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.data = folder.path().to_owned();
        let mut options = StoreOptions::default();
        options.flush_delay = flush_delay;
        let stores = Stores::open_with(&config, &options).await.unwrap();
        let accounts = &stores.databases.accounts;
        let (id, now) = ("alice".parse().unwrap(), now());
        accounts.ensure_administrator(&id, "Some-good-pw-123", now).await.unwrap();
        let new = NewAppPassword::new("test");
        let (_, secret) = accounts.create_app_password(&id, "alice", new, now).await.unwrap();
        let service = Nextcloud::new(NextcloudParts {
            files: stores.files.clone(),
            accounts: accounts.clone(),
            sharing: stores.sharing.clone(),
            tags: stores.tags.clone(),
            comments: stores.comments.clone(),
            reminders: stores.reminders.clone(),
            events: allmende_events::Events::new(stores.databases.sql.clone()),
            previews: stores.previews.clone(),
            instance: accounts.instance_id().await.unwrap(),
            options: NextcloudOptions::default(),
        });
        let bearer = format!("Bearer {}", secret.expose());
        Self { stores, service, bearer, _folder: folder }
    }

    /// Sends a request, and returns the body of its answer.
    async fn send(&self, method: &str, path: &str, body: &[u8]) -> (StatusCode, Bytes) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/remote.php/dav/files/alice/{path}"))
            .header("authorization", &self.bearer)
            .header("content-length", body.len())
            .header("depth", "1")
            .body(Full::new(Bytes::copy_from_slice(body)))
            .unwrap();
        let Ok(response) = self.service.clone().call(request).await;
        let status = response.status();
        (status, response.into_body().collect().await.unwrap().to_bytes())
    }
}

fn now() -> Timestamp {
    SystemTime::now().into()
}
