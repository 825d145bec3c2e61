//! The trash, from outside: what clients see of it, and that nobody else reaches what is in it.

use image::{ImageFormat, RgbImage};
use serde_json::json;

use crate::{
    common::{Answer, Client, FILES, START, World},
    team_folders,
    team_rules::{rule, set_rules},
};

const TRASH: &str = "/remote.php/dav/trashbin/alice/trash";
const RESTORE: &str = "/remote.php/dav/trashbin/alice/restore";
const SHARES: &str = "/apps/files_sharing/api/v1/shares";

fn of(person: &str) -> String {
    format!("/remote.php/dav/trashbin/{person}/trash")
}

/// The names in a trash.
async fn names(client: &Client, trash: &str) -> Vec<String> {
    let answer = client.propfind(trash, "1", "nc:trashbin-filename").await;
    assert_eq!(answer.status, 207, "{}", answer.text());
    let below = |href: &str| href.rsplit_once("/trash/").map(|(_, name)| name.to_owned());
    let all = answer.responses().into_iter().filter_map(|one| below(one.href()));
    all.filter(|name| !name.is_empty()).collect()
}

fn error(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.error().1)
}

#[tokio::test]
async fn what_is_deleted_is_listed_read_and_restored() {
    let world = World::new().await;
    let alice = world.alice();
    alice.mkcol(&format!("{FILES}/d")).await;
    alice.put(&format!("{FILES}/d/f.txt"), "hello").await;
    let id = alice.prop(&format!("{FILES}/d/f.txt"), "oc:fileid").await.unwrap();
    world.clock.forward(100);
    assert_eq!(alice.delete(&format!("{FILES}/d/f.txt")).await.status, 204);
    let gone = format!("f.txt.d{}", START + 100);
    let item = format!("{TRASH}/{gone}");
    assert_eq!(names(&alice, TRASH).await, std::slice::from_ref(&gone));
    let deleted = (START + 100).to_string();
    for (name, value) in [
        ("nc:trashbin-filename", "f.txt"),
        ("nc:trashbin-title", "d/f.txt"),
        ("nc:trashbin-original-location", "d/f.txt"),
        ("nc:trashbin-deletion-time", &*deleted),
        ("nc:trashbin-deleted-by-id", "alice"),
        ("nc:trashbin-deleted-by-display-name", "Alice"),
        ("nc:trashbin-backend", "OCA\\Files_Trashbin\\Trash\\LegacyTrashBackend"),
        ("d:getetag", &*deleted),
        ("d:getlastmodified", "Fri, 15 Jan 2027 08:01:40 GMT"),
        ("d:displayname", "f.txt"),
        ("d:getcontentlength", "5"),
        ("d:getcontenttype", "text/plain"),
        ("oc:id", &*id),
        ("oc:fileid", &*id),
        ("oc:size", "5"),
        ("oc:permissions", "GD"),
        ("nc:has-preview", "true"),
    ] {
        assert_eq!(alice.prop(&item, name).await.as_deref(), Some(value), "{name}");
    }
    for name in ["oc:favorite", "d:quota-used-bytes"] {
        assert_eq!(alice.prop(&item, name).await, None, "{name}");
    }
    // The trash itself has a type, and nothing else.
    assert_eq!(alice.prop(TRASH, "d:resourcetype").await.as_deref(), Some("<d:collection/>"));
    for name in ["oc:id", "oc:size", "d:getetag", "d:getlastmodified", "nc:trashbin-filename"] {
        assert_eq!(alice.prop(TRASH, name).await, None, "{name}");
    }
    let read = alice.get(&item).await;
    assert_eq!((read.status, read.text()), (200, "hello"));
    assert!(read.header("content-disposition").unwrap().contains("filename=\"f.txt\""));
    let part = alice.send("GET", &item, &[("range", "bytes=1-2")], "").await;
    assert_eq!((part.status, part.text()), (206, "el"));
    // Whatever name the client gives, it comes back to where it was.
    let done = alice.transfer("MOVE", &item, &format!("{RESTORE}/whatever"), &[]).await;
    assert_eq!((done.status, done.header("oc-fileid")), (201, None));
    assert_eq!(alice.get(&format!("{FILES}/d/f.txt")).await.text(), "hello");
    assert_eq!(alice.prop(&format!("{FILES}/d/f.txt"), "oc:fileid").await.unwrap(), id);
    assert!(names(&alice, TRASH).await.is_empty());
    let again = alice.transfer("MOVE", &item, &format!("{RESTORE}/whatever"), &[]).await;
    assert_eq!(again.status, 404);
}

#[tokio::test]
async fn folders_are_listed_and_emptied_and_moved_out() {
    let world = World::new().await;
    let alice = world.alice();
    for folder in ["tr", "tr/sub", "other"] {
        alice.mkcol(&format!("{FILES}/{folder}")).await;
    }
    alice.put(&format!("{FILES}/tr/in.txt"), "1").await;
    alice.put(&format!("{FILES}/other/kept"), "2").await;
    alice.delete(&format!("{FILES}/tr")).await;
    let folder = format!("{TRASH}/tr.d{START}");
    let asked = "nc:trashbin-filename nc:trashbin-original-location d:getlastmodified";
    let list = alice.propfind(&folder, "1", asked).await;
    let shown: Vec<_> = list
        .responses()
        .iter()
        .map(|one| (one.href().to_owned(), one.prop("nc:trashbin-original-location").unwrap()))
        .collect();
    assert_eq!(
        shown,
        [
            (format!("{folder}/"), "tr"),
            (format!("{folder}/in.txt"), "tr/in.txt"),
            (format!("{folder}/sub/"), "tr/sub"),
        ]
    );
    assert_eq!(alice.get(&format!("{folder}/in.txt")).await.text(), "1");
    assert_eq!(alice.get(&format!("{folder}/none")).await.status, 404);
    // Straight into the files, over what stands there, which is kept.
    let there = format!("{FILES}/other/kept");
    let out = alice.transfer("MOVE", &folder, &there, &[("overwrite", "F")]).await;
    assert_eq!(out.status, 412);
    let out = alice.transfer("MOVE", &folder, &there, &[]).await;
    assert_eq!(out.status, 204, "{}", out.text());
    assert!(out.header("oc-fileid").is_some() && out.header("oc-etag").is_none());
    assert_eq!(alice.get(&format!("{there}/in.txt")).await.text(), "1");
    let kept = format!("{TRASH}/kept.d{START}");
    let out = alice.transfer("MOVE", &kept, &format!("{FILES}/new"), &[]).await;
    assert_eq!(out.status, 201);
    assert!(out.header("oc-etag").is_some(), "{:?}", out.headers);
    for (to, status) in [
        ("/remote.php/dav/files/bob/x".to_owned(), 403),
        (of("bob"), 403),
        (format!("{TRASH}/x"), 403),
        (format!("{FILES}/none/x"), 409),
        ("/x".to_owned(), 403),
    ] {
        alice.delete(&format!("{FILES}/new")).await;
        let item = format!("{TRASH}/new.d{START}");
        assert_eq!(alice.transfer("MOVE", &item, &to, &[]).await.status, status, "{to}");
    }
    alice.delete(&format!("{FILES}/other")).await;
    assert_eq!(names(&alice, TRASH).await.len(), 2);
    assert_eq!(alice.delete(&format!("{TRASH}/other.d{START}")).await.status, 204);
    assert_eq!(names(&alice, TRASH).await, [format!("new.d{START}")]);
    for _ in 0..2 {
        assert_eq!(alice.delete(TRASH).await.status, 204);
        assert!(names(&alice, TRASH).await.is_empty());
    }
    assert_eq!(alice.get(FILES).await.status, 200);
}

#[tokio::test]
async fn nothing_is_written_into_the_trash() {
    let world = World::new().await;
    let alice = world.alice();
    alice.put(&format!("{FILES}/f"), "1").await;
    alice.put(&format!("{FILES}/g"), "2").await;
    alice.delete(&format!("{FILES}/f")).await;
    let item = format!("{TRASH}/f.d{START}");
    assert_eq!(error(&alice.put(&item, "x").await), (403, ""));
    let new = format!("{TRASH}/new");
    let text = "Not allowed to create files in the trashbin";
    assert_eq!(error(&alice.put(&new, "x").await), (403, text));
    let made = alice.send("MKCOL", &new, &[], "").await;
    assert_eq!(error(&made), (403, "Not allowed to create folders in the trashbin"));
    let into = alice.transfer("MOVE", &format!("{FILES}/g"), &new, &[]).await;
    assert_eq!(into.status, 403);
    let into = alice.transfer("COPY", &format!("{FILES}/g"), &new, &[]).await;
    assert_eq!(into.status, 403);
    let copy = alice.transfer("COPY", &item, &format!("{FILES}/copy"), &[]).await;
    assert_eq!(copy.status, 403);
    let lock = "<d:lockinfo xmlns:d='DAV:'><d:lockscope><d:exclusive/></d:lockscope>\
                <d:locktype><d:write/></d:locktype></d:lockinfo>";
    assert_eq!(alice.send("LOCK", &item, &[], lock).await.status, 403);
    // A mark is the person's own, and comes back with the file.
    let mark = "<d:set><d:prop><oc:favorite>1</oc:favorite></d:prop></d:set>";
    let marked = alice.proppatch(&item, mark).await;
    assert!(marked.text().contains("200 OK"), "{}", marked.text());
    let time = "<d:set><d:prop><d:lastmodified>7</d:lastmodified></d:prop></d:set>";
    assert!(!alice.proppatch(&item, time).await.text().contains("200 OK"));
    let title = "<d:set><d:prop><nc:trashbin-title>x</nc:trashbin-title></d:prop></d:set>";
    assert!(alice.proppatch(&item, title).await.text().contains("403"));
    alice.transfer("MOVE", &item, &format!("{RESTORE}/f"), &[]).await;
    assert_eq!(alice.prop(&format!("{FILES}/f"), "oc:favorite").await.as_deref(), Some("1"));
    assert_eq!(alice.get(&format!("{FILES}/g")).await.text(), "2");
    // The collections around it are there and hold what they hold.
    let top = alice.propfind("/remote.php/dav/trashbin/alice", "1", "d:resourcetype").await;
    let hrefs: Vec<_> = top.responses().iter().map(|one| one.href().to_owned()).collect();
    let alices = "/remote.php/dav/trashbin/alice/";
    assert_eq!(hrefs, [alices.to_owned(), format!("{TRASH}/"), format!("{RESTORE}/")]);
    assert_eq!(alice.propfind(RESTORE, "1", "d:resourcetype").await.responses().len(), 1);
    assert_eq!(alice.propfind("/remote.php/dav/trashbin/", "1", "oc:id").await.status, 405);
    assert_eq!(alice.get("/remote.php/dav/trashbin/alice/x").await.status, 404);
    let told = alice.ocs("GET", "/cloud/capabilities", "").await.data;
    let files = &told["capabilities"]["files"];
    assert_eq!((&files["undelete"], &files["delete_from_trash"]), (&json!(true), &json!(true)));
}

/// Whether nothing is there. Of a link that leads nowhere WebDAV says 503, as of any token that
/// is unknown.
fn refused(door: &str, answer: &Answer) -> bool {
    match door.starts_with("/public.php/dav/") {
        true => answer.status == 503 && answer.error().1.contains("NotFound"),
        false => matches!(answer.status, 403 | 404),
    }
}

/// Somebody who tries all doors to a file that was thrown away.
async fn is_out_of_reach(client: &Client, id: &str, doors: &[String]) {
    for door in doors {
        let answer = client.get(door).await;
        assert!(refused(door, &answer), "{door}: {}", answer.status);
    }
    for path in [
        format!("/index.php/core/preview?fileId={id}&x=32&y=32"),
        format!("/index.php/apps/files_trashbin/preview?fileId={id}&x=32&y=32"),
    ] {
        assert_eq!(client.get(&path).await.status, 404, "{path}");
    }
    // The deep link says the same of it as of what never was.
    for page in ["/index.php/f/", "/index.php/apps/files/files/"] {
        let deep = client.get(&format!("{page}{id}")).await;
        let never = client.get(&format!("{page}99999999")).await;
        let location = |answer: &Answer, id| answer.header("location").map(|to| to.replace(id, ""));
        assert_eq!(
            (deep.status, location(&deep, id)),
            (never.status, location(&never, "99999999"))
        );
        assert!(!deep.text().contains("f.png"), "{page}");
    }
    let direct = client.ocs("POST", "/apps/dav/api/v1/direct", &format!("fileId={id}")).await;
    assert_eq!(direct.http, 404);
    for trash in [of("alice"), of("Alice"), format!("{}/f.png.d{START}", of("alice"))] {
        for method in ["PROPFIND", "GET", "DELETE", "MOVE"] {
            let to = ("destination", "/remote.php/dav/files/bob/mine");
            let answer = client.send(method, &trash, &[to, ("depth", "1")], "").await;
            assert_eq!(error(&answer), (403, ""), "{method} {trash}");
        }
    }
}

#[tokio::test]
async fn others_do_not_reach_what_was_thrown_away() {
    let world = World::new().await;
    let (alice, bob, guest) = (world.alice(), world.bob(), world.stranger());
    let mut picture = std::io::Cursor::new(Vec::new());
    RgbImage::new(64, 64).write_to(&mut picture, ImageFormat::Png).unwrap();
    alice.mkcol(&format!("{FILES}/d")).await;
    let file = format!("{FILES}/d/f.png");
    alice.send("PUT", &file, &[], picture.into_inner()).await;
    let id = alice.prop(&file, "oc:fileid").await.unwrap();
    alice.proppatch(&file, "<d:set><d:prop><oc:favorite>1</oc:favorite></d:prop></d:set>").await;
    let mut doors = vec!["/remote.php/dav/files/bob/d/f.png".to_owned()];
    doors.push("/remote.php/dav/files/bob/f.png".to_owned());
    for path in ["/d", "/d/f.png"] {
        let form = format!("path={path}&shareType=0&shareWith=bob&permissions=1");
        assert_eq!(alice.ocs("POST", SHARES, &form).await.http, 200);
        let made = alice.ocs("POST", SHARES, &format!("path={path}&shareType=3")).await;
        let token = made.data["token"].as_str().unwrap().to_owned();
        for way in ["", "/f.png"] {
            doors.push(format!("/public.php/dav/files/{token}{way}"));
        }
        doors.push(format!("/index.php/apps/files_sharing/publicpreview/{token}?file=f.png"));
        doors.push(format!("/index.php/s/{token}/download"));
        doors.push(format!("/index.php/s/{token}"));
    }
    let address = alice.ocs("POST", "/apps/dav/api/v1/direct", &format!("fileId={id}")).await;
    let address = address.data["url"].as_str().unwrap();
    let direct = address.strip_prefix("https://cloud.example.org").unwrap().to_owned();
    assert_eq!(guest.get(&direct).await.status, 200);
    doors.push(direct.clone());
    assert_eq!(bob.get(&doors[0]).await.status, 200);
    assert_eq!(bob.get(&format!("/index.php/core/preview?fileId={id}")).await.status, 200);

    assert_eq!(alice.delete(&format!("{FILES}/d")).await.status, 204);
    // The direct address comes first: it would end with time, by which failures are forgotten.
    for door in doors[2..].iter().rev() {
        let answer = guest.get(door).await;
        assert!(refused(door, &answer), "{door}: {}", answer.status);
        world.clock.forward(3600);
    }
    is_out_of_reach(&bob, &id, &doors[..2]).await;
    // Neither in what is received nor in searches, marks and lists of shares.
    assert_eq!(bob.ocs("GET", &format!("{SHARES}?shared_with_me=true"), "").await.data, json!([]));
    assert_eq!(alice.ocs("GET", SHARES, "").await.data, json!([]));
    let home = "/remote.php/dav/files/bob";
    assert_eq!(bob.propfind(home, "1", "oc:id").await.responses().len(), 1);
    let marks = "<oc:filter-files xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns'><d:prop>\
                 <oc:fileid/></d:prop><oc:filter-rules><oc:favorite>1</oc:favorite>\
                 </oc:filter-rules></oc:filter-files>";
    let marked = alice.send("REPORT", FILES, &[], marks).await;
    assert_eq!((marked.status, marked.responses().len()), (207, 0), "{}", marked.text());
    // The owner themself does not either, but by the trash.
    for path in ["/index.php/core/preview", "/core/preview"] {
        assert_eq!(alice.get(&format!("{path}?fileId={id}&x=32&y=32")).await.status, 404);
    }
    let trashed = format!("/index.php/apps/files_trashbin/preview?fileId={id}&x=32&y=32");
    let picture = alice.get(&trashed).await;
    assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/jpeg")));
    assert_eq!(alice.get(&format!("{TRASH}/d.d{START}/f.png")).await.status, 200);
    // When it comes back, all is as it was.
    alice.transfer("MOVE", &format!("{TRASH}/d.d{START}"), &format!("{RESTORE}/d"), &[]).await;
    // What moved in the tree is mounted again after two seconds at the most.
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    assert_eq!(bob.get(&doors[0]).await.status, 200);
    assert_eq!(alice.prop(&file, "oc:favorite").await.as_deref(), Some("1"));
    assert_eq!(alice.get(&trashed).await.status, 404);
}

#[tokio::test]
async fn who_deletes_from_a_share_has_it_in_their_own_trash() {
    let world = World::new().await;
    let (alice, bob) = (world.alice(), world.bob());
    alice.mkcol(&format!("{FILES}/d")).await;
    alice.put(&format!("{FILES}/d/f"), "1").await;
    let form = "path=/d&shareType=0&shareWith=bob&permissions=31";
    assert_eq!(alice.ocs("POST", SHARES, form).await.http, 200);
    assert_eq!(bob.delete("/remote.php/dav/files/bob/d/f").await.status, 204);
    let item = format!("f.d{START}");
    for (client, person) in [(&alice, "alice"), (&bob, "bob")] {
        let path = format!("{}/{item}", of(person));
        assert_eq!(client.prop(&path, "nc:trashbin-deleted-by-id").await.unwrap(), "bob");
        let name = client.prop(&path, "nc:trashbin-deleted-by-display-name").await;
        assert_eq!(name.as_deref(), Some("Bob"));
        assert_eq!(client.prop(&path, "nc:trashbin-original-location").await.unwrap(), "d/f");
    }
    let back = "/remote.php/dav/trashbin/bob/restore/f";
    let done = bob.transfer("MOVE", &format!("{}/{item}", of("bob")), back, &[]).await;
    assert_eq!(done.status, 201);
    assert_eq!(alice.get(&format!("{FILES}/d/f")).await.text(), "1");
    assert_eq!(names(&alice, TRASH).await, [item]);
}

#[tokio::test]
async fn a_team_sees_what_was_deleted_in_its_folder() {
    let (world, one) = team_folders::team().await;
    let (root, alice, bob) = (world.root(), world.alice(), world.bob());
    assert_eq!(root.ocs("POST", "/cloud/users/bob/groups", "groupid=staff").await.http, 200);
    alice.put(&format!("{FILES}/Team/del.txt"), "x").await;
    alice.mkcol(&format!("{FILES}/Team/s")).await;
    alice.put(&format!("{FILES}/Team/s/del.txt"), "y").await;
    // Bob may read nothing in `s`.
    let rules = rule("user", "bob", 31, 0);
    assert_eq!(set_rules(&alice, &format!("{FILES}/Team/s"), &rules).await.status, 207);
    alice.delete(&format!("{FILES}/Team/del.txt")).await;
    alice.delete(&format!("{FILES}/Team/s/del.txt")).await;
    let [first, second] = [START, START + 1].map(|at| format!("del.txt.d{at}-{}", id_of(&one)));
    assert_eq!(names(&alice, TRASH).await, [first.clone(), second]);
    assert_eq!(names(&bob, &of("bob")).await, std::slice::from_ref(&first));
    let item = format!("{}/{first}", of("bob"));
    for (name, value) in [
        ("nc:trashbin-original-location", "Team/del.txt"),
        ("nc:trashbin-deleted-by-id", "alice"),
        ("nc:trashbin-backend", "OCA\\GroupFolders\\Trash\\TrashBackend"),
        ("oc:permissions", "GD"),
    ] {
        assert_eq!(bob.prop(&item, name).await.as_deref(), Some(value), "{name}");
    }
    // The emptying of one member spares what they may not see.
    assert_eq!(bob.delete(&of("bob")).await.status, 204);
    assert_eq!(names(&alice, TRASH).await.len(), 1);
    team_folders::data(&root, "DELETE", &one, "").await;
    assert!(names(&alice, TRASH).await.is_empty());
    assert_eq!(world.files.expire_trash().await.unwrap().spaces, 1);
}

fn id_of(folder: &str) -> &str {
    folder.rsplit('/').next().unwrap()
}
