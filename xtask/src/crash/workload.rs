//! What clients do: a random operation that makes sense in what they have.

use std::fmt::Write as _;

use serde_json::Value;

use super::model::{Change, Hash, Model, Node, hash};
use super::observe::{MARK, MARK_NAMESPACE};
use crate::failure::{Context as _, Result, ensure, fail};
use crate::http::{Endpoint, Request, Response};
use crate::tree::Noise;

/// More nodes than this are not kept by one client: each is read after each crash.
const NODES: usize = 40;
/// Parts of a chunked upload.
const PARTS: u64 = 3;

/// How large contents are at the most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub(super) largest: u64,
}

/// One request, what it changes, and what an answer to it must look like.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub(super) request: Request,
    /// Each is made as a whole or not at all.
    pub(super) changes: Vec<Change>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Answered with the tag of this content.
    Content(Hash),
    Bulk,
    Property,
    Other,
}

/// An entity tag that an answer told, and what it stands for.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) id: u64,
    pub(super) etag: String,
    pub(super) content: Hash,
}

impl Operation {
    /// Whether it gives every folder above a new tag: a property of the client's own does not,
    /// nor does a part of an upload.
    pub(super) fn is_of_files(&self) -> bool {
        let mut paths = self.changes.iter().flat_map(|change| &change.0);
        self.kind != Kind::Property && paths.any(|(path, _)| path.starts_with("files/"))
    }

    /// Demands success of an answer, and takes the tags that it tells.
    pub(super) fn judge(&self, answer: &Response) -> Result<Vec<Told>> {
        let good = match self.kind {
            Kind::Bulk => answer.status == 200,
            Kind::Property => answer.status == 207 && answer.text().contains("200 OK"),
            Kind::Content(_) | Kind::Other => matches!(answer.status, 201 | 204),
        };
        ensure!(good, "answered {}: {}", answer.status, answer.text());
        match self.kind {
            Kind::Content(content) => {
                let id = answer.header("oc-fileid").context("an answer without a number")?;
                let etag = answer.header("etag").context("an answer without a tag")?;
                Ok(vec![Told { id: number(id)?, etag: etag.to_owned(), content }])
            }
            Kind::Bulk => self.judge_bulk(answer),
            Kind::Property | Kind::Other => Ok(Vec::new()),
        }
    }

    fn judge_bulk(&self, answer: &Response) -> Result<Vec<Told>> {
        let told: Value = serde_json::from_slice(&answer.body).context("the answer to a bulk")?;
        let mut all = Vec::new();
        for (path, node) in self.changes.iter().flat_map(|change| &change.0) {
            let Some(Node::File { hash, .. }) = node else { fail!("a bulk of no file") };
            let one = &told[path.trim_start_matches("files")];
            ensure!(one["error"] == false, "a bulk upload refused {path}: {told}");
            let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            let etag = format!("\"{}\"", text("etag").trim_matches('"'));
            all.push(Told { id: number(&text("fileid"))?, etag, content: *hash });
        }
        Ok(all)
    }
}

/// The number in front of an instance's name, as in `00000012oc2rjre2uw84`.
fn number(id: &str) -> Result<u64> {
    let end = id.find(|c: char| !c.is_ascii_digit()).unwrap_or(id.len());
    id[..end].parse().context(format!("not a number of a file: {id}"))
}

/// Chooses operations of one client. The same seed chooses the same.
#[derive(Debug)]
pub(super) struct Workload {
    noise: Noise,
    sizes: Sizes,
    /// The client's own folder.
    folder: String,
    seed: u64,
    names: u64,
}

impl Workload {
    pub(super) fn new(folder: &str, seed: u64, sizes: Sizes) -> Self {
        Self { noise: Noise::new(seed), sizes, folder: folder.to_owned(), seed, names: 0 }
    }

    /// The same client at a point of its past: other names from here on.
    pub(super) fn resumed(self) -> Self {
        Self { names: self.names + 1_000_000, ..self }
    }

    /// The next operation on what the client has.
    pub(super) fn next(&mut self, home: &Endpoint, model: &Model) -> Operation {
        let root = format!("files/{}", self.folder);
        if model.get(&root).is_none() {
            return made(home.request("MKCOL", &place(home, &root)), root);
        }
        let choice = self.noise.below(100);
        if model.len() > NODES && choice < 60 {
            return self.delete(home, model).unwrap_or_else(|| self.put(home, model));
        }
        let operation = match choice {
            0..26 => None,
            26..44 => self.overwrite(home, model),
            44..52 => Some(self.folder(home, model)),
            52..60 => self.relocate("MOVE", home, model),
            60..65 => self.relocate("COPY", home, model),
            65..72 => self.mark(home, model),
            72..80 => Some(self.bulk(home, model)),
            80..92 => Some(self.upload(home, model)),
            _ => self.delete(home, model),
        };
        operation.unwrap_or_else(|| self.put(home, model))
    }

    fn put(&mut self, home: &Endpoint, model: &Model) -> Operation {
        let path = self.free_path(model);
        self.put_at(home, path)
    }

    fn overwrite(&mut self, home: &Endpoint, model: &Model) -> Option<Operation> {
        let path = self.choose(model, |node| matches!(node, Node::File { .. }))?;
        let mut operation = self.put_at(home, path.clone());
        // A property stays when the content changes.
        if let (Some(Node::File { mark, .. }), Some((_, Some(Node::File { mark: after, .. })))) =
            (model.get(&path), operation.changes[0].0.first_mut())
        {
            after.clone_from(mark);
        }
        Some(operation)
    }

    fn put_at(&mut self, home: &Endpoint, path: String) -> Operation {
        let content = self.content();
        Operation {
            request: home.request("PUT", &place(home, &path)).body(content.clone()),
            kind: Kind::Content(hash(&content)),
            changes: vec![Change::one(path, Node::file(&content))],
        }
    }

    fn folder(&mut self, home: &Endpoint, model: &Model) -> Operation {
        let path = self.free_path(model);
        made(home.request("MKCOL", &place(home, &path)), path)
    }

    /// `MOVE` or `COPY` of a file or folder to a new name, or of a file over another one.
    fn relocate(&mut self, method: &str, home: &Endpoint, model: &Model) -> Option<Operation> {
        let is_file = |node: &Node| matches!(node, Node::File { .. });
        let over = self.noise.below(3) == 0;
        let from = self.choose(model, |node| !over || is_file(node))?;
        let to = if over { self.choose(model, is_file)? } else { self.free_path(model) };
        // Not onto itself, and no folder into itself.
        if to == from || to.starts_with(&format!("{from}/")) {
            return None;
        }
        let mut change = Change::default();
        for (path, node) in model.subtree(&from) {
            let mut node = node.clone();
            if method == "MOVE" {
                change.0.push((path.to_owned(), None));
            } else if let Node::File { mark, .. } = &mut node {
                // Properties of others do not go along with a copy.
                *mark = None;
            }
            change.0.push((format!("{to}{}", &path[from.len()..]), Some(node)));
        }
        let request = home
            .request(method, &place(home, &from))
            .header("Destination", &place(home, &to))
            .header("Overwrite", if over { "T" } else { "F" });
        Some(Operation { request, changes: vec![change], kind: Kind::Other })
    }

    fn delete(&mut self, home: &Endpoint, model: &Model) -> Option<Operation> {
        let path = self.choose(model, |_| true)?;
        let gone = model.subtree(&path).map(|(path, _)| (path.to_owned(), None)).collect();
        let request = home.request("DELETE", &place(home, &path));
        Some(Operation { request, changes: vec![Change(gone)], kind: Kind::Other })
    }

    fn mark(&mut self, home: &Endpoint, model: &Model) -> Option<Operation> {
        let path = self.choose(model, |node| matches!(node, Node::File { .. }))?;
        let value = format!("m{}", self.name());
        let mut node = model.get(&path)?.clone();
        if let Node::File { mark, .. } = &mut node {
            *mark = Some(value.clone());
        }
        let body = format!(
            "<propertyupdate xmlns=\"DAV:\"><set><prop><m:{MARK} xmlns:m=\"{MARK_NAMESPACE}\">\
             {value}</m:{MARK}></prop></set></propertyupdate>"
        );
        let request = home.request("PROPPATCH", &place(home, &path)).body(body);
        Some(Operation { request, changes: vec![Change::one(path, node)], kind: Kind::Property })
    }

    /// Several files in one request, each of which is there or not.
    fn bulk(&mut self, home: &Endpoint, model: &Model) -> Operation {
        const BOUNDARY: &str = "allmende-crash-boundary";
        let mut body = Vec::new();
        let mut changes = Vec::new();
        for _ in 0..2 + self.noise.below(4) {
            let path = self.free_path(model);
            let content = self.noise_of(20_000);
            let mut head = String::new();
            // Writing to a string cannot fail.
            let _ = write!(
                head,
                "--{BOUNDARY}\r\nX-File-Path: {}\r\nOC-Checksum: SHA256:{}\r\n\
                 Content-Length: {}\r\n\r\n",
                path.trim_start_matches("files"),
                hexadecimal(&hash(&content)),
                content.len()
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(&content);
            body.extend_from_slice(b"\r\n");
            changes.push(Change::one(path, Node::file(&content)));
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let request = home
            .request("POST", "/remote.php/dav/bulk")
            .header("Content-Type", &format!("multipart/related; boundary={BOUNDARY}"))
            .body(body);
        Operation { request, changes, kind: Kind::Bulk }
    }

    /// The next step of the open upload, or the first of a new one. What an upload consists of
    /// is in its name, so it can be continued after a crash.
    fn upload(&mut self, home: &Endpoint, model: &Model) -> Operation {
        let address = |name: &str| format!("/remote.php/dav/uploads/{}/{name}", home.user);
        let open = model.iter().find_map(|(path, node)| {
            let name = path.strip_prefix("uploads/")?;
            (*node == Node::Folder).then(|| name.to_owned())
        });
        let Some(upload) = open else {
            let number = self.name();
            let name = format!("{}-{number}", self.folder);
            return made(home.request("MKCOL", &address(&name)), format!("uploads/{name}"));
        };
        let path = format!("uploads/{upload}");
        let there = model.subtree(&path).count() as u64 - 1;
        if there < PARTS {
            let content = self.part(&upload, there);
            let name = format!("{upload}/{:05}", there + 1);
            let node = Node::Part { length: content.len() as u64 };
            return Operation {
                request: home.request("PUT", &address(&name)).body(content),
                changes: vec![Change::one(format!("uploads/{name}"), node)],
                kind: Kind::Other,
            };
        }
        let content: Vec<u8> = (0..PARTS).flat_map(|n| self.part(&upload, n)).collect();
        let to = self.free_path(model);
        let gone = model.subtree(&path).map(|(path, _)| (path.to_owned(), None)).collect();
        Operation {
            request: home
                .request("MOVE", &format!("{}/.file", address(&upload)))
                .header("Destination", &place(home, &to)),
            kind: Kind::Content(hash(&content)),
            changes: vec![Change::one(to, Node::file(&content)), Change(gone)],
        }
    }

    fn part(&self, upload: &str, n: u64) -> Vec<u8> {
        let digest = hash(format!("{}/{upload}/{n}", self.seed).as_bytes());
        let mut noise = Noise::new(u64::from_le_bytes([
            digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7],
        ]));
        let length = 1 + noise.below(self.sizes.largest / PARTS);
        noise.block(usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// Content of a size that each form of storing it gets its share of.
    fn content(&mut self) -> Vec<u8> {
        let limit = match self.noise.below(10) {
            0..4 => 2_000,
            4..7 => 65_536,
            7..9 => self.sizes.largest / 4,
            _ => self.sizes.largest,
        };
        self.noise_of(limit)
    }

    fn noise_of(&mut self, limit: u64) -> Vec<u8> {
        let length = self.noise.below(limit + 1);
        self.noise.block(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn name(&mut self) -> u64 {
        self.names += 1;
        self.names
    }

    /// A name that was never used, in one of the folders.
    fn free_path(&mut self, model: &Model) -> String {
        let root = format!("files/{}", self.folder);
        let folders: Vec<&str> = model
            .iter()
            .filter(|(path, node)| **node == Node::Folder && path.starts_with("files/"))
            .map(|(path, _)| path)
            .collect();
        let at = self.noise.below(folders.len() as u64);
        let folder =
            folders.get(usize::try_from(at).unwrap_or(0)).map_or(root, |f| (*f).to_owned());
        format!("{folder}/n{}", self.name())
    }

    /// One of the nodes below the client's folder.
    fn choose(&mut self, model: &Model, wanted: impl Fn(&Node) -> bool) -> Option<String> {
        let below = format!("files/{}/", self.folder);
        let all: Vec<&str> = model
            .iter()
            .filter(|(path, node)| path.starts_with(&below) && wanted(node))
            .map(|(path, _)| path)
            .collect();
        let at = usize::try_from(self.noise.below(all.len() as u64)).ok()?;
        all.get(at).map(|path| (*path).to_owned())
    }
}

fn made(request: Request, path: String) -> Operation {
    Operation { request, changes: vec![Change::one(path, Node::Folder)], kind: Kind::Other }
}

/// The address of a path that begins with `files/`.
fn place(home: &Endpoint, path: &str) -> String {
    format!("{}{}", home.path, path.trim_start_matches("files/"))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
