//! The bodies of SEARCH as the mobile apps write them, and whom they find.
//!
//! Android builds a document (`NCSearchMethod`): it declares the prefix `oc` for a name of its
//! own at the root and again, rightly, at each element; it asks for `has-preview` in the wrong
//! namespace; an empty `orderby` stands where nothing is sorted. iOS fills in templates
//! (`NKDataFileXML`, `NCMedia`), with comments and names that are declared twice. Neither
//! searches for tags; iOS lists what carries one by a report.

use crate::{
    common::{Client, FILES, World},
    read::Item,
};

const OC: &str = "xmlns:oc=\"http://owncloud.org/ns\"";

/// Android: what is asked for, and whether a limit is told.
fn android(scope: &str, condition: &str, order: &str, limit: &str) -> String {
    let select = [
        "displayname",
        "creationdate",
        "quota-used-bytes",
        "quota-available-bytes",
        "getcontenttype",
        "resourcetype",
        "getcontentlength",
        "getlastmodified",
        "getetag",
    ];
    let select: String = select.iter().map(|name| format!("<d:{name}/>")).collect();
    let own: String = ["size", "id", "favorite", "permissions"]
        .iter()
        .map(|name| format!("<oc:{name} {OC}/>"))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?><d:searchrequest \
         xmlns:d=\"DAV:\" xmlns:oc=\"http://nextcloud.com/ns\"><d:basicsearch><d:select><d:prop>\
         {select}{own}<nc:has-preview xmlns:nc=\"http://owncloud.org/ns\"/><nc:is-encrypted \
         xmlns:nc=\"http://nextcloud.org/ns\"/></d:prop></d:select><d:from><d:scope>\
         <d:href>{scope}</d:href><d:depth>infinity</d:depth></d:scope></d:from>\
         <d:where>{condition}</d:where>{order}{limit}</d:basicsearch></d:searchrequest>"
    )
}

fn compare(op: &str, property: &str, literal: &str) -> String {
    format!("<d:{op}><d:prop>{property}</d:prop><d:literal>{literal}</d:literal></d:{op}>")
}

/// iOS: one of its templates, as indented as there.
fn ios(scope: &str, condition: &str, rest: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<d:searchrequest xmlns:d=\"DAV:\" {OC} \
         xmlns:nc=\"http://nextcloud.org/ns\">\n    <d:basicsearch>\n\n    \
         <!-- SELECT: properties returned for each matching resource -->\n    <d:select>\n        \
         <d:prop><d:displayname /><oc:fileid {OC}/><fileid xmlns=\"http://owncloud.org/ns\"/>\
         <nc:has-preview /></d:prop>\n    </d:select>\n    <d:from>\n        <d:scope>\n            \
         <d:href>{scope}</d:href>\n            <d:depth>infinity</d:depth>\n        </d:scope>\n    \
         </d:from>\n{rest}    <d:where>\n        {condition}\n    </d:where>\n    </d:basicsearch>\n\
         </d:searchrequest>"
    )
}

async fn found(client: &Client, body: String) -> Vec<String> {
    let answer =
        client.send("SEARCH", "/remote.php/dav", &[("content-type", "text/xml")], body).await;
    let items = Item::all(&answer);
    let name =
        |item: &Item| item.href.strip_prefix("/remote.php/dav/files/alice/").unwrap().to_owned();
    items.iter().map(name).collect()
}

async fn filled() -> World {
    let world = World::new().await;
    let alice = world.alice();
    alice.mkcol(&format!("{FILES}/my%20album")).await;
    for (name, time) in [
        ("my%20album/a.jpg", "1500000100"),
        ("my%20album/b.mp4", "1500000200"),
        ("c.png", "1500000300"),
        ("note%20100%25.txt", "1500000300"),
    ] {
        let made =
            alice.send("PUT", &format!("{FILES}/{name}"), &[("x-oc-mtime", time)], "x").await;
        assert_eq!(made.status, 201);
    }
    world
}

#[tokio::test]
async fn the_app_for_android() {
    let world = filled().await;
    let alice = world.alice();
    let allowed = alice.send("OPTIONS", "/remote.php/dav", &[], "").await;
    assert!(allowed.header("allow").unwrap().split(", ").any(|method| method == "SEARCH"));
    let mark = "<d:set><d:prop><oc:favorite>1</oc:favorite></d:prop></d:set>";
    assert_eq!(alice.proppatch(&format!("{FILES}/c.png"), mark).await.status, 207);
    let id = alice.prop(&format!("{FILES}/c.png"), "oc:fileid").await.unwrap();

    let (kind, time) = ("<d:getcontenttype/>", "<d:getlastmodified/>");
    let newest = "<d:orderby><d:order><d:prop><d:getlastmodified/></d:prop><d:descending/>\
                  </d:order></d:orderby>";
    let media = format!(
        "<d:or>{}{}</d:or>",
        compare("like", kind, "image/%"),
        compare("like", kind, "video/%")
    );
    let within = |end: &str, start: &str| {
        let bounds = compare("lt", time, end) + &compare("gt", time, start);
        format!("<d:and>{bounds}{media}</d:and>")
    };
    let named = compare("like", "<d:displayname/>", "%ALBUM%");
    let favourite = compare("eq", &format!("<oc:favorite {OC}/>"), "yes");
    let by_id = compare("eq", &format!("<oc:fileid {OC}/>"), &id);
    let own = compare("eq", &format!("<oc:owner-id {OC}/>"), "alice");
    let limit = "<d:limit><d:nresults>2</d:nresults></d:limit>";
    let (photo, film, picture) = ("my%20album/a.jpg", "my%20album/b.mp4", "c.png");
    for (what, condition, order, limit, expected) in [
        ("FILE_SEARCH", &named, "<d:orderby/>", "", &["my%20album/"][..]),
        (
            "FILE_SEARCH of folders",
            &format!("<d:and><d:is-collection/>{named}</d:and>"),
            "<d:orderby/>",
            "",
            &["my%20album/"],
        ),
        ("FAVORITE_SEARCH", &favourite, "<d:orderby/>", "", &[picture]),
        ("FILE_ID_SEARCH", &by_id, "<d:orderby/>", "", &[picture]),
        ("PHOTO_SEARCH", &compare("like", kind, "image/%"), newest, "", &[picture, photo]),
        (
            "PHOTO_SEARCH before a moment",
            &format!(
                "<d:and>{}{}</d:and>",
                compare("lt", time, "1500000300"),
                compare("like", kind, "image/%")
            ),
            newest,
            "",
            &[photo],
        ),
        (
            "RECENTLY_MODIFIED_SEARCH",
            &compare("gt", time, "2017-07-14T02:44:59Z"),
            newest,
            limit,
            &["my%20album/", picture],
        ),
        ("GALLERY_SEARCH", &media, newest, limit, &[picture, film]),
        ("GALLERY_SEARCH of a time", &within("1500000300", "1500000100"), newest, limit, &[film]),
        (
            "GALLERY_SEARCH of old servers",
            &format!("<d:and>{own}{media}</d:and>"),
            newest,
            "",
            &[picture, film, photo],
        ),
    ] {
        let body = android("/files/alice", condition, order, limit);
        assert_eq!(found(&alice, body).await, expected, "{what}");
    }
}

#[tokio::test]
async fn the_app_for_ios() {
    let world = filled().await;
    let alice = world.alice();
    let id = alice.prop(&format!("{FILES}/c.png"), "oc:fileid").await.unwrap();
    let named = compare("like", "<d:displayname/>", "%note 100%");
    assert_eq!(found(&alice, ios("/files/alice", &named, "")).await, ["note%20100%25.txt"]);
    let by_id = compare("eq", &format!("<oc:fileid {OC}/>"), &id);
    assert_eq!(found(&alice, ios("/files/alice", &by_id, "")).await, ["c.png"]);
    let (photo, film, picture) = ("my%20album/a.jpg", "my%20album/b.mp4", "c.png");
    // The first page and further ones: each ends where the last one ended. The scope is the
    // folder of media as it is called, not as addresses are written.
    for (scope, end, start, most, expected) in [
        ("/files/alice", "4001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", 2, &[picture, film][..]),
        ("/files/alice", "2017-07-14T04:43:20+02:00", "0001-01-01T00:00:00Z", 2, &[photo]),
        ("/files/alice/my album", "4001-01-01T00:00:00Z", "2017-07-14T02:41:40Z", 9, &[film]),
    ] {
        let order =
            |name: &str| format!("<d:order><d:prop><{name}/></d:prop><d:descending/></d:order>");
        let rest = format!(
            "<d:orderby>{}{}</d:orderby>\n<d:limit><d:nresults>{most}</d:nresults></d:limit>\n",
            order("d:getlastmodified"),
            order("d:displayname"),
        );
        let kinds = compare("like", "<d:getcontenttype/>", "image/%%")
            + &compare("like", "<d:getcontenttype/>", "video/%%");
        let bounds = compare("lt", "<d:getlastmodified/>", end)
            + &compare("gt", "<d:getlastmodified/>", start);
        let condition = format!(
            "<d:and>\n<!-- Media type filter -->\n<d:or>{kinds}</d:or>\n<d:and>{bounds}</d:and>\n</d:and>"
        );
        assert_eq!(found(&alice, ios(scope, &condition, &rest)).await, expected, "{scope} {end}");
    }
}

#[tokio::test]
async fn tags_are_listed_by_a_report_and_searched_for_by_nobody() {
    let world = filled().await;
    let alice = world.alice();
    for property in ["nc:system-tags", "oc:systemtag", "oc:tags"] {
        let condition = compare("eq", &format!("<{property}/>"), "1");
        let body = ios("/files/alice", &condition, "");
        let answer =
            alice.send("SEARCH", "/remote.php/dav", &[("content-type", "text/xml")], body).await;
        // As in the original, in plain text.
        let told = "requested search property is not a valid property for this scope";
        assert_eq!((answer.status, answer.text()), (400, told), "{property}");
    }
}
