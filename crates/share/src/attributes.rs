//! Attributes of shares.

use serde_json::{Map, Value};

use crate::Refusal;

/// What the protocol calls the attributes of a share: a list of scope, key and value. This
/// server knows `permissions`/`download`; all others are kept and given back.
///
/// ```
/// use allmende_share::Attributes;
///
/// let text = r#"[{"scope":"permissions","key":"download","value":false}]"#;
/// let attributes = Attributes::parse(text)?;
/// assert!(!attributes.download());
/// assert_eq!(attributes.as_json(), Some(text));
/// # Ok::<(), allmende_share::Refusal>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes {
    json: Option<Box<str>>,
    view_only: bool,
}

impl Attributes {
    /// Bytes of the text at most.
    pub const MAX_BYTES: usize = 4096;
    /// Entries at most.
    pub const MAX_ENTRIES: usize = 32;

    /// Reads the JSON text that clients send; an empty one has no attributes. The older
    /// word `enabled` is read as `value`. Words that are not known are dropped, and of two
    /// entries for one scope and key the later counts, as in the original.
    ///
    /// # Errors
    /// [`Refusal::InvalidAttributes`] for any other shape, and for what is over a limit.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let bad = || Refusal::InvalidAttributes(text.chars().take(100).collect());
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        if text.len() > Self::MAX_BYTES {
            return Err(bad());
        }
        let list: Vec<Map<String, Value>> = serde_json::from_str(text).map_err(|_| bad())?;
        if list.len() > Self::MAX_ENTRIES {
            return Err(bad());
        }
        let mut entries: Vec<(&str, &str, &Value)> = Vec::with_capacity(list.len());
        for entry in &list {
            let word = |name: &str| entry.get(name).and_then(Value::as_str);
            let value = entry.get("value").or_else(|| entry.get("enabled"));
            let (Some(scope), Some(key), Some(value)) = (word("scope"), word("key"), value) else {
                return Err(bad());
            };
            match entries.iter_mut().find(|(s, k, _)| (*s, *k) == (scope, key)) {
                Some(earlier) => earlier.2 = value,
                None => entries.push((scope, key, value)),
            }
        }
        let view_only = entries.iter().any(|(scope, key, value)| {
            (*scope, *key) == ("permissions", "download")
                && matches!(value, Value::Bool(false) | Value::Null)
        });
        // Written here, because a map would put the words into another order.
        let entries = entries.iter().map(|(scope, key, value)| {
            let (scope, key) = (Value::from(*scope), Value::from(*key));
            format!(r#"{{"scope":{scope},"key":{key},"value":{value}}}"#)
        });
        let json = entries.collect::<Vec<_>>().join(",");
        let json = (!json.is_empty()).then(|| format!("[{json}]").into());
        Ok(Self { json, view_only })
    }

    /// The JSON text, as the protocol carries it; none without attributes.
    #[must_use]
    pub fn as_json(&self) -> Option<&str> {
        self.json.as_deref()
    }

    /// Whether what is shared may be downloaded. Forbidding it is a request to the
    /// clients of people with an account, and enforced for copies.
    #[must_use]
    pub const fn download(&self) -> bool {
        !self.view_only
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_a_list_of_three_words_each_passes() {
        for (text, download) in [
            ("", true),
            (" ", true),
            ("[]", true),
            (r#"[{"scope":"permissions","key":"download","enabled":false}]"#, false),
            (r#"[{"scope":"permissions","key":"download","value":null}]"#, false),
            (r#"[{"scope":"permissions","key":"download","value":true}]"#, true),
            (r#"[{"scope":"files","key":"download","value":false}]"#, true),
        ] {
            assert_eq!(Attributes::parse(text).unwrap().download(), download, "{text}");
        }
        let long = format!("[{}]", " ".repeat(Attributes::MAX_BYTES));
        let many = format!("[{}]", [r#"{"scope":"a","key":"b","value":1}"#; 33].join(","));
        let deep = "[".repeat(4000);
        for bad in ["junk", "{}", "[1]", r#"[{"scope":1}]"#, r#"[{"scope":"a"}]"#] {
            assert!(Attributes::parse(bad).is_err(), "{bad}");
        }
        for bad in [&long, &many, &deep] {
            assert!(Attributes::parse(bad).is_err());
        }
    }

    #[test]
    fn the_later_of_two_entries_counts() {
        let text = r#"[{"scope":"permissions","key":"download","value":false},
                       {"key":"download","value":true,"scope":"permissions","more":1}]"#;
        let attributes = Attributes::parse(text).unwrap();
        assert!(attributes.download());
        let json = r#"[{"scope":"permissions","key":"download","value":true}]"#;
        assert_eq!(attributes.as_json(), Some(json));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn what_is_written_is_read_back(words in prop::collection::vec(("\\PC{0,8}", "\\PC{0,8}", any::<bool>()), 0..9)) {
            let entry = |(scope, key, value): &(String, String, bool)| {
                format!(r#"{{"value":{value},"scope":{},"key":{}}}"#, Value::from(scope.as_str()), Value::from(key.as_str()))
            };
            let text = format!("[{}]", words.iter().map(entry).collect::<Vec<_>>().join(","));
            let read = Attributes::parse(&text).unwrap();
            let again = Attributes::parse(read.as_json().unwrap_or_default()).unwrap();
            prop_assert_eq!(read, again);
        }

        #[test]
        fn no_text_is_fatal(text in "\\PC{0,60}") {
            _ = Attributes::parse(&text);
        }
    }
}
