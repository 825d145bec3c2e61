//! The properties that resources do not have: from entry to entry nearly always the same.

use crate::{name::PropName, xml::XmlWriter};

/// How many rows of names are kept. Files and folders lack different properties; more
/// kinds than these are rare, and only cost time.
const ROWS: usize = 8;

/// What the present response says with status 404, rendered once for all responses that
/// say the same.
#[derive(Debug, Default)]
pub(super) struct Absent {
    rows: Vec<Row>,
    /// The row that begins like the present response.
    at: usize,
    /// How many of its names the present response has.
    len: usize,
}

/// Names in the order in which a response told them. A shorter response is the beginning
/// of a row, and a longer one makes it longer.
#[derive(Debug, Default)]
struct Row {
    names: Vec<PropName>,
    rendered: Vec<u8>,
    /// Where each name ends in `rendered`.
    ends: Vec<usize>,
}

impl Row {
    fn up_to(&self, len: usize) -> &[u8] {
        let end = len.checked_sub(1).map_or(0, |last| self.ends[last]);
        &self.rendered[..end]
    }

    fn add(&mut self, name: &PropName, xml: &mut XmlWriter) {
        xml.swap(&mut self.rendered);
        xml.empty(name);
        xml.swap(&mut self.rendered);
        self.names.push(name.clone());
        self.ends.push(self.rendered.len());
    }
}

impl Absent {
    /// Begins a response.
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The elements of the present response.
    pub(super) fn rendered(&self) -> &[u8] {
        self.rows.get(self.at).map_or(&[], |row| row.up_to(self.len))
    }

    /// Adds a name. `xml` lends its knowledge of prefixes, which never change once given.
    pub(super) fn add(&mut self, name: &PropName, xml: &mut XmlWriter) {
        let len = self.len;
        self.len += 1;
        match self.rows.get_mut(self.at) {
            Some(row) if row.names.get(len) == Some(name) => return,
            Some(row) if row.names.len() == len => return row.add(name, xml),
            _ => {}
        }
        let begun = self.rows.get(self.at).map_or(&[][..], |row| &row.names[..len]);
        let fits = |row: &Row| row.names.get(len) == Some(name) && row.names.starts_with(begun);
        if let Some(other) = self.rows.iter().position(fits) {
            self.at = other;
            return;
        }
        let mut row = Row::default();
        if let Some(like) = self.rows.get(self.at) {
            row.names.extend_from_slice(&like.names[..len]);
            row.ends.extend_from_slice(&like.ends[..len]);
            row.rendered.extend_from_slice(like.up_to(len));
        }
        row.add(name, xml);
        if self.rows.len() < ROWS {
            self.at = self.rows.len();
            self.rows.push(row);
        } else {
            self.at = (self.at + 1) % ROWS;
            self.rows[self.at] = row;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAMES: [PropName; 5] = [
        PropName::oc("a"),
        PropName::nc("b"),
        PropName::dav("c"),
        PropName::ocs("d"),
        PropName::from_static(crate::Namespace::from_static("urn:x"), "e"),
    ];

    proptest! {
        /// Whatever came before, a response says what it would say alone.
        #[test]
        fn each_response_says_its_own(
            responses in prop::collection::vec(prop::collection::vec(0usize..5, 0..6), 0..40),
        ) {
            let (mut absent, mut xml) = (Absent::default(), XmlWriter::new());
            xml.reserve(NAMES[3].namespace());
            xml.reserve(NAMES[4].namespace());
            for response in responses {
                absent.clear();
                let mut alone = XmlWriter::new();
                alone.reserve(NAMES[3].namespace());
                alone.reserve(NAMES[4].namespace());
                for at in &response {
                    absent.add(&NAMES[*at], &mut xml);
                    alone.empty(&NAMES[*at]);
                }
                prop_assert_eq!(absent.is_empty(), response.is_empty());
                prop_assert_eq!(absent.rendered(), alone.into_bytes());
            }
            prop_assert!(absent.rows.len() <= ROWS && xml.is_empty());
        }
    }
}
