//! Data shapes that the protocol inherits from its home language.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
