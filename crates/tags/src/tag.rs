//! What a tag is.

use std::{fmt, str::FromStr};

use allmende_types::GroupId;

use crate::Caller;

/// The number of a tag. It is never given to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagId(pub i64);

impl fmt::Display for TagId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for TagId {
    type Err = std::num::ParseIntError;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        s.parse().map(Self)
    }
}

/// The name of a tag: 1 to 64 characters of any kind but controls. Blanks around it are no
/// part of it.
///
/// ```
/// use allmende_tags::TagName;
///
/// let name: TagName = " Für die Ablage ".parse()?;
/// assert_eq!(name.as_str(), "Für die Ablage");
/// assert!(" ".parse::<TagName>().is_err());
/// # Ok::<(), allmende_tags::InvalidTagName>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TagName(Box<str>);

/// A text that is no name of a tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("A tag's name has 1 to 64 characters, none of which is a control character")]
pub struct InvalidTagName;

impl TagName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which names are compared.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl FromStr for TagName {
    type Err = InvalidTagName;
    fn from_str(s: &str) -> Result<Self, InvalidTagName> {
        let name = s.trim();
        let length = name.chars().take(65).count();
        if (1..=64).contains(&length) && !name.chars().any(char::is_control) {
            Ok(Self(name.into()))
        } else {
            Err(InvalidTagName)
        }
    }
}

impl fmt::Display for TagName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A colour: six hexadecimal digits, as they were written.
///
/// ```
/// use allmende_tags::Color;
///
/// assert_eq!("Ff0000".parse::<Color>()?.as_str(), "Ff0000");
/// assert!("#ff0000".parse::<Color>().is_err() && "red".parse::<Color>().is_err());
/// # Ok::<(), allmende_tags::InvalidColor>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Color(Box<str>);

/// A text that is no colour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("Color must be a 6-digit hexadecimal value")]
pub struct InvalidColor;

impl Color {
    /// The six digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Color {
    type Err = InvalidColor;
    fn from_str(s: &str) -> Result<Self, InvalidColor> {
        if s.len() == 6 && s.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Self(s.into()))
        } else {
            Err(InvalidColor)
        }
    }
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tag {
    /// Its number.
    pub id: TagId,
    /// Its name.
    pub name: TagName,
    /// Whether people who are no administrators see it.
    pub visible: bool,
    /// Whether everybody who sees it may assign it; otherwise it is restricted to
    /// [`groups`](Self::groups).
    pub assignable: bool,
    /// The colour that clients show it in.
    pub color: Option<Color>,
    /// The groups whose members may assign a restricted tag.
    pub groups: Vec<GroupId>,
    /// Counts the changes of the tag itself.
    pub revision: i64,
}

impl Tag {
    /// Whether a person may know of it.
    #[must_use]
    pub fn is_seen_by(&self, caller: &Caller<'_>) -> bool {
        self.visible || caller.is_administrator()
    }

    /// Whether a person may put it on what they may change, and take it away again.
    #[must_use]
    pub fn is_assignable_by(&self, caller: &Caller<'_>) -> bool {
        caller.is_administrator()
            || self.visible
                && (self.assignable || self.groups.iter().any(|id| caller.groups.contains(id)))
    }
}

/// A tag that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewTag {
    /// Its name.
    pub name: TagName,
    /// See [`Tag::visible`].
    pub visible: bool,
    /// See [`Tag::assignable`].
    pub assignable: bool,
    /// See [`Tag::color`].
    pub color: Option<Color>,
    /// See [`Tag::groups`].
    pub groups: Vec<GroupId>,
}

impl NewTag {
    /// A tag for everybody, without a colour.
    #[must_use]
    pub const fn new(name: TagName) -> Self {
        Self { name, visible: true, assignable: true, color: None, groups: Vec::new() }
    }
}

/// What is to be changed of a tag; what is none stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct TagUpdate {
    /// Another name.
    pub name: Option<TagName>,
    /// See [`Tag::visible`].
    pub visible: Option<bool>,
    /// See [`Tag::assignable`].
    pub assignable: Option<bool>,
    /// Another colour, or none any more.
    pub color: Option<Option<Color>>,
    /// Other groups, in place of those before.
    pub groups: Option<Vec<GroupId>>,
}

#[cfg(test)]
mod tests {
    use allmende_types::{Timestamp, UserId};

    use super::*;

    fn tag(visible: bool, assignable: bool, groups: &[&str]) -> Tag {
        Tag {
            id: TagId(1),
            name: "x".parse().unwrap(),
            visible,
            assignable,
            color: None,
            groups: groups.iter().map(|id| id.parse().unwrap()).collect(),
            revision: 1,
        }
    }

    #[test]
    fn who_sees_and_who_assigns() {
        let alice: UserId = "alice".parse().unwrap();
        let groups =
            |ids: &[&str]| -> Vec<GroupId> { ids.iter().map(|id| id.parse().unwrap()).collect() };
        let (none, staff, admin) = (groups(&[]), groups(&["staff"]), groups(&["admin"]));
        for (tag, groups, seen, assigned) in [
            (tag(true, true, &[]), &none, true, true),
            (tag(true, false, &[]), &none, true, false),
            (tag(true, false, &["staff"]), &none, true, false),
            (tag(true, false, &["staff"]), &staff, true, true),
            (tag(false, true, &["staff"]), &staff, false, false),
            (tag(false, false, &["staff"]), &staff, false, false),
            (tag(false, false, &[]), &admin, true, true),
            (tag(true, false, &[]), &admin, true, true),
        ] {
            let caller = Caller { person: &alice, groups, now: Timestamp::EPOCH };
            assert_eq!(
                (tag.is_seen_by(&caller), tag.is_assignable_by(&caller)),
                (seen, assigned),
                "{tag:?} {groups:?}"
            );
        }
    }

    #[test]
    fn names_have_limits() {
        for (text, name) in [
            ("a", Some("a")),
            ("  a b ", Some("a b")),
            ("", None),
            (" \t ", None),
            ("a\u{0}b", None),
            ("a\nb", None),
            ("<script>alert(1)</script>", Some("<script>alert(1)</script>")),
        ] {
            assert_eq!(text.parse::<TagName>().ok().as_ref().map(TagName::as_str), name, "{text}");
        }
        assert!("ä".repeat(64).parse::<TagName>().is_ok());
        assert!("ä".repeat(65).parse::<TagName>().is_err());
        assert_eq!("ÄB".parse::<TagName>().unwrap().key(), "äb");
    }
}
