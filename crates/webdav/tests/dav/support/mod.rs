//! A client in memory, and the backends that it talks to.

mod tree;

use std::collections::BTreeMap;

use allmende_webdav::{Backend, DavBody, DavHandler, Mount, Options, fs::LocalFolder};
use allmende_webdav_proto::{Multistatus, PropName, XmlLimits};
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};

pub(crate) use self::tree::{Fault, MemoryTree};

/// A server in memory with the client that asks it.
pub(crate) struct Dav<B: Backend> {
    pub(crate) handler: DavHandler<B>,
    pub(crate) backend: B,
    pub(crate) mount: Mount,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The body broke off.
    pub(crate) broken: bool,
}

impl Dav<MemoryTree> {
    pub(crate) fn memory(options: Options) -> Self {
        Self::over(MemoryTree::default(), options)
    }
}

impl<B: Backend> Dav<B> {
    pub(crate) fn over(backend: B, options: Options) -> Self {
        let handler = DavHandler::builder(options).build();
        Self { handler, backend, mount: Mount::new("/dav") }
    }

    /// Sends a request; its path is given encoded and below the mount.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("/dav{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).unwrap();
        answer(self.handler.handle(&self.backend, &self.mount, request).await).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn put(&self, path: &str, content: &str) -> Answer {
        self.send("PUT", path, &[], content.to_owned()).await
    }

    pub(crate) async fn mkcol(&self, path: &str) -> Answer {
        self.send("MKCOL", path, &[], "").await
    }

    /// The paths below `path` with their values of a property (`None` if missing).
    pub(crate) async fn propfind(
        &self,
        path: &str,
        depth: &str,
        name: &PropName,
    ) -> BTreeMap<String, Option<String>> {
        let answer = self.send("PROPFIND", path, &[("Depth", depth)], prop_body(name)).await;
        assert_eq!(answer.status, 207);
        let mut found = BTreeMap::new();
        for response in answer.multistatus().responses {
            let value = response.found(name).map(|element| element.text().into_owned());
            let known = found.insert(response.href.as_str().to_owned(), value);
            assert_eq!(known, None, "{} twice", response.href);
        }
        found
    }

    /// Takes a lock and returns its token.
    pub(crate) async fn lock(&self, path: &str, headers: &[(&str, &str)], scope: &str) -> Answer {
        let body = format!(
            "<d:lockinfo xmlns:d='DAV:'><d:lockscope><d:{scope}/></d:lockscope>\
             <d:locktype><d:write/></d:locktype><d:owner>me</d:owner></d:lockinfo>"
        );
        self.send("LOCK", path, headers, body).await
    }
}

pub(crate) async fn answer(response: Response<DavBody>) -> Answer {
    let (parts, mut body) = response.into_parts();
    let (mut bytes, mut broken) = (Vec::new(), false);
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(&frame.into_data().unwrap()),
            Err(_) => broken = true,
        }
    }
    Answer { status: parts.status, headers: parts.headers, body: bytes.into(), broken }
}

pub(crate) fn prop_body(name: &PropName) -> String {
    format!(
        "<d:propfind xmlns:d='DAV:'><d:prop><x:{} xmlns:x='{}'/></d:prop></d:propfind>",
        name.local(),
        name.namespace().as_str()
    )
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn multistatus(&self) -> Multistatus {
        Multistatus::parse(&self.body, &XmlLimits::default()).unwrap()
    }

    /// The lock token as `If` wants it: `(<…>)`.
    pub(crate) fn token(&self) -> String {
        assert!(self.status.is_success(), "{}", self.text());
        format!("({})", self.header("lock-token"))
    }
}

/// A local folder that is gone with the value.
pub(crate) fn local() -> (tempfile::TempDir, Dav<LocalFolder>) {
    let folder = tempfile::tempdir().unwrap();
    let backend = LocalFolder::open(folder.path()).unwrap();
    (folder, Dav::over(backend, Options::default()))
}

/// Runs a scenario on the tree in memory and on a local folder.
macro_rules! on_both {
    ($($(#[$attribute:meta])* $name:ident)*) => {$(
        mod $name {
            #[tokio::test]
            async fn memory() {
                let dav = crate::support::Dav::memory(allmende_webdav::Options::default());
                super::$name(dav).await;
            }

            #[tokio::test]
            async fn local() {
                let (_folder, dav) = crate::support::local();
                super::$name(dav).await;
            }
        }
    )*};
}
pub(crate) use on_both;
