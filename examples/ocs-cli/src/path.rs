//! Paths on the server, from the home of who is logged in.

use std::fmt;
use std::str::FromStr;

use allmende_webdav_proto::Href;

/// A path below one's home, without empty segments and without `..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RemotePath {
    segments: Vec<String>,
    /// Whether it was written with a slash at the end, and so names a folder.
    folder: bool,
}

impl RemotePath {
    /// The last segment; none of the home itself.
    pub(crate) fn name(&self) -> Option<&str> {
        self.segments.last().map(String::as_str)
    }

    /// Where something called `name` comes to lie: within this if it names a folder, else here.
    pub(crate) fn target_for(&self, name: &str) -> Self {
        let mut target = self.clone();
        if self.folder {
            target.segments.push(name.to_owned());
            target.folder = false;
        }
        target
    }

    /// The reference below `root`.
    pub(crate) fn below(&self, root: &Href) -> Href {
        self.segments.iter().fold(root.clone(), |href, segment| href.join(segment))
    }
}

impl FromStr for RemotePath {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let segments: Vec<String> = text
            .split('/')
            .filter(|segment| !matches!(*segment, "" | "."))
            .map(str::to_owned)
            .collect();
        if segments.iter().any(|segment| segment == "..") {
            return Err("a path on the server must not hold `..`");
        }
        if text.contains('\0') {
            return Err("a path must not hold the character NUL");
        }
        Ok(Self { folder: segments.is_empty() || text.ends_with('/'), segments })
    }
}

impl fmt::Display for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.segments.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RemotePath {
        text.parse().unwrap()
    }

    #[test]
    fn slashes_and_dots_do_not_matter() {
        for text in ["a/b", "/a/b", "//a/./b/"] {
            assert_eq!(path(text).to_string(), "/a/b", "{text}");
        }
        assert_eq!(path("").to_string(), "/");
        assert!("a/../b".parse::<RemotePath>().is_err());
        assert_eq!(path("a..b").name(), Some("a..b"));
    }

    #[test]
    fn a_folder_takes_the_name_of_the_file() {
        assert_eq!(path("/").target_for("x.txt").to_string(), "/x.txt");
        assert_eq!(path("a/").target_for("x.txt").to_string(), "/a/x.txt");
        assert_eq!(path("a").target_for("x.txt").to_string(), "/a");
    }

    #[test]
    fn names_are_encoded_one_by_one() {
        let root = Href::from_path("/files/alice");
        assert_eq!(
            path("a b/50%?#.txt").below(&root).as_str(),
            "/files/alice/a%20b/50%25%3f%23.txt"
        );
    }
}
