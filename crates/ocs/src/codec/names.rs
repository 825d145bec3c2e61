//! Map keys as XML element names.
//!
//! A key that is no XML name (a person's id such as `with@at`) is written with `_xHHHH_` in the
//! place of each character that may not stand there, the escape of ISO/IEC 9075-14, so that the
//! document stays well-formed and the key can be recovered.

#[cfg(feature = "server")]
use std::borrow::Cow;
#[cfg(feature = "server")]
use std::fmt::Write;

/// The name of list items, and of map entries whose key is a number.
pub(super) const ELEMENT: &str = "element";

/// The key below which a map has the attributes of its element.
pub(super) const ATTRIBUTES: &str = "@attributes";

#[cfg(feature = "server")]
pub(super) fn encode(key: &str) -> Cow<'_, str> {
    if !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit()) {
        return Cow::Borrowed(ELEMENT);
    }
    if is_plain(key) {
        return Cow::Borrowed(key);
    }
    let mut name = String::with_capacity(key.len() + 12);
    for (at, ch) in key.char_indices() {
        let allowed = if at == 0 { may_start(ch) } else { may_continue(ch) };
        if !allowed || key[at..].starts_with("_x") {
            // Writing to a String cannot fail.
            let _ = write!(name, "_x{:04X}_", u32::from(ch));
        } else {
            name.push(ch);
        }
    }
    if name.is_empty() {
        name.push('_');
    }
    Cow::Owned(name)
}

#[cfg(feature = "client")]
pub(super) fn decode(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find("_x") {
        key.push_str(&rest[..at]);
        rest = &rest[at..];
        match escaped(rest) {
            Some((ch, len)) => {
                key.push(ch);
                rest = &rest[len..];
            }
            None => {
                key.push_str("_x");
                rest = &rest[2..];
            }
        }
    }
    key.push_str(rest);
    key
}

#[cfg(feature = "client")]
/// The character at the start of `text` if that is an escape, and the escape's length.
fn escaped(text: &str) -> Option<(char, usize)> {
    let digits = text.strip_prefix("_x")?;
    let end = digits.find('_').filter(|end| (4..=6).contains(end))?;
    let code = u32::from_str_radix(&digits[..end], 16).ok()?;
    Some((char::from_u32(code)?, end + 3))
}

#[cfg(feature = "server")]
fn is_plain(key: &str) -> bool {
    key.chars().next().is_some_and(may_start)
        && key.chars().all(may_continue)
        && !key.contains("_x")
}

#[cfg(feature = "server")]
// ASCII letters only, although XML allows more: the escape covers the rest, and every parser
// agrees.
fn may_start(ch: char) -> bool {
    ch.is_ascii_alphabetic() || ch == '_'
}

#[cfg(feature = "server")]
fn may_continue(ch: char) -> bool {
    ch.is_ascii_alphanumeric() || matches!(ch, '_' | '-' | '.')
}
