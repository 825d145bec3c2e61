//! Properties of files and folders, hrefs, listings and changes of properties.

use crate::common::{FILES, START, World};

#[tokio::test]
async fn a_file() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a.txt");
    let sum = "SHA1:aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";
    let headers = [("oc-checksum", sum), ("x-oc-mtime", "1500000000")];
    let made = alice.send("PUT", &a, &headers, "hello").await;
    let id = made.header("oc-fileid").unwrap();
    let number = id.strip_suffix("oc48fzr4wkqv").unwrap().trim_start_matches('0');
    let etag = made.header("etag").unwrap().trim_matches('"');
    let quoted = format!("&quot;{etag}&quot;");
    let start = START.to_string();
    for (name, value) in [
        ("d:displayname", Some("a.txt")),
        ("d:resourcetype", Some("")),
        ("d:getlastmodified", Some("Fri, 14 Jul 2017 02:40:00 GMT")),
        ("d:getetag", Some(quoted.as_str())),
        ("d:getcontenttype", Some("text/plain")),
        ("d:getcontentlength", Some("5")),
        ("d:quota-used-bytes", None),
        ("oc:id", Some(id)),
        ("oc:fileid", Some(number)),
        ("oc:permissions", Some("RGDNVW")),
        ("oc:size", Some("5")),
        ("oc:favorite", Some("0")),
        ("oc:checksums", Some(&*format!("<oc:checksum>{sum}</oc:checksum>"))),
        ("oc:owner-id", Some("alice")),
        ("oc:owner-display-name", Some("Alice")),
        ("oc:share-types", Some("")),
        ("oc:comments-unread", Some("0")),
        ("oc:data-fingerprint", Some("")),
        ("oc:dDC", None),
        ("nc:has-preview", Some("true")),
        ("nc:mount-type", Some("")),
        ("nc:is-mount-root", Some("false")),
        ("nc:is-encrypted", None),
        ("nc:upload_time", Some(start.as_str())),
        ("nc:share-attributes", Some("[]")),
        ("nc:contained-file-count", None),
        ("nc:lock", Some("")),
        ("nc:lock-owner", None),
        ("nc:note", None),
        ("x1:share-permissions", Some("19")),
    ] {
        // The prefix of this namespace is the server's own, and iOS reads just that.
        let asked = name.replace("x1:", "ocs:");
        let answer = alice.propfind(&a, "0", &asked).await;
        let shown = answer.responses().remove(0);
        assert_eq!(shown.prop(name), value, "{name}: {}", answer.text());
    }
}

/// The desktop client reads it of the root, and uploads what is newer when it changes.
#[tokio::test]
async fn restored_data_have_another_fingerprint() {
    for fingerprint in ["", "6923c8a1"] {
        let world = World::restored(fingerprint).await;
        let answer = world.alice().propfind(FILES, "0", "oc:data-fingerprint").await;
        let shown = answer.responses().remove(0);
        assert_eq!(shown.prop("oc:data-fingerprint"), Some(fingerprint));
    }
}

#[tokio::test]
async fn a_folder() {
    let world = World::new().await;
    let alice = world.alice();
    let dir = format!("{FILES}/dir");
    alice.mkcol(&dir).await;
    alice.mkcol(&format!("{dir}/sub")).await;
    alice.put(&format!("{dir}/sub/a"), "12345").await;
    alice.put(&format!("{dir}/b"), "123").await;
    for (name, value) in [
        ("d:displayname", Some("dir")),
        ("d:resourcetype", Some("<d:collection/>")),
        ("d:getcontenttype", None),
        ("d:getcontentlength", None),
        ("d:quota-used-bytes", Some("8")),
        ("d:quota-available-bytes", Some("-3")),
        ("oc:permissions", Some("RGDNVCK")),
        ("oc:size", Some("8")),
        ("oc:checksums", None),
        ("nc:contained-folder-count", Some("1")),
        ("nc:contained-file-count", Some("1")),
        ("nc:upload_time", None),
        ("oc:share-types", Some("")),
    ] {
        assert_eq!(alice.prop(&dir, name).await.as_deref(), value, "{name}");
    }
    let root = format!("{FILES}/");
    // A home as a whole is not shared.
    assert_eq!(alice.prop(&root, "oc:permissions").await.as_deref(), Some("GDNVCK"));
    assert_eq!(alice.prop(&root, "d:displayname").await.as_deref(), Some("alice"));
    assert_eq!(alice.prop(&root, "oc:size").await.as_deref(), Some("8"));
}

#[tokio::test]
async fn the_form_of_a_listing() {
    let world = World::new().await;
    let alice = world.alice();
    alice.put(&format!("{FILES}/a.txt"), "hello").await;
    let answer = alice.propfind(&format!("{FILES}/a.txt"), "0", "oc:size oc:dDC").await;
    assert_eq!(answer.header("content-type"), Some("application/xml; charset=utf-8"));
    let text = answer.text();
    assert!(text.starts_with("<?xml version=\"1.0\"?>\n<d:multistatus "), "{text}");
    let head = text.split('>').nth(1).unwrap();
    for declared in [
        "xmlns:d=\"DAV:\"",
        "xmlns:s=\"http://sabredav.org/ns\"",
        "xmlns:oc=\"http://owncloud.org/ns\"",
        "xmlns:nc=\"http://nextcloud.org/ns\"",
    ] {
        assert!(head.contains(declared), "{head}");
    }
    assert!(
        text.contains(
            "<d:response><d:href>/remote.php/dav/files/alice/a.txt</d:href><d:propstat><d:prop>\
             <oc:size>5</oc:size></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>\
             <d:propstat><d:prop><oc:dDC/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status>\
             </d:propstat></d:response>"
        ),
        "{text}"
    );
    let body = "<propfind xmlns='DAV:'><prop><getetag/><x xmlns='urn:x'/></prop></propfind>";
    for header in [("prefer", "return=minimal"), ("brief", "t")] {
        let short = [header, ("depth", "0")];
        let short = alice.send("PROPFIND", &format!("{FILES}/a.txt"), &short, body).await;
        assert!(!short.text().contains("404 Not Found"), "{header:?}: {}", short.text());
    }
}

#[tokio::test]
async fn depths() {
    let world = World::new().await;
    let alice = world.alice();
    for dir in ["d1", "d1/d2", "d1/d2/d3"] {
        alice.mkcol(&format!("{FILES}/{dir}")).await;
    }
    let count = async |depth: Option<&str>| {
        let headers: Vec<_> = depth.map(|depth| ("depth", depth)).into_iter().collect();
        alice.send("PROPFIND", &format!("{FILES}/"), &headers, "").await.hrefs().len()
    };
    assert_eq!(count(Some("0")).await, 1);
    assert_eq!(count(Some("1")).await, 2);
    // No depth, and one that cannot be read, are depth 1.
    assert_eq!(count(None).await, 2);
    assert_eq!(count(Some("junk")).await, 2);
    assert_eq!(count(Some("2")).await, 3);
    assert_eq!(count(Some("infinity")).await, 4);
}

#[tokio::test]
async fn an_empty_body_asks_for_the_usual() {
    let world = World::new().await;
    let alice = world.alice();
    alice.put(&format!("{FILES}/a.txt"), "hello").await;
    let answer = alice.send("PROPFIND", &format!("{FILES}/"), &[("depth", "1")], "").await;
    let responses = answer.responses();
    assert_eq!(responses[0].href(), format!("{FILES}/"));
    assert_eq!(responses[0].prop("d:resourcetype"), Some("<d:collection/>"));
    assert_eq!(responses[0].prop("d:quota-used-bytes"), Some("5"));
    for name in ["d:getlastmodified", "d:getetag", "d:getcontenttype"] {
        assert!(responses[1].prop(name).is_some(), "{name}");
    }
    assert_eq!(responses[1].prop("d:getcontentlength"), Some("5"));
    assert_eq!(responses[1].prop("oc:id"), None);
}

#[tokio::test]
async fn hrefs_are_encoded_in_lower_case() {
    let world = World::new().await;
    let alice = world.alice();
    for (encoded, shown) in [
        ("a%20b", "a%20b"),
        ("%C3%A9", "%c3%a9"),
        ("x(y)~_-.", "x(y)~_-."),
        ("a%3Ab%40c", "a:b@c"),
        ("%22q%22%2A", "%22q%22%2a"),
        ("50%25%23%3F%26+", "50%25%23%3f%26%2b"),
    ] {
        assert_eq!(alice.put(&format!("{FILES}/{encoded}"), "x").await.status, 201, "{encoded}");
        let answer = alice.propfind(&format!("{FILES}/{encoded}"), "0", "d:getetag").await;
        assert_eq!(answer.hrefs(), [format!("{FILES}/{shown}")]);
        assert_eq!(alice.get(&format!("{FILES}/{shown}")).await.text(), "x");
    }
}

#[tokio::test]
async fn etags_change_up_to_the_root() {
    let world = World::new().await;
    let alice = world.alice();
    for dir in ["d1", "d1/d2", "other"] {
        alice.mkcol(&format!("{FILES}/{dir}")).await;
    }
    let all = async || {
        let mut etags = Vec::new();
        for at in ["", "d1", "d1/d2", "other"] {
            etags.push(alice.etag(&format!("{FILES}/{at}")).await);
        }
        etags
    };
    let file = format!("{FILES}/d1/d2/a");
    let mut before = all().await;
    let lastmodified =
        "<d:set><d:prop><d:lastmodified>1500000000</d:lastmodified></d:prop></d:set>";
    for step in ["put", "overwrite", "patch", "rename", "delete"] {
        world.clock.forward(10);
        let status = match step {
            "patch" => alice.proppatch(&file, lastmodified).await.status,
            "rename" => alice.transfer("MOVE", &file, &format!("{file}2"), &[]).await.status,
            "delete" => alice.delete(&format!("{file}2")).await.status,
            _ => alice.put(&file, "x").await.status,
        };
        assert!((200..300).contains(&status), "{step}: {status}");
        let after = all().await;
        for at in 0..3 {
            assert_ne!(after[at], before[at], "{step} {at}");
        }
        assert_eq!(after[3], before[3], "{step}");
        before = after;
    }
    let modified = alice.prop(&format!("{FILES}/"), "d:getlastmodified").await;
    assert_eq!(modified.as_deref(), Some("Fri, 15 Jan 2027 08:00:50 GMT"));
}

#[tokio::test]
async fn favourites_and_times_are_set() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a");
    alice.put(&a, "x").await;
    let before = alice.etag(&a).await;
    let answer =
        alice.proppatch(&a, "<d:set><d:prop><oc:favorite>1</oc:favorite></d:prop></d:set>").await;
    assert_eq!(answer.responses()[0].prop("oc:favorite"), Some(""));
    assert_eq!(alice.prop(&a, "oc:favorite").await.as_deref(), Some("1"));
    assert_eq!(alice.etag(&a).await, before);

    let set = "<d:set><d:prop><d:lastmodified>1500000000</d:lastmodified>\
               <nc:creation_time>1400000000</nc:creation_time></d:prop></d:set>";
    assert_eq!(alice.proppatch(&a, set).await.status, 207);
    assert_ne!(alice.etag(&a).await, before);
    assert_eq!(
        alice.prop(&a, "d:getlastmodified").await.as_deref(),
        Some("Fri, 14 Jul 2017 02:40:00 GMT")
    );
    assert_eq!(alice.prop(&a, "nc:creation_time").await.as_deref(), Some("1400000000"));
    assert_eq!(
        alice.prop(&a, "d:creationdate").await.as_deref(),
        Some("2014-05-13T16:53:20+00:00")
    );
    let off = "<d:set><d:prop><oc:favorite>0</oc:favorite></d:prop></d:set>";
    alice.proppatch(&a, off).await;
    assert_eq!(alice.prop(&a, "oc:favorite").await.as_deref(), Some("0"));
}

#[tokio::test]
async fn unknown_properties_are_kept() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a");
    alice.put(&a, "x").await;
    let set = "<d:set><d:prop><w:Win32FileAttributes xmlns:w=\"urn:schemas-microsoft-com:\">\
               00000020</w:Win32FileAttributes></d:prop></d:set>";
    let answer = alice.proppatch(&a, set).await;
    assert!(answer.text().contains("HTTP/1.1 200 OK"), "{}", answer.text());
    let ask = "<d:propfind xmlns:d='DAV:'><d:prop><w:Win32FileAttributes \
               xmlns:w='urn:schemas-microsoft-com:'/></d:prop></d:propfind>";
    let found = alice.send("PROPFIND", &a, &[("depth", "0")], ask).await;
    assert!(found.text().contains(">00000020</"), "{}", found.text());
    let remove = "<d:remove><d:prop><w:Win32FileAttributes \
                  xmlns:w=\"urn:schemas-microsoft-com:\"/></d:prop></d:remove>";
    let removed = alice.proppatch(&a, remove).await;
    assert!(removed.text().contains("HTTP/1.1 204 No Content"), "{}", removed.text());
    let found = alice.send("PROPFIND", &a, &[("depth", "0")], ask).await;
    assert!(found.text().contains("HTTP/1.1 404 Not Found"), "{}", found.text());
}

#[tokio::test]
async fn changes_are_made_together_or_not_at_all() {
    let world = World::new().await;
    let alice = world.alice();
    let a = format!("{FILES}/a");
    alice.put(&a, "x").await;
    for protected in
        ["oc:fileid", "oc:size", "oc:permissions", "d:getlastmodified", "d:displayname"]
    {
        let set = format!(
            "<d:set><d:prop><oc:favorite>1</oc:favorite><{protected}>7</{protected}></d:prop></d:set>"
        );
        let answer = alice.proppatch(&a, &set).await;
        let text = answer.text();
        let status = |name: &str, status: &str| {
            text.contains(&format!("<{name}/></d:prop><d:status>HTTP/1.1 {status}</d:status>"))
        };
        assert_eq!(answer.status, 207);
        assert!(status(protected, "403 Forbidden"), "{text}");
        assert!(status("oc:favorite", "424 Failed Dependency"), "{text}");
        assert_eq!(alice.prop(&a, "oc:favorite").await.as_deref(), Some("0"), "{protected}");
    }
}
