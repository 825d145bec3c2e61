//! A link into which one can only put: nothing tells what is there.

use crate::{
    common::FILES,
    setting::{dav, filled, link, tells, untouched},
};

#[tokio::test]
async fn no_method_reads() {
    let world = filled().await;
    let token = link(&world, "permissions=4").await;
    let guest = world.stranger();
    let props = "<d:propfind xmlns:d='DAV:'><d:allprop/></d:propfind>";
    for path in ["", "/", "/a.txt", "/sub/", "/sub/b.txt", "/none.txt"] {
        for method in [
            "GET",
            "HEAD",
            "PROPFIND",
            "PROPPATCH",
            "REPORT",
            "SEARCH",
            "PATCH",
            "COPY",
            "MOVE",
            "LOCK",
            "UNLOCK",
            "DELETE",
            "POST",
            "ACL",
            "BIND",
        ] {
            for depth in ["0", "1", "infinity"] {
                let headers = [("depth", depth), ("destination", "/public.php/dav/files/x/y")];
                let answer = guest.send(method, &dav(&token, path), &headers, props).await;
                assert!(
                    [403, 404, 405, 501].contains(&answer.status),
                    "{method} {path}: {}",
                    answer.status
                );
                for word in ["inside", "below", "sub", "b.txt"] {
                    let named = path.contains(word);
                    assert!(named || !tells(&answer, word), "{method} {path}: {word}");
                }
            }
        }
        // Whatever is there, and whatever is not, looks the same.
        let there = guest.send("HEAD", &dav(&token, path), &[], "").await;
        let none = guest.send("HEAD", &dav(&token, "/none.txt"), &[], "").await;
        assert_eq!((there.status, there.header("etag")), (none.status, None), "{path}");
    }
    untouched(&world).await;
}

#[tokio::test]
async fn archives_pictures_and_pages_read_nothing() {
    let world = filled().await;
    let token = link(&world, "permissions=4").await;
    let guest = world.stranger();
    for path in [
        dav(&token, "?accept=zip"),
        dav(&token, "/?accept=zip&files=%5B%22a.txt%22%5D"),
        dav(&token, "/sub?accept=tar"),
        format!("/s/{token}/download"),
        format!("/s/{token}/download?path=/sub&files=b.txt"),
        format!("/s/{token}/preview"),
        format!("/index.php/apps/files_sharing/publicpreview/{token}?file=/a.txt&x=32&y=32"),
        format!("/index.php/s/{token}/download/a.txt"),
    ] {
        let answer = guest.send("GET", &path, &[("accept", "application/zip")], "").await;
        assert!(answer.status >= 400, "{path}: {}", answer.status);
        assert!(!tells(&answer, "inside") && !tells(&answer, "below"), "{path}");
    }
    for path in ["", "?path=/sub", "?path=/sub&after=a", "?path=/a.txt"] {
        let page = guest.get(&format!("/s/{token}{path}")).await;
        for word in ["a.txt", "b.txt", "sub/"] {
            assert!(!tells(&page, word), "{path}: {word}: {}", page.text());
        }
    }
    let old = world.person(&token, "");
    for method in ["GET", "PROPFIND", "HEAD"] {
        let answer = old.send(method, "/public.php/webdav/a.txt", &[], "").await;
        assert!([404, 405].contains(&answer.status), "{method}: {}", answer.status);
    }
}

#[tokio::test]
async fn conditions_tell_nothing() {
    let world = filled().await;
    let token = link(&world, "permissions=4").await;
    let guest = world.stranger();
    let etag = world.alice().get(&format!("{FILES}/d/a.txt")).await;
    let etag = etag.header("etag").unwrap();
    let listed = format!("([{etag}])");
    for (name, value) in [
        ("if-none-match", "*"),
        ("if-match", "*"),
        ("if-match", "\"guess\""),
        ("if-match", etag),
        ("if", "([\"guess\"])"),
        ("if", listed.as_str()),
        ("overwrite", "F"),
        ("if-unmodified-since", "Fri, 14 Jul 2017 02:40:00 GMT"),
    ] {
        let there = guest.send("PUT", &dav(&token, "/a.txt"), &[(name, value)], "mine").await;
        let none = format!("/none-{}.txt", name.len() + value.len());
        let none = guest.send("PUT", &dav(&token, &none), &[(name, value)], "mine").await;
        assert_eq!(there.status, none.status, "{name}: {value}");
        for header in ["etag", "oc-etag", "oc-fileid", "x-nc-permissions"] {
            assert_eq!(
                there.header(header).is_some(),
                none.header(header).is_some(),
                "{name}: {value}: {header}"
            );
        }
        assert!(!tells(&there, etag.trim_matches('"')), "{name}: {value}");
    }
    assert_eq!(world.alice().get(&format!("{FILES}/d/a.txt")).await.text(), "inside");
}

#[tokio::test]
async fn parts_replace_and_read_nothing() {
    let world = filled().await;
    let token = link(&world, "permissions=4").await;
    let guest = world.stranger();
    let upload = format!("/public.php/dav/uploads/{token}/u1");
    let place = format!("https://cloud.example.org{}", dav(&token, "/a.txt"));
    let to = [("destination", place.as_str())];
    let made = guest.send("MKCOL", &upload, &to, "").await;
    assert_eq!(made.status, 201);
    assert_eq!(guest.send("PUT", &format!("{upload}/1"), &to, "mine").await.status, 201);
    for path in [format!("{upload}/1"), format!("{upload}/.file")] {
        let answer = guest.get(&path).await;
        assert!(answer.status >= 400 && !tells(&answer, "mine"), "{path}");
    }
    let moved = guest.send("MOVE", &format!("{upload}/.file"), &to, "").await;
    assert_eq!(moved.status, 201);
    for header in ["oc-fileid", "x-nc-permissions"] {
        assert_eq!(moved.header(header), None, "{header}");
    }
    for path in ["", "/"] {
        let all = format!("/public.php/dav/uploads/{token}{path}");
        let listed = guest.propfind(&all, "1", "d:getcontentlength").await;
        assert!(listed.status >= 400, "{}: {}", listed.status, listed.text());
    }
    // The guest has put something beside it, and nothing over it.
    assert_eq!(world.alice().get(&format!("{FILES}/d/a.txt")).await.text(), "inside");
    let beside = world.alice().get(&format!("{FILES}/d/a%20(2).txt")).await;
    assert_eq!(beside.text(), "mine");
}

#[tokio::test]
async fn an_upload_is_for_the_guest_who_began_it() {
    let world = filled().await;
    for rights in ["permissions=4", "permissions=15"] {
        let token = link(&world, rights).await;
        let one = world.stranger().with("user-agent", "one");
        let upload = format!("/public.php/dav/uploads/{token}/u1");
        let place = format!("https://cloud.example.org{}", dav(&token, "/theirs.txt"));
        let to = [("destination", place.as_str())];
        assert_eq!(one.send("MKCOL", &upload, &to, "").await.status, 201);
        assert_eq!(one.send("PUT", &format!("{upload}/1"), &to, "mine").await.status, 201);
        let others = [
            world.stranger(),
            world.stranger().with("user-agent", "two"),
            world.person("anonymous", "x").with("user-agent", "one"),
        ];
        for other in others {
            let seen = other.propfind(&upload, "1", "d:getcontentlength").await;
            assert_eq!(seen.status, 404, "{}", seen.text());
            let part = other.send("PUT", &format!("{upload}/2"), &to, "evil").await;
            assert_eq!(part.status, 404);
            let ended = other.send("MOVE", &format!("{upload}/.file"), &to, "").await;
            assert_eq!(ended.status, 404);
            assert_eq!(other.delete(&upload).await.status, 404);
            // Not even that there is one of this name.
            assert_eq!(other.send("MKCOL", &upload, &to, "").await.status, 201);
            assert_eq!(other.delete(&upload).await.status, 204);
        }
        let listed = one.propfind(&upload, "1", "d:getcontentlength").await;
        assert!(listed.text().contains("<d:getcontentlength>4<"), "{}", listed.text());
        assert_eq!(one.send("MOVE", &format!("{upload}/.file"), &to, "").await.status, 201);
        let whole = world.alice().get(&format!("{FILES}/d/theirs.txt")).await;
        assert_eq!(whole.text(), "mine");
        assert_eq!(world.alice().delete(&format!("{FILES}/d/theirs.txt")).await.status, 204);
    }
}
