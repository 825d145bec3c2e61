//! Flushes of small files.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use tokio::task::JoinSet;

use crate::World;

const CLIENTS: usize = 32;
const EACH: usize = 10;
/// So long that the flush decides how many wait for it, however busy the processors are.
const FLUSH: Duration = Duration::from_millis(120);

#[tokio::test(flavor = "multi_thread")]
async fn many_who_write_at_once_share_their_flushes() {
    let world = Arc::new(World::new(Some(FLUSH)).await);
    let flushes = |world: &World| {
        world.stores.databases.sql.stats().commits + world.stores.blobs.stats().flushes
    };
    // Makes what is made once: the home, the first pack.
    assert_eq!(world.send("PUT", "first.bin", b"first").await.0, StatusCode::CREATED);
    let before = flushes(&world);
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let world = Arc::clone(&world);
        clients.spawn(async move {
            for n in 0..EACH {
                let name = format!("{client}-{n}.bin");
                let (status, _) = world.send("PUT", &name, &[0x5a; 10 * 1024]).await;
                assert_eq!(status, StatusCode::CREATED);
            }
        });
    }
    clients.join_all().await;
    let (flushes, files) = (flushes(&world) - before, (CLIENTS * EACH) as u64);
    assert!(flushes * 5 <= files, "{flushes} flushes of {files} files");
    // They are durable when they are answered: nothing can be for free.
    assert!(flushes >= EACH as u64, "{flushes} flushes of {files} files");
}
