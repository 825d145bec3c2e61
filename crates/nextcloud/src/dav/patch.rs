//! Changes of properties: which are facts of the node, which are kept as they came.

use allmende_files::{
    Entry, Facts, FolderRequest, Patch, Result as FilesResult, View, favourite_key,
};
use allmende_storage::{Property, PropertyKey, PropertyOwner, PropertyUpdate};
use allmende_types::{Timestamp, UserId};
use allmende_webdav::{DeadProperty, Error, ErrorKind};
use allmende_webdav_proto::{Element, Namespace, PropName, request::PropUpdate};

use super::teams::RULES;

/// `oc:favorite`, which the file service keeps as a property of each person.
pub(crate) const FAVOURITE: PropName = PropName::oc("favorite");
const LAST_MODIFIED: PropName = PropName::dav("lastmodified");
const CREATION_DATE: PropName = PropName::dav("creationdate");
const CREATION_TIME: PropName = PropName::nc("creation_time");

/// The live properties that a client may set.
pub(crate) const SETTABLE: [PropName; 4] = [FAVOURITE, LAST_MODIFIED, CREATION_DATE, CREATION_TIME];

/// A request's changes, checked as a whole before any of them is made.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    facts: Facts,
    updates: Vec<PropertyUpdate>,
}

impl Plan {
    /// Checks all changes; otherwise tells which are wrong, by their positions.
    pub(crate) fn of(changes: &[PropUpdate]) -> Result<Self, Vec<(usize, Error)>> {
        let mut plan = Self::default();
        let mut refused = Vec::new();
        for (at, change) in changes.iter().enumerate() {
            if let Err(error) = plan.add(change) {
                refused.push((at, error));
            }
        }
        if refused.is_empty() { Ok(plan) } else { Err(refused) }
    }

    fn add(&mut self, change: &PropUpdate) -> Result<(), Error> {
        let bad = || Error::new(ErrorKind::Conflict, "The value does not fit the property");
        match change {
            PropUpdate::Set(element) if element.name == FAVOURITE => {
                let marked = match element.text().trim() {
                    "1" | "true" => true,
                    "0" | "false" | "" => false,
                    _ => return Err(bad()),
                };
                let key = favourite_key();
                self.updates.push(if marked {
                    PropertyUpdate::Set(Property { key, value: "1".into() })
                } else {
                    PropertyUpdate::Remove(key)
                });
            }
            PropUpdate::Set(element) if element.name == LAST_MODIFIED => {
                self.facts.modified = Some(seconds(&element.text()).ok_or_else(bad)?);
            }
            PropUpdate::Set(element) if element.name == CREATION_TIME => {
                self.facts.created = Some(seconds(&element.text()).ok_or_else(bad)?);
            }
            PropUpdate::Set(element) if element.name == CREATION_DATE => {
                let time = Timestamp::from_rfc3339(element.text().trim()).map_err(|_| bad())?;
                self.facts.created = Some(time);
            }
            PropUpdate::Set(element) if element.name == RULES => {
                // They are kept elsewhere: with others, it could not be all or nothing.
                let text = "The rules of a folder are set by a request of their own";
                return Err(Error::new(ErrorKind::Conflict, text));
            }
            PropUpdate::Set(element) => self.updates.push(PropertyUpdate::Set(stored(element))),
            PropUpdate::Remove(name) if SETTABLE.contains(name) && *name != FAVOURITE => {
                return Err(Error::protected_property());
            }
            PropUpdate::Remove(name) => self.updates.push(PropertyUpdate::Remove(key(name))),
        }
        Ok(())
    }

    /// Adds the changes to a folder that is to be made with them.
    pub(crate) fn prepare(self, request: &mut FolderRequest, person: &UserId) {
        request.modified = self.facts.modified.or(request.modified);
        request.created = self.facts.created.or(request.created);
        if !self.updates.is_empty() {
            request.properties.push((PropertyOwner::Person(person.clone()), self.updates));
        }
    }

    /// Makes the changes, all or none.
    pub(crate) async fn apply(self, view: &View, entry: &Entry) -> FilesResult<Entry> {
        let owner = PropertyOwner::Person(view.person().clone());
        view.patch(entry, Patch { facts: self.facts, properties: vec![(owner, self.updates)] })
            .await
    }
}

/// Seconds since 1970, as `d:lastmodified` and `nc:creation_time` carry them.
fn seconds(text: &str) -> Option<Timestamp> {
    let seconds: i64 = text.trim().parse().ok()?;
    (seconds >= 0).then(|| Timestamp::from_unix(seconds))
}

fn key(name: &PropName) -> PropertyKey {
    PropertyKey { namespace: name.namespace().as_str().into(), name: name.local().into() }
}

fn stored(element: &Element) -> Property {
    Property { key: key(&element.name), value: element.to_fragment().into() }
}

/// A stored property as a dead one; none for those that are live.
pub(crate) fn dead(property: Property) -> Option<DeadProperty> {
    let namespace = Namespace::new(&property.key.namespace);
    let name = PropName::new(namespace, &property.key.name).ok()?;
    (name != FAVOURITE).then_some(DeadProperty { name, xml: property.value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(name: PropName, value: &str) -> Result<Plan, Vec<(usize, Error)>> {
        Plan::of(&[PropUpdate::Set(Element::with_text(name, value))])
    }

    #[test]
    fn live_properties_become_facts() {
        let unix = |time: Option<Timestamp>| time.map(Timestamp::unix);
        assert_eq!(
            unix(plan(LAST_MODIFIED, " 1500000000 ").unwrap().facts.modified),
            Some(1_500_000_000)
        );
        assert_eq!(unix(plan(CREATION_TIME, "7").unwrap().facts.created), Some(7));
        assert_eq!(
            unix(plan(CREATION_DATE, "2017-07-14T02:40:00+00:00").unwrap().facts.created),
            Some(1_500_000_000)
        );
        assert!(matches!(plan(FAVOURITE, "1").unwrap().updates[..], [PropertyUpdate::Set(_)]));
        assert!(matches!(plan(FAVOURITE, "0").unwrap().updates[..], [PropertyUpdate::Remove(_)]));
        for (name, value) in
            [(LAST_MODIFIED, "junk"), (CREATION_TIME, "-1"), (CREATION_DATE, "1"), (FAVOURITE, "2")]
        {
            assert_eq!(plan(name, value).unwrap_err()[0].0, 0);
        }
    }

    #[test]
    fn one_wrong_change_refuses_all() {
        let x = PropName::new(Namespace::new("urn:x"), "p").unwrap();
        let changes = [
            PropUpdate::Set(Element::with_text(x.clone(), "1")),
            PropUpdate::Set(Element::with_text(LAST_MODIFIED, "junk")),
            PropUpdate::Remove(CREATION_TIME),
        ];
        let refused: Vec<usize> =
            Plan::of(&changes).unwrap_err().iter().map(|(at, _)| *at).collect();
        assert_eq!(refused, [1, 2]);
        let kept = Plan::of(&changes[..1]).unwrap();
        let [PropertyUpdate::Set(property)] = &kept.updates[..] else { panic!("{kept:?}") };
        assert_eq!(dead(property.clone()).unwrap().name, x);
    }
}
