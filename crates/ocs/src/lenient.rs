//! Typed reading of untyped values.
//!
//! Form fields and XML carry text only, and the protocol's home language writes an empty map as
//! an empty list. One deserializer therefore converts wherever the target type says what is
//! meant, and refuses everything else.

use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer, StringDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _,
    IntoDeserializer, MapAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use crate::Value;

/// Why a value does not have the wanted shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    path: Vec<String>,
    message: String,
}

impl DecodeError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { path: Vec::new(), message: message.into() }
    }

    fn within(mut self, key: String) -> Self {
        self.path.push(key);
        self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, key) in self.path.iter().rev().enumerate() {
            write!(f, "{}{key}", if depth == 0 { "" } else { "." })?;
        }
        write!(f, "{}{}", if self.path.is_empty() { "" } else { ": " }, self.message)
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

/// Reads a typed value, converting text to the types asked for.
///
/// * numbers: decimal text; an empty text is 0, as in a form field left empty;
/// * truth values: `true`, `1`, and `false`, `0`, the empty text;
/// * text: numbers are written out; `null` is the empty text unless the type is an `Option`;
/// * lists: `null` and the empty text are the empty list, any other scalar a list of one;
/// * maps and structs: `null`, the empty text and the empty list are the empty map.
///
/// # Errors
/// [`DecodeError`] with the path of the first value that does not fit.
///
/// ```
/// use allmende_ocs::{Value, from_value};
///
/// #[derive(serde::Deserialize, PartialEq, Debug)]
/// struct Page { limit: u32, all: bool }
///
/// let form: Value = [("limit", Value::from("25")), ("all", Value::from("true"))].into_iter().collect();
/// assert_eq!(from_value::<Page>(form), Ok(Page { limit: 25, all: true }));
/// ```
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, DecodeError> {
    T::deserialize(Lenient(value))
}

struct Lenient(Value);

impl<'de> IntoDeserializer<'de, DecodeError> for Lenient {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl Lenient {
    fn mismatch<T>(&self, wanted: &str) -> Result<T, DecodeError> {
        Err(DecodeError::new(format!("expected {wanted}, found {}", self.0.kind())))
    }

    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.0 {
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Bool(flag) => visitor.visit_i64(i64::from(*flag)),
            // Integral floats are whole numbers that passed through a language without integers.
            Value::Float(number) if number.fract() == 0.0 && number.abs() < 2f64.powi(53) => {
                visitor.visit_i64(*number as i64)
            }
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Text(text) => {
                let text = text.trim();
                if text.is_empty() {
                    visitor.visit_i64(0)
                } else if let Ok(number) = text.parse() {
                    visitor.visit_i64(number)
                } else if let Ok(number) = text.parse() {
                    visitor.visit_u64(number)
                } else if let Ok(number) = text.parse() {
                    visitor.visit_f64(number)
                } else {
                    Err(DecodeError::new("expected a number, found another text"))
                }
            }
            _ => self.mismatch("a number"),
        }
    }

    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0 {
            Value::Text(text) => visitor.visit_string(text),
            Value::Integer(number) => visitor.visit_string(number.to_string()),
            Value::Float(number) => visitor.visit_string(number.to_string()),
            Value::Bool(flag) => visitor.visit_str(if flag { "1" } else { "" }),
            Value::Null => visitor.visit_str(""),
            Value::List(_) | Value::Map(_) => self.mismatch("a text"),
        }
    }

    fn map<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let entries = match self.0 {
            Value::Map(entries) => entries,
            Value::Null => Vec::new(),
            Value::List(items) if items.is_empty() => Vec::new(),
            Value::Text(text) if text.is_empty() => Vec::new(),
            _ => return self.mismatch("a map"),
        };
        visitor.visit_map(Entries { entries: entries.into_iter(), pending: None })
    }
}

macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            self.number(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Lenient {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(flag),
            Value::Integer(number) => visitor.visit_i64(number),
            Value::Float(number) => visitor.visit_f64(number),
            Value::Text(text) => visitor.visit_string(text),
            Value::List(items) => {
                visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(Lenient)))
            }
            Value::Map(_) => self.map(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.0 {
            Value::Bool(flag) => visitor.visit_bool(*flag),
            Value::Integer(number @ (0 | 1)) => visitor.visit_bool(*number == 1),
            Value::Text(text) => match text.trim() {
                "true" | "1" => visitor.visit_bool(true),
                "false" | "0" | "" => visitor.visit_bool(false),
                _ => Err(DecodeError::new("expected a truth value, found another text")),
            },
            _ => self.mismatch("a truth value"),
        }
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_f32 deserialize_f64
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.text(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let items = match self.0 {
            Value::List(items) => items,
            Value::Null => Vec::new(),
            Value::Text(text) if text.is_empty() => Vec::new(),
            Value::Map(entries) if entries.is_empty() => Vec::new(),
            Value::Map(_) => return self.mismatch("a list"),
            scalar => vec![scalar],
        };
        visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(Lenient)))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.map(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.0 {
            Value::Text(name) => visitor.visit_enum(Variant(name)),
            Value::Integer(number) => visitor.visit_enum(Variant(number.to_string())),
            _ => self.mismatch("one of several names"),
        }
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple_struct identifier ignored_any
    }
}

/// Entries of a map; names the key in errors of its value.
struct Entries {
    entries: std::vec::IntoIter<(String, Value)>,
    pending: Option<(String, Value)>,
}

impl<'de> MapAccess<'de> for Entries {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DecodeError> {
        self.pending = self.entries.next();
        let Some((key, _)) = &self.pending else { return Ok(None) };
        let key: StringDeserializer<DecodeError> = key.clone().into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, DecodeError> {
        let (key, value) =
            self.pending.take().ok_or_else(|| DecodeError::custom("a value without its key"))?;
        seed.deserialize(Lenient(value)).map_err(|error| error.within(key))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// A variant without data, given by its name.
struct Variant(String);

impl<'de> EnumAccess<'de> for Variant {
    type Error = DecodeError;
    type Variant = UnitOnly;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, UnitOnly), DecodeError> {
        let name: StringDeserializer<DecodeError> = self.0.into_deserializer();
        Ok((seed.deserialize(name)?, UnitOnly))
    }
}

struct UnitOnly;

impl<'de> VariantAccess<'de> for UnitOnly {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        _seed: T,
    ) -> Result<T::Value, DecodeError> {
        Err(DecodeError::new("a name carries no data"))
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _len: usize,
        _visitor: V,
    ) -> Result<V::Value, DecodeError> {
        Err(DecodeError::new("a name carries no data"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let nothing: [(String, String); 0] = [];
        visitor.visit_map(MapDeserializer::new(nothing.into_iter()))
    }
}
