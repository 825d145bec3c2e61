//! Who is mentioned in a text.

use std::collections::HashSet;

/// Somebody who is mentioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mention<'a> {
    /// Their id, as it was written.
    pub id: &'a str,
}

/// The people who are mentioned in a text, each once, in the order in which they come.
///
/// A mention is an `@` at the start of the text or behind a blank or one of `- . @ '`, and
/// directly behind it an id: letters, digits and `_ - @ . '`. An id with blanks stands in
/// quotation marks. Signs that end a sentence are no part of an id without quotation marks.
/// Whether there are such people is the caller's to look up.
///
/// ```
/// use allmende_comments::mentions;
///
/// let text = "Thanks @bob, @\"carol jones\" and @dave@example.org. Write to me@example.org!";
/// let ids: Vec<&str> = mentions(text).map(|who| who.id).collect();
/// assert_eq!(ids, ["bob", "carol jones", "dave@example.org"]);
/// ```
pub fn mentions(text: &str) -> impl Iterator<Item = Mention<'_>> {
    let mut seen = HashSet::new();
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(found) = text[at..].find('@') {
            let sign = at + found;
            let may_start = text[..sign].chars().next_back().is_none_or(starts_mention);
            let (id, end) = id(&text[sign + 1..]);
            if !may_start || id.is_empty() {
                at = sign + 1;
                continue;
            }
            at = sign + 1 + end;
            if seen.insert(id.to_ascii_lowercase()) {
                return Some(Mention { id });
            }
        }
        None
    })
}

/// Whether a mention may follow this character.
fn starts_mention(before: char) -> bool {
    before.is_whitespace() || matches!(before, '-' | '.' | '@' | '\'')
}

fn of_id(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '@' | '.' | '\'')
}

/// The id at the start of a text, empty if there is none, and where it ends.
fn id(text: &str) -> (&str, usize) {
    if let Some(quoted) = text.strip_prefix('"') {
        let Some(end) = quoted.find('"') else { return ("", 0) };
        let id = &quoted[..end];
        let whole = !id.trim().is_empty() && id.chars().all(|c| of_id(c) || c == ' ');
        return if whole { (id.trim(), end + 2) } else { ("", 0) };
    }
    let end = text.find(|c| !of_id(c)).unwrap_or(text.len());
    // A quotation or a sentence ends behind the id.
    (text[..end].trim_end_matches(['.', '\'', '-', '@']), end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids(text: &str) -> Vec<&str> {
        mentions(text).map(|who| who.id).collect()
    }

    #[test]
    fn mentions_are_found_where_people_write_them() {
        for (text, expected) in [
            ("", &[][..]),
            ("@", &[]),
            ("@@", &[]),
            ("hi @bob", &["bob"]),
            ("@bob: look", &["bob"]),
            ("is it you, @bob?", &["bob"]),
            ("ask @bob.", &["bob"]),
            ("ask @bob...", &["bob"]),
            ("(@bob)", &[]),
            ("a@bob", &[]),
            ("\u{e4}@bob", &[]),
            ("_@bob", &[]),
            ("@bob @BOB @bob", &["bob"]),
            ("@a.b-c_d'e@f", &["a.b-c_d'e@f"]),
            ("@\"carol jones\"!", &["carol jones"]),
            ("@\"carol", &[]),
            ("@\"\" @bob", &["bob"]),
            ("@\"<script>\" @bob", &["bob"]),
            ("@\u{e4} @bob", &["bob"]),
            ("\n@bob\n@carol", &["bob", "carol"]),
        ] {
            assert_eq!(ids(text), expected, "{text}");
        }
    }

    proptest! {
        /// Whatever a text is, its mentions are found without a fault, stand in it, and are
        /// those that were put between words.
        #[test]
        fn all_that_were_written_are_found(
            people in prop::collection::vec("[a-z0-9_]{1,8}", 0..6),
            noise in prop::collection::vec("[^@\"]{0,8}", 6),
        ) {
            let mut text = String::new();
            let mut expected: Vec<&str> = Vec::new();
            for (person, noise) in people.iter().zip(&noise) {
                text.push_str(&format!("{noise} @{person} "));
                if !expected.contains(&person.as_str()) {
                    expected.push(person);
                }
            }
            prop_assert_eq!(ids(&text), expected);
        }

        #[test]
        fn any_text_is_read(text in "[@\"'a-c. \u{e4}\u{1f980}-]{0,40}") {
            for who in mentions(&text) {
                prop_assert!(!who.id.is_empty() && text.contains(who.id));
            }
        }
    }
}
