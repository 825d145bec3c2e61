//! The properties that tell of the shares of a node, and of the rules of team folders.

use std::collections::{BTreeSet, HashMap};

use allmende_files::MountKind;
use allmende_sharing::{Caller, NodeRules, ShareFacts, Sharing, ShownRule, Whose};
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
pub(crate) struct SharingProperties(pub(crate) Sharing);

const SHARE_TYPES: PropName = PropName::oc("share-types");
const SHAREES: PropName = PropName::nc("sharees");
const ACL_ENABLED: PropName = PropName::nc("acl-enabled");
const ACL_CAN_MANAGE: PropName = PropName::nc("acl-can-manage");
const ACL_BASE: PropName = PropName::nc("acl-base-permission");
const ACL_LIST: PropName = PropName::nc("acl-list");
const INHERITED_ACL: PropName = PropName::nc("inherited-acl-list");

const NAMES: [PropName; 7] =
    [SHARE_TYPES, SHAREES, ACL_ENABLED, ACL_CAN_MANAGE, ACL_BASE, ACL_LIST, INHERITED_ACL];

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
        if wants(&SHARE_TYPES) || wants(&SHAREES) {
            let ids: Vec<NodeId> = page.iter().map(|entry| entry.resource.0.id()).collect();
            let shares = self.0.of_nodes(caller, &ids, Whose::Everybody).await;
            let shares = shares.map_err(unavailable)?;
            for share in &shares {
                loaded.types.entry(share.node).or_default().insert(share.kind().number());
            }
            if wants(&SHAREES) {
                for facts in self.0.facts(shares).await.map_err(unavailable)? {
                    loaded.sharees.entry(facts.share.node).or_default().push(facts);
                }
            }
        }
        if NAMES[2..].iter().any(wants) {
            let ids: Vec<NodeId> = page.iter().filter(|e| in_team(e)).map(id).collect();
            if !ids.is_empty() {
                let rules = self.0.node_rules(caller, &ids).await.map_err(unavailable)?;
                let known = ids.into_iter().zip(rules);
                loaded.rules = known.filter_map(|(id, rules)| Some((id, rules?))).collect();
            }
        }
        Ok(Box::new(loaded))
    }
}

fn id(entry: &Entry<Item>) -> NodeId {
    entry.resource.0.id()
}

fn in_team(entry: &Entry<Item>) -> bool {
    let mount = entry.resource.0.mount.as_ref();
    mount.is_some_and(|mount| matches!(mount.kind, MountKind::Team { .. }))
}

fn unavailable(error: allmende_sharing::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "The shares cannot be read now").with_source(error)
}

/// What was loaded for a page.
#[derive(Debug, Default)]
struct Loaded {
    types: HashMap<NodeId, BTreeSet<u8>>,
    sharees: HashMap<NodeId, Vec<ShareFacts>>,
    rules: HashMap<NodeId, NodeRules>,
}

impl PropertyPage<Item> for Loaded {
    fn write(&self, _: usize, entry: &Entry<Item>, wanted: &Wanted, out: &mut PropsWriter<'_>) {
        let (name, node) = (&wanted.name, id(entry));
        if *name == SHARE_TYPES {
            let one = PropName::oc("share-type");
            return out.found(name, |xml| {
                for kind in self.types.get(&node).into_iter().flatten() {
                    xml.element(&one, |xml| xml.number(*kind));
                }
            });
        }
        if *name == SHAREES {
            let [one, id, shown, kind] = ["sharee", "id", "display-name", "type"].map(PropName::nc);
            return out.found(name, |xml| {
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
        let Some(rules) = self.rules.get(&node) else { return out.missing(name) };
        let flag = |value: bool| if value { "1" } else { "" };
        if *name == ACL_ENABLED {
            out.found_text(name, flag(rules.enabled));
        } else if *name == ACL_CAN_MANAGE {
            out.found_text(name, flag(rules.can_manage));
        } else if *name == ACL_BASE {
            out.found(name, |xml| xml.number(rules.base.bits()));
        } else if *name == INHERITED_ACL {
            write_rules(name, &rules.inherited, out);
        } else if rules.own.is_empty() && rules.can_manage {
            // Observed: where a manager has set nothing there is no list.
            out.missing(name);
        } else {
            write_rules(name, &rules.own, out);
        }
    }

    fn exists(&self, _: usize, _: &Entry<Item>, _: &Wanted) -> bool {
        false
    }
}

fn write_rules(name: &PropName, rules: &[ShownRule], out: &mut PropsWriter<'_>) {
    let [one, kind, id, shown, mask, allow] = [
        "acl",
        "acl-mapping-type",
        "acl-mapping-id",
        "acl-mapping-display-name",
        "acl-mask",
        "acl-permissions",
    ]
    .map(PropName::nc);
    out.found(name, |xml| {
        for ShownRule { rule, name, .. } in rules {
            xml.element(&one, |xml| {
                xml.text_element(&kind, rule.subject.kind());
                xml.text_element(&id, rule.subject.id());
                xml.text_element(&shown, name);
                xml.element(&mask, |xml| xml.number(rule.mask));
                xml.element(&allow, |xml| xml.number(rule.allow));
            });
        }
    });
}
