//! A map whose changes can be taken back.

use std::{collections::BTreeMap, ops::RangeBounds};

/// Rows in the order of their keys. What was changed since the last [`Table::keep`] is
/// undone by [`Table::roll_back`].
#[derive(Debug)]
pub(super) struct Table<K, V> {
    rows: BTreeMap<K, V>,
    undo: Vec<(K, Option<V>)>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), undo: Vec::new() }
    }
}

impl<K: Ord + Clone, V: Clone> Table<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.rows.get(key)
    }

    pub(super) fn insert(&mut self, key: K, value: V) {
        let old = self.rows.insert(key.clone(), value);
        self.undo.push((key, old));
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        let old = self.rows.remove(key)?;
        self.undo.push((key.clone(), Some(old.clone())));
        Some(old)
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rows.iter()
    }

    pub(super) fn range(
        &self,
        range: impl RangeBounds<K>,
    ) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rows.range(range)
    }

    pub(super) fn keep(&mut self) {
        self.undo.clear();
    }

    pub(super) fn roll_back(&mut self) {
        while let Some((key, old)) = self.undo.pop() {
            match old {
                Some(value) => self.rows.insert(key, value),
                None => self.rows.remove(&key),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rolled_back_is_as_before(
            kept in prop::collection::vec((0u8..8, any::<Option<u8>>()), 0..20),
            undone in prop::collection::vec((0u8..8, any::<Option<u8>>()), 0..20),
        ) {
            let mut table = Table::default();
            let apply = |table: &mut Table<u8, u8>, changes: &[(u8, Option<u8>)]| {
                for (key, value) in changes {
                    match value {
                        Some(value) => table.insert(*key, *value),
                        None => { table.remove(key); }
                    }
                }
            };
            apply(&mut table, &kept);
            table.keep();
            let before = table.rows.clone();
            apply(&mut table, &undone);
            table.roll_back();
            prop_assert_eq!(table.rows, before);
        }
    }
}
