//! The names of people, groups and circles.

use std::{fmt, str::FromStr};

/// An id that no person, group or circle can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{0:?} is not a valid id of a person, group or circle")]
pub struct InvalidPrincipal(pub String);

/// The permanent id of a person, as it stands in URLs and in `/cloud/user`.
///
/// 1 to 64 characters of `a-z A-Z 0-9` and the characters `_ . @ - '` and blank, which
/// neither starts nor ends it; not only dots. Two ids that differ only in case are one
/// person: [`UserId::key`] is what to look up by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(Box<str>);

impl UserId {
    /// The id as it was chosen.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which ids are compared.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for UserId {
    type Err = InvalidPrincipal;
    fn from_str(s: &str) -> Result<Self, InvalidPrincipal> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_.@-' ".contains(&b);
        let shape = !s.is_empty() && s.len() <= 64 && s.bytes().all(allowed);
        if shape && s.trim() == s && !s.bytes().all(|b| b == b'.') {
            Ok(Self(s.into()))
        } else {
            Err(InvalidPrincipal(s.to_owned()))
        }
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a group: 1 to 64 characters of any kind but controls; blanks neither start
/// nor end it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(Box<str>);

impl GroupId {
    /// The group whose members administer the server.
    #[must_use]
    pub fn admin() -> Self {
        Self("admin".into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for GroupId {
    type Err = InvalidPrincipal;
    fn from_str(s: &str) -> Result<Self, InvalidPrincipal> {
        let length = s.chars().take(65).count();
        if (1..=64).contains(&length) && !s.chars().any(char::is_control) && s.trim() == s {
            Ok(Self(s.into()))
        } else {
            Err(InvalidPrincipal(s.to_owned()))
        }
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a circle: a team that people make and manage themselves. 1 to 64 letters and
/// digits; the server makes it up, and it means nothing.
///
/// ```
/// use allmende_types::CircleId;
///
/// let id: CircleId = "VHdCbXhlQ1pmZ2t4a0ZqYkxuR3NXeQ1".parse()?;
/// assert_eq!(id.as_str().len(), 31);
/// assert!("a/b".parse::<CircleId>().is_err());
/// # Ok::<(), allmende_types::InvalidPrincipal>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CircleId(Box<str>);

impl CircleId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CircleId {
    type Err = InvalidPrincipal;
    fn from_str(s: &str) -> Result<Self, InvalidPrincipal> {
        if (1..=64).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric()) {
            Ok(Self(s.into()))
        } else {
            Err(InvalidPrincipal(s.to_owned()))
        }
    }
}

impl fmt::Display for CircleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_checked() {
        for good in ["alice", "a.b@c-d_e", "O'Neil", "first last", "42"] {
            assert_eq!(good.parse::<UserId>().unwrap().as_str(), good);
        }
        for bad in ["", ".", "..", "a/b", "a\\b", " a", "a ", "é", "a\0", &"x".repeat(65)] {
            assert!(bad.parse::<UserId>().is_err(), "{bad:?}");
        }
        assert!("Große Gruppe/Ost".parse::<GroupId>().is_ok());
        assert!("a\nb".parse::<GroupId>().is_err());
        assert!("Az09".parse::<CircleId>().is_ok());
        for bad in ["", "a-b", "é", &"x".repeat(65)] {
            assert!(bad.parse::<CircleId>().is_err(), "{bad:?}");
        }
    }
}
