//! The numbers of the stores, read when the operator asks.

use std::fmt;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::counter::ConstCounter,
    registry::Registry,
};

use crate::Stores;

/// Adds the numbers of the stores to a registry.
pub(crate) fn register(registry: &mut Registry, stores: &Stores) {
    registry.register_collector(Box::new(StoreNumbers(stores.clone())));
}

struct StoreNumbers(Stores);

impl fmt::Debug for StoreNumbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreNumbers")
    }
}

impl Collector for StoreNumbers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let database = self.0.databases.sql.stats();
        let blobs = self.0.blobs.stats();
        let numbers = [
            ("database_reads", "Reads of the database", database.reads),
            ("database_statements", "Statements that the database ran", database.statements),
            ("database_batches", "Batches of changes", database.batches),
            ("database_commits", "Commits, each of which flushes once", database.commits),
            ("blob_flushes", "Flushes of contents to the disk", blobs.flushes),
            ("blobs_small", "Small contents that were stored", blobs.small_blobs),
            ("blobs_large", "Large contents that were stored", blobs.large_blobs),
            ("blob_bytes", "Bytes of contents that were stored", blobs.bytes),
        ];
        for (name, help, value) in numbers {
            let counter = ConstCounter::new(value);
            let metric = encoder.encode_descriptor(name, help, None, counter.metric_type())?;
            counter.encode(metric)?;
        }
        Ok(())
    }
}
