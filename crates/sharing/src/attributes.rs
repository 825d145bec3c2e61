//! Attributes of shares.

use serde_json::{Map, Value};

use crate::{Refusal, Result};

/// What the protocol calls the attributes of a share: a list of scope, key and value, of
/// which this server knows `permissions`/`download`.
///
/// ```
/// use allmende_sharing::Attributes;
///
/// let text = r#"[{"scope":"permissions","key":"download","value":false}]"#;
/// let attributes = Attributes::parse(text)?;
/// assert!(!attributes.download());
/// assert_eq!(attributes.as_json(), Some(text));
/// # Ok::<(), allmende_sharing::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes(Option<Box<str>>);

/// Bytes of the text at most.
const MAX_BYTES: usize = 4096;
/// Entries at most.
const MAX_ENTRIES: usize = 32;

impl Attributes {
    /// Reads the JSON text that clients send; an empty one has no attributes. The older
    /// word `enabled` is read as `value`.
    ///
    /// # Errors
    /// [`Refusal::InvalidAttributes`].
    pub fn parse(text: &str) -> Result<Self> {
        if text.trim().is_empty() {
            return Ok(Self(None));
        }
        let bad = || Refusal::InvalidAttributes(text.chars().take(100).collect());
        if text.len() > MAX_BYTES {
            return Err(bad().into());
        }
        let list: Vec<Map<String, Value>> = serde_json::from_str(text).map_err(|_| bad())?;
        if list.len() > MAX_ENTRIES {
            return Err(bad().into());
        }
        let mut kept: Vec<String> = Vec::with_capacity(list.len());
        for entry in &list {
            let word = |name: &str| entry.get(name).and_then(Value::as_str);
            let value = entry.get("value").or_else(|| entry.get("enabled"));
            let (Some(scope), Some(key), Some(value)) = (word("scope"), word("key"), value) else {
                return Err(bad().into());
            };
            // Written here, because a map would put the words into another order.
            let (scope, key) = (Value::from(scope), Value::from(key));
            kept.push(format!(r#"{{"scope":{scope},"key":{key},"value":{value}}}"#));
        }
        Ok(Self((!kept.is_empty()).then(|| format!("[{}]", kept.join(",")).into())))
    }

    /// What the database holds, which passed [`Attributes::parse`] once.
    pub(crate) fn stored(text: Option<&str>) -> Self {
        Self(text.map(Into::into))
    }

    /// The JSON text; none without attributes.
    #[must_use]
    pub fn as_json(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Whether what is shared may be downloaded. Forbidding it is a request to the
    /// clients of people with an account, and enforced for copies.
    #[must_use]
    pub fn download(&self) -> bool {
        let list: Vec<Value> =
            self.0.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        !list.iter().any(|entry| {
            entry["scope"] == "permissions"
                && entry["key"] == "download"
                && matches!(&entry["value"], Value::Bool(false) | Value::Null)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_list_of_three_words_each_passes() {
        for (text, download) in [
            ("", true),
            ("[]", true),
            (r#"[{"scope":"permissions","key":"download","enabled":false}]"#, false),
            (r#"[{"scope":"permissions","key":"download","value":null}]"#, false),
            (r#"[{"scope":"permissions","key":"download","value":true}]"#, true),
            (r#"[{"scope":"files","key":"download","value":false}]"#, true),
        ] {
            assert_eq!(Attributes::parse(text).unwrap().download(), download, "{text}");
        }
        let long = format!("[{}]", " ".repeat(MAX_BYTES));
        for bad in ["junk", "{}", "[1]", r#"[{"scope":1}]"#, r#"[{"scope":"a"}]"#, &long] {
            assert!(Attributes::parse(bad).is_err(), "{bad}");
        }
    }
}
