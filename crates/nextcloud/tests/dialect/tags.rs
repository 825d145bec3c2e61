//! System tags: made, put on files, shown and searched for.

use crate::common::{Answer, Client, FILES, World};

const TAGS: &str = "/remote.php/dav/systemtags";
const RELATIONS: &str = "/remote.php/dav/systemtags-relations/files";
const ALL: &str = "oc:id oc:display-name oc:user-visible oc:user-assignable oc:can-assign nc:color";
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

async fn post(client: &Client, path: &str, json: &str) -> Answer {
    client.send("POST", path, &JSON, json.to_owned()).await
}

/// Makes a tag and says its number.
async fn tag(client: &Client, json: &str) -> String {
    let made = post(client, TAGS, json).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let place = made.header("content-location").unwrap();
    place.strip_prefix("/remote.php/dav/systemtags/").unwrap().to_owned()
}

async fn file(client: &Client, path: &str) -> String {
    assert!([201, 204].contains(&client.put(&format!("{FILES}/{path}"), "x").await.status));
    client.prop(&format!("{FILES}/{path}"), "oc:fileid").await.unwrap()
}

async fn put(client: &Client, node: &str, tag: &str) -> u16 {
    client.send("PUT", &format!("{RELATIONS}/{node}/{tag}"), &[], "").await.status
}

async fn report(client: &Client, rules: &str, limit: &str) -> Answer {
    let body = format!(
        "<oc:filter-files xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns' \
         xmlns:nc='http://nextcloud.org/ns'><d:prop><oc:fileid/></d:prop>\
         <oc:filter-rules>{rules}</oc:filter-rules>{limit}</oc:filter-files>"
    );
    client.send("REPORT", FILES, &[], body).await
}

#[tokio::test]
async fn tags_are_made_changed_and_deleted() {
    let world = World::new().await;
    let (alice, root) = (world.alice(), world.root());
    let id = tag(&alice, r#"{"name": " a <b> ", "userVisible": true, "userAssignable": 1}"#).await;
    let hidden = tag(&root, r#"{"name": "h", "userVisible": false}"#).await;
    let bound = tag(&root, r#"{"name": "r", "userAssignable": false, "groups": ["staff"]}"#).await;

    let listed = alice.propfind(TAGS, "1", ALL).await;
    assert_eq!(
        listed.hrefs(),
        [format!("{TAGS}/"), format!("{TAGS}/{id}/"), format!("{TAGS}/{bound}/")]
    );
    let of = &listed.responses()[1];
    // What looks like a script is text.
    assert_eq!(of.prop("oc:display-name"), Some("a &lt;b&gt;"));
    assert_eq!((of.prop("oc:can-assign"), of.prop("nc:color")), (Some("true"), Some("")));
    assert_eq!(listed.responses()[2].prop("oc:can-assign"), Some("false"));
    assert_eq!(root.propfind(TAGS, "1", ALL).await.hrefs().len(), 4);
    assert_eq!(root.prop(&format!("{TAGS}/{bound}"), "oc:groups").await.unwrap(), "staff");
    // Groups are for administrators, and asking for them fails as a whole.
    assert_eq!(alice.propfind(&format!("{TAGS}/{id}"), "0", "oc:groups oc:id").await.status, 403);
    assert_eq!(alice.propfind(&format!("{TAGS}/{hidden}"), "0", ALL).await.status, 404);

    let change = |name: &str, value: &str| {
        format!("<d:set><d:prop><{name}>{value}</{name}></d:prop></d:set>")
    };
    let own = format!("{TAGS}/{id}");
    let before = alice.etag(&own).await;
    let both = change("oc:display-name", "b") + &change("nc:color", "00Ff00");
    assert_eq!(alice.proppatch(&own, &both).await.status, 207);
    assert_eq!(alice.prop(&own, "oc:display-name").await.unwrap(), "b");
    assert_eq!(alice.prop(&own, "nc:color").await.unwrap(), "00Ff00");
    assert_ne!(alice.etag(&own).await, before);
    for (changes, status) in [
        (change("nc:color", "red"), 400),
        (change("oc:display-name", ""), 400),
        (change("oc:display-name", &"x".repeat(65)), 400),
        (change("oc:display-name", "R"), 409),
        (change("oc:user-visible", "false"), 403),
        (change("oc:groups", "staff"), 403),
        (change("nc:files-assigned", "7"), 403),
    ] {
        assert_eq!(alice.proppatch(&own, &changes).await.status, status, "{changes}");
    }
    // One wrong change, and none is made.
    let mixed = change("oc:display-name", "c") + &change("oc:id", "7");
    let answer = alice.proppatch(&own, &mixed).await;
    assert!(answer.text().contains("403 Forbidden") && answer.text().contains("424 Failed"));
    assert_eq!(alice.prop(&own, "oc:display-name").await.unwrap(), "b");
    assert_eq!(
        alice.proppatch(&format!("{TAGS}/{bound}"), &change("oc:display-name", "x")).await.status,
        403
    );
    assert_eq!(
        root.proppatch(&own, "<d:remove><d:prop><nc:color/></d:prop></d:remove>").await.status,
        207
    );
    assert_eq!(alice.prop(&own, "nc:color").await.unwrap(), "");

    assert_eq!(alice.delete(&own).await.status, 403);
    assert_eq!(root.delete(&own).await.status, 204);
    assert_eq!(root.delete(&own).await.status, 404);
}

#[tokio::test]
async fn what_is_no_tag_is_refused() {
    let world = World::new().await;
    let (alice, root) = (world.alice(), world.root());
    for (json, status) in [
        ("{}", 400),
        ("junk", 400),
        (r#"{"name": ""}"#, 400),
        (r#"{"name": "a\u0000b"}"#, 400),
        (r#"{"name": "h", "userVisible": false}"#, 400),
        (r#"{"name": "h", "userAssignable": false}"#, 400),
        (r#"{"name": "h", "groups": "staff"}"#, 400),
    ] {
        assert_eq!(post(&alice, TAGS, json).await.status, status, "{json}");
    }
    let long = format!(r#"{{"name": "{}"}}"#, "x".repeat(70_000));
    assert_eq!(post(&alice, TAGS, &long).await.status, 413);
    assert_eq!(alice.send("POST", TAGS, &[], r#"{"name": "a"}"#).await.status, 415);
    tag(&alice, r#"{"name": "a"}"#).await;
    let taken = post(&root, TAGS, r#"{"name": "A", "userVisible": false}"#).await;
    assert_eq!((taken.status, taken.error().1), (409, "Tag already exists"));
    for (method, path, status) in [
        ("PROPFIND", "/x", 400),
        ("PROPFIND", "/99", 404),
        ("GET", "/1", 405),
        ("MKCOL", "/7", 404),
        ("PROPFIND", "/1/decks", 404),
        ("PROPFIND", "/1/files/7", 404),
        ("PUT", "", 405),
    ] {
        let answer = alice.send(method, &format!("{TAGS}{path}"), &[("depth", "0")], "").await;
        assert_eq!(answer.status, status, "{method} {path}");
    }
}

#[tokio::test]
async fn tags_are_for_what_one_may_change() {
    let world = World::new().await;
    let (alice, bob, root) = (world.alice(), world.bob(), world.root());
    assert_eq!(alice.mkcol(&format!("{FILES}/d")).await, 201);
    let node = file(&alice, "d/f").await;
    let id = tag(&alice, r#"{"name": "a"}"#).await;
    let bound = tag(&root, r#"{"name": "r", "userAssignable": false}"#).await;
    assert_eq!(put(&alice, &node, &id).await, 201);
    assert_eq!(put(&alice, &node, &id).await, 409);
    assert_eq!(put(&alice, &node, &bound).await, 403);
    assert_eq!(put(&alice, &node, "99").await, 412);
    assert_eq!(put(&alice, &node, "x").await, 400);
    assert_eq!(put(&alice, "9999", &id).await, 404);
    assert_eq!(put(&alice, "x", &id).await, 404);
    // Nobody else sees the file, be they administrators.
    for stranger in [&bob, &root] {
        assert_eq!(put(stranger, &node, &id).await, 404);
        let listed = stranger.propfind(&format!("{RELATIONS}/{node}"), "1", "oc:id").await;
        assert_eq!(listed.status, 404);
    }
    let share = "path=/d&shareType=0&shareWith=bob&permissions=1";
    let shared = alice.ocs("POST", "/apps/files_sharing/api/v1/shares", share).await;
    assert_eq!(shared.code, 200, "{}", shared.message);
    let more = tag(&bob, r#"{"name": "b"}"#).await;
    let listed = bob.propfind(&format!("{RELATIONS}/{node}"), "1", "oc:id oc:display-name").await;
    assert_eq!(listed.hrefs()[1..], [format!("{RELATIONS}/{node}/{id}")]);
    assert_eq!(put(&bob, &node, &more).await, 403);
    let taken = bob.delete(&format!("{RELATIONS}/{node}/{id}")).await;
    assert_eq!(taken.status, 403);
    let created = post(&bob, &format!("{RELATIONS}/{node}"), r#"{"name": "c"}"#).await;
    assert_eq!(created.status, 403);
    let share = shared.data["id"].as_str().unwrap().to_owned();
    let path = format!("/apps/files_sharing/api/v1/shares/{share}");
    assert_eq!(alice.ocs("PUT", &path, "permissions=3").await.code, 200);
    assert_eq!(put(&bob, &node, &more).await, 201);
    let created = post(&bob, &format!("{RELATIONS}/{node}"), r#"{"name": "c"}"#).await;
    assert!(created.status == 201 && created.header("content-location").is_some());
    // The owner sees them all, with their attributes.
    let shown = alice.prop(&format!("{FILES}/d/f"), "nc:system-tags").await.unwrap();
    assert_eq!(shown.matches("<nc:system-tag ").count(), 3, "{shown}");
    let first = format!(
        "<nc:system-tag oc:can-assign=\"true\" oc:id=\"{id}\" oc:user-assignable=\"true\" \
         oc:user-visible=\"true\" nc:color=\"\">a</nc:system-tag>"
    );
    assert!(shown.starts_with(&first), "{shown}");
    assert_eq!(bob.delete(&format!("{RELATIONS}/{node}/{id}")).await.status, 204);
    let gone = bob.delete(&format!("{RELATIONS}/{node}/{id}")).await;
    let text = format!("Tag with id {id} not present for object {node}");
    assert_eq!((gone.status, gone.error().1), (404, text.as_str()));
    // Moved with the file, not copied with it.
    let (from, to) = (format!("{FILES}/d/f"), format!("{FILES}/g"));
    assert_eq!(alice.transfer("COPY", &from, &to, &[]).await.status, 201);
    assert_eq!(alice.prop(&to, "nc:system-tags").await.unwrap(), "");
    let moved = format!("{FILES}/m");
    assert_eq!(alice.transfer("MOVE", &from, &moved, &[]).await.status, 201);
    let shown = alice.prop(&moved, "nc:system-tags").await.unwrap();
    assert_eq!(shown.matches("<nc:system-tag ").count(), 2, "{shown}");
}

#[tokio::test]
async fn files_are_found_by_their_tags() {
    let world = World::new().await;
    let (alice, bob, root) = (world.alice(), world.bob(), world.root());
    assert_eq!(alice.mkcol(&format!("{FILES}/d")).await, 201);
    let (one, two) = (file(&alice, "d/one.png").await, file(&alice, "two").await);
    let (a, b) = (tag(&alice, r#"{"name": "a"}"#).await, tag(&alice, r#"{"name": "b"}"#).await);
    let hidden = tag(&root, r#"{"name": "h", "userVisible": false}"#).await;
    for (node, tag) in [(&one, &a), (&one, &b), (&two, &a)] {
        assert_eq!(put(&alice, node, tag).await, 201);
    }
    let rule = |id: &str| format!("<oc:systemtag>{id}</oc:systemtag>");
    let found = report(&alice, &rule(&a), "").await;
    assert_eq!(found.hrefs(), [format!("{FILES}/d/one.png"), format!("{FILES}/two")]);
    let both = report(&alice, &(rule(&a) + &rule(&b)), "").await;
    assert_eq!(both.hrefs(), [format!("{FILES}/d/one.png")]);
    let limit = "<d:limit><d:nresults>1</d:nresults><nc:firstresult>1</nc:firstresult></d:limit>";
    assert_eq!(report(&alice, &rule(&a), limit).await.hrefs(), [format!("{FILES}/two")]);
    let marked = format!("<oc:favorite>1</oc:favorite>{}", rule(&a));
    assert_eq!(report(&alice, &marked, "").await.hrefs(), Vec::<&str>::new());
    let favourite = "<d:set><d:prop><oc:favorite>1</oc:favorite></d:prop></d:set>";
    assert_eq!(alice.proppatch(&format!("{FILES}/two"), favourite).await.status, 207);
    assert_eq!(report(&alice, &marked, "").await.hrefs(), [format!("{FILES}/two")]);
    for unknown in ["99", "x", "", &hidden] {
        let refused = report(&alice, &rule(unknown), "").await;
        let error = (refused.status, refused.error().1);
        assert_eq!(error, (412, "Cannot filter by non-existing tag"), "{unknown}");
    }

    let assigned = "/remote.php/dav/systemtags-assigned";
    let props = "oc:display-name nc:files-assigned nc:reference-fileid";
    let used = alice.propfind(assigned, "1", props).await;
    assert_eq!(
        used.hrefs(),
        [format!("{assigned}/"), format!("{TAGS}/{a}/"), format!("{TAGS}/{b}/")]
    );
    let first = &used.responses()[1];
    assert_eq!(first.prop("nc:files-assigned"), Some("2"));
    assert_eq!(first.prop("nc:reference-fileid"), Some(two.as_str()));
    let images = alice.propfind(&format!("{assigned}/image"), "1", props).await;
    assert_eq!(images.responses()[1].prop("nc:files-assigned"), Some("1"));
    assert_eq!(bob.propfind(assigned, "1", props).await.hrefs().len(), 1);
}

#[tokio::test]
async fn many_files_are_tagged_at_once() {
    let world = World::new().await;
    let (alice, bob) = (world.alice(), world.bob());
    let (one, two) = (file(&alice, "one").await, file(&alice, "two").await);
    let theirs = "/remote.php/dav/files/bob/theirs";
    assert_eq!(bob.put(theirs, "x").await.status, 201);
    let foreign = bob.prop(theirs, "oc:fileid").await.unwrap();
    let id = tag(&alice, r#"{"name": "a"}"#).await;
    assert_eq!(put(&bob, &foreign, &id).await, 201);
    let path = format!("{TAGS}/{id}/files");
    let object = |id: &str| {
        format!("<nc:object-id><nc:id>{id}</nc:id><nc:type>files</nc:type></nc:object-id>")
    };
    let set = |objects: &str| {
        format!("<d:set><d:prop><nc:object-ids>{objects}</nc:object-ids></d:prop></d:set>")
    };
    let shown = |id: &str| {
        format!("<nc:object-ids><nc:id>{id}</nc:id><nc:type>files</nc:type></nc:object-ids>")
    };
    let carriers = async |client: &Client| {
        let answer = client.propfind(&path, "0", "nc:object-ids").await;
        answer.text().matches("<nc:id>").count()
    };
    let both = alice.proppatch(&path, &set(&(object(&one) + &object(&two)))).await;
    assert!(both.text().contains("200 OK"), "{}", both.text());
    let listed = alice.propfind(&path, "0", "nc:object-ids").await;
    assert!(listed.text().contains(&(shown(&one) + &shown(&two))), "{}", listed.text());
    // What belongs to others is neither shown nor touched nor reached.
    for (objects, status) in [
        (object(&foreign), 404),
        (object(&one) + &object("9999"), 404),
        (object("x"), 400),
        (String::new(), 400),
        (object(&one).replace(">files<", ">deck<"), 400),
    ] {
        assert_eq!(alice.proppatch(&path, &set(&objects)).await.status, status, "{objects}");
        assert_eq!(carriers(&alice).await, 2);
    }
    assert_eq!(alice.proppatch(&path, &set(&object(&two))).await.status, 207);
    assert_eq!((carriers(&alice).await, carriers(&bob).await), (1, 1));
    let none = "<d:remove><d:prop><nc:object-ids/></d:prop></d:remove>";
    assert!(alice.proppatch(&path, none).await.text().contains("204 No Content"));
    assert_eq!((carriers(&alice).await, carriers(&bob).await), (0, 1));
}

#[tokio::test]
async fn a_listing_takes_the_same_number_of_queries_however_long_it_is() {
    let world = World::new().await;
    let alice = world.alice();
    let id = tag(&alice, r#"{"name": "a"}"#).await;
    let (mut taken, mut assigned) = (Vec::new(), Vec::new());
    for number in [2, 30] {
        let folder = format!("{FILES}/d{number}");
        assert_eq!(alice.mkcol(&folder).await, 201);
        for at in 0..number {
            let node = file(&alice, &format!("d{number}/f{at}")).await;
            assert_eq!(put(&alice, &node, &id).await, 201);
            post(&alice, &format!("/remote.php/dav/comments/files/{node}"), SAID).await;
        }
        let before = world.sql.stats().statements;
        let props = "nc:system-tags oc:comments-count oc:comments-unread oc:comments-href";
        let listed = alice.propfind(&folder, "1", props).await;
        taken.push(world.sql.stats().statements - before);
        let before = world.sql.stats().statements;
        let used = "/remote.php/dav/systemtags-assigned";
        assert_eq!(alice.propfind(used, "1", "nc:files-assigned").await.status, 207);
        assigned.push(world.sql.stats().statements - before);
        assert_eq!(listed.text().matches("<nc:system-tag ").count(), number);
        assert_eq!(listed.text().matches("<oc:comments-count>1<").count(), number);
    }
    assert_eq!(taken[0], taken[1]);
    assert_eq!(assigned[0], assigned[1]);
}

const SAID: &str = r#"{"actorType": "users", "verb": "comment", "message": "hi"}"#;

#[tokio::test]
async fn guests_of_links_ask_nothing_about_tags() {
    let world = World::new().await;
    let alice = world.alice();
    alice.mkcol(&format!("{FILES}/d")).await;
    alice.put(&format!("{FILES}/d/f"), "1").await;
    let node = alice.prop(&format!("{FILES}/d/f"), "oc:fileid").await.unwrap();
    let tag = tag(&alice, r#"{"name":"t","userVisible":true,"userAssignable":true}"#).await;
    assert_eq!(put(&alice, &node, &tag).await, 201);
    let made = alice.ocs("POST", "/apps/files_sharing/api/v1/shares", "path=/d&shareType=3").await;
    let link = format!("/public.php/dav/files/{}/", made.data["token"].as_str().unwrap());
    let ask = |tag: &str| {
        format!(
            "<oc:filter-files xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns'><d:prop/>\
             <oc:filter-rules><oc:systemtag>{tag}</oc:systemtag></oc:filter-rules>\
             </oc:filter-files>"
        )
    };
    let own = alice.send("REPORT", FILES, &[], ask(&tag)).await;
    assert_eq!((own.status, own.responses().len()), (207, 1));
    let (there, none) = (ask(&tag), ask("99"));
    let there = world.stranger().send("REPORT", &link, &[], there).await;
    let none = world.stranger().send("REPORT", &link, &[], none).await;
    assert_eq!((there.status, there.text()), (412, none.text()));
}
