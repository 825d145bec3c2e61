//! What a search of nodes looks for.

use std::cmp::Ordering;

use allmende_types::{NodeId, Timestamp};

use super::{Node, PropertyKey, PropertyOwner};

/// A search below folders, for [`Tree::search`](super::Tree::search).
///
/// ```
/// use allmende_storage::{NodeFilter, NodeSearch, Pattern};
/// use allmende_types::NodeId;
///
/// let mut search = NodeSearch::below(vec![NodeId(7)]);
/// search.filter = NodeFilter::All(vec![
///     NodeFilter::Name(Pattern::new("%.odt")),
///     NodeFilter::Not(Box::new(NodeFilter::Folder)),
/// ]);
/// search.limit = 20;
/// ```
#[derive(Debug, Clone)]
pub struct NodeSearch {
    /// The folders to look below; they are not found themselves.
    pub below: Vec<NodeId>,
    /// How far below.
    pub depth: SearchDepth,
    /// What to find.
    pub filter: NodeFilter,
    /// In which order, the most important first; equal ones come by name, then by id.
    pub order: Vec<(NodeField, SortOrder)>,
    /// How many are passed over.
    pub skip: usize,
    /// How many are found at most.
    pub limit: usize,
}

impl NodeSearch {
    /// A search for the first hundred of everything below some folders.
    #[must_use]
    pub fn below(folders: Vec<NodeId>) -> Self {
        Self {
            below: folders,
            depth: SearchDepth::Infinity,
            filter: NodeFilter::All(Vec::new()),
            order: Vec::new(),
            skip: 0,
            limit: 100,
        }
    }

    /// Which of two results comes first; of none that the order tells apart, the one with the
    /// smaller id.
    #[must_use]
    pub fn compare(&self, a: &Node, b: &Node) -> Ordering {
        let by_name = (NodeField::Name, SortOrder::Ascending);
        let by = |(field, order): &(NodeField, SortOrder)| {
            let found = field.compare(a, b);
            if *order == SortOrder::Descending { found.reverse() } else { found }
        };
        let first = self.order.iter().chain([&by_name]).map(by).find(|found| found.is_ne());
        first.unwrap_or_else(|| a.id.cmp(&b.id))
    }
}

/// How far below its folders a search looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchDepth {
    /// At their children.
    Children,
    /// At everything.
    Infinity,
}

/// A condition on a node. A tree answers all of them, so a new one is a new contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeFilter {
    /// All of these; of none, every node.
    All(Vec<NodeFilter>),
    /// One of these; of none, no node.
    Any(Vec<NodeFilter>),
    /// Not this.
    Not(Box<NodeFilter>),
    /// The name fits.
    Name(Pattern),
    /// The media type that was stored fits. That of a folder is empty.
    MediaType(Pattern),
    /// It is a folder.
    Folder,
    /// A figure is in this relation to a value. A time that is not known is in none.
    Figure(NodeField, Relation, i64),
    /// It has a stored property.
    Has(PropertyOwner, PropertyKey),
}

/// What is known of a node, for sorting and comparing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeField {
    /// Its id.
    Id,
    /// Its name, without regard to case. Not a figure: a comparison with it fits nothing.
    Name,
    /// Its media type. Not a figure either.
    MediaType,
    /// Bytes.
    Size,
    /// The time of its content, in seconds since 1970.
    Modified,
    /// The time of its making, as a client told it.
    Created,
    /// The time at which the content came here.
    Uploaded,
    /// The later of [`Modified`](Self::Modified) and [`Uploaded`](Self::Uploaded).
    LastActivity,
}

impl NodeField {
    /// The figure of a node.
    #[must_use]
    pub fn of(self, node: &Node) -> Option<i64> {
        match self {
            Self::Id => Some(node.id.0),
            Self::Name | Self::MediaType => None,
            Self::Size => i64::try_from(node.size).ok(),
            Self::Modified => Some(node.modified.unix()),
            Self::Created => node.created.map(Timestamp::unix),
            Self::Uploaded => Some(node.uploaded.unix()),
            Self::LastActivity => Some(node.modified.max(node.uploaded).unix()),
        }
    }

    fn compare(self, a: &Node, b: &Node) -> Ordering {
        let name = |node: &Node| node.name.as_ref().map(|name| name.as_str().to_lowercase());
        let media = |node: &Node| node.content().map(|content| content.media_type.clone());
        match self {
            Self::Name => name(a).cmp(&name(b)),
            Self::MediaType => media(a).unwrap_or_default().cmp(&media(b).unwrap_or_default()),
            field => field.of(a).cmp(&field.of(b)),
        }
    }
}

/// How two figures stand to one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// Equal.
    Equal,
    /// Less.
    Less,
    /// Less or equal.
    AtMost,
    /// Greater.
    Greater,
    /// Greater or equal.
    AtLeast,
}

impl Relation {
    /// Whether it holds.
    #[must_use]
    pub fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::Greater => left > right,
            Self::AtLeast => left >= right,
        }
    }
}

/// Which way round a search is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SortOrder {
    /// The least first; what is not known comes before everything.
    #[default]
    Ascending,
    /// The greatest first.
    Descending,
}

/// A pattern of `LIKE`: `%` stands for any text and `_` for one character; a backslash
/// takes the meaning of the character behind it. Case is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Box<str>);

impl Pattern {
    /// A pattern; a single backslash at the end means itself.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        let mut folded = pattern.to_lowercase();
        let open = folded.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1;
        if open {
            folded.push('\\');
        }
        Self(folded.into())
    }

    /// The pattern that fits one text only.
    #[must_use]
    pub fn exactly(text: &str) -> Self {
        Self(escape(text).into())
    }

    /// The pattern that fits whatever contains a text.
    #[must_use]
    pub fn containing(text: &str) -> Self {
        Self(format!("%{}%", escape(text)).into())
    }

    /// In lower case, with the backslash as the escape.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a text fits.
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        let text: Vec<char> = text.to_lowercase().chars().collect();
        let mut tokens = Vec::new();
        let mut chars = self.0.chars();
        while let Some(char) = chars.next() {
            tokens.push(match char {
                '%' => Token::Any,
                '_' => Token::One,
                '\\' => Token::Char(chars.next().unwrap_or('\\')),
                char => Token::Char(char),
            });
        }
        // Going back to the last `%` only keeps this quadratic at the worst.
        let (mut at, mut token, mut back) = (0, 0, None);
        while at < text.len() {
            match tokens.get(token) {
                Some(Token::Any) => {
                    token += 1;
                    back = Some((at, token));
                }
                Some(Token::One) => (at, token) = (at + 1, token + 1),
                Some(Token::Char(char)) if *char == text[at] => {
                    (at, token) = (at + 1, token + 1);
                }
                _ => {
                    let Some((from, behind)) = back else { return false };
                    (at, token, back) = (from + 1, behind, Some((from + 1, behind)));
                }
            }
        }
        tokens[token..].iter().all(|token| matches!(token, Token::Any))
    }
}

enum Token {
    Any,
    One,
    Char(char),
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.to_lowercase().chars() {
        if matches!(char, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}

impl NodeFilter {
    /// Whether a node fits; `has` tells whether it has a stored property.
    pub fn fits(&self, node: &Node, has: &dyn Fn(&PropertyOwner, &PropertyKey) -> bool) -> bool {
        match self {
            Self::All(all) => all.iter().all(|filter| filter.fits(node, has)),
            Self::Any(any) => any.iter().any(|filter| filter.fits(node, has)),
            Self::Not(not) => !not.fits(node, has),
            Self::Name(pattern) => node.name.as_ref().is_some_and(|n| pattern.fits(n.as_str())),
            Self::MediaType(pattern) => {
                pattern.fits(node.content().map_or("", |content| &content.media_type))
            }
            Self::Folder => node.is_folder(),
            Self::Figure(field, relation, value) => {
                field.of(node).is_some_and(|figure| relation.holds(figure, *value))
            }
            Self::Has(owner, key) => has(owner, key),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_fit_as_in_sql() {
        for (pattern, text, fits) in [
            ("%", "", true),
            ("", "", true),
            ("", "a", false),
            ("no%", "Note.txt", true),
            ("%.TXT", "note.txt", true),
            ("%a%b%", "xxaxxbxx", true),
            ("%a%b%", "xxbxxaxx", false),
            ("_b_", "abc", true),
            ("_b_", "abcd", false),
            ("100\\%", "100%", true),
            ("100\\%", "1000", false),
            ("\u{dc}ber%", "\u{fc}ber uns", true),
            ("a\\", "a\\", true),
            ("%\\\\", "a\\", true),
        ] {
            assert_eq!(Pattern::new(pattern).fits(text), fits, "{pattern} on {text}");
        }
    }

    proptest! {
        #[test]
        fn a_text_fits_itself_and_what_contains_it(text in "[a-zA-Z%_\\\\ä]{0,12}", more in "[a-z%]{0,3}") {
            prop_assert!(Pattern::exactly(&text).fits(&text));
            let around = format!("{more}{text}{more}");
            prop_assert!(Pattern::containing(&text).fits(&around));
            let longer = format!("{text}x");
            prop_assert!(!Pattern::exactly(&text).fits(&longer));
        }
    }
}
