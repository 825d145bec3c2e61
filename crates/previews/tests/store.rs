//! What is kept, for how long, and what a crash does to it.

#![allow(clippy::unwrap_used, reason = "a failed step fails its test")]

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use allmende_previews::{
    Content, Error, Kind, Preview, PreviewOptions, Previews, StoreOptions, Wanted,
};
use allmende_types::NodeId;
use bytes::Bytes;
use image::{DynamicImage, ImageFormat, RgbImage};

fn image() -> Bytes {
    let noise = |x: u32, y: u32| image::Rgb([(x * 7 + y) as u8, (x ^ y) as u8, (x * y) as u8]);
    let mut bytes = Vec::new();
    let image: DynamicImage = RgbImage::from_fn(96, 96, noise).into();
    image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes.into()
}

fn content(node: i64) -> Content {
    Content::new(NodeId(node), "\"e1-7\"")
}

fn wanted() -> Wanted {
    Wanted::new(64, 64).unwrap()
}

async fn open(folder: &Path, budget: u64) -> Previews {
    let store = StoreOptions { budget };
    Previews::open(folder, PreviewOptions { store, ..PreviewOptions::default() }).await.unwrap()
}

async fn make(previews: &Previews, node: i64) -> Preview {
    previews.preview(content(node), Kind::Image, wanted(), async { Ok(image()) }).await.unwrap()
}

/// The picture, if it is in the store.
async fn kept(previews: &Previews, node: i64) -> Option<Preview> {
    let gone = async { Err(Error::source_failed("not kept")) };
    previews.preview(content(node), Kind::Image, wanted(), gone).await.ok()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let shards = fs::read_dir(folder).unwrap();
    let files = shards.flat_map(|shard| fs::read_dir(shard.unwrap().path()).unwrap());
    files.map(|file| file.unwrap().path()).collect()
}

#[tokio::test]
async fn pictures_are_found_again_also_by_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let previews = open(folder.path(), 1 << 20).await;
    let first = make(&previews, 1).await;
    assert_eq!(kept(&previews, 1).await.as_ref(), Some(&first));
    // Another size that comes to the same picture, another content, another revision.
    let same = Wanted::new(10, 10).unwrap();
    let gone = async { Err(Error::source_failed("not kept")) };
    assert_eq!(previews.preview(content(1), Kind::Image, same, gone).await.unwrap(), first);
    assert_eq!(kept(&previews, 2).await, None);
    let newer = Content::new(NodeId(1), "\"e1-8\"");
    let gone = async { Err(Error::source_failed("not kept")) };
    assert!(previews.preview(newer, Kind::Image, wanted(), gone).await.unwrap_err().is_retryable());
    drop(previews);
    let next = open(folder.path(), 1 << 20).await;
    assert_eq!(kept(&next, 1).await, Some(first));
    assert_eq!(next.stats().pictures, 1);
    next.forget(content(1)).await.unwrap();
    assert_eq!((kept(&next, 1).await, files(folder.path()).len()), (None, 0));
}

#[tokio::test]
async fn what_was_torn_is_never_shown_and_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let first = make(&open(folder.path(), 1 << 20).await, 1).await;
    let path = files(folder.path()).pop().unwrap();
    let whole = fs::read(&path).unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let mut other_kind = whole.clone();
    other_kind[4] ^= 1;
    for torn in [&whole[..whole.len() / 2], &[], &vec![0; whole.len()], &flipped, &other_kind] {
        fs::write(&path, torn).unwrap();
        // What a process left behind that was killed while it wrote.
        let left = path.parent().unwrap().join("tmp-1-1");
        fs::write(&left, b"half").unwrap();
        let previews = open(folder.path(), 1 << 20).await;
        assert!(!left.exists());
        assert_eq!(kept(&previews, 1).await, None);
        assert!(!path.exists() && previews.stats().bytes == 0);
        assert_eq!(make(&previews, 1).await, first);
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
}

#[tokio::test]
async fn the_budget_holds_and_what_was_used_last_stays() {
    let folder = tempfile::tempdir().unwrap();
    let previews = open(folder.path(), 1 << 20).await;
    make(&previews, 1).await;
    let one = previews.stats().bytes;
    drop(previews);
    let previews = open(folder.path(), one * 3).await;
    for node in [2, 3] {
        make(&previews, node).await;
    }
    assert!(kept(&previews, 1).await.is_some());
    make(&previews, 4).await;
    assert_eq!(kept(&previews, 2).await, None, "used before all others");
    for node in [1, 3, 4] {
        assert!(kept(&previews, node).await.is_some(), "{node}");
    }
    assert_eq!((previews.stats().bytes, files(folder.path()).len()), (one * 3, 3));
    drop(previews);
    // A smaller budget is kept to at once, and one for nothing keeps nothing.
    assert_eq!(open(folder.path(), one).await.stats().pictures, 1);
    let nothing = open(folder.path(), 0).await;
    make(&nothing, 9).await;
    assert_eq!((nothing.stats().pictures, files(folder.path()).len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_picture_is_made_once_however_many_ask() {
    let folder = tempfile::tempdir().unwrap();
    let previews = open(folder.path(), 1 << 20).await;
    let loads = Arc::new(AtomicUsize::new(0));
    let asks: Vec<_> = (0..20)
        .map(|_| {
            let (previews, loads) = (previews.clone(), Arc::clone(&loads));
            tokio::spawn(async move {
                let load = async {
                    loads.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    Ok(image())
                };
                previews.preview(content(1), Kind::Image, wanted(), load).await.unwrap()
            })
        })
        .collect();
    let mut all = Vec::new();
    for ask in asks {
        all.push(ask.await.unwrap());
    }
    assert!(all.iter().all(|preview| *preview == all[0]));
    assert_eq!(loads.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn who_goes_away_takes_nothing_along() {
    let folder = tempfile::tempdir().unwrap();
    let previews = open(folder.path(), 1 << 20).await;
    let never = previews.preview(content(1), Kind::Image, wanted(), std::future::pending());
    assert!(tokio::time::timeout(Duration::from_millis(20), never).await.is_err());
    make(&previews, 1).await;
}

#[tokio::test]
async fn too_many_at_once_are_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let options = PreviewOptions { at_once: 1, waiting: 0, ..PreviewOptions::default() };
    let previews = Previews::open(folder.path(), options).await.unwrap();
    let never = previews.preview(content(1), Kind::Image, wanted(), std::future::pending());
    let other = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        previews.preview(content(2), Kind::Image, wanted(), async { Ok(image()) }).await
    };
    tokio::select! {
        _ = never => panic!("it never ends"),
        other = other => assert!(matches!(other, Err(Error::Busy))),
    }
    make(&previews, 2).await;
}
