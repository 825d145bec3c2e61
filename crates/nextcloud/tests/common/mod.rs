//! A server in memory, and a small client that talks to it without a network.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use allmende_accounts::{Accounts, AccountsOptions, NewPerson, SCHEMA};
use allmende_files::{Clock, Files, FilesOptions, Stores};
use allmende_nextcloud::{Nextcloud, NextcloudOptions, NextcloudParts, Origin, PushProxy, Pushed};
use allmende_sharing::{LinkKey, Sharing, SharingOptions};
use allmende_sql::{Sql, SqliteOptions};
use allmende_storage::{Decorated, LockStore, Tree, fault::FaultPlan, memory};
use allmende_types::{Timestamp, UserId};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt, Full, StreamBody};
use tower_service::Service;

/// Where the clock stands at first: 2027-01-15 08:00:00 UTC.
pub(crate) const START: i64 = 1_800_000_000;
/// Everybody's password.
pub(crate) const PASSWORD: &str = "Some-good-pw-123";
/// The address of all clients that are given no other.
pub(crate) const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
pub(crate) const FILES: &str = "/remote.php/dav/files/alice";

#[derive(Debug)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::Relaxed))
    }
}

/// A whole server with the people alice and bob, and the administrator root.
pub(crate) struct World {
    pub(crate) accounts: Accounts,
    pub(crate) files: Files,
    #[allow(dead_code, reason = "not each of the tests needs it")]
    pub(crate) sharing: Sharing,
    pub(crate) sql: Sql,
    pub(crate) clock: Arc<TestClock>,
    /// The stores themselves, which do not fail.
    #[allow(dead_code, reason = "not each of the tests needs it")]
    pub(crate) blobs: Arc<memory::MemoryBlobs>,
    #[allow(dead_code, reason = "not each of the tests needs it")]
    pub(crate) tree: Arc<dyn Tree>,
    service: Nextcloud,
    // Removed with its database when the test ends.
    _folder: tempfile::TempDir,
}

/// Where the tree of files lies.
enum Kept {
    InMemory,
    InDatabase,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_faults(FaultPlan::default()).await
    }

    /// A server whose stores of files fail by a plan.
    pub(crate) async fn with_faults(plan: FaultPlan) -> Self {
        Self::make(plan, Kept::InMemory, NextcloudOptions::default()).await
    }

    /// A server whose tree lies in the database too, where its events are.
    pub(crate) async fn in_database() -> Self {
        let options = NextcloudOptions::default();
        Self::make(FaultPlan::default(), Kept::InDatabase, options).await
    }

    /// A server that sends nothing to devices.
    pub(crate) async fn without_push() -> Self {
        let mut options = NextcloudOptions::default();
        options.push_proxies.clear();
        Self::make(FaultPlan::default(), Kept::InMemory, options).await
    }

    /// A server whose data came back from a backup.
    pub(crate) async fn restored(fingerprint: &str) -> Self {
        let mut options = NextcloudOptions::default();
        options.data_fingerprint = fingerprint.into();
        Self::make(FaultPlan::default(), Kept::InMemory, options).await
    }

    /// Sends what waits for devices.
    pub(crate) async fn push(&self, proxy: &dyn PushProxy) -> Pushed {
        self.service.push(proxy).await.unwrap()
    }

    async fn make(plan: FaultPlan, kept: Kept, chosen: NextcloudOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sql = SqliteOptions::new(folder.path().join("accounts.db"));
        let sql = Sql::open_sqlite(sql).await.unwrap();
        let schemas = [
            SCHEMA,
            allmende_events::MIGRATIONS,
            allmende_sharing::SCHEMA,
            allmende_tags::SCHEMA,
            allmende_comments::SCHEMA,
            allmende_reminders::SCHEMA,
        ];
        sql.migrate(&schemas).await.unwrap();
        let mut options = AccountsOptions::default();
        options.hash_memory_kib = 64;
        options.hash_passes = 1;
        let accounts = Accounts::new(sql.clone(), options).unwrap();
        let clock = Arc::new(TestClock(AtomicI64::new(START)));
        let now = clock.now();
        accounts.ensure_administrator(&user("root"), PASSWORD, now).await.unwrap();
        for (id, name) in [("alice", "Alice"), ("bob", "Bob")] {
            let mut person = NewPerson::new(user(id)).with_password(PASSWORD);
            person.display_name = name.to_owned();
            person.email = Some(format!("{id}@example.org"));
            accounts.create_person(person, now).await.unwrap();
        }
        let options = FilesOptions::default();
        let (tree, locks): (Arc<dyn Tree>, Arc<dyn LockStore>) = match kept {
            Kept::InMemory => {
                let tree = Arc::new(memory::MemoryTree::new(options.names.clone()));
                (tree.clone(), tree)
            }
            Kept::InDatabase => {
                let options = allmende_tree_sql::TreeOptions::default();
                let tree = allmende_tree_sql::SqlTree::open(sql.clone(), options).await.unwrap();
                (Arc::new(tree.clone()), Arc::new(tree))
            }
        };
        let blobs = Arc::new(memory::MemoryBlobs::new());
        let own = Arc::clone(&tree);
        let stores = Stores {
            tree: Arc::new(Decorated::new(tree, plan.clone())),
            blobs: Arc::new(Decorated::new(Arc::clone(&blobs), plan.clone())),
            locks: Arc::new(Decorated::new(locks, plan)),
        };
        let mut shares =
            SharingOptions::new(LinkKey::from_bytes([7; 32]), "https://cloud.example.org");
        shares.clock = Arc::clone(&clock) as Arc<dyn Clock>;
        let tree = Arc::clone(&stores.tree);
        let events = allmende_events::Events::new(sql.clone());
        let sharing = Sharing::new(sql.clone(), accounts.clone(), tree, shares);
        let files = Files::new(stores, Arc::clone(&clock) as Arc<dyn Clock>, options).unwrap();
        let files = files.with_mounts(Arc::new(sharing.clone()));
        let previews = allmende_previews::PreviewOptions::default();
        let previews = allmende_previews::Previews::open(folder.path().join("previews"), previews);
        let service = Nextcloud::new(NextcloudParts {
            files: files.clone(),
            accounts: accounts.clone(),
            sharing: sharing.clone(),
            tags: allmende_tags::Tags::new(sql.clone()),
            comments: allmende_comments::Comments::new(sql.clone()),
            reminders: allmende_reminders::Reminders::new(sql.clone()),
            events,
            previews: previews.await.unwrap(),
            instance: "oc48fzr4wkqv".parse().unwrap(),
            options: chosen,
        });
        Self { accounts, files, sharing, sql, clock, blobs, tree: own, service, _folder: folder }
    }

    /// Somebody who shows nothing.
    pub(crate) fn stranger(&self) -> Client {
        Client { service: self.service.clone(), client: CLIENT, headers: Vec::new() }
    }

    pub(crate) fn person(&self, login: &str, secret: &str) -> Client {
        let basic = STANDARD.encode(format!("{login}:{secret}"));
        self.stranger().with("authorization", format!("Basic {basic}"))
    }

    pub(crate) fn bearer(&self, token: &str) -> Client {
        self.stranger().with("authorization", format!("Bearer {token}"))
    }

    pub(crate) fn alice(&self) -> Client {
        self.person("alice", PASSWORD)
    }

    pub(crate) fn bob(&self) -> Client {
        self.person("bob", PASSWORD)
    }

    pub(crate) fn root(&self) -> Client {
        self.person("root", PASSWORD)
    }

    /// A browser in which alice has signed in, with the cookie of its session.
    pub(crate) async fn session(&self, id: &str) -> (Client, String) {
        let kind = allmende_accounts::SessionKind::Browser;
        let secret = self.accounts.open_session(&user(id), kind, self.clock.now()).await.unwrap();
        let cookie = secret.expose().to_owned();
        let client = self.stranger().with("cookie", format!("oc48fzr4wkqv={cookie}"));
        (client, cookie)
    }
}

pub(crate) fn user(id: &str) -> UserId {
    id.parse().unwrap()
}

/// Sends requests, each with the same headers.
#[derive(Clone)]
pub(crate) struct Client {
    service: Nextcloud,
    client: IpAddr,
    headers: Vec<(&'static str, String)>,
}

impl Client {
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let body = body.into();
        let length = body.len().to_string();
        let mut headers = headers.to_vec();
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
            headers.push(("content-length", &length));
        }
        self.send_body(method, path, &headers, Full::new(body)).await
    }

    /// The same, where the body of the answer may break: then there is none.
    #[allow(dead_code, reason = "not each of the tests needs it")]
    pub(crate) async fn attempt(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Option<Answer> {
        let body = body.into();
        let length = body.len().to_string();
        let headers = [headers, &[("content-length", &length)]].concat();
        self.exchange(method, path, &headers, Full::new(body)).await
    }

    /// A request whose connection is lost behind these bytes of the body.
    pub(crate) async fn send_broken(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &'static [u8],
    ) -> Answer {
        let lost = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        let pieces = [Ok(http_body::Frame::data(Bytes::from_static(body))), Err(lost)];
        self.send_body(method, path, headers, StreamBody::new(stream::iter(pieces))).await
    }

    async fn send_body<B>(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: B,
    ) -> Answer
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.exchange(method, path, headers, body).await.unwrap()
    }

    async fn exchange<B>(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: B,
    ) -> Option<Answer>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let mut request = Request::builder().method(method).uri(path).extension(Origin {
            client: self.client,
            https: true,
            host: Some("cloud.example.org".into()),
        });
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).unwrap();
        let Ok(response) = self.service.clone().call(request).await;
        let (mut parts, body) = response.into_parts();
        // As a server does that knows how long the body is.
        if let Some(length) = http_body::Body::size_hint(&body).exact()
            && !parts.headers.contains_key("content-length")
        {
            parts.headers.insert("content-length", length.into());
        }
        let body = body.collect().await.ok()?.to_bytes();
        Some(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], "").await
    }

    pub(crate) async fn mkcol(&self, path: &str) -> u16 {
        self.send("MKCOL", path, &[], "").await.status
    }

    pub(crate) async fn put(&self, path: &str, body: &'static str) -> Answer {
        self.send("PUT", path, &[], body).await
    }

    /// `MOVE` or `COPY`.
    pub(crate) async fn transfer(
        &self,
        method: &str,
        from: &str,
        to: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut headers = headers.to_vec();
        headers.push(("destination", to));
        self.send(method, from, &headers, "").await
    }

    /// Asks for properties, written with their prefixes: `oc:id d:getetag`.
    pub(crate) async fn propfind(&self, path: &str, depth: &str, names: &str) -> Answer {
        let names: String = names.split(' ').map(|name| format!("<{name}/>")).collect();
        let body = format!(
            "<d:propfind xmlns:d=\"DAV:\" xmlns:oc=\"http://owncloud.org/ns\" \
             xmlns:nc=\"http://nextcloud.org/ns\" \
             xmlns:ocs=\"http://open-collaboration-services.org/ns\"><d:prop>{names}</d:prop>\
             </d:propfind>"
        );
        self.send("PROPFIND", path, &[("depth", depth)], body).await
    }

    /// One property of one resource; none if it has not.
    pub(crate) async fn prop(&self, path: &str, name: &str) -> Option<String> {
        let answer = self.propfind(path, "0", name).await;
        assert_eq!(answer.status, 207, "{}", answer.text());
        let only = answer.responses().remove(0);
        only.prop(name).map(str::to_owned)
    }

    pub(crate) async fn etag(&self, path: &str) -> String {
        self.prop(path, "d:getetag").await.unwrap()
    }

    /// Changes properties: the content of one `d:propertyupdate`.
    pub(crate) async fn proppatch(&self, path: &str, changes: &str) -> Answer {
        let body = format!(
            "<d:propertyupdate xmlns:d=\"DAV:\" xmlns:oc=\"http://owncloud.org/ns\" \
             xmlns:nc=\"http://nextcloud.org/ns\">{changes}</d:propertyupdate>"
        );
        self.send("PROPPATCH", path, &[], body).await
    }

    /// A call of the OCS interface, version 2 with JSON, with form fields.
    pub(crate) async fn ocs(&self, method: &str, path: &str, form: &str) -> Ocs {
        let path = format!("/ocs/v2.php{path}");
        let headers = [
            ("ocs-apirequest", "true"),
            ("accept", "application/json"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let answer = self.send(method, &path, &headers, form.to_owned()).await;
        let value: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        Ocs {
            http: answer.status,
            code: value["ocs"]["meta"]["statuscode"].as_u64().unwrap_or_default(),
            message: value["ocs"]["meta"]["message"].as_str().unwrap_or_default().to_owned(),
            data: value["ocs"]["data"].clone(),
        }
    }
}

/// An answer of the OCS interface.
#[derive(Debug)]
pub(crate) struct Ocs {
    pub(crate) http: u16,
    pub(crate) code: u64,
    pub(crate) message: String,
    pub(crate) data: serde_json::Value,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The value of a cookie that the answer sets.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let mut lines = self.headers.get_all(header::SET_COOKIE).iter();
        lines.find_map(|line| {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            pair.strip_prefix(name)?.strip_prefix('=').map(str::to_owned)
        })
    }

    /// The value of a hidden field of the page's form.
    pub(crate) fn field(&self, name: &str) -> String {
        let (_, rest) = self.text().split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&")
    }

    /// The exception and the message of a WebDAV error.
    pub(crate) fn error(&self) -> (&str, &str) {
        assert_eq!(self.header("content-type"), Some("application/xml; charset=utf-8"));
        let exception = element(self.text(), "s:exception").unwrap();
        (exception, element(self.text(), "s:message").unwrap())
    }

    /// The responses of a multistatus.
    pub(crate) fn responses(&self) -> Vec<Shown<'_>> {
        assert_eq!(self.status, 207, "{}", self.text());
        self.text().split("<d:response>").skip(1).map(Shown).collect()
    }

    pub(crate) fn hrefs(&self) -> Vec<&str> {
        self.responses().iter().map(Shown::href).collect()
    }
}

/// One `d:response`.
pub(crate) struct Shown<'a>(&'a str);

impl<'a> Shown<'a> {
    pub(crate) fn href(&self) -> &'a str {
        element(self.0, "d:href").unwrap()
    }

    /// The raw content of a property that was found.
    pub(crate) fn prop(&self, name: &str) -> Option<&'a str> {
        let found = self.0.split("<d:propstat>").nth(1)?;
        found.contains("<d:status>HTTP/1.1 200 OK</d:status>").then_some(())?;
        element(found, name)
    }
}

/// The content of the first element with this name.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    if text.contains(&format!("<{name}/>")) {
        return Some("");
    }
    // Some names stand with the declaration of their prefix.
    let (_, rest) = [">", " "].iter().find_map(|end| text.split_once(&format!("<{name}{end}")))?;
    let rest = if rest.starts_with("xmlns:") { rest.split_once('>')?.1 } else { rest };
    Some(&rest[..rest.find(&format!("</{name}>"))?])
}
