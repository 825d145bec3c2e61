//! Rows that come back.

use std::fmt;

use crate::{Error, ErrorKind, Result, Value};

/// The rows that a statement returned.
///
/// All cells lie in three vectors, whatever the number of rows: a listing of 1,000 rows
/// costs a few allocations, not one per cell. [`Row`] borrows from it.
#[derive(Clone, Default)]
pub struct Rows {
    columns: usize,
    cells: Vec<Cell>,
    text: String,
    blobs: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
enum Cell {
    Null,
    Int(i64),
    Text(Span),
    Blob(Span),
}

#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    len: u32,
}

impl Span {
    fn new(start: usize, len: usize) -> Result<Self> {
        match (u32::try_from(start), u32::try_from(len)) {
            (Ok(start), Ok(len)) => Ok(Self { start, len }),
            _ => Err(Error::new(ErrorKind::Invalid, "more than 4 GiB in one answer")),
        }
    }

    fn range(self) -> std::ops::Range<usize> {
        let start = self.start as usize;
        start..start + self.len as usize
    }
}

impl Rows {
    pub(crate) fn with_columns(columns: usize) -> Self {
        Self { columns, ..Self::default() }
    }

    pub(crate) fn push_null(&mut self) {
        self.cells.push(Cell::Null);
    }

    pub(crate) fn push_int(&mut self, value: i64) {
        self.cells.push(Cell::Int(value));
    }

    pub(crate) fn push_text(&mut self, value: &str) -> Result<()> {
        self.cells.push(Cell::Text(Span::new(self.text.len(), value.len())?));
        self.text.push_str(value);
        Ok(())
    }

    pub(crate) fn push_blob(&mut self, value: &[u8]) -> Result<()> {
        self.cells.push(Cell::Blob(Span::new(self.blobs.len(), value.len())?));
        self.blobs.extend_from_slice(value);
        Ok(())
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len().checked_div(self.columns).unwrap_or(0)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// How many columns each row has.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// A row by its place.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Row<'_>> {
        let start = index.checked_mul(self.columns)?;
        let cells = self.cells.get(start..start + self.columns)?;
        (!cells.is_empty()).then_some(Row { rows: self, cells })
    }

    /// The first row.
    #[must_use]
    pub fn first(&self) -> Option<Row<'_>> {
        self.get(0)
    }

    /// The first row, where a query without one makes no sense (`SELECT count(*) …`).
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) if there is none.
    pub fn one(&self) -> Result<Row<'_>> {
        self.first().ok_or_else(|| Error::new(ErrorKind::Invalid, "a row was expected"))
    }

    /// The rows in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Row<'_>> + DoubleEndedIterator {
        self.cells.chunks_exact(self.columns.max(1)).map(|cells| Row { rows: self, cells })
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// One row, borrowed from [`Rows`]. Columns count from 0.
///
/// Every getter fails with [`ErrorKind::Invalid`] when the column is not there or is of
/// another type; those without `opt` also when it is null.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    rows: &'a Rows,
    cells: &'a [Cell],
}

impl<'a> Row<'a> {
    /// A number.
    ///
    /// # Errors
    /// See [`Row`].
    pub fn int(self, column: usize) -> Result<i64> {
        self.opt_int(column)?.ok_or_else(|| self.wrong(column, "a number"))
    }

    /// A number that is 0 for no and anything else for yes.
    ///
    /// # Errors
    /// See [`Row`].
    pub fn flag(self, column: usize) -> Result<bool> {
        Ok(self.int(column)? != 0)
    }

    /// A text.
    ///
    /// # Errors
    /// See [`Row`].
    pub fn text(self, column: usize) -> Result<&'a str> {
        self.opt_text(column)?.ok_or_else(|| self.wrong(column, "a text"))
    }

    /// Bytes.
    ///
    /// # Errors
    /// See [`Row`].
    pub fn blob(self, column: usize) -> Result<&'a [u8]> {
        self.opt_blob(column)?.ok_or_else(|| self.wrong(column, "a blob"))
    }

    /// A number or null.
    ///
    /// # Errors
    /// See [`Row`].
    pub fn opt_int(self, column: usize) -> Result<Option<i64>> {
        match self.cells.get(column) {
            Some(Cell::Null) => Ok(None),
            Some(Cell::Int(value)) => Ok(Some(*value)),
            _ => Err(self.wrong(column, "a number")),
        }
    }

    /// A text or null.
    ///
    /// # Errors
    /// See [`Row`].
    pub fn opt_text(self, column: usize) -> Result<Option<&'a str>> {
        match self.cells.get(column) {
            Some(Cell::Null) => Ok(None),
            Some(Cell::Text(span)) => Ok(Some(&self.rows.text[span.range()])),
            _ => Err(self.wrong(column, "a text")),
        }
    }

    /// Bytes or null.
    ///
    /// # Errors
    /// See [`Row`].
    pub fn opt_blob(self, column: usize) -> Result<Option<&'a [u8]>> {
        match self.cells.get(column) {
            Some(Cell::Null) => Ok(None),
            Some(Cell::Blob(span)) => Ok(Some(&self.rows.blobs[span.range()])),
            _ => Err(self.wrong(column, "a blob")),
        }
    }

    /// Whether the column is null.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn is_null(self, column: usize) -> Result<bool> {
        let cell = self.cells.get(column).ok_or_else(|| self.wrong(column, "a value"))?;
        Ok(matches!(cell, Cell::Null))
    }

    /// The cell as a value of its own; null when there is no such column.
    #[must_use]
    pub fn value(self, column: usize) -> Value {
        match self.cells.get(column) {
            None | Some(Cell::Null) => Value::Null,
            Some(Cell::Int(value)) => Value::Int(*value),
            Some(Cell::Text(span)) => Value::Text(self.rows.text[span.range()].to_owned()),
            Some(Cell::Blob(span)) => Value::Blob(self.rows.blobs[span.range()].to_owned()),
        }
    }

    fn wrong(self, column: usize, wanted: &str) -> Error {
        let found = match self.cells.get(column) {
            None => "missing",
            Some(Cell::Null) => "null",
            Some(Cell::Int(_)) => "a number",
            Some(Cell::Text(_)) => "a text",
            Some(Cell::Blob(_)) => "a blob",
        };
        Error::new(ErrorKind::Invalid, format!("column {column} is {found}, not {wanted}"))
    }
}

impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries((0..self.cells.len()).map(|column| self.value(column))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_as_what_they_are() {
        let mut rows = Rows::with_columns(4);
        rows.push_int(7);
        rows.push_text("straße").unwrap();
        rows.push_blob(b"\0\xff").unwrap();
        rows.push_null();
        let row = rows.one().unwrap();
        assert_eq!(row.int(0).unwrap(), 7);
        assert_eq!(row.text(1).unwrap(), "straße");
        assert_eq!(row.blob(2).unwrap(), b"\0\xff");
        assert_eq!(row.opt_text(3).unwrap(), None);
        assert!(row.is_null(3).unwrap() && !row.is_null(0).unwrap());
        for wrong in [row.text(0).err(), row.int(3).map(drop).map_or_else(Some, |()| None)] {
            assert_eq!(wrong.unwrap().kind(), ErrorKind::Invalid);
        }
        assert_eq!(
            row.blob(4).unwrap_err().to_string(),
            "column 4 is missing, not a blob: invalid statement"
        );
        assert_eq!((rows.len(), rows.get(1).is_none()), (1, true));
    }

    #[test]
    fn no_columns_no_rows() {
        let rows = Rows::default();
        assert_eq!((rows.len(), rows.iter().count(), rows.get(0).is_none()), (0, 0, true));
    }
}
