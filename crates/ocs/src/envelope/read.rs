use super::{Format, Meta};
use crate::lenient::from_value;
use crate::{DecodeError, Value, codec};

/// An answer as it was read, in either form and of either version.
///
/// ```
/// use allmende_ocs::{Document, Format, Value};
///
/// let xml = b"<ocs><meta><status>ok</status><statuscode>100</statuscode></meta>\
///             <data><id>alice</id></data></ocs>";
/// let document = Document::read(Format::Xml, xml)?;
/// assert!(document.meta.statuscode.is_success());
/// assert_eq!(document.data.get("id").and_then(Value::as_text), Some("alice"));
/// # Ok::<(), allmende_ocs::DecodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Document {
    /// The head.
    pub meta: Meta,
    /// The data, untyped; [`from_value`] gives it a type.
    pub data: Value,
}

impl Document {
    /// Reads an answer of at most 16 MiB and 64 levels. Document type declarations are refused.
    ///
    /// # Errors
    /// [`DecodeError`] if it is not an OCS answer or exceeds a limit.
    pub fn read(format: Format, body: &[u8]) -> Result<Self, DecodeError> {
        let content = match format {
            Format::Xml => codec::read_xml(body, "ocs")?,
            Format::Json => match codec::json::read(body)? {
                Value::Map(entries) => entries
                    .into_iter()
                    .find_map(|(key, value)| (key == "ocs").then_some(value))
                    .ok_or_else(|| DecodeError::new("no member \"ocs\""))?,
                other => {
                    return Err(DecodeError::new(format!(
                        "expected a map, found {}",
                        other.kind()
                    )));
                }
            },
        };
        let Value::Map(entries) = content else {
            return Err(DecodeError::new("an empty envelope"));
        };
        let (mut meta, mut data) = (None, Value::Null);
        for (key, value) in entries {
            match key.as_str() {
                "meta" => meta = Some(from_value(value)?),
                "data" => data = value,
                _ => {}
            }
        }
        Ok(Self { meta: meta.ok_or_else(|| DecodeError::new("no meta"))?, data })
    }
}
