//! Team folders in the tree: their properties, and the rules that their managers set.

use allmende_files::{Entry as FileEntry, MountKind};
use allmende_sharing::{
    Caller, Error as SharingError, ErrorKind as SharingErrorKind, NodeRules, Rule, ShownRule,
    Subject, TeamRefusal,
};
use allmende_webdav::{
    Entry, Error, ErrorKind, PropertyPage, PropertyProvider, Result, Selection, Slot, Wanted,
    lock::LockToken,
};
use allmende_webdav_proto::{
    Element, PropName, XmlWriter, multistatus::PropsWriter, request::PropUpdate,
};
use async_trait::async_trait;

use super::{errors::from_files, home::Home, item::Item};

/// The rules of a node, which is set as a whole.
pub(crate) const RULES: PropName = PropName::nc("acl-list");

const RULE: PropName = PropName::nc("acl");
const MAPPING_TYPE: PropName = PropName::nc("acl-mapping-type");
const MAPPING_ID: PropName = PropName::nc("acl-mapping-id");
const MAPPING_NAME: PropName = PropName::nc("acl-mapping-display-name");
const MASK: PropName = PropName::nc("acl-mask");
const PERMISSIONS: PropName = PropName::nc("acl-permissions");

/// The properties, in the order of their slots.
const NAMES: [PropName; 7] = [
    PropName::nc("group-folder-id"),
    PropName::nc("acl-enabled"),
    PropName::nc("acl-can-manage"),
    PropName::nc("acl-base-permission"),
    RULES,
    PropName::nc("inherited-acl-list"),
    PropName::nc("mount-point"),
];

/// The number of the folder, and where it stands in the tree: known without its rules.
const WITHOUT_RULES: [Slot; 2] = [Slot(0), Slot(6)];

/// The provider of the properties that only what lies in team folders has.
#[derive(Debug)]
pub(crate) struct TeamProperties;

#[async_trait]
impl PropertyProvider<Home> for TeamProperties {
    fn find(&self, name: &PropName) -> Option<Slot> {
        let at = NAMES.iter().position(|known| known == name)?;
        u16::try_from(at).ok().map(Slot)
    }

    fn admit(&self, slot: Slot, change: &PropUpdate) -> Result<()> {
        let rules = NAMES.get(usize::from(slot.0)) == Some(&RULES);
        match change {
            PropUpdate::Set(_) if rules => Ok(()),
            // To clear them, clients set an empty list.
            _ => Err(Error::protected_property()),
        }
    }

    async fn load(
        &self,
        home: &Home,
        page: &[Entry<Item>],
        selection: &Selection<'_>,
    ) -> Result<Box<dyn PropertyPage<Item>>> {
        let mut rules = vec![None; page.len()];
        let within =
            page.iter().enumerate().filter(|(_, entry)| folder(&entry.resource.0).is_some());
        let within: Vec<(usize, _)> =
            within.map(|(at, entry)| (at, entry.resource.0.id())).collect();
        let asked = selection.wanted.iter().any(|wanted| !WITHOUT_RULES.contains(&wanted.slot));
        if asked && !within.is_empty() {
            let nodes: Vec<_> = within.iter().map(|(_, id)| *id).collect();
            let found = home.sharing.node_rules(caller(home), &nodes).await.map_err(failed)?;
            for ((at, _), found) in within.into_iter().zip(found) {
                rules[at] = found;
            }
        }
        let beside = super::team_list::is_below(selection.mount);
        Ok(Box::new(Loaded { rules, beside }))
    }
}

/// What a page shows: the rules of its entries, and none for what lies in no team folder.
#[derive(Debug)]
struct Loaded {
    rules: Vec<Option<NodeRules>>,
    /// Whether the folders are shown side by side, so that it is to be told where they stand
    /// in the tree.
    beside: bool,
}

impl PropertyPage<Item> for Loaded {
    fn write(&self, index: usize, entry: &Entry<Item>, wanted: &Wanted, out: &mut PropsWriter<'_>) {
        let name = &wanted.name;
        let Some(folder) = folder(&entry.resource.0) else { return out.missing(name) };
        if wanted.slot == Slot(0) {
            return out.found(name, |xml| xml.number(folder));
        }
        if wanted.slot == Slot(6) {
            let entry = &entry.resource.0;
            return match entry.path.as_ref().filter(|_| self.beside && entry.is_mount_root()) {
                Some(path) => out.found_text(name, &format!("/{path}")),
                None => out.missing(name),
            };
        }
        let Some(rules) = self.rules.get(index).and_then(Option::as_ref) else {
            return out.missing(name);
        };
        let flag = |value: bool| if value { "1" } else { "" };
        match wanted.slot.0 {
            1 => out.found_text(name, flag(rules.enabled)),
            2 => out.found_text(name, flag(rules.can_manage)),
            3 => out.found(name, |xml| xml.number(rules.base.bits())),
            // As observed: who may set rules is told that there are none.
            4 if rules.can_manage && rules.own.is_empty() => out.missing(name),
            4 => out.found(name, |xml| write(&rules.own, xml)),
            5 => out.found(name, |xml| write(&rules.inherited, xml)),
            _ => out.missing(name),
        }
    }

    fn exists(&self, _: usize, _: &Entry<Item>, _: &Wanted) -> bool {
        // As of the other properties of the dialect.
        false
    }
}

fn write(rules: &[ShownRule], xml: &mut XmlWriter) {
    for shown in rules {
        let rule = &shown.rule;
        xml.element(&RULE, |xml| {
            xml.text_element(&MAPPING_TYPE, rule.subject.kind());
            xml.text_element(&MAPPING_ID, rule.subject.id());
            xml.text_element(&MAPPING_NAME, &shown.name);
            xml.element(&MASK, |xml| xml.number(rule.mask));
            xml.element(&PERMISSIONS, |xml| xml.number(rule.allow));
        });
    }
}

/// The number of the team folder in which an entry lies. What was shared out of one is for
/// its recipients an ordinary share.
fn folder(entry: &FileEntry) -> Option<i64> {
    match entry.mount.as_ref()?.kind {
        MountKind::Team { folder } => Some(folder),
        _ => None,
    }
}

fn caller(home: &Home) -> Caller<'_> {
    Caller { person: home.view.person(), now: home.view.files().now() }
}

/// The list in a request, if setting it is all that the request wants.
pub(crate) fn rules_to_set(changes: &[PropUpdate]) -> Option<&Element> {
    match changes {
        [PropUpdate::Set(element)] if element.name == RULES => Some(element),
        _ => None,
    }
}

/// Replaces the rules of a node.
pub(crate) async fn set_rules(
    home: &Home,
    entry: &FileEntry,
    list: &Element,
    tokens: &[LockToken],
) -> Result<()> {
    if folder(entry).is_none() {
        return Err(Error::new(ErrorKind::Forbidden, "There are no rules outside of team folders"));
    }
    let rules = list.elements().map(read).collect::<Result<Vec<Rule>>>()?;
    home.with_tokens(tokens).check_unlocked(entry).await.map_err(from_files)?;
    home.sharing.set_node_rules(caller(home), entry.id(), &rules).await.map_err(failed)
}

/// Reads one rule.
fn read(rule: &Element) -> Result<Rule> {
    let bad = |text: String| Error::new(ErrorKind::BadRequest, text);
    if rule.name != RULE {
        return Err(bad("A list of rules holds rules only".to_owned()));
    }
    let text = |name: &PropName| {
        let found = rule.child(name).map(|child| child.text().trim().to_owned());
        found.ok_or_else(|| bad(format!("A rule has no {}", name.local())))
    };
    let (kind, id) = (text(&MAPPING_TYPE)?, text(&MAPPING_ID)?);
    let subject = Subject::parse(&kind, &id);
    let subject = subject.ok_or_else(|| bad(format!("There is no {kind} with the id {id:?}")))?;
    let bits = |name: &PropName| {
        let text = text(name)?;
        text.parse::<u8>().map_err(|_| bad(format!("{} is no set of permissions", name.local())))
    };
    Ok(Rule::new(subject, bits(&MASK)?, bits(&PERMISSIONS)?))
}

/// The answer to a failed act on rules.
fn failed(error: SharingError) -> Error {
    let kind = match error.kind() {
        SharingErrorKind::NotFound => ErrorKind::NotFound,
        SharingErrorKind::Team(TeamRefusal::NotManager) => ErrorKind::Forbidden,
        SharingErrorKind::Team(_) => ErrorKind::BadRequest,
        SharingErrorKind::Changed => ErrorKind::Conflict,
        _ => {
            let text = "The server cannot answer now";
            return Error::new(ErrorKind::Unavailable, text).with_source(error);
        }
    };
    let text = match error.kind() {
        SharingErrorKind::Team(refusal) => refusal.to_string(),
        _ => "The rules cannot be set".to_owned(),
    };
    Error::new(kind, text).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(kind: &str, id: &str, mask: &str, allow: &str) -> Element {
        Element::new(RULE)
            .push(Element::with_text(MAPPING_TYPE, kind))
            .push(Element::with_text(MAPPING_ID, id))
            .push(Element::with_text(MASK, mask))
            .push(Element::with_text(PERMISSIONS, allow))
    }

    #[test]
    fn rules_are_read_whole_or_not_at_all() {
        let read_one = read(&rule("group", " staff ", "31", "1")).unwrap();
        assert_eq!((read_one.subject.kind(), read_one.subject.id()), ("group", "staff"));
        assert_eq!((read_one.mask, read_one.allow), (31, 1));
        for bad in [
            rule("everybody", "staff", "31", "1"),
            rule("user", "", "31", "1"),
            rule("user", "alice", "-1", "1"),
            rule("user", "alice", "31", "many"),
            rule("user", "alice", "256", "0"),
            Element::new(RULE).push(Element::with_text(MAPPING_TYPE, "user")),
            Element::new(MASK),
        ] {
            assert_eq!(read(&bad).unwrap_err().kind(), ErrorKind::BadRequest, "{bad:?}");
        }
    }

    #[test]
    fn only_the_list_can_be_set() {
        for (at, name) in NAMES.iter().enumerate() {
            let slot = TeamProperties.find(name).unwrap();
            assert_eq!(usize::from(slot.0), at);
            let set = PropUpdate::Set(Element::new(name.clone()));
            assert_eq!(TeamProperties.admit(slot, &set).is_ok(), *name == RULES, "{name}");
            let remove = PropUpdate::Remove(name.clone());
            assert!(TeamProperties.admit(slot, &remove).is_err());
        }
    }
}
