//! Tags in a listing.

use allmende_tags::{Color, Tag};
use allmende_types::{GroupId, NodeId};
use allmende_webdav::{DavBody, Error, ErrorKind, Result};
use allmende_webdav_proto::{
    Href, MultistatusWriter, PropName, XmlLimits,
    headers::Depth,
    multistatus::{MissingProps, MultistatusOptions, PropsWriter},
    request::Propfind,
};
use http::{Response, request::Parts};

use super::{Asker, TAGS, depth};
use crate::dav::answer;

pub(super) const ID: PropName = PropName::oc("id");
pub(super) const NAME: PropName = PropName::oc("display-name");
pub(super) const VISIBLE: PropName = PropName::oc("user-visible");
pub(super) const ASSIGNABLE: PropName = PropName::oc("user-assignable");
pub(super) const CAN_ASSIGN: PropName = PropName::oc("can-assign");
pub(super) const GROUPS: PropName = PropName::oc("groups");
pub(super) const COLOR: PropName = PropName::nc("color");
pub(super) const FILES: PropName = PropName::nc("files-assigned");
pub(super) const SAMPLE: PropName = PropName::nc("reference-fileid");
const TYPE: PropName = PropName::dav("resourcetype");
const ETAG: PropName = PropName::dav("getetag");

/// One resource of a listing.
pub(super) enum Row {
    /// A collection with nothing but its kind, at this address.
    Collection(String),
    /// A tag in the list of all.
    Tag(Tag),
    /// A tag on the node with this id.
    Mark(NodeId, Tag),
    /// A tag in the list of those in use, with the number of nodes and one of them.
    Used(Tag, u64, NodeId),
}

impl Row {
    pub(super) fn collection(path: String) -> Self {
        Self::Collection(path)
    }

    const fn tag(&self) -> Option<&Tag> {
        match self {
            Self::Collection(_) => None,
            Self::Tag(tag) | Self::Mark(_, tag) | Self::Used(tag, ..) => Some(tag),
        }
    }

    fn href(&self) -> Href {
        match self {
            Self::Collection(path) => Href::from_path(path),
            // A tag is a collection of the kinds of things that carry it.
            Self::Tag(tag) | Self::Used(tag, ..) => Href::from_path(&format!("{TAGS}/{}/", tag.id)),
            Self::Mark(node, tag) => {
                let path = format!("{}/{node}/{}", super::relations::FILES, tag.id);
                Href::from_path(&path)
            }
        }
    }

    fn write(&self, asker: &Asker, name: &PropName, props: &mut PropsWriter<'_>) {
        if *name == TYPE {
            return props.found(name, |xml| {
                if !matches!(self, Self::Mark(..)) {
                    xml.empty(&PropName::dav("collection"));
                }
            });
        }
        let Some(tag) = self.tag() else { return props.missing(name) };
        let flag = |value: bool| if value { "true" } else { "false" };
        match name {
            _ if *name == ID => props.found(name, |xml| xml.number(tag.id.0)),
            _ if *name == NAME => props.found_text(name, tag.name.as_str()),
            _ if *name == VISIBLE => props.found_text(name, flag(tag.visible)),
            _ if *name == ASSIGNABLE => props.found_text(name, flag(tag.assignable)),
            _ if *name == CAN_ASSIGN => {
                props.found_text(name, flag(tag.is_assignable_by(&asker.caller())));
            }
            _ if *name == COLOR => {
                props.found_text(name, tag.color.as_ref().map_or("", Color::as_str));
            }
            _ if *name == GROUPS => {
                let restricted = tag.visible && !tag.assignable;
                let groups: Vec<&str> = tag.groups.iter().map(GroupId::as_str).collect();
                props.found_text(name, &if restricted { groups.join("|") } else { String::new() });
            }
            _ if *name == ETAG => {
                props.found_text(name, &format!("\"{}-{}\"", tag.id, tag.revision));
            }
            _ if *name == FILES || *name == SAMPLE => {
                let of_files = *name == FILES;
                match self {
                    Self::Used(_, count, _) if of_files => {
                        props.found(name, |xml| xml.number(*count));
                    }
                    Self::Used(_, _, sample) => props.found(name, |xml| xml.number(sample.0)),
                    // Observed: what was not counted is -1.
                    Self::Tag(_) => props.found_text(name, "-1"),
                    _ => props.missing(name),
                }
            }
            _ => props.missing(name),
        }
    }
}

/// What a PROPFIND on tags asks for.
pub(super) struct Listing {
    wanted: Vec<PropName>,
    missing: MissingProps,
    depth: Depth,
}

impl Listing {
    pub(super) fn asked(request: &Parts, body: &[u8]) -> Result<Self> {
        let propfind = Propfind::parse(body, &XmlLimits::default())
            .map_err(|error| Error::new(ErrorKind::BadRequest, error.to_string()))?;
        let minimal = request.headers.get("prefer").is_some_and(|v| v == "return=minimal");
        let (wanted, missing) = match propfind {
            Propfind::Prop(names) if minimal => (names, MissingProps::Omit),
            Propfind::Prop(names) => (names, MissingProps::Report),
            _ => (vec![TYPE, ETAG], MissingProps::Omit),
        };
        Ok(Self { wanted, missing, depth: depth(request) })
    }

    /// The answer: the thing itself and, unless only that is asked for, what is in it. How
    /// many tags there are is bounded, and so is this.
    pub(super) fn answer(
        &self,
        asker: &Asker,
        own: Row,
        members: Vec<Row>,
    ) -> Result<Response<DavBody>> {
        let members = if self.depth == Depth::Zero { Vec::new() } else { members };
        let rows: Vec<Row> = std::iter::once(own).chain(members).collect();
        let governs = asker.caller().is_administrator();
        let tags = rows.iter().any(|row| row.tag().is_some());
        if tags && !governs && self.wanted.contains(&GROUPS) {
            // Observed: the whole request fails, with no word.
            return Err(Error::new(ErrorKind::Forbidden, ""));
        }
        let options = MultistatusOptions::default().missing(self.missing);
        let mut out = MultistatusWriter::new(Vec::new(), options);
        out.reserve_prefixes(&self.wanted);
        for row in &rows {
            out.response(&row.href(), |props| {
                self.wanted.iter().for_each(|name| row.write(asker, name, props));
            });
        }
        Ok(answer::multistatus(out.finish()))
    }
}
