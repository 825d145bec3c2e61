//! Values of the database as JSON.

use allmende_sql::{Row, Value};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value as Json;

use crate::{Error, Result};

/// The name under which bytes are kept: JSON has none.
const BYTES: &str = "base64";

/// A value: null, a number, a text, or an object with the bytes.
pub(crate) fn to_json(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Int(number) => number.into(),
        Value::Text(text) => text.into(),
        Value::Blob(bytes) => serde_json::json!({ BYTES: BASE64_STANDARD.encode(bytes) }),
    }
}

/// The way back.
pub(crate) fn from_json(json: &Json) -> Result<Value> {
    let bad = || Error::damaged(format!("{json} is no value of a database"));
    Ok(match json {
        Json::Null => Value::Null,
        Json::Number(number) => Value::Int(number.as_i64().ok_or_else(bad)?),
        Json::String(text) => Value::Text(text.clone()),
        Json::Object(object) if object.len() == 1 => {
            let text = object.get(BYTES).and_then(Json::as_str).ok_or_else(bad)?;
            Value::Blob(BASE64_STANDARD.decode(text).map_err(|_| bad())?)
        }
        _ => return Err(bad()),
    })
}

/// A row as an array.
pub(crate) fn row_to_json(row: Row<'_>, columns: usize) -> Json {
    (0..columns).map(|column| to_json(row.value(column))).collect()
}

/// The way back.
pub(crate) fn row_from_json(json: &Json, columns: usize) -> Result<Vec<Value>> {
    match json.as_array() {
        Some(cells) if cells.len() == columns => cells.iter().map(from_json).collect(),
        _ => Err(Error::damaged(format!("{json} is no row of {columns} columns"))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::Int),
            ".*".prop_map(Value::Text),
            any::<Vec<u8>>().prop_map(Value::Blob),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in value()) {
            let text = to_json(value.clone()).to_string();
            prop_assert_eq!(from_json(&serde_json::from_str(&text).unwrap()).unwrap(), value);
        }
    }

    #[test]
    fn what_was_never_written_is_refused() {
        for text in ["true", "1.5", "[]", "{}", "{\"base64\":1}", "{\"base64\":\"?\"}", "{\"x\":1}"]
        {
            assert!(from_json(&serde_json::from_str(text).unwrap()).is_err(), "{text}");
        }
        assert!(row_from_json(&serde_json::json!([1, 2]), 3).is_err());
    }
}
