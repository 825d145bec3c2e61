//! Comments: written, answered, read, and told to those whom they mention.

use crate::common::{Answer, Client, FILES, PASSWORD, World};

const COMMENTS: &str = "/remote.php/dav/comments/files";

async fn say(client: &Client, node: &str, text: &str, more: &str) -> Answer {
    let text = serde_json::to_string(text).unwrap();
    let json = format!(r#"{{"actorType":"users","verb":"comment","message":{text}{more}}}"#);
    let kind = [("content-type", "application/json")];
    client.send("POST", &format!("{COMMENTS}/{node}"), &kind, json).await
}

/// The address of a new comment.
async fn said(client: &Client, node: &str, text: &str) -> String {
    let made = say(client, node, text, "").await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.header("content-location").unwrap().to_owned()
}

/// A file of alice's, shared with bob if so wished.
async fn file(world: &World, path: &str, share: Share) -> String {
    let alice = world.alice();
    assert_eq!(alice.put(&format!("{FILES}/{path}"), "x").await.status, 201);
    if share == Share::WithBob {
        let share = format!("path=/{path}&shareType=0&shareWith=bob&permissions=1");
        let shared = alice.ocs("POST", "/apps/files_sharing/api/v1/shares", &share).await;
        assert_eq!(shared.code, 200, "{}", shared.message);
    }
    alice.prop(&format!("{FILES}/{path}"), "oc:fileid").await.unwrap()
}

#[derive(PartialEq, Eq)]
enum Share {
    No,
    WithBob,
}

fn message(text: &str) -> String {
    format!("<d:set><d:prop><oc:message>{text}</oc:message></d:prop></d:set>")
}

#[tokio::test]
async fn who_sees_a_file_comments_on_it() {
    let world = World::new().await;
    let (alice, bob, root) = (world.alice(), world.bob(), world.root());
    let node = file(&world, "f", Share::WithBob).await;
    let first = said(&alice, &node, " <script>alert(1)</script> @bob ").await;
    assert_eq!(first, format!("{COMMENTS}/{node}/1"));
    world.clock.forward(5);
    let id = format!(r#","parentId":"{}""#, first.rsplit('/').next().unwrap());
    assert_eq!(say(&bob, &node, "no!", &id).await.status, 201);
    let props = "oc:id oc:parentId oc:childrenCount oc:actorId oc:actorDisplayName oc:message \
                 oc:isUnread oc:mentions oc:latestChildDateTime oc:creationDateTime";
    let listed = alice.propfind(&format!("{COMMENTS}/{node}"), "1", props).await;
    let second = format!("{COMMENTS}/{node}/2");
    assert_eq!(listed.hrefs(), [format!("{COMMENTS}/{node}/"), second.clone(), first.clone()]);
    let [_, reply, top] = &listed.responses()[..] else { panic!() };
    // What looks like a script is text.
    let text = "&lt;script&gt;alert(1)&lt;/script&gt; @bob";
    assert_eq!(top.prop("oc:message"), Some(text));
    assert_eq!((top.prop("oc:childrenCount"), top.prop("oc:isUnread")), (Some("1"), Some("false")));
    assert_eq!(top.prop("oc:latestChildDateTime"), Some("Fri, 15 Jan 2027 08:00:05 GMT"));
    let mention = "<oc:mention><oc:mentionType>user</oc:mentionType><oc:mentionId>bob\
                   </oc:mentionId><oc:mentionDisplayName>Bob</oc:mentionDisplayName></oc:mention>";
    assert_eq!(top.prop("oc:mentions"), Some(mention));
    assert_eq!((reply.prop("oc:parentId"), reply.prop("oc:isUnread")), (Some("1"), Some("true")));
    assert_eq!(reply.prop("oc:actorDisplayName"), Some("Bob"));
    // Who does not see the file learns nothing of its comments.
    for (method, path) in [
        ("PROPFIND", format!("{COMMENTS}/{node}")),
        ("PROPFIND", first.clone()),
        ("REPORT", format!("{COMMENTS}/{node}")),
        ("DELETE", first.clone()),
        ("PROPPATCH", first.clone()),
    ] {
        assert_eq!(root.send(method, &path, &[], "").await.status, 404, "{method} {path}");
    }
    assert_eq!(say(&root, &node, "x", "").await.status, 404);
    // Only authors change what they said, in no other place than where it is.
    let other = file(&world, "g", Share::No).await;
    for (path, status) in [(&second, 403), (&first.replace(&node, &other), 404)] {
        assert_eq!(alice.proppatch(path, &message("y")).await.status, status, "{path}");
        assert_eq!(alice.delete(path).await.status, status, "{path}");
    }
    assert_eq!(alice.proppatch(&first, &message("y")).await.status, 207);
    assert_eq!(bob.prop(&first, "oc:message").await.unwrap(), "y");
    assert_eq!(alice.proppatch(&first, &message(&"x".repeat(1001))).await.status, 400);
    let other = "<d:set><d:prop><oc:actorId>bob</oc:actorId></d:prop></d:set>";
    let refused = alice.proppatch(&first, &(message("z") + other)).await;
    assert!(refused.text().contains("403 Forbidden"), "{}", refused.text());
    assert_eq!(bob.prop(&first, "oc:message").await.unwrap(), "y");
    assert_eq!(alice.delete(&first).await.status, 204);
    assert_eq!(alice.delete(&first).await.status, 404);
}

#[tokio::test]
async fn what_is_no_comment_is_refused() {
    let world = World::new().await;
    let alice = world.alice();
    let node = file(&world, "f", Share::No).await;
    let path = format!("{COMMENTS}/{node}");
    let kind = [("content-type", "application/json")];
    for (json, status) in [
        ("{}", 400),
        ("junk", 400),
        (r#"{"actorType": "guests", "verb": "comment", "message": "x"}"#, 400),
        (r#"{"actorType": "users", "verb": "comment"}"#, 400),
        (r#"{"actorType": "users", "verb": "comment", "message": "a\u0000"}"#, 400),
        (r#"{"actorType": "users", "verb": "comment", "message": "x", "parentId": 99}"#, 400),
        (r#"{"actorType": "users", "verb": "x", "message": ""}"#, 201),
    ] {
        assert_eq!(alice.send("POST", &path, &kind, json).await.status, status, "{json}");
    }
    let long = say(&alice, &node, &"\u{1f980}".repeat(1001), "").await;
    let expected = (400, "Message exceeds allowed character limit of 1000");
    assert_eq!((long.status, long.error().1), expected);
    assert_eq!(alice.send("POST", &path, &[("content-type", "text/plain")], "x").await.status, 415);
    let too_large = say(&alice, &node, &"x".repeat(70_000), "").await;
    assert_eq!(too_large.status, 413);
    for (method, path, status) in [
        ("PROPFIND", "/remote.php/dav/comments/junk", 404),
        ("PROPFIND", "/remote.php/dav/comments/files", 405),
        ("PROPFIND", "/remote.php/dav/comments/files/9999", 404),
        ("PROPFIND", "/remote.php/dav/comments/files/x", 404),
        ("PROPFIND", &format!("{path}/99"), 404),
        ("PROPFIND", &format!("{path}/1/2"), 404),
        ("GET", &path, 405),
        // The number of the comment that was not written is lost.
        ("MKCOL", &format!("{path}/2"), 405),
    ] {
        let answer = alice.send(method, path, &[("depth", "1")], "").await;
        assert_eq!(answer.status, status, "{method} {path}");
    }
    let other = "<d:x xmlns:d='DAV:'/>";
    assert_eq!(alice.send("REPORT", &path, &[], other).await.status, 415);
}

#[tokio::test]
async fn reports_show_a_part_and_listings_all() {
    let world = World::new().await;
    let alice = world.alice();
    let node = file(&world, "f", Share::No).await;
    for number in 1..=12 {
        said(&alice, &node, &number.to_string()).await;
        world.clock.forward(1);
    }
    let report = async |wishes: &str| {
        let body = format!(
            "<oc:filter-comments xmlns:oc='http://owncloud.org/ns'>{wishes}</oc:filter-comments>"
        );
        let answer = alice.send("REPORT", &format!("{COMMENTS}/{node}"), &[], body).await;
        let texts = answer.responses();
        texts.iter().map(|one| one.prop("oc:message").unwrap().to_owned()).collect::<Vec<_>>()
    };
    let latest = report("<oc:limit>3</oc:limit><oc:offset>2</oc:offset>").await;
    assert_eq!(latest, ["10", "9", "8"]);
    assert_eq!(report("").await.len(), 12);
    let until = "<oc:datetime>2027-01-15T08:00:01+00:00</oc:datetime>";
    assert_eq!(report(until).await, ["2", "1"]);
    // What is shown of each says whose it is, whatever is asked.
    let body = "<oc:filter-comments xmlns:oc='http://owncloud.org/ns'/>";
    let answer = alice.send("REPORT", &format!("{COMMENTS}/{node}"), &[], body).await;
    let one = &answer.responses()[0];
    assert_eq!((one.prop("oc:objectType"), one.prop("oc:objectId")), (Some("files"), Some(&*node)));
    assert_eq!((one.prop("oc:actorType"), one.prop("oc:actorId")), (Some("users"), Some("alice")));
}

#[tokio::test]
async fn a_long_listing_is_whole() {
    let world = World::new().await;
    let alice = world.alice();
    let node = file(&world, "f", Share::No).await;
    let comments = allmende_comments::Comments::new(world.sql.clone());
    let entry = allmende_types::EventNode {
        space: allmende_types::SpaceId(1),
        node: node.parse().unwrap(),
        parent: None,
        name: "f".into(),
        shape: allmende_types::NodeShape::File,
        from: None,
    };
    let person = crate::common::user("alice");
    let now = allmende_types::Timestamp::from_unix(crate::common::START);
    let by = allmende_comments::Caller { person: &person, now };
    for number in 0..1_100 {
        let text = number.to_string().parse().unwrap();
        comments.create(by, &entry, allmende_comments::NewComment::new(text)).await.unwrap();
    }
    let listed = alice.propfind(&format!("{COMMENTS}/{node}"), "1", "oc:message").await;
    assert_eq!(listed.hrefs().len(), 1_101);
    assert!(listed.text().trim_end().ends_with("</d:multistatus>"));
    let body = "<oc:filter-comments xmlns:oc='http://owncloud.org/ns'><oc:limit>700</oc:limit>\
                </oc:filter-comments>";
    let report = alice.send("REPORT", &format!("{COMMENTS}/{node}"), &[], body).await;
    assert_eq!(report.hrefs().len(), 700);
    assert_eq!(report.responses()[699].prop("oc:message"), Some("400"));
}

#[tokio::test]
async fn files_tell_of_their_comments() {
    let world = World::new().await;
    let (alice, bob) = (world.alice(), world.bob());
    let node = file(&world, "f", Share::WithBob).await;
    let props = "oc:comments-count oc:comments-unread oc:comments-href";
    let numbers = async |client: &Client, path: &str| {
        let answer = client.propfind(path, "0", props).await;
        let of = &answer.responses()[0];
        let number = |name| of.prop(name).unwrap().parse::<u32>().unwrap();
        (number("oc:comments-count"), number("oc:comments-unread"))
    };
    let (own, theirs) = (format!("{FILES}/f"), "/remote.php/dav/files/bob/f");
    let etag = alice.etag(&own).await;
    assert_eq!(numbers(&alice, &own).await, (0, 0));
    said(&alice, &node, "one").await;
    said(&alice, &node, "two").await;
    assert_eq!(numbers(&alice, &own).await, (2, 0));
    assert_eq!(numbers(&bob, theirs).await, (2, 2));
    let href = bob.prop(theirs, "oc:comments-href").await.unwrap();
    assert_eq!(href, format!("{COMMENTS}/{node}"));
    assert_eq!(alice.etag(&own).await, etag);
    // An empty marker stands for now.
    let marker = |text: &str| {
        format!("<d:set><d:prop><oc:readMarker>{text}</oc:readMarker></d:prop></d:set>")
    };
    let path = format!("{COMMENTS}/{node}");
    assert!(bob.proppatch(&path, &marker("")).await.text().contains("204 No Content"));
    assert_eq!(numbers(&bob, theirs).await, (2, 0));
    let read = bob.prop(&path, "oc:readMarker").await.unwrap();
    assert_eq!(read, "Fri, 15 Jan 2027 08:00:00 GMT");
    let before = bob.proppatch(&path, &marker("2027-01-01T00:00:00+00:00")).await;
    assert!(before.text().contains("200 OK"), "{}", before.text());
    assert_eq!(numbers(&bob, theirs).await, (2, 2));
    assert_eq!(bob.proppatch(&path, &marker("yesterday")).await.status, 400);
    // A folder has comments as well, and a guest of a link learns of none.
    assert_eq!(alice.mkcol(&format!("{FILES}/d")).await, 201);
    let folder = alice.prop(&format!("{FILES}/d"), "oc:fileid").await.unwrap();
    said(&alice, &folder, "on a folder").await;
    assert_eq!(numbers(&alice, &format!("{FILES}/d")).await, (1, 0));
    let link = alice.ocs("POST", "/apps/files_sharing/api/v1/shares", "path=/d&shareType=3").await;
    let token = link.data["token"].as_str().unwrap();
    let guest = world.stranger();
    let seen = guest.propfind(&format!("/public.php/dav/files/{token}/"), "0", props).await;
    assert_eq!(seen.responses()[0].prop("oc:comments-count"), Some("0"));
    assert_eq!(seen.responses()[0].prop("oc:comments-href"), None);
}

#[tokio::test]
async fn who_is_mentioned_is_told_if_they_see_the_file() {
    let world = World::in_database().await;
    let (alice, bob, root) = (world.alice(), world.bob(), world.root());
    let node = file(&world, "f", Share::WithBob).await;
    const NEWS: &str = "/apps/notifications/api/v2/notifications";
    let told = async |client: &Client| -> Vec<serde_json::Value> {
        let news = client.ocs("GET", NEWS, "").await.data;
        let all = news.as_array().cloned().unwrap_or_default();
        all.into_iter().filter(|one| one["app"] == "comments").collect()
    };
    // root sees nothing of it, nobody has no account, and alice knows what she said.
    let comment = said(&alice, &node, "@bob @root @nobody @alice <img src=x>").await;
    let news = told(&bob).await;
    assert_eq!(news.len(), 1);
    assert_eq!(news[0]["subject"], "Alice mentioned you in a comment on f");
    assert_eq!(news[0]["message"], "@bob @root @nobody @alice <img src=x>");
    assert_eq!(news[0]["object_type"], "comment");
    assert_eq!(news[0]["object_id"], comment.rsplit('/').next().unwrap());
    assert!(told(&root).await.is_empty() && told(&alice).await.is_empty());
    // The event is there with it, for those who see the file.
    let seen = bob.ocs("GET", "/apps/activity/api/v2/activity/comments", "").await;
    assert_eq!(seen.data[0]["subject"], "Alice commented on f");
    let unseen = root.ocs("GET", "/apps/activity/api/v2/activity/comments", "").await;
    assert!(unseen.data.as_array().is_none_or(Vec::is_empty));
    assert_eq!(alice.delete(&comment).await.status, 204);
    assert!(told(&bob).await.is_empty());
    // Who is gone leaves what they said without a name.
    said(&bob, &node, "mine").await;
    assert_eq!(root.ocs("DELETE", "/cloud/users/bob", "").await.code, 200);
    let listed =
        alice.propfind(&format!("{COMMENTS}/{node}"), "1", "oc:actorType oc:actorId").await;
    let left = &listed.responses()[1];
    assert_eq!(
        (left.prop("oc:actorType"), left.prop("oc:actorId")),
        (Some("deleted_users"), Some("deleted_users"))
    );
}

#[tokio::test]
async fn many_who_are_mentioned_take_as_many_queries_as_one() {
    let world = World::in_database().await;
    let (alice, root) = (world.alice(), world.root());
    let node = file(&world, "f", Share::WithBob).await;
    assert_eq!(root.ocs("POST", "/cloud/groups", "groupid=crew").await.code, 200);
    let shares = "/apps/files_sharing/api/v1/shares";
    let shared = alice.ocs("POST", shares, "path=/f&shareType=1&shareWith=crew").await;
    assert_eq!(shared.http, 200);
    for at in 0..12 {
        let form = format!("userid=p{at}&password={PASSWORD}");
        assert_eq!(root.ocs("POST", "/cloud/users", &form).await.code, 200);
        if at % 2 == 0 {
            let groups = format!("/cloud/users/p{at}/groups");
            assert_eq!(root.ocs("POST", &groups, "groupid=crew").await.code, 200);
        }
    }
    let mut taken = Vec::new();
    for text in ["@p0", "@p0 @p1 @p2 @p3 @p4 @p5 @p6 @p7 @p8 @p9 @p10 @p11 @bob"] {
        let before = world.sql.stats().statements;
        said(&alice, &node, text).await;
        taken.push(world.sql.stats().statements - before);
    }
    let news = "/apps/notifications/api/v2/notifications";
    let mut told = Vec::new();
    for at in 0..12 {
        let seen = world.person(&format!("p{at}"), PASSWORD).ocs("GET", news, "").await.data;
        let seen = seen.as_array().cloned().unwrap_or_default();
        told.push(seen.iter().filter(|one| one["app"] == "comments").count());
    }
    assert_eq!(told, [2, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0]);
    // What is written for each who is told stands in the comment's own batch.
    assert!(taken[1] <= taken[0] + 4 * 6, "{taken:?}");
}
