use std::fmt;

use allmende_types::ETag;
use http::HeaderMap;

use super::{HeaderError, list, lock_token::is_coded_url};

/// The `If` header (RFC 4918, section 10.4): lists of conditions on states and entity
/// tags, one of which must hold as a whole.
///
/// ```
/// use allmende_webdav_proto::headers::IfHeader;
///
/// let text = "<https://h/a> (<urn:uuid:1> Not [\"x\"]) ([W/\"y\"])";
/// let header = IfHeader::parse(text)?;
/// assert_eq!(header.lists.len(), 2);
/// assert_eq!(header.tokens().collect::<Vec<_>>(), ["urn:uuid:1"]);
/// assert_eq!(header.to_string(), text);
/// # Ok::<(), allmende_webdav_proto::headers::HeaderError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfHeader {
    /// The lists in order; at least one. Either all of them name a resource or none.
    pub lists: Vec<IfList>,
}

/// Conditions that must all hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfList {
    /// The resource that they are about, as it was sent: a URL or an absolute path.
    /// `None` is the resource of the request.
    pub resource: Option<String>,
    /// The conditions; at least one.
    pub conditions: Vec<IfCondition>,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfCondition {
    /// Whether it is turned round.
    pub negation: Negation,
    /// What must (not) hold.
    pub test: IfTest,
}

/// Whether a condition is turned round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Negation {
    /// As it stands.
    Plain,
    /// Behind the word `Not`.
    Not,
}

/// What a condition asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfTest {
    /// Is the resource locked with this token (a whole URI)?
    Token(String),
    /// Has it this entity tag?
    ETag(ETag),
}

impl IfHeader {
    const NAME: &'static str = "If";
    const MAX_BYTES: usize = 8192;
    const MAX_CONDITIONS: usize = 100;

    /// Reads a value.
    ///
    /// # Errors
    /// When it does not follow the grammar, is longer than 8 KiB, or holds more than 100
    /// conditions.
    pub fn parse(value: &str) -> Result<Self, HeaderError> {
        let error = |reason| HeaderError::new(Self::NAME, reason);
        if value.len() > Self::MAX_BYTES {
            return Err(error("it is too long"));
        }
        let mut scanner = Scanner { rest: value.trim() };
        let tagged = scanner.rest.starts_with('<');
        let mut resource = None;
        let mut lists = Vec::new();
        let mut count = 0;
        while !scanner.rest.is_empty() {
            if scanner.rest.starts_with('<') {
                if !tagged {
                    return Err(error("a resource behind a list without one"));
                }
                resource = Some(scanner.coded_url()?);
                if !scanner.rest.starts_with('(') {
                    return Err(error("a resource without a list"));
                }
            }
            let conditions = scanner.list()?;
            count += conditions.len();
            if count > Self::MAX_CONDITIONS {
                return Err(error("too many conditions"));
            }
            lists.push(IfList { resource: resource.clone(), conditions });
        }
        if lists.is_empty() { Err(error("it is empty")) } else { Ok(Self { lists }) }
    }

    /// Reads the header of a request; `None` if it is not there.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn from_headers(headers: &HeaderMap) -> Result<Option<Self>, HeaderError> {
        // A header that was split into lines comes back with commas, which no list has.
        if headers.get_all(Self::NAME).iter().count() > 1 {
            return Err(HeaderError::new(Self::NAME, "it is repeated"));
        }
        list(headers, Self::NAME)?.map(|value| Self::parse(&value)).transpose()
    }

    /// The resources that must be looked up to judge it, each once; `None` is the
    /// resource of the request.
    #[must_use]
    pub fn resources(&self) -> Vec<Option<&str>> {
        let mut resources = Vec::new();
        for list in &self.lists {
            let resource = list.resource.as_deref();
            if !resources.contains(&resource) {
                resources.push(resource);
            }
        }
        resources
    }

    /// The lock tokens in it, in order. A token counts as submitted wherever it stands
    /// (RFC 4918, section 10.4.1), except `DAV:no-lock`, which is no token at all.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        let conditions = self.lists.iter().flat_map(|list| &list.conditions);
        conditions.filter_map(|condition| match &condition.test {
            IfTest::Token(token) if token != "DAV:no-lock" => Some(token.as_str()),
            IfTest::Token(_) | IfTest::ETag(_) => None,
        })
    }
}

struct Scanner<'a> {
    rest: &'a str,
}

impl Scanner<'_> {
    fn error<T>(reason: &'static str) -> Result<T, HeaderError> {
        Err(HeaderError::new(IfHeader::NAME, reason))
    }

    /// Goes on behind `count` bytes and the blanks that follow.
    fn advance(&mut self, count: usize) {
        self.rest = self.rest[count..].trim_start();
    }

    fn coded_url(&mut self) -> Result<String, HeaderError> {
        let Some(end) = self.rest.find('>') else {
            return Self::error("`<` without `>`");
        };
        let url = self.rest[1..end].to_owned();
        if !is_coded_url(&url) {
            return Self::error("not a URI between angle brackets");
        }
        self.advance(end + 1);
        Ok(url)
    }

    fn list(&mut self) -> Result<Vec<IfCondition>, HeaderError> {
        if !self.rest.starts_with('(') {
            return Self::error("a list must start with `(`");
        }
        self.advance(1);
        let mut conditions = Vec::new();
        while !self.rest.starts_with(')') {
            conditions.push(self.condition()?);
        }
        self.advance(1);
        if conditions.is_empty() { Self::error("an empty list") } else { Ok(conditions) }
    }

    fn condition(&mut self) -> Result<IfCondition, HeaderError> {
        let not = self.rest.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("not"));
        if not {
            self.advance(3);
        }
        let negation = if not { Negation::Not } else { Negation::Plain };
        let test = match self.rest.as_bytes().first() {
            Some(b'<') => IfTest::Token(self.coded_url()?),
            Some(b'[') => IfTest::ETag(self.etag()?),
            _ => return Self::error("neither a token nor an entity tag"),
        };
        Ok(IfCondition { negation, test })
    }

    fn etag(&mut self) -> Result<ETag, HeaderError> {
        // The tag itself may hold `]`, so its closing quote decides.
        let close = self.rest.find('"').and_then(|open| {
            let behind = &self.rest[open + 1..];
            behind.find('"').map(|len| open + 1 + len + 1)
        });
        let Some(close) = close else {
            return Self::error("an entity tag without quotes");
        };
        let Ok(tag) = self.rest[1..close].trim().parse() else {
            return Self::error("not an entity tag");
        };
        self.advance(close);
        if !self.rest.starts_with(']') {
            return Self::error("`[` without `]`");
        }
        self.advance(1);
        Ok(tag)
    }
}

impl fmt::Display for IfHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = None;
        for (at, list) in self.lists.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            if let Some(resource) = &list.resource
                && before != Some(resource)
            {
                write!(f, "<{resource}> ")?;
            }
            before = list.resource.as_ref();
            f.write_str("(")?;
            for (at, condition) in list.conditions.iter().enumerate() {
                f.write_str(if at == 0 { "" } else { " " })?;
                f.write_str(if condition.negation == Negation::Not { "Not " } else { "" })?;
                match &condition.test {
                    IfTest::Token(token) => write!(f, "<{token}>")?,
                    IfTest::ETag(tag) => write!(f, "[{tag}]")?,
                }
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_clients_send() {
        for text in [
            "([\"etag\"])",
            "(<opaquelocktoken:1>)",
            "<https://h/a> (<opaquelocktoken:1>)",
            "(<urn:uuid:1> [\"I am an ETag\"]) ([\"b\"])",
            "(Not <urn:uuid:1> <urn:uuid:2>)",
            "</a> (<urn:uuid:1>) ([W/\"w]\"]) </b> (Not <DAV:no-lock>)",
        ] {
            let valid = !text.contains("I am"); // blanks are not allowed in a tag since 2014
            assert_eq!(IfHeader::parse(text).is_ok(), valid, "{text}");
            if valid {
                assert_eq!(IfHeader::parse(text).unwrap().to_string(), text);
            }
        }
        let tight = IfHeader::parse("</a>(<t:1>[\"e\"])(not<t:2>)").unwrap();
        assert_eq!(tight.to_string(), "</a> (<t:1> [\"e\"]) (Not <t:2>)");
        assert_eq!(tight.resources(), [Some("/a")]);
    }

    #[test]
    fn junk_is_an_error() {
        for bad in [
            "",
            "junk",
            "()",
            "(",
            ")",
            "(<a)",
            "<a>",
            "<a> <b> (<c>)",
            "(<a>) <b> (<c>)",
            "([a])",
            "([\"a\")",
            "(Not)",
            "(Not Not <a>)",
            "(<a>),(<b>)",
            "(<>)",
            "(<a b>)",
            "([\"a\"",
            "é",
            "(é)",
        ] {
            assert_eq!(IfHeader::parse(bad).unwrap_err().header(), "If", "{bad}");
        }
        assert!(IfHeader::parse(&"(<a>)".repeat(100)).is_ok());
        assert!(IfHeader::parse(&"(<a>)".repeat(101)).is_err());
        assert!(
            IfHeader::parse(&format!("(<{}>) ({}", "a".repeat(4096), " ".repeat(5000))).is_err()
        );
    }

    fn condition() -> impl Strategy<Value = IfCondition> {
        let test = prop_oneof![
            "[a-z]{1,6}:[!-;=?-~]{1,12}".prop_map(IfTest::Token),
            ("[!#-~é]{0,8}", any::<bool>()).prop_map(|(tag, weak)| {
                let weak = if weak { "W/" } else { "" };
                IfTest::ETag(format!("{weak}\"{tag}\"").parse().unwrap())
            }),
        ];
        let negation = prop_oneof![Just(Negation::Plain), Just(Negation::Not)];
        (negation, test).prop_map(|(negation, test)| IfCondition { negation, test })
    }

    fn header() -> impl Strategy<Value = IfHeader> {
        let conditions = || proptest::collection::vec(condition(), 1..4);
        let untagged = conditions().prop_map(|conditions| IfList { resource: None, conditions });
        let tagged = ("/[!-;=?-~]{0,8}", conditions())
            .prop_map(|(tag, conditions)| IfList { resource: Some(tag), conditions });
        prop_oneof![
            proptest::collection::vec(untagged, 1..4),
            proptest::collection::vec(tagged, 1..4),
        ]
        .prop_map(|lists| IfHeader { lists })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(header in header()) {
            prop_assert_eq!(IfHeader::parse(&header.to_string()), Ok(header));
        }

        #[test]
        fn nothing_that_is_sent_panics(text in "[ ()<>\\[\\]\"NotW/aé:]{0,40}") {
            if let Ok(header) = IfHeader::parse(&text) {
                prop_assert_eq!(IfHeader::parse(&header.to_string()), Ok(header));
            }
        }
    }
}
