//! Values to and from PostgreSQL's binary form.

use std::error::Error as StdError;

use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

use crate::{Result, Rows, Value};

type Boxed = Box<dyn StdError + Sync + Send>;

/// The type that a parameter is prepared as. A null takes what the context wants.
pub(super) fn param_type(value: &Value) -> Type {
    match value {
        Value::Null => Type::UNKNOWN,
        Value::Int(_) => Type::INT8,
        Value::Text(_) => Type::TEXT,
        Value::Blob(_) => Type::BYTEA,
    }
}

/// Whether a value can go where a statement was prepared for this type.
pub(super) fn fits(value: &Value, ty: &Type) -> bool {
    match value {
        Value::Null => true,
        Value::Int(_) => matches!(*ty, Type::INT8),
        Value::Text(_) => matches!(*ty, Type::TEXT | Type::VARCHAR),
        Value::Blob(_) => matches!(*ty, Type::BYTEA),
    }
}

/// A parameter on its way out.
#[derive(Debug)]
pub(super) struct Param<'a>(pub(super) &'a Value);

impl ToSql for Param<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Boxed> {
        match self.0 {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(value) => value.to_sql(ty, out),
            Value::Text(value) => value.to_sql(ty, out),
            Value::Blob(value) => value.to_sql(ty, out),
        }
    }

    /// [`fits`] was asked before.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A cell on its way in.
enum Cell<'a> {
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Boxed> {
        Ok(match *ty {
            Type::INT8 => Self::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Self::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT2 => Self::Int(i16::from_sql(ty, raw)?.into()),
            Type::BOOL => Self::Int(bool::from_sql(ty, raw)?.into()),
            Type::BYTEA => Self::Blob(raw),
            _ => Self::Text(<&str>::from_sql(ty, raw)?),
        })
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT8 | Type::INT4 | Type::INT2 | Type::BOOL | Type::BYTEA)
            || <&str as FromSql<'_>>::accepts(ty)
    }
}

/// Adds a row.
pub(super) fn push(rows: &mut Rows, row: &tokio_postgres::Row) -> Result<()> {
    for column in 0..row.len() {
        let cell = row
            .try_get::<_, Option<Cell<'_>>>(column)
            .map_err(|e| super::error::error(format!("column {column}"), e))?;
        match cell {
            None => rows.push_null(),
            Some(Cell::Int(value)) => rows.push_int(value),
            Some(Cell::Text(value)) => rows.push_text(value)?,
            Some(Cell::Blob(value)) => rows.push_blob(value)?,
        }
    }
    Ok(())
}
