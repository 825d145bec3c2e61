//! JSON as the original writes it: `/` as `\/`, everything beyond ASCII as `\uXXXX`, and `<`, `>`
//! likewise, so that a browser which is tricked into showing an answer finds no tags in it.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

use super::{MAX_DEPTH, MAX_DOCUMENT_BYTES};
use crate::error::EncodeError;
use crate::{DecodeError, Value};

pub(crate) fn write<T: Serialize + ?Sized>(data: &T) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::with_capacity(256);
    data.serialize(&mut Serializer::with_formatter(&mut out, Escaping(CompactFormatter)))
        .map_err(EncodeError::new)?;
    Ok(out)
}

pub(crate) fn read(document: &[u8]) -> Result<Value, DecodeError> {
    if document.len() > MAX_DOCUMENT_BYTES {
        return Err(DecodeError::new(format!("more than {MAX_DOCUMENT_BYTES} bytes")));
    }
    let value: Value =
        serde_json::from_slice(document).map_err(|error| DecodeError::new(error.to_string()))?;
    if value.depth() > MAX_DEPTH {
        return Err(DecodeError::new(format!("nested more than {MAX_DEPTH} deep")));
    }
    Ok(value)
}

/// The untyped form of anything serialisable, with the order of its fields.
pub(crate) fn to_value<T: Serialize + ?Sized>(data: &T) -> Result<Value, EncodeError> {
    // By way of text, because it is the one path that keeps order without a second serializer;
    // only XML answers and client requests need it.
    let text = serde_json::to_vec(data).map_err(EncodeError::new)?;
    serde_json::from_slice(&text).map_err(EncodeError::new)
}

struct Escaping(CompactFormatter);

impl Formatter for Escaping {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut plain = 0;
        for (at, ch) in fragment.char_indices().filter(|(_, ch)| is_escaped(*ch)) {
            self.0.write_string_fragment(writer, &fragment[plain..at])?;
            match ch {
                '/' => writer.write_all(b"\\/")?,
                '<' => writer.write_all(b"\\u003C")?,
                '>' => writer.write_all(b"\\u003E")?,
                _ => {
                    for unit in ch.encode_utf16(&mut [0; 2]) {
                        write!(writer, "\\u{unit:04x}")?;
                    }
                }
            }
            plain = at + ch.len_utf8();
        }
        self.0.write_string_fragment(writer, &fragment[plain..])
    }
}

fn is_escaped(ch: char) -> bool {
    matches!(ch, '/' | '<' | '>') || !ch.is_ascii()
}
