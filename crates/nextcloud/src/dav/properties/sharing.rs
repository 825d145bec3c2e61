//! The properties that tell of the shares of a node.

use std::collections::{BTreeSet, HashMap};

use allmende_sharing::{Caller, Share, ShareFacts, Whose};
use allmende_types::NodeId;
use allmende_webdav::{
    Entry, Error, ErrorKind, PropertyPage, PropertyProvider, Result, Selection, Slot, Wanted,
};
use allmende_webdav_proto::{PropName, multistatus::PropsWriter};
use async_trait::async_trait;

use super::{Home, Item};

/// The provider of these properties. A page takes a constant number of queries, and none
/// where nothing of it was asked for.
#[derive(Debug)]
pub(crate) struct SharingProperties;

const SHARE_TYPES: PropName = PropName::oc("share-types");
const SHAREES: PropName = PropName::nc("sharees");
const LIMITS: PropName = PropName::nc("share-download-limits");

const NAMES: [PropName; 3] = [SHARE_TYPES, SHAREES, LIMITS];

#[async_trait]
impl PropertyProvider<Home> for SharingProperties {
    fn find(&self, name: &PropName) -> Option<Slot> {
        let at = NAMES.iter().position(|known| known == name)?;
        u16::try_from(at).ok().map(Slot)
    }

    async fn load(
        &self,
        home: &Home,
        page: &[Entry<Item>],
        selection: &Selection<'_>,
    ) -> Result<Box<dyn PropertyPage<Item>>> {
        let wants = |name: &PropName| selection.wanted.iter().any(|wanted| wanted.name == *name);
        let caller = Caller { person: home.view.person(), now: home.view.files().now() };
        let mut loaded = Loaded::default();
        if NAMES.iter().any(wants) {
            let ids: Vec<NodeId> = page.iter().map(id).collect();
            let shares = home.sharing.of_nodes(caller, &ids, Whose::Everybody).await;
            let shares = shares.map_err(unavailable)?;
            for share in &shares {
                loaded.types.entry(share.node).or_default().insert(share.kind().number());
                if share.initiator.key() == caller.person.key() {
                    loaded.limits.extend(Limit::of(share));
                }
            }
            if wants(&SHAREES) {
                for facts in home.sharing.facts(shares).await.map_err(unavailable)? {
                    loaded.sharees.entry(facts.share.node).or_default().push(facts);
                }
            }
        }
        Ok(Box::new(loaded))
    }
}

fn id(entry: &Entry<Item>) -> NodeId {
    entry.resource.0.id()
}

fn unavailable(error: allmende_sharing::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "The shares cannot be read now").with_source(error)
}

/// How often a link of the caller's can be used.
#[derive(Debug)]
struct Limit {
    node: NodeId,
    token: String,
    limit: u32,
    count: u32,
}

impl Limit {
    fn of(share: &Share) -> Option<Self> {
        let (token, limit) = (share.token.clone()?, share.download_limit?);
        Some(Self { node: share.node, token, limit, count: share.downloads })
    }
}

/// What was loaded for a page.
#[derive(Debug, Default)]
struct Loaded {
    types: HashMap<NodeId, BTreeSet<u8>>,
    sharees: HashMap<NodeId, Vec<ShareFacts>>,
    limits: Vec<Limit>,
}

impl PropertyPage<Item> for Loaded {
    fn write(&self, _: usize, entry: &Entry<Item>, wanted: &Wanted, out: &mut PropsWriter<'_>) {
        let (name, node) = (&wanted.name, id(entry));
        if *name == SHARE_TYPES {
            static ONE: PropName = PropName::oc("share-type");
            return out.found(name, |xml| {
                for kind in self.types.get(&node).into_iter().flatten() {
                    xml.element(&ONE, |xml| xml.number(*kind));
                }
            });
        }
        if *name == LIMITS {
            let [one, token, limit, count] =
                ["share-download-limit", "token", "limit", "count"].map(PropName::nc);
            return out.found(name, |xml| {
                for of in self.limits.iter().filter(|of| of.node == node) {
                    xml.element(&one, |xml| {
                        xml.text_element(&token, &of.token);
                        xml.element(&limit, |xml| xml.number(of.limit));
                        xml.element(&count, |xml| xml.number(of.count));
                    });
                }
            });
        }
        let [one, id, shown, kind] = ["sharee", "id", "display-name", "type"].map(PropName::nc);
        out.found(name, |xml| {
            for facts in self.sharees.get(&node).into_iter().flatten() {
                let recipient = &facts.share.recipient;
                xml.element(&one, |xml| {
                    // A link has no id: that of a mail share is its address.
                    xml.text_element(&id, recipient.id().unwrap_or_default());
                    xml.text_element(&shown, &facts.recipient_name);
                    xml.element(&kind, |xml| xml.number(facts.share.kind().number()));
                });
            }
        });
    }

    fn exists(&self, _: usize, _: &Entry<Item>, _: &Wanted) -> bool {
        false
    }
}
