//! What the person at the terminal reads, and what scripts read.

use std::error::Error;
use std::io::{self, Write};

use serde::Serialize;

use crate::failure::Failure;

/// The form in which data are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    Text,
    Json,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }

    /// Tells data: as JSON, or as the lines that `text` makes of them.
    pub(crate) fn tell<T: Serialize>(
        self,
        data: &T,
        text: impl FnOnce(&T) -> String,
    ) -> Result<(), Failure> {
        let told = match self {
            Self::Json => serde_json::to_string_pretty(data).map_err(io::Error::from)? + "\n",
            Self::Text => text(data),
        };
        io::stdout().write_all(told.as_bytes())?;
        Ok(())
    }

    /// Tells a person what was done; scripts have the exit status.
    pub(crate) fn done(self, line: &str) -> Result<(), Failure> {
        match self {
            Self::Json => Ok(()),
            Self::Text => Ok(writeln!(io::stdout(), "{}", printable(line))?),
        }
    }
}

/// Tells a failure with all its causes, on standard error.
pub(crate) fn failure(failure: &Failure) {
    eprintln!("ocs: {}", printable(&failure.to_string()));
    let mut source = failure.source();
    // The cause of an API failure is in its own words already.
    if matches!(failure, Failure::Api(_)) {
        source = None;
    }
    while let Some(cause) = source {
        eprintln!("  because {}", printable(&cause.to_string()));
        source = cause.source();
    }
}

/// The text without what would steer the terminal: names come from others.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Rows in columns that are as wide as they must be.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let rows = rows.iter().map(|row| row.each_ref().map(|cell| printable(cell)));
    let rows: Vec<[String; N]> = std::iter::once(head.map(str::to_owned)).chain(rows).collect();
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for row in &rows {
        let padded: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(padded.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// A number of bytes with the unit that people read.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_steer_nothing() {
        let rows = [["1".to_owned(), "a\u{1b}[2J".to_owned()], ["23".to_owned(), "ü".to_owned()]];
        assert_eq!(table(["ID", "NAME"], &rows), "ID  NAME\n1   a\u{fffd}[2J\n23  ü\n");
    }

    #[test]
    fn sizes() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size(300_000_000), "286.1 MiB");
        assert_eq!(size(u64::MAX), "16384.0 PiB");
    }
}
