//! One at a time: who asks for what is being made waits for it.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OnceCell;

/// What is being made.
#[derive(Debug)]
pub(crate) struct Flights<K, V>(Mutex<HashMap<K, Arc<OnceCell<V>>>>);

impl<K: Eq + Hash + Clone, V: Clone> Flights<K, V> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// The value, made by one of all who ask for it at the same time. If that one goes away
    /// before it is done, the next takes over.
    pub(crate) async fn run(&self, key: K, make: impl Future<Output = V>) -> V {
        let cell = {
            let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(flights.entry(key.clone()).or_default())
        };
        let _seat = Seat { flights: self, key, cell: Arc::clone(&cell) };
        cell.get_or_init(|| make).await.clone()
    }
}

/// Somebody who waits. The last one who leaves takes the entry along.
struct Seat<'a, K: Eq + Hash, V> {
    flights: &'a Flights<K, V>,
    key: K,
    cell: Arc<OnceCell<V>>,
}

impl<K: Eq + Hash, V> Drop for Seat<'_, K, V> {
    fn drop(&mut self) {
        let mut flights = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = flights.get(&self.key).is_some_and(|cell| Arc::ptr_eq(cell, &self.cell));
        // Done, so who comes now looks into the store; or nobody else waits: the map has it,
        // this seat, and its future.
        if ours && (self.cell.initialized() || Arc::strong_count(&self.cell) <= 3) {
            flights.remove(&self.key);
        }
    }
}
