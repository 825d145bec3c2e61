//! What is remembered of something that was thrown away: a property that it has as long as it
//! lies in the trash.

use allmende_storage::{PatchProperties, Property, PropertyKey, PropertyOwner, PropertyUpdate};
use allmende_types::{InvalidName, Name, NodeId, SpacePath, Timestamp, UserId};

/// Where something in the trash was, when it went, and by whom: what is noted at what lies in
/// the root of a trash, by a property of everyone.
///
/// ```
/// use allmende_files::TrashOrigin;
/// use allmende_types::Timestamp;
///
/// let (deleted, by) = (Timestamp::from_unix(1_900_000_000), Some("alice".parse()?));
/// let path = "Drafts/plan.txt".parse()?;
/// let origin = TrashOrigin { deleted, by, above: Vec::new(), path };
/// assert_eq!(TrashOrigin::of(&origin.property()), Some(origin));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// When it was removed.
    pub deleted: Timestamp,
    /// Who removed it; none for guests of links.
    pub by: Option<UserId>,
    /// The folders above it, from the root of its space down. Only known where rules may
    /// speak of them: outside of people's own homes.
    pub above: Vec<NodeId>,
    /// Its path in its space; in the trash of who deleted it from a share, in their view.
    pub path: SpacePath,
}

impl Origin {
    fn to_value(&self) -> String {
        let by = self.by.as_ref().map(UserId::as_str).unwrap_or_default();
        let above: Vec<String> = self.above.iter().map(ToString::to_string).collect();
        // The path comes last: it may hold any character.
        format!("{}\n{by}\n{}\n{}", self.deleted.unix(), above.join(","), self.path)
    }

    fn of_value(value: &str) -> Option<Self> {
        let mut parts = value.splitn(4, '\n');
        let deleted = Timestamp::from_unix(parts.next()?.parse().ok()?);
        let by = Some(parts.next()?).filter(|by| !by.is_empty());
        let by = by.map(str::parse).transpose().ok()?;
        let above = parts.next()?.split(',').filter(|id| !id.is_empty());
        let above = above.map(|id| id.parse().map(NodeId)).collect::<Result<_, _>>().ok()?;
        Some(Self { deleted, by, above, path: parts.next()?.parse().ok()? })
    }

    /// What a property notes; none if it is another one, or broken.
    #[must_use]
    pub fn of(property: &Property) -> Option<Self> {
        (property.key == Self::key()).then(|| Self::of_value(&property.value))?
    }

    /// The key of properties that note an origin.
    #[must_use]
    pub fn key() -> PropertyKey {
        PropertyKey { namespace: "urn:allmende:trash".into(), name: "origin".into() }
    }

    /// The property that notes it.
    #[must_use]
    pub fn property(&self) -> Property {
        Property { key: Self::key(), value: self.to_value().into() }
    }

    /// The origin among the properties that a node has for everyone.
    pub(super) fn among(properties: &[Property]) -> Option<Self> {
        properties.iter().find_map(Self::of)
    }

    /// The change that remembers it.
    pub(super) fn remember(&self, node: NodeId) -> PatchProperties {
        change(node, PropertyUpdate::Set(self.property()))
    }

    /// The change that forgets what was remembered of a node.
    pub(super) fn forget(node: NodeId) -> PatchProperties {
        change(node, PropertyUpdate::Remove(Self::key()))
    }
}

fn change(node: NodeId, update: PropertyUpdate) -> PatchProperties {
    PatchProperties { node, owner: PropertyOwner::Everyone, updates: vec![update] }
}

/// The most bytes of a name in the trash. What is shown of team folders gets a number on top.
const MOST: usize = 230;

/// The name that something gets in the trash.
pub(super) fn name_of(name: &Name, deleted: Timestamp) -> Result<Name, InvalidName> {
    let end = format!(".d{}", deleted.unix());
    Name::new(&format!("{}{end}", cut(name.as_str(), MOST - end.len())))
}

/// The name of something that comes back, where its own is taken.
pub(super) fn restored(name: &Name, number: u32) -> Result<Name, InvalidName> {
    let words = match number {
        0 => return Ok(name.clone()),
        1 => " (restored)".to_owned(),
        number => format!(" (restored {number})"),
    };
    let ending = name.extension().filter(|ending| ending.len() < 50).unwrap_or_default();
    let stem = &name.as_str()[..name.as_str().len() - ending.len()];
    let room = Name::MAX_BYTES - words.len() - ending.len();
    Name::new(&format!("{}{words}{ending}", cut(stem, room)))
}

/// As much of a text as fits.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// What is shown of the trash of team folders carries their number, so that no two things
/// that a person sees have one name.
pub(super) fn shown(stored: &Name, folder: Option<i64>) -> Result<Name, InvalidName> {
    match folder {
        None => Ok(stored.clone()),
        Some(folder) => Name::new(&format!("{stored}-{folder}")),
    }
}

/// The name in the trash that is meant by one that was shown, and the team folder.
pub(super) fn stored(shown: &Name) -> (Name, Option<i64>) {
    let text = shown.as_str();
    let team = text.rsplit_once('-').and_then(|(stored, folder)| {
        let (_, moment) = stored.rsplit_once(".d")?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let both = digits(moment) && digits(folder);
        both.then(|| Some((Name::new(stored).ok()?, folder.parse().ok()?))).flatten()
    });
    team.map_or_else(|| (shown.clone(), None), |(stored, folder)| (stored, Some(folder)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> Name {
        Name::new(text).unwrap()
    }

    #[test]
    fn names_tell_when_it_went() {
        let at = Timestamp::from_unix(1_795_449_321);
        let of = |text: &str| name_of(&name(text), at).unwrap().to_string();
        assert_eq!(of("a.d123"), "a.d123.d1795449321");
        assert_eq!(of("100% x"), "100% x.d1795449321");
        assert_eq!(of(&"\u{e4}".repeat(125)), format!("{}.d1795449321", "\u{e4}".repeat(109)));
    }

    #[test]
    fn what_comes_back_gets_another_name() {
        let of = |text: &str, number| restored(&name(text), number).unwrap().to_string();
        assert_eq!(of("f.txt", 0), "f.txt");
        assert_eq!(of("f.txt", 1), "f (restored).txt");
        assert_eq!(of("f.txt", 2), "f (restored 2).txt");
        assert_eq!(of(".hidden", 1), ".hidden (restored)");
        assert_eq!(of("folder", 3), "folder (restored 3)");
        let long = of(&format!("{}.txt", "x".repeat(246)), 12);
        assert_eq!((long.len(), long.ends_with("x (restored 12).txt")), (250, true));
    }

    #[test]
    fn the_number_of_a_team_folder_is_read_again() {
        let own = name("a.d17");
        assert_eq!(shown(&own, None).unwrap(), own);
        let team = shown(&own, Some(3)).unwrap();
        assert_eq!(team.as_str(), "a.d17-3");
        assert_eq!(stored(&team), (own.clone(), Some(3)));
        for odd in
            ["a.d17", "a-3", "a.d-3", "a.d17-", "a.d17-x", "a-3.d17", "a.d17-99999999999999999999"]
        {
            assert_eq!(stored(&name(odd)), (name(odd), None), "{odd}");
        }
    }

    proptest! {
        #[test]
        fn an_origin_is_read_as_it_was_written(
            unix in -5i64..4_000_000_000,
            by in prop::option::of("[a-zA-Z0-9_@-]{1,20}"),
            above in prop::collection::vec(1i64..1 << 50, 0..5),
            path in prop::collection::vec("[a-z\u{7f},\u{e9}. -]{1,9}x", 1..5),
        ) {
            let names = path.iter().map(|name| Name::new(name).unwrap()).collect();
            let origin = Origin {
                deleted: Timestamp::from_unix(unix),
                by: by.map(|by| by.parse().unwrap()),
                above: above.into_iter().map(NodeId).collect(),
                path: SpacePath::from_names(names).unwrap(),
            };
            prop_assert_eq!(Origin::of_value(&origin.to_value()), Some(origin));
        }

        #[test]
        fn every_name_can_be_thrown_away_and_come_back(text in "\\PC{1,125}", number in 0u32..2000) {
            let Ok(name) = Name::new(&text) else { return Ok(()) };
            let gone = name_of(&name, Timestamp::from_unix(1_795_449_321)).unwrap();
            let team = shown(&gone, Some(i64::MAX)).unwrap();
            prop_assert_eq!(stored(&team), (gone, Some(i64::MAX)));
            prop_assert!(restored(&name, number).is_ok());
        }
    }
}
