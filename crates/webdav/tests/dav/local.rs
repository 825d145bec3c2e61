//! What only a disk has: other programs, links, names that no client can write.

use std::{fs, os::unix::fs::symlink, time::Duration};

use allmende_webdav_proto::PropName;

use crate::support::local;

const TYPE: PropName = PropName::dav("resourcetype");

fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> = (fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn nothing_outside_is_reached() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    let (folder, dav) = local();
    symlink(outside.path(), folder.path().join("link")).unwrap();
    symlink(outside.path().join("secret"), folder.path().join("file")).unwrap();
    for path in ["/link", "/link/secret", "/file"] {
        assert_eq!(dav.get(path).await.status, 404, "{path}");
    }
    assert_eq!(dav.put("/link/new", "x").await.status, 409);
    assert_eq!(dav.put("/file", "x").await.status, 403);
    assert_eq!(dav.mkcol("/link").await.status, 405);
    dav.put("/own", "x").await;
    for method in ["COPY", "MOVE"] {
        let answer = dav.send(method, "/own", &[("Destination", "/dav/file")], "").await;
        assert_eq!(answer.status, 403);
    }
    let shown: Vec<String> = dav.propfind("/", "infinity", &TYPE).await.into_keys().collect();
    assert_eq!(shown, ["/dav/", "/dav/own"]);
    // A folder is deleted with the link in it, not with what the link leads to.
    fs::create_dir(folder.path().join("d")).unwrap();
    symlink(outside.path(), folder.path().join("d/link")).unwrap();
    assert_eq!(dav.send("DELETE", "/d", &[], "").await.status, 204);
    assert_eq!(fs::read_to_string(outside.path().join("secret")).unwrap(), "secret");
}

#[tokio::test]
async fn its_own_files_are_neither_shown_nor_given_away() {
    let (folder, dav) = local();
    let body = "<d:propertyupdate xmlns:d='DAV:'><d:set><d:prop><x xmlns='urn:x'>1</x></d:prop>\
                </d:set></d:propertyupdate>";
    dav.put("/f", "1").await;
    dav.send("PROPPATCH", "/f", &[], body).await;
    assert_eq!(names(folder.path()), [".allmende-dav", "f"]);
    assert_eq!(dav.propfind("/", "1", &TYPE).await.len(), 2);
    assert_eq!(dav.get("/.allmende-dav").await.status, 404);
    assert_eq!(dav.put("/.allmende-dav.x", "").await.status, 400);
    assert_eq!(dav.send("DELETE", "/f", &[], "").await.status, 204);
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn failed_writes_leave_nothing_behind() {
    let (folder, dav) = local();
    dav.put("/f", "old").await;
    assert_eq!(dav.send("PUT", "/f", &[("Content-Length", "9")], "new").await.status, 400);
    assert_eq!(dav.send("PUT", "/g", &[("If-Match", "*")], "new").await.status, 412);
    assert_eq!(names(folder.path()), ["f"]);
    assert_eq!(fs::read_to_string(folder.path().join("f")).unwrap(), "old");
}

#[tokio::test]
async fn each_write_changes_the_etag() {
    let (folder, dav) = local();
    let mut etags = std::collections::BTreeSet::new();
    for _ in 0..50 {
        etags.insert(dav.put("/f", "same").await.header("etag").to_owned());
    }
    assert_eq!(etags.len(), 50);
    let last = dav.get("/f").await.header("etag").to_owned();
    dav.send("MOVE", "/f", &[("Destination", "/dav/g")], "").await;
    assert_eq!(dav.get("/g").await.header("etag"), last, "a move is no change of the content");
    tokio::time::sleep(Duration::from_millis(20)).await;
    fs::write(folder.path().join("g"), "othe").unwrap();
    assert_ne!(dav.get("/g").await.header("etag"), last);
}

#[tokio::test]
async fn names_that_no_client_can_write_are_left_out() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let (folder, dav) = local();
    for name in [&b"\xff"[..], b"back\\slash", "e\u{301}".as_bytes(), b"fine"] {
        fs::write(folder.path().join(OsStr::from_bytes(name)), "x").unwrap();
    }
    let shown: Vec<String> = dav.propfind("/", "1", &TYPE).await.into_keys().collect();
    assert_eq!(shown, ["/dav/", "/dav/fine"]);
}

#[tokio::test]
async fn what_cannot_be_deleted_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, dav) = local();
    dav.mkcol("/d").await;
    dav.mkcol("/d/sealed").await;
    dav.put("/d/sealed/f", "1").await;
    dav.put("/d/free", "1").await;
    let sealed = folder.path().join("d/sealed");
    fs::set_permissions(&sealed, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(sealed.join("probe"), "").is_ok() {
        // Nothing is sealed to the superuser.
        return;
    }
    let answer = dav.send("DELETE", "/d", &[], "").await;
    fs::set_permissions(&sealed, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(answer.status, 207);
    let all = answer.multistatus();
    assert_eq!(all.responses.len(), 1);
    assert_eq!(all.responses[0].href.as_str(), "/dav/d/sealed/f");
    assert_eq!(dav.get("/d/free").await.status, 404);
}

#[tokio::test]
async fn large_folders_come_page_by_page() {
    let (folder, dav) = local();
    for number in 0..1_234 {
        fs::write(folder.path().join(format!("{number}")), "").unwrap();
    }
    assert_eq!(dav.propfind("/", "1", &TYPE).await.len(), 1_235);
}
