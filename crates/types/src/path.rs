//! Paths inside a space.

use std::{fmt, str::FromStr};

use crate::{InvalidName, Name};

/// The way from the root of a space to a node: zero or more [`Name`]s.
///
/// Written with `/` between the names and none at either end; the root is empty.
/// It never climbs: `..` is no name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SpacePath(Vec<Name>);

/// A path that no node can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPath {
    /// One of the names is refused.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// More than [`SpacePath::MAX_DEPTH`] names.
    #[error("Path is too deep")]
    TooDeep,
}

impl SpacePath {
    /// The deepest path, in names. Deeper ones are refused so that walks over
    /// ancestors stay bounded.
    pub const MAX_DEPTH: usize = 256;

    /// The root of a space.
    #[must_use]
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// The path over these names.
    ///
    /// # Errors
    /// When there are more than [`SpacePath::MAX_DEPTH`].
    pub fn from_names(names: Vec<Name>) -> Result<Self, InvalidPath> {
        if names.len() > Self::MAX_DEPTH { Err(InvalidPath::TooDeep) } else { Ok(Self(names)) }
    }

    /// Whether this is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The names from the root downward.
    #[must_use]
    pub fn names(&self) -> &[Name] {
        &self.0
    }

    /// The last name; none for the root.
    #[must_use]
    pub fn file_name(&self) -> Option<&Name> {
        self.0.last()
    }

    /// The folder that holds the node; none for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.split_last().map(|(_, rest)| Self(rest.to_vec()))
    }

    /// The path of a child.
    #[must_use]
    pub fn join(&self, name: Name) -> Self {
        let mut names = Vec::with_capacity(self.0.len() + 1);
        names.extend_from_slice(&self.0);
        names.push(name);
        Self(names)
    }

    /// Whether `self` is `other` or lies below it.
    #[must_use]
    pub fn starts_with(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }
}

impl fmt::Display for SpacePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, name) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("/")?;
            }
            f.write_str(name.as_str())?;
        }
        Ok(())
    }
}

impl FromStr for SpacePath {
    type Err = InvalidPath;

    /// Reads names between slashes; empty ones (a leading, trailing or doubled slash)
    /// are passed over.
    fn from_str(s: &str) -> Result<Self, InvalidPath> {
        let names = s.split('/').filter(|part| !part.is_empty()).map(Name::new);
        Self::from_names(names.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slashes_do_not_matter_and_dots_do_not_climb() {
        let path: SpacePath = "/a//b/".parse().unwrap();
        assert_eq!(path.to_string(), "a/b");
        assert!("a/../b".parse::<SpacePath>().is_err());
        assert!("a/./b".parse::<SpacePath>().is_err());
        assert!("/".parse::<SpacePath>().unwrap().is_root());
        assert!("x/".repeat(257).parse::<SpacePath>().is_err());
        let inside: SpacePath = "a/b/c".parse().unwrap();
        assert!(inside.starts_with(&path) && !path.starts_with(&inside));
        assert!(!"ab".parse::<SpacePath>().unwrap().starts_with(&"a".parse().unwrap()));
    }

    proptest! {
        #[test]
        fn text_and_path_agree(text in "[a-zé./\\\\ ]{0,40}") {
            if let Ok(path) = text.parse::<SpacePath>() {
                prop_assert_eq!(&path.to_string().parse::<SpacePath>().unwrap(), &path);
                if let (Some(parent), Some(name)) = (path.parent(), path.file_name()) {
                    prop_assert_eq!(parent.join(name.clone()), path);
                }
            }
        }
    }
}
