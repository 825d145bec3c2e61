//! What is really there, read as a client reads it.

use sha2::{Digest as _, Sha256};

use super::book::Book;
use super::model::{Hash, Model, Node, hash};
use crate::failure::{Context as _, Result, ensure};
use crate::http::Endpoint;

/// The name of the property that marks files.
pub(super) const MARK: &str = "mark";
/// Its namespace.
pub(super) const MARK_NAMESPACE: &str = "urn:allmende:crash";

/// One row of a listing.
struct Row {
    name: String,
    etag: String,
    id: u64,
    /// None of a folder.
    length: Option<u64>,
    mark: Option<String>,
}

/// Everything below a folder of the home, read to the last byte, and the folder's own tag.
/// `path` has no slash at its ends.
pub(super) fn files(home: &Endpoint, path: &str, book: &Book) -> Result<(Model, Option<String>)> {
    let mut model = Model::default();
    let Some(rows) = list(home, path)? else { return Ok((model, None)) };
    let etag = rows.first().map(|row| row.etag.clone());
    walk(home, path, rows, book, &mut model)?;
    Ok((model, etag))
}

/// Takes a folder's listing, whose first row is the folder itself, and what is below it.
fn walk(home: &Endpoint, path: &str, rows: Vec<Row>, book: &Book, into: &mut Model) -> Result<()> {
    let mut members = Sha256::new();
    for row in rows.iter().skip(1) {
        members.update(format!("{}\0{}\0{}\n", row.name, row.id, row.etag));
    }
    let mut rows = rows.into_iter();
    let own = rows.next().context(format!("{path}: the listing has no rows"))?;
    book.note(own.id, &own.etag, members.finalize().into())?;
    into.insert(format!("files/{path}"), Node::Folder);
    for row in rows {
        let below = format!("{path}/{}", row.name);
        let Some(length) = row.length else {
            let rows = list(home, &below)?.context(format!("{below} is listed and not there"))?;
            walk(home, &below, rows, book, into)?;
            continue;
        };
        let hash = content(home, &below, length, &row.etag)?;
        book.note(row.id, &row.etag, hash)?;
        into.insert(format!("files/{below}"), Node::File { length, hash, mark: row.mark });
    }
    Ok(())
}

fn content(home: &Endpoint, path: &str, length: u64, etag: &str) -> Result<Hash> {
    let answer = home.request("GET", &format!("{}{path}", home.path)).send()?;
    ensure!(answer.status == 200, "{path} is listed, and GET was answered {}", answer.status);
    ensure!(
        answer.body.len() as u64 == length,
        "{path} has {} bytes and is listed with {length}",
        answer.body.len()
    );
    ensure!(answer.header("etag") == Some(etag), "{path} has two tags");
    Ok(hash(&answer.body))
}

/// The parts of an upload; nothing if it is not there.
pub(super) fn upload(home: &Endpoint, name: &str, into: &mut Model) -> Result<()> {
    let path = format!("/remote.php/dav/uploads/{}/{name}", home.user);
    let Some(rows) = rows(home, &path)? else { return Ok(()) };
    into.insert(format!("uploads/{name}"), Node::Folder);
    for row in rows.into_iter().skip(1).filter(|row| row.name != ".file") {
        let length = row.length.context("a folder in an upload")?;
        into.insert(format!("uploads/{name}/{}", row.name), Node::Part { length });
    }
    Ok(())
}

fn list(home: &Endpoint, path: &str) -> Result<Option<Vec<Row>>> {
    rows(home, &format!("{}{path}", home.path))
}

/// The rows of `PROPFIND` with depth 1; none if the folder is not there.
fn rows(home: &Endpoint, path: &str) -> Result<Option<Vec<Row>>> {
    let body = format!(
        "<d:propfind xmlns:d=\"DAV:\" xmlns:oc=\"http://owncloud.org/ns\"><d:prop><d:getetag/>\
         <d:resourcetype/><d:getcontentlength/><oc:fileid/>\
         <m:{MARK} xmlns:m=\"{MARK_NAMESPACE}\"/></d:prop></d:propfind>"
    );
    let answer = home.request("PROPFIND", path).header("Depth", "1").body(body).send()?;
    if answer.status == 404 {
        return Ok(None);
    }
    ensure!(answer.status == 207, "listing {path} was answered {}", answer.status);
    let text = answer.text();
    let document = roxmltree::Document::parse(&text).context(format!("listing {path}"))?;
    let responses = document.descendants().filter(|node| node.has_tag_name(("DAV:", "response")));
    responses.map(|response| row(response).context(path)).collect::<Result<_>>().map(Some)
}

fn row(response: roxmltree::Node<'_, '_>) -> Result<Row> {
    let text = |namespace: &str, name: &str| {
        let mut all = response.descendants();
        let found = all.find(|node| node.has_tag_name((namespace, name)))?;
        found.text().map(str::to_owned)
    };
    let href = text("DAV:", "href").context("a row without an address")?;
    let is_folder = response.descendants().any(|node| node.has_tag_name(("DAV:", "collection")));
    let length = text("DAV:", "getcontentlength").and_then(|length| length.parse().ok());
    ensure!(is_folder != length.is_some(), "{href} is neither a file nor a folder");
    Ok(Row {
        // Names of the workload need no percent-encoding.
        name: href.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned(),
        etag: text("DAV:", "getetag").unwrap_or_default(),
        id: text("http://owncloud.org/ns", "fileid").and_then(|id| id.parse().ok()).unwrap_or(0),
        length: if is_folder { None } else { length },
        mark: text(MARK_NAMESPACE, MARK),
    })
}
