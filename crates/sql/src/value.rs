//! Values that go into statements.

use std::borrow::Cow;

/// One value: what a parameter is bound to, or what a cell holds.
///
/// There are three types, because both engines agree on them: `BIGINT`, `TEXT` and `BLOB`
/// (`BYTEA`). Booleans are 0 and 1. A number that does not fit into an `i64` is for the
/// caller to refuse; there is no conversion from `u64` that would cut it silently.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Value {
    /// SQL's `NULL`.
    #[default]
    Null,
    /// A `BIGINT`.
    Int(i64),
    /// A `TEXT`. PostgreSQL refuses the character U+0000 in it.
    Text(String),
    /// A `BLOB`.
    Blob(Vec<u8>),
}

macro_rules! from {
    ($($source:ty => |$value:ident| $make:expr;)*) => {$(
        impl From<$source> for Value {
            fn from($value: $source) -> Self {
                $make
            }
        }
    )*};
}

from! {
    i64 => |value| Value::Int(value);
    i32 => |value| Value::Int(value.into());
    u32 => |value| Value::Int(value.into());
    u16 => |value| Value::Int(value.into());
    u8 => |value| Value::Int(value.into());
    bool => |value| Value::Int(value.into());
    String => |value| Value::Text(value);
    &str => |value| Value::Text(value.to_owned());
    &String => |value| Value::Text(value.clone());
    Box<str> => |value| Value::Text(value.into());
    Cow<'_, str> => |value| Value::Text(value.into_owned());
    Vec<u8> => |value| Value::Blob(value);
    &[u8] => |value| Value::Blob(value.to_vec());
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(value: [u8; N]) -> Self {
        Self::Blob(value.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(value: &[u8; N]) -> Self {
        Self::Blob(value.to_vec())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The parameters of a [`Statement`](crate::Statement): a `Vec<Value>` of anything that
/// converts into a [`Value`].
///
/// ```
/// use allmende_sql::{Value, params};
///
/// assert_eq!(params![7, "x", None::<i64>], [Value::Int(7), Value::Text("x".into()), Value::Null]);
/// ```
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        ::std::vec![$($crate::Value::from($value)),*]
    };
}
