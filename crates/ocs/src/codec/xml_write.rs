//! XML as the original writes it.

use super::names::{self, ATTRIBUTES, ELEMENT};
use crate::Value;

/// Writes a whole document: the declaration, then `root` with the given children, pretty-printed
/// with one blank of indent and a final line break.
pub(crate) fn write(root: &str, children: &[(&str, &Value)]) -> Vec<u8> {
    let mut out = String::with_capacity(512);
    out.push_str("<?xml version=\"1.0\"?>\n<");
    out.push_str(root);
    out.push_str(">\n");
    for (name, value) in children {
        element(&mut out, 1, name, value);
    }
    out.push_str("</");
    out.push_str(root);
    out.push_str(">\n");
    out.into_bytes()
}

fn element(out: &mut String, depth: usize, name: &str, value: &Value) {
    indent(out, depth);
    out.push('<');
    out.push_str(name);
    attributes(out, value);
    let text = match value {
        Value::Null => None,
        Value::Bool(flag) => Some(if *flag { "1".into() } else { String::new() }),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Text(text) => Some(escape(text)),
        Value::List(items) if items.is_empty() => None,
        Value::Map(entries) if entries.iter().all(|(key, _)| is_no_child(key)) => None,
        Value::List(_) | Value::Map(_) => {
            out.push_str(">\n");
            children(out, depth + 1, value);
            indent(out, depth);
            close(out, name);
            return;
        }
    };
    match text {
        None => out.push_str("/>\n"),
        Some(text) => {
            out.push('>');
            out.push_str(&text);
            close(out, name);
        }
    }
}

fn children(out: &mut String, depth: usize, value: &Value) {
    match value {
        Value::List(items) => {
            for item in items {
                element(out, depth, ELEMENT, item);
            }
        }
        Value::Map(entries) => {
            for (key, item) in entries.iter().filter(|(key, _)| !is_no_child(key)) {
                element(out, depth, &names::encode(key), item);
            }
        }
        _ => {}
    }
}

/// The entries of a map below `@attributes`, as attributes of the map's element.
fn attributes(out: &mut String, value: &Value) {
    let Some(Value::Map(entries)) = value.get(ATTRIBUTES) else { return };
    for (name, value) in entries {
        let text = match value {
            // Readers make blanks of bare line feeds and tabs here (XML 1.0 section 3.3.3).
            Value::Text(text) => escape(text).replace('\n', "&#10;").replace('\t', "&#9;"),
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Bool(true) => "1".into(),
            Value::Bool(false) | Value::Null | Value::List(_) | Value::Map(_) => String::new(),
        };
        out.extend([" ", &names::encode(name), "=\"", &text, "\""]);
    }
}

/// The capabilities carry a note for human readers under `$comment`; XML leaves it out.
fn is_no_child(key: &str) -> bool {
    key == "$comment" || key == ATTRIBUTES
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n(' ', depth));
}

fn close(out: &mut String, name: &str) {
    out.push_str("</");
    out.push_str(name);
    out.push_str(">\n");
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.chars() {
        match ch {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            // A bare carriage return would be read back as a line feed (XML 1.0 section 2.11).
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' => out.push(ch),
            // XML 1.0 section 2.2 has no way at all to write these.
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(ch),
        }
    }
    out
}
