//! The nodes that carry a tag, as one property that is read and set whole.

use std::collections::HashSet;

use allmende_files::Entry;
use allmende_tags::Tag;
use allmende_types::{EventNode, NodeId};
use allmende_webdav::{DavBody, Error, ErrorKind, Result};
use allmende_webdav_proto::{
    Element, Href, MultistatusWriter, PropName, XmlLimits,
    multistatus::{MissingProps, MultistatusOptions},
    request::{PropUpdate, Propfind, Proppatch},
};
use http::{Response, StatusCode, request::Parts};

use super::{Asker, failed, relations::must_be_changeable};
use crate::dav::{
    answer::{self, patched},
    errors::from_files,
    home::Home,
    node,
};

const OBJECTS: PropName = PropName::nc("object-ids");
const OBJECT: PropName = PropName::nc("object-id");
const ID: PropName = PropName::nc("id");
const KIND: PropName = PropName::nc("type");
const TYPE: PropName = PropName::dav("resourcetype");

/// How many nodes one request shows or sets.
const MOST: usize = 5000;
/// How many are looked at at once.
const PAGE: u32 = 500;

/// PROPFIND: those of the nodes that the caller sees.
pub(super) async fn show(
    home: &Home,
    tag: &Tag,
    request: &Parts,
    body: &[u8],
) -> Result<Response<DavBody>> {
    let propfind = Propfind::parse(body, &XmlLimits::default())
        .map_err(|error| Error::new(ErrorKind::BadRequest, error.to_string()))?;
    let (wanted, missing) = match propfind {
        Propfind::Prop(names) => (names, MissingProps::Report),
        _ => (vec![TYPE], MissingProps::Omit),
    };
    let carriers = match wanted.contains(&OBJECTS) {
        true => carriers(home, tag).await?,
        false => Vec::new(),
    };
    let options = MultistatusOptions::default().missing(missing);
    let mut out = MultistatusWriter::new(Vec::new(), options);
    out.reserve_prefixes(&wanted);
    out.response(&Href::from_encoded(request.uri.path()), |props| {
        for name in &wanted {
            if *name == OBJECTS {
                props.found(name, |xml| {
                    for entry in &carriers {
                        // Observed: each is called like the whole.
                        xml.element(&OBJECTS, |xml| {
                            xml.element(&ID, |xml| xml.number(entry.id().0));
                            xml.text_element(&KIND, "files");
                        });
                    }
                });
            } else if *name == TYPE {
                props.found_text(name, "");
            } else {
                props.missing(name);
            }
        }
    });
    Ok(answer::multistatus(out.finish()))
}

/// All nodes with the tag that the caller sees; too many are refused.
async fn carriers(home: &Home, tag: &Tag) -> Result<Vec<Entry>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = home.tags.nodes_with(&[tag.id], after, PAGE).await.map_err(failed)?;
        let Some(last) = page.last().copied() else { return Ok(found) };
        let entries = home.view.stat(&page).await.map_err(from_files)?;
        found.extend(entries.into_iter().flatten());
        if found.len() > MOST {
            return Err(Error::new(ErrorKind::TooLarge, "Too many objects carry the tag"));
        }
        after = Some(last);
    }
}

/// PROPPATCH: the nodes of the request carry the tag afterwards, and no other does that the
/// caller sees. What they do not see stays as it is.
pub(super) async fn set(
    home: &Home,
    asker: &Asker,
    tag: &Tag,
    request: &Parts,
    body: &[u8],
) -> Result<Response<DavBody>> {
    let patch = Proppatch::parse(body, &XmlLimits::default())
        .map_err(|error| Error::new(ErrorKind::BadRequest, error.to_string()))?;
    let [change] = &patch.updates[..] else {
        let of = |change: &PropUpdate| match *change.name() == OBJECTS {
            true => StatusCode::FAILED_DEPENDENCY,
            false => StatusCode::FORBIDDEN,
        };
        return Ok(patched(request, &patch.updates, of));
    };
    let wanted = match change {
        PropUpdate::Set(list) if list.name == OBJECTS => read(list)?,
        PropUpdate::Remove(name) if *name == OBJECTS => HashSet::new(),
        _ => return Ok(patched(request, &patch.updates, |_| StatusCode::FORBIDDEN)),
    };
    let carriers = carriers(home, tag).await?;
    let carried: HashSet<NodeId> = carriers.iter().map(Entry::id).collect();
    let mut new: Vec<NodeId> = wanted.difference(&carried).copied().collect();
    new.sort_unstable();
    let put_on = changeable(home, &new).await?;
    let mut take_from = Vec::new();
    for entry in carriers.iter().filter(|entry| !wanted.contains(&entry.id())) {
        must_be_changeable(entry)?;
        take_from.push(node::told(entry));
    }
    let done = home.tags.replace(asker.caller(), tag.id, &put_on, &take_from).await;
    done.map_err(failed)?;
    Ok(patched(request, &patch.updates, |change| match change {
        PropUpdate::Set(_) => StatusCode::OK,
        PropUpdate::Remove(_) => StatusCode::NO_CONTENT,
    }))
}

/// The nodes with these ids, if the caller sees and may change all of them.
async fn changeable(home: &Home, ids: &[NodeId]) -> Result<Vec<EventNode>> {
    let mut found = Vec::with_capacity(ids.len());
    for page in ids.chunks(PAGE as usize) {
        let entries = home.view.stat(page).await.map_err(from_files)?;
        for (id, entry) in page.iter().zip(entries) {
            let missing = || Error::new(ErrorKind::NotFound, format!("There is no file {id}"));
            let entry = entry.ok_or_else(missing)?;
            must_be_changeable(&entry)?;
            found.push(node::told(&entry));
        }
    }
    Ok(found)
}

/// The nodes in a request.
fn read(list: &Element) -> Result<HashSet<NodeId>> {
    let bad = |text: &'static str| Error::new(ErrorKind::BadRequest, text);
    let mut ids = HashSet::new();
    for object in list.elements() {
        if object.name != OBJECT && object.name != OBJECTS {
            return Err(bad("Invalid object-ids property"));
        }
        let text = |name: &PropName| object.child(name).map(|child| child.text().trim().to_owned());
        if text(&KIND).as_deref() != Some("files") {
            return Err(bad("Invalid object-ids property. All objects must be files"));
        }
        let id = text(&ID).and_then(|id| id.parse().ok());
        ids.insert(id.ok_or_else(|| bad("Invalid object-ids property"))?);
        if ids.len() > MOST {
            return Err(Error::new(ErrorKind::TooLarge, "Too many objects at once"));
        }
    }
    if ids.is_empty() {
        // Observed: to take all away, clients remove the property.
        return Err(bad("Invalid object-ids property"));
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(id: &str, kind: &str) -> Element {
        Element::new(OBJECT).push(Element::with_text(ID, id)).push(Element::with_text(KIND, kind))
    }

    #[test]
    fn lists_of_nodes_are_read_whole_or_not_at_all() {
        let list =
            |objects: Vec<Element>| objects.into_iter().fold(Element::new(OBJECTS), Element::push);
        let ids = read(&list(vec![object("7", "files"), object(" 9 ", "files")])).unwrap();
        assert_eq!(ids, [7, 9].map(NodeId).into());
        for bad in [
            vec![],
            vec![object("7", "files"), object("x", "files")],
            vec![object("7", "deck")],
            vec![Element::new(OBJECT)],
            vec![Element::new(TYPE)],
        ] {
            let error = read(&list(bad.clone())).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BadRequest, "{bad:?}");
        }
        let many = (0..=MOST).map(|id| object(&id.to_string(), "files")).collect();
        assert_eq!(read(&list(many)).unwrap_err().kind(), ErrorKind::TooLarge);
    }
}
