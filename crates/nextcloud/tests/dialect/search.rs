//! SEARCH and the report of favourites, as clients send them.

use crate::common::{Answer, FILES, START, World};

const ROOT: &str = "/remote.php/dav/";

fn search(scope: &str, condition: &str, rest: &str) -> String {
    format!(
        "<?xml version='1.0'?><d:searchrequest xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns' \
         xmlns:nc='http://nextcloud.org/ns'><d:basicsearch>\
         <d:select><d:prop><oc:fileid/><d:getetag/></d:prop></d:select>\
         <d:from><d:scope><d:href>{scope}</d:href><d:depth>infinity</d:depth></d:scope></d:from>\
         <d:where>{condition}</d:where>{rest}</d:basicsearch></d:searchrequest>"
    )
}

fn compare(op: &str, property: &str, literal: &str) -> String {
    format!("<d:{op}><d:prop><{property}/></d:prop><d:literal>{literal}</d:literal></d:{op}>")
}

const XML: (&str, &str) = ("content-type", "text/xml");

fn hrefs(reply: &Answer) -> Vec<String> {
    assert_eq!(reply.status, 207, "{}", reply.text());
    let own = "/remote.php/dav/files/alice/";
    reply.responses().iter().map(|one| one.href().strip_prefix(own).unwrap().to_owned()).collect()
}

async fn filled() -> World {
    let world = World::new().await;
    let alice = world.alice();
    alice.send("MKCOL", &format!("{FILES}/album"), &[], "").await;
    for (name, content, time) in [
        ("album/one.jpg", "1", "1500000100"),
        ("album/two.png", "22", "1500000200"),
        ("note.txt", "333", "1500000300"),
        ("Nachtrag.odt", "4444", "1500000400"),
    ] {
        let headers = [("x-oc-mtime", time)];
        let made = alice.send("PUT", &format!("{FILES}/{name}"), &headers, content).await;
        assert_eq!(made.status, 201);
    }
    world
}

#[tokio::test]
async fn clients_find_by_name_type_time_and_id() {
    let world = filled().await;
    let alice = world.alice();
    let uploaded = START.to_string();
    for (condition, found) in [
        // Android and iOS, by name.
        (compare("like", "d:displayname", "%NO%"), &["note.txt"][..]),
        (compare("eq", "d:displayname", "note.txt"), &["note.txt"]),
        // Their view of media.
        (compare("like", "d:getcontenttype", "image/%"), &["album/one.jpg", "album/two.png"]),
        (compare("eq", "d:getcontenttype", "httpd/unix-directory"), &["album/"]),
        (
            format!(
                "<d:and><d:or>{}{}</d:or><d:lte><d:prop><d:getlastmodified/></d:prop>\
                 <d:literal>2017-07-14T02:41:40Z</d:literal></d:lte></d:and>",
                compare("like", "d:getcontenttype", "image/%"),
                compare("like", "d:getcontenttype", "video/%"),
            ),
            &["album/one.jpg"],
        ),
        (compare("gt", "d:getlastmodified", "1500000300"), &["Nachtrag.odt", "album/"]),
        (compare("gte", "oc:size", "4"), &["Nachtrag.odt"]),
        (format!("<d:not>{}</d:not>", compare("eq", "nc:upload_time", &uploaded)), &[]),
        (
            format!("<d:and><d:is-collection/>{}</d:and>", compare("eq", "oc:owner-id", "alice")),
            &["album/"],
        ),
    ] {
        let body = search("/files/alice", &condition, "");
        let mut answer = hrefs(&alice.send("SEARCH", ROOT, &[XML], body).await);
        let mut found: Vec<String> = found.iter().map(|name| (*name).to_owned()).collect();
        answer.sort();
        found.sort();
        assert_eq!(answer, found, "{condition}");
    }
    // By the id that a write told, in its long form.
    let made = alice.send("PUT", &format!("{FILES}/album/x"), &[], "x").await;
    let id = made.header("oc-fileid").unwrap();
    let body = search("/files/alice", &compare("eq", "oc:fileid", id), "");
    let answer = alice.send("SEARCH", "/remote.php/dav", &[XML], body).await;
    assert_eq!(hrefs(&answer), ["album/x"]);
    assert_eq!(answer.header("content-type"), Some("application/xml; charset=\"utf-8\""));
    let responses = answer.responses();
    assert_eq!(
        responses[0].prop("d:getetag").map(|tag| tag.replace("&quot;", "\"")).as_deref(),
        made.header("etag")
    );
}

#[tokio::test]
async fn a_search_has_scope_order_and_pages() {
    let world = filled().await;
    let alice = world.alice();
    let any = "<d:not><d:is-collection/></d:not>";
    let ask = async |scope: &str, rest: &str| {
        hrefs(&alice.send("SEARCH", ROOT, &[XML], search(scope, any, rest)).await)
    };
    let order = "<d:orderby><d:order><d:prop><d:getlastmodified/></d:prop><d:descending/></d:order></d:orderby>";
    assert_eq!(
        ask("/files/alice/", order).await,
        ["Nachtrag.odt", "note.txt", "album/two.png", "album/one.jpg"]
    );
    let limit = "<d:limit><d:nresults>2</d:nresults><nc:firstresult>1</nc:firstresult></d:limit>";
    assert_eq!(
        ask("/files/alice", &format!("{order}{limit}")).await,
        ["note.txt", "album/two.png"]
    );
    assert_eq!(ask("/files/alice/album", order).await, ["album/two.png", "album/one.jpg"]);
    assert_eq!(ask("/remote.php/dav/files/alice/album", order).await.len(), 2);
    let missing = search("/files/alice/none", any, "");
    assert_eq!(alice.send("SEARCH", ROOT, &[XML], missing).await.status, 404);
}

#[tokio::test]
async fn nobody_searches_elsewhere_or_for_the_unknown() {
    let world = filled().await;
    let alice = world.alice();
    for scope in ["/files/bob", "/files/bob/../alice", "/trashbin/alice", "/files", "/"] {
        let body = search(scope, "<d:is-collection/>", "");
        let status = alice.send("SEARCH", ROOT, &[XML], body).await.status;
        assert!((400..405).contains(&status), "{scope}: {status}");
    }
    for condition in [
        "<d:contains>hello</d:contains>".to_owned(),
        compare("eq", "d:getetag", "x"),
        compare("lt", "d:displayname", "x"),
        compare("eq", "oc:size", "big"),
        compare("eq", "oc:owner-id", "bob"),
        compare("gt", "oc:owner-id", "alice"),
        format!("<d:not>{}</d:not>", compare("eq", "oc:owner-id", "alice")),
        format!("<d:or>{}</d:or>", compare("eq", "oc:owner-id", "alice")),
        String::new(),
    ] {
        let body = search("/files/alice", &condition, "");
        let answer = alice.send("SEARCH", ROOT, &[XML], body).await;
        assert_eq!(answer.status, 400, "{condition}");
    }
    let unsearchable = search("/files/alice", "<d:contains>x</d:contains>", "");
    let answer = alice.send("SEARCH", ROOT, &[XML], unsearchable).await;
    assert_eq!(answer.text(), "requested search property is not a valid property for this scope");
    let body = search("/files/alice", "<d:is-collection/>", "");
    let json = [("content-type", "application/json")];
    assert_eq!(alice.send("SEARCH", ROOT, &json, body).await.status, 501);
}

#[tokio::test]
async fn favourites_are_listed_by_a_report() {
    let world = filled().await;
    let alice = world.alice();
    let mark = "<?xml version='1.0'?><d:propertyupdate xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns'>\
                <d:set><d:prop><oc:favorite>1</oc:favorite></d:prop></d:set></d:propertyupdate>";
    for name in ["album", "album/two.png", "note.txt"] {
        assert_eq!(
            alice.send("PROPPATCH", &format!("{FILES}/{name}"), &[], mark).await.status,
            207
        );
    }
    let report = |rest: &str| {
        format!(
            "<?xml version='1.0'?><oc:filter-files xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns' \
             xmlns:nc='http://nextcloud.org/ns'><d:prop><oc:favorite/></d:prop>{rest}</oc:filter-files>"
        )
    };
    let rules = "<oc:filter-rules><oc:favorite>1</oc:favorite></oc:filter-rules>";
    let all = alice.send("REPORT", FILES, &[], report(rules)).await;
    assert_eq!(hrefs(&all), ["album/", "note.txt", "album/two.png"]);
    assert!(all.responses().iter().all(|one| one.prop("oc:favorite") == Some("1")));
    let album = format!("{FILES}/album");
    // The folder itself counts, and so it does for the pages.
    let inside = alice.send("REPORT", &album, &[], report(rules)).await;
    assert_eq!(hrefs(&inside), ["album/", "album/two.png"]);
    for (first, found) in [("0", "album/"), ("1", "album/two.png")] {
        let limit = format!(
            "<d:limit><d:nresults>1</d:nresults><nc:firstresult>{first}</nc:firstresult></d:limit>"
        );
        let page = alice.send("REPORT", &album, &[], report(&format!("{rules}{limit}"))).await;
        assert_eq!(hrefs(&page), [found]);
    }
    assert!(
        hrefs(
            &world
                .bob()
                .send("REPORT", FILES.replace("alice", "bob").as_str(), &[], report(rules))
                .await
        )
        .is_empty()
    );
    assert_eq!(alice.send("REPORT", FILES, &[], report("")).await.status, 400);
    let none = report("<oc:filter-rules></oc:filter-rules>");
    assert_eq!(alice.send("REPORT", FILES, &[], none).await.status, 400);
    let tag = report("<oc:filter-rules><oc:systemtag>7</oc:systemtag></oc:filter-rules>");
    assert_eq!(alice.send("REPORT", FILES, &[], tag).await.status, 412);
    // They can be searched for, too.
    let body = search("/files/alice", &compare("eq", "oc:favorite", "yes"), "");
    let found = alice.send("SEARCH", ROOT, &[XML], body).await;
    assert_eq!(hrefs(&found), ["album/", "note.txt", "album/two.png"]);
}
