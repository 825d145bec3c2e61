//! What a comment is.

use std::{fmt, str::FromStr};

use allmende_types::{NodeId, Timestamp, UserId};

use crate::{Mention, mentions};

/// The most characters that a message has.
pub const MAX_MESSAGE: usize = 1000;
const MAX_VERB: usize = 64;

/// The number of a comment. It is never given to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommentId(pub i64);

impl fmt::Display for CommentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for CommentId {
    type Err = std::num::ParseIntError;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        s.parse().map(Self)
    }
}

/// A text that cannot be what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{0}")]
pub struct InvalidText(pub TextFault);

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextFault {
    /// A message of more than [`MAX_MESSAGE`] characters.
    #[error("Message exceeds allowed character limit of {MAX_MESSAGE}")]
    TooLong,
    /// A character that no document can carry, or a verb that is none.
    #[error("Invalid input values")]
    Invalid,
}

/// What somebody says: up to 1,000 characters, which may be none; blanks around it are no
/// part of it. Line breaks and tabulators are kept, and no other control character may be in
/// it, since XML could not carry it.
///
/// It is plain text. Whoever shows it in a page must escape it.
///
/// ```
/// use allmende_comments::Message;
///
/// let message: Message = " <b>really?</b> ".parse()?;
/// assert_eq!(message.as_str(), "<b>really?</b>");
/// assert!("x".repeat(1001).parse::<Message>().is_err());
/// # Ok::<(), allmende_comments::InvalidText>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message(Box<str>);

impl Message {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Message {
    type Err = InvalidText;
    fn from_str(s: &str) -> Result<Self, InvalidText> {
        let text = s.trim();
        if text.chars().nth(MAX_MESSAGE).is_some() {
            return Err(InvalidText(TextFault::TooLong));
        }
        let barred = |c: char| {
            c.is_control() && !matches!(c, '\t' | '\n' | '\r')
                || matches!(c, '\u{fffe}' | '\u{ffff}')
        };
        if text.chars().any(barred) {
            return Err(InvalidText(TextFault::Invalid));
        }
        Ok(Self(text.into()))
    }
}

/// What kind of comment it is. People's are `comment`; programs have words of their own: 1
/// to 64 characters of any kind but controls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verb(Box<str>);

impl Verb {
    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Verb {
    fn default() -> Self {
        Self("comment".into())
    }
}

impl FromStr for Verb {
    type Err = InvalidText;
    fn from_str(s: &str) -> Result<Self, InvalidText> {
        let verb = s.trim();
        let fits = !verb.is_empty() && verb.chars().nth(MAX_VERB).is_none();
        if fits && !verb.chars().any(|c| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}')) {
            Ok(Self(verb.into()))
        } else {
            Err(InvalidText(TextFault::Invalid))
        }
    }
}

/// A comment, as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comment {
    /// Its number.
    pub id: CommentId,
    /// What it is on.
    pub node: NodeId,
    /// The comment that it answers. It may be deleted meanwhile.
    pub parent: Option<CommentId>,
    /// The first comment of its thread, if it is not that itself. It may be deleted
    /// meanwhile.
    pub topmost: Option<CommentId>,
    /// How many comments answer it.
    pub replies: u64,
    /// When the last of these was written.
    pub last_reply: Option<Timestamp>,
    /// What kind of comment it is.
    pub verb: String,
    /// Who wrote it; none if they are gone.
    pub author: Option<UserId>,
    /// What they say: plain text.
    pub message: String,
    /// When they said it.
    pub created: Timestamp,
    /// Whether it is new to the person who reads.
    pub unread: bool,
    /// Its place among the comments of the node.
    pub(crate) seq: i64,
}

impl Comment {
    /// Who is mentioned in it, each once. Whether there are such people is not looked up.
    pub fn mentions(&self) -> impl Iterator<Item = Mention<'_>> {
        mentions(&self.message)
    }
}

/// A comment that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewComment {
    /// What is said.
    pub message: Message,
    /// What kind of comment it is.
    pub verb: Verb,
    /// The comment that it answers, on the same node.
    pub parent: Option<CommentId>,
    /// Whom to tell that they are mentioned. It is for the caller to name only people who
    /// may see the node.
    pub tell: Vec<UserId>,
}

impl NewComment {
    /// A comment that answers nothing and is told to nobody.
    #[must_use]
    pub fn new(message: Message) -> Self {
        Self { message, verb: Verb::default(), parent: None, tell: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_and_verbs_have_limits() {
        let fault = |text: &str| text.parse::<Message>().err().map(|error| error.0);
        assert_eq!(fault(""), None);
        assert_eq!(fault(&"\u{1f980}".repeat(1000)), None);
        assert_eq!(fault(&"a".repeat(1001)), Some(TextFault::TooLong));
        assert_eq!(fault("a\u{0}b"), Some(TextFault::Invalid));
        assert_eq!(fault("a\u{ffff}b"), Some(TextFault::Invalid));
        assert_eq!(" a\n\tb ".parse::<Message>().unwrap().as_str(), "a\n\tb");
        assert!("junk".parse::<Verb>().is_ok() && "".parse::<Verb>().is_err());
        assert!("x".repeat(65).parse::<Verb>().is_err());
    }
}
