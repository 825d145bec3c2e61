use std::path::Path;

use super::content::SECTOR;
use super::{Disk, Survival};
use crate::crash::power::trace::{Event, Step};
use crate::tree::Noise;

fn disk(events: Vec<Event>) -> Disk {
    let mut disk = Disk::new(Path::new("/d")).unwrap();
    for (line, event) in events.into_iter().enumerate() {
        disk.apply(&Step { line, event }).unwrap();
    }
    disk
}

fn opened(fd: i64, path: &str) -> Event {
    Event::Opened { fd, path: path.to_owned(), create: true, truncate: false }
}

fn wrote(fd: i64, at: u64, bytes: &[u8]) -> Event {
    Event::Wrote { fd, at: Some(at), bytes: bytes.to_vec() }
}

fn left(disk: &Disk, survival: Survival, seed: u64) -> Vec<(String, Vec<u8>)> {
    let to = tempfile::tempdir().unwrap();
    disk.write(to.path(), survival, &mut Noise::new(seed)).unwrap();
    let mut all: Vec<_> = std::fs::read_dir(to.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let content = std::fs::read(entry.path()).unwrap();
            (entry.file_name().into_string().unwrap(), content)
        })
        .collect();
    all.sort();
    all
}

#[test]
fn only_what_was_flushed_is_sure() {
    let flush_root = || [opened(4, "/d"), Event::Flushed { fd: 4, since: 100 }];
    let file = |flush| {
        let mut events = vec![opened(3, "/d/a"), wrote(3, 0, b"one")];
        if flush {
            events.push(Event::Flushed { fd: 3, since: 2 });
        }
        events.push(wrote(3, 3, b"two"));
        events
    };
    // Bytes without a name, a name without bytes, and both.
    assert_eq!(left(&disk(file(true)), Survival::Nothing, 1), []);
    let mut events = file(false);
    events.extend(flush_root());
    assert_eq!(left(&disk(events), Survival::Nothing, 1), [("a".into(), vec![])]);
    let mut events = file(true);
    events.extend(flush_root());
    let both = disk(events);
    assert_eq!(left(&both, Survival::Nothing, 1), [("a".into(), b"one".to_vec())]);
    assert_eq!(both.unflushed(), 1);
}

#[test]
fn a_flush_covers_what_had_ended_when_it_began() {
    let events = vec![
        opened(3, "/d/a"),
        opened(4, "/d"),
        Event::Flushed { fd: 4, since: 2 },
        wrote(3, 0, b"before"),
        wrote(3, 6, b"meanwhile"),
        Event::Flushed { fd: 3, since: 4 },
    ];
    let only = [("a".to_owned(), b"before".to_vec())];
    assert_eq!(left(&disk(events), Survival::Nothing, 1), only);
}

#[test]
fn a_name_that_moved_between_folders_is_in_one_of_them() {
    let folder = |path: &str| Event::MadeFolder { path: path.to_owned() };
    let mut events = vec![folder("/d/a"), folder("/d/b"), opened(4, "/d")];
    events.push(Event::Flushed { fd: 4, since: 2 });
    events.push(opened(3, "/d/a/x"));
    events.push(Event::Renamed { from: "/d/a/x".into(), to: "/d/b/x".into() });
    events.push(opened(5, "/d/b"));
    events.push(Event::Flushed { fd: 5, since: 6 });
    let disk = disk(events);
    assert_eq!(disk.unflushed(), 0);
    let to = tempfile::tempdir().unwrap();
    disk.write(to.path(), Survival::Nothing, &mut Noise::new(1)).unwrap();
    assert!(to.path().join("b/x").exists() && !to.path().join("a/x").exists());
}

#[test]
fn a_rename_is_whole_or_absent_and_bytes_may_be_torn() {
    let (old, new) = (vec![1; 3 * SECTOR], vec![2; 3 * SECTOR]);
    let events = vec![
        opened(3, "/d/a"),
        wrote(3, 0, &old),
        Event::Flushed { fd: 3, since: 2 },
        opened(4, "/d"),
        Event::Flushed { fd: 4, since: 4 },
        Event::Renamed { from: "/d/a".into(), to: "/d/b".into() },
        wrote(3, 0, &new),
    ];
    let disk = disk(events);
    let some = Survival::Some { percent: 50, grain: SECTOR };
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let found = left(&disk, some, seed);
        assert_eq!(found.len(), 1);
        let (name, content) = &found[0];
        let sectors: Vec<u8> = content.chunks(SECTOR).map(|sector| sector[0]).collect();
        assert!(content.chunks(SECTOR).all(|sector| sector.iter().all(|b| *b == sector[0])));
        seen.insert((name.clone(), sectors));
    }
    // Two names times two contents of three sectors.
    assert_eq!(seen.len(), 16);
}
