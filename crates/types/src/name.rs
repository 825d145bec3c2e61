//! Names of files and folders, and the policy that a server puts on new ones.

use std::{
    borrow::{Borrow, Cow},
    fmt,
    str::FromStr,
    sync::Arc,
};

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The name of a node inside its folder.
///
/// Always in Unicode NFC, of 1 to [`Name::MAX_BYTES`] bytes, without `/`, `\` or
/// the control characters below U+0020, and neither `.` nor `..`. What else a server forbids is the
/// matter of its [`NamePolicy`], which new names pass and stored ones need not.
///
/// Clones share the text: a listing has the names of a path once for all its entries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameReason {
    /// The name has no character.
    Empty,
    /// The name is `.` or `..`.
    Dots,
    /// More than [`Name::MAX_BYTES`] bytes.
    TooLong,
    /// A character that no name may have, or that the policy forbids.
    Character(char),
    /// The whole name is forbidden, such as `.htaccess`.
    Reserved,
    /// The part before the first dot is forbidden, such as `CON` on Windows.
    BaseName(String),
    /// The ending is forbidden, such as `.part`.
    Extension(String),
}

/// A name that may not be given to a file or folder. Its text is what clients show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{}", self.message())]
pub struct InvalidName {
    /// The name as it was given.
    pub name: String,
    /// What is wrong with it.
    pub reason: NameReason,
}

impl InvalidName {
    fn new(name: &str, reason: NameReason) -> Self {
        Self { name: name.to_owned(), reason }
    }

    fn message(&self) -> String {
        match &self.reason {
            NameReason::Empty => "Filename must not be empty.".to_owned(),
            NameReason::Dots => format!("\"{}\" is not a valid file or folder name.", self.name),
            NameReason::TooLong => "Filename is too long".to_owned(),
            NameReason::Character(c) if c.is_control() => {
                format!(
                    "Character U+{:04X} is not allowed inside a file or folder name.",
                    u32::from(*c)
                )
            }
            NameReason::Character(c) => {
                format!("\"{c}\" is not allowed inside a file or folder name.")
            }
            NameReason::Reserved => format!(
                "\"{}\" is a reserved name and not allowed for file or folder names.",
                self.name
            ),
            NameReason::BaseName(base) => {
                format!("\"{base}\" is a forbidden prefix for file or folder names.")
            }
            NameReason::Extension(ending) => format!("\"{ending}\" is a forbidden file type."),
        }
    }
}

impl Name {
    /// The longest name, in bytes of its NFC form. Nextcloud has the same limit.
    pub const MAX_BYTES: usize = 250;

    /// Normalises `text` and checks it.
    ///
    /// # Errors
    /// When the text can be no name on any server.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        let refuse = |reason| Err(InvalidName::new(text, reason));
        // Nearly every name is normal already, above all those that were stored.
        let normal = if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(text.nfc().collect::<String>())
        };
        if normal.is_empty() {
            return refuse(NameReason::Empty);
        }
        if normal == "." || normal == ".." {
            return refuse(NameReason::Dots);
        }
        // All of them are ASCII, so that they can be looked for among the bytes.
        let refused = |byte: &u8| matches!(byte, b'/' | b'\\') || *byte < b' ';
        if let Some(byte) = normal.bytes().find(refused) {
            return refuse(NameReason::Character(char::from(byte)));
        }
        if normal.len() > Self::MAX_BYTES {
            return refuse(NameReason::TooLong);
        }
        Ok(Self(normal.as_ref().into()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The ending with its dot, such as `.txt`; none for `README` and `.profile`.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        match self.0.rfind('.') {
            None | Some(0) => None,
            Some(at) => Some(&self.0[at..]),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Name {
    type Err = InvalidName;
    fn from_str(s: &str) -> Result<Self, InvalidName> {
        Self::new(s)
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// What a server allows as the name of a new file or folder.
///
/// The fields carry the names of Nextcloud's configuration and capabilities; every
/// comparison ignores case. The default is the original's: `.htaccess` and the
/// endings of half-written files are refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePolicy {
    /// Whole names that are refused.
    pub forbidden_filenames: Vec<String>,
    /// Names refused up to their first dot: `CON` refuses `con.txt` too.
    pub forbidden_filename_basenames: Vec<String>,
    /// Characters that are refused beside those that no [`Name`] has.
    pub forbidden_filename_characters: Vec<char>,
    /// Endings that are refused, with their dot if they have one.
    pub forbidden_filename_extensions: Vec<String>,
    /// Two names that differ only in case count as the same.
    pub case_insensitive: bool,
}

impl Default for NamePolicy {
    fn default() -> Self {
        Self {
            forbidden_filenames: vec![".htaccess".into()],
            forbidden_filename_basenames: Vec::new(),
            forbidden_filename_characters: vec!['\\', '/'],
            forbidden_filename_extensions: vec![".filepart".into(), ".part".into()],
            case_insensitive: false,
        }
    }
}

impl NamePolicy {
    /// The policy under which every stored name is also a name on Windows.
    #[must_use]
    pub fn windows_compatible() -> Self {
        let numbered = |stem: &'static str| (0..=9).map(move |n| format!("{stem}{n}"));
        let base = ["con", "prn", "aux", "nul"].into_iter().map(str::to_owned);
        let mut extensions = Self::default().forbidden_filename_extensions;
        extensions.extend([" ".to_owned(), ".".to_owned()]);
        Self {
            forbidden_filename_basenames: (base.chain(numbered("com")).chain(numbered("lpt")))
                .collect(),
            forbidden_filename_characters: vec!['<', '>', ':', '"', '|', '?', '*', '\\', '/'],
            forbidden_filename_extensions: extensions,
            ..Self::default()
        }
    }

    /// Whether the names of [`NamePolicy::windows_compatible`] are all refused.
    #[must_use]
    pub fn is_windows_compatible(&self) -> bool {
        let windows = Self::windows_compatible();
        let within = |all: &[String], some: &[String]| some.iter().all(|x| all.contains(x));
        within(&self.forbidden_filename_basenames, &windows.forbidden_filename_basenames)
            && within(&self.forbidden_filename_extensions, &windows.forbidden_filename_extensions)
            && (windows.forbidden_filename_characters.iter())
                .all(|c| self.forbidden_filename_characters.contains(c))
    }

    /// Checks the name of a new or renamed node.
    ///
    /// # Errors
    /// When the policy forbids it.
    pub fn check(&self, name: &Name) -> Result<(), InvalidName> {
        let refuse = |reason| Err(InvalidName::new(name.as_str(), reason));
        let lower = name.as_str().to_lowercase();
        if self.forbidden_filenames.iter().any(|f| f.to_lowercase() == lower) {
            return refuse(NameReason::Reserved);
        }
        let forbidden = &self.forbidden_filename_characters;
        if let Some(c) = name.as_str().chars().find(|c| forbidden.contains(c)) {
            return refuse(NameReason::Character(c));
        }
        // A leading dot belongs to the base name: `.con` is not `con`.
        let base = lower.find('.').filter(|at| *at > 0).map_or(lower.as_str(), |at| &lower[..at]);
        if self.forbidden_filename_basenames.iter().any(|f| f.to_lowercase() == base) {
            return refuse(NameReason::BaseName(base.to_owned()));
        }
        if let Some(ending) = (self.forbidden_filename_extensions.iter())
            .find(|ending| lower.ends_with(&ending.to_lowercase()))
        {
            return refuse(NameReason::Extension(ending.clone()));
        }
        Ok(())
    }

    /// What two names must differ in to stand in one folder: the name itself, or its
    /// case-folded form.
    #[must_use]
    pub fn key(&self, name: &Name) -> String {
        if self.case_insensitive {
            // Upper, then lower: `ß` and `ẞ`, `ς` and `σ` meet.
            name.as_str().to_uppercase().to_lowercase().nfc().collect()
        } else {
            name.as_str().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(text: &str) -> String {
        let name = Name::new(text);
        name.and_then(|n| NamePolicy::default().check(&n)).unwrap_err().to_string()
    }

    #[test]
    fn the_messages_are_those_that_clients_know() {
        assert_eq!(message("a\\b"), "\"\\\" is not allowed inside a file or folder name.");
        assert_eq!(message("X.PART"), "\".part\" is a forbidden file type.");
        assert_eq!(message(&"ä".repeat(126)), "Filename is too long");
        assert!(message(".HTACCESS").contains("reserved"));
        // As the original has it: DEL is a character like any other.
        assert!(Name::new("a\u{7f}b").is_ok());
        for bad in ["", ".", "..", "a/b", "a\0b", "a\nb"] {
            assert!(Name::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_original_allows_what_windows_does_not() {
        for text in ["CON", "a:b", "a*b", "dot.", "space ", "...", "com1.tar.gz"] {
            let name = Name::new(text).unwrap();
            assert!(NamePolicy::default().check(&name).is_ok(), "{text}");
            let windows = NamePolicy::windows_compatible().check(&name);
            assert!(windows.is_err(), "{text}");
        }
        assert!(NamePolicy::windows_compatible().is_windows_compatible());
        assert!(!NamePolicy::default().is_windows_compatible());
    }

    #[test]
    fn names_meet_in_nfc_and_on_request_in_case() {
        let composed = Name::new("\u{e9}").unwrap();
        assert_eq!(Name::new("e\u{301}").unwrap(), composed);
        let folded = NamePolicy { case_insensitive: true, ..NamePolicy::default() };
        let key = |text| folded.key(&Name::new(text).unwrap());
        assert_eq!(key("STRASSE"), key("straße"));
        assert_eq!(key("Ärger"), key("äRGER"));
    }

    proptest! {
        #[test]
        fn a_name_stays_itself_when_read_again(text in ".{0,80}") {
            if let Ok(name) = Name::new(&text) {
                prop_assert_eq!(&Name::new(name.as_str()).unwrap(), &name);
                let folded = NamePolicy { case_insensitive: true, ..NamePolicy::default() };
                if let Ok(again) = Name::new(&folded.key(&name)) {
                    prop_assert_eq!(folded.key(&again), folded.key(&name));
                }
            }
        }
    }
}
