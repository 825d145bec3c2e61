//! Data shapes that the protocol inherits from its home language.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Value, from_value};

/// No data: written as `[]`, read from whatever a server sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Nothing;

impl Serialize for Nothing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nothing: [(); 0] = [];
        serializer.collect_seq(nothing)
    }
}

impl<'de> Deserialize<'de> for Nothing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// A map that is written as `[]` when it is empty.
///
/// Such maps occur wherever the original builds an associative array at run time, for example the
/// rich parameters of a notification. Clients accept the empty list there and some expect it; a
/// map that is always `{}` is a `BTreeMap` or a struct instead. Entries keep their order.
///
/// ```
/// use allmende_ocs::Assoc;
///
/// let mut map = Assoc::<u32>::default();
/// assert_eq!(serde_json::to_string(&map).unwrap(), "[]");
/// map.push("a", 1);
/// assert_eq!(serde_json::to_string(&map).unwrap(), r#"{"a":1}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assoc<V> {
    entries: Vec<(String, V)>,
}

impl<V> Default for Assoc<V> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<V> Assoc<V> {
    /// Appends an entry. The caller keeps keys unique.
    pub fn push(&mut self, key: impl Into<String>, value: V) {
        self.entries.push((key.into(), value));
    }

    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&V> {
        self.entries.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    /// The entries in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

impl<K: Into<String>, V> FromIterator<(K, V)> for Assoc<V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        Self { entries: entries.into_iter().map(|(k, v)| (k.into(), v)).collect() }
    }
}

impl<V: Serialize> Serialize for Assoc<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.entries.is_empty() {
            return Nothing.serialize(serializer);
        }
        serializer.collect_map(self.iter())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Assoc<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AssocVisitor(PhantomData))
    }
}

struct AssocVisitor<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for AssocVisitor<V> {
    type Value = Assoc<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map or an empty list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Assoc<V>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Assoc { entries })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Assoc<V>, A::Error> {
        match seq.next_element::<IgnoredAny>()? {
            None => Ok(Assoc::default()),
            Some(_) => Err(A::Error::custom("expected a map, found a list with entries")),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<Assoc<V>, E> {
        Ok(Assoc::default())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Assoc<V>, E> {
        if text.is_empty() {
            return Ok(Assoc::default());
        }
        Err(E::custom("expected a map, found a text"))
    }
}

/// A truth value that travels as the text `1` or `0`, for `#[serde(with = "text_flag")]`.
pub(crate) mod text_flag {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::{Value, from_value};

    // The signature is serde's.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(crate) fn serialize<S: Serializer>(flag: &bool, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if *flag { "1" } else { "0" })
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<bool, D::Error> {
        from_value(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A number that is written without a fraction where it has none, for
/// `#[serde(serialize_with = "number")]`: clients with strict decoders expect `0`, not `0.0`.
pub(crate) fn number<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if number.fract() == 0.0 && number.abs() < 2f64.powi(53) {
        serializer.serialize_i64(*number as i64)
    } else {
        serializer.serialize_f64(*number)
    }
}

/// A text that must not end up in logs: it is written and read as it is, but not shown by `Debug`.
///
/// ```
/// use allmende_ocs::Secret;
///
/// let password = Secret::from("hunter2");
/// assert_eq!(format!("{password:?}"), "Secret(…)");
/// assert_eq!(password.expose(), "hunter2");
/// ```
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

/// A value that is written as `null` when it is missing, for fields that may be absent as well:
/// `Option<Nullable<T>>` tells a key that is not there from one that is `null`. Such a field is
/// read with `#[serde(default, deserialize_with = "…::present")]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Option<T>", into = "Option<T>")]
#[serde(bound(serialize = "T: Serialize + Clone", deserialize = "T: Deserialize<'de>"))]
pub enum Nullable<T> {
    /// `null`.
    #[default]
    Null,
    /// A value.
    Value(T),
}

impl<T> From<Option<T>> for Nullable<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Value)
    }
}

impl<T> From<Nullable<T>> for Option<T> {
    fn from(value: Nullable<T>) -> Self {
        match value {
            Nullable::Null => None,
            Nullable::Value(value) => Some(value),
        }
    }
}

/// Reads a field that is there, be it `null`.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// A struct that is written as `[]` when there is none: the home language's empty array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OrEmpty<T>(pub Option<T>);

impl<T: Serialize> Serialize for OrEmpty<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Some(value) => value.serialize(serializer),
            None => Nothing.serialize(serializer),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for OrEmpty<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Null => Ok(Self(None)),
            Value::List(items) if items.is_empty() => Ok(Self(None)),
            Value::Text(text) if text.is_empty() => Ok(Self(None)),
            value => from_value(value).map(|value| Self(Some(value))).map_err(D::Error::custom),
        }
    }
}

/// Reads an optional parameter of a form, where a field that was left empty was not filled in:
/// for numbers, which an empty text would otherwise make 0.
pub(crate) fn filled_in<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::Text(text) if text.trim().is_empty() => Ok(None),
        value => from_value(value).map(Some).map_err(D::Error::custom),
    }
}
