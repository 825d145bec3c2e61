//! Team folders in the tree: their properties, the rules that managers set, and OpenProject's
//! managed folders.

use crate::{
    common::{Answer, Client, World},
    team_folders::{FOLDERS, data, team, world},
};

const TEAM: &str = "/remote.php/dav/files/alice/Team";

/// A rule as clients write it.
pub(crate) fn rule(kind: &str, id: &str, mask: u8, permissions: u8) -> String {
    format!(
        "<nc:acl><nc:acl-mapping-type>{kind}</nc:acl-mapping-type>\
         <nc:acl-mapping-id>{id}</nc:acl-mapping-id><nc:acl-mask>{mask}</nc:acl-mask>\
         <nc:acl-permissions>{permissions}</nc:acl-permissions></nc:acl>"
    )
}

/// A rule as it is shown.
fn shown(kind: &str, id: &str, name: &str, mask: u8, permissions: u8) -> String {
    rule(kind, id, mask, permissions).replace(
        "<nc:acl-mask>",
        &format!("<nc:acl-mapping-display-name>{name}</nc:acl-mapping-display-name><nc:acl-mask>"),
    )
}

pub(crate) async fn set_rules(client: &Client, path: &str, rules: &str) -> Answer {
    let set = format!("<d:set><d:prop><nc:acl-list>{rules}</nc:acl-list></d:prop></d:set>");
    client.proppatch(path, &set).await
}

#[tokio::test]
async fn the_properties_of_a_team_folder() {
    let (world, one) = team().await;
    let (root, alice, bob) = (world.root(), world.alice(), world.bob());
    assert_eq!(root.ocs("POST", "/cloud/users/bob/groups", "groupid=staff").await.http, 200);
    let id = one.rsplit('/').next().unwrap();
    assert_eq!(alice.mkcol(&format!("{TEAM}/d")).await, 201);
    let theirs = "/remote.php/dav/files/bob/Team";
    for (client, path, manages) in
        [(&alice, TEAM, "1"), (&alice, &format!("{TEAM}/d"), "1"), (&bob, theirs, "")]
    {
        for (name, value) in [
            ("nc:group-folder-id", id),
            ("nc:acl-enabled", "1"),
            ("nc:acl-can-manage", manages),
            ("nc:acl-base-permission", "31"),
            ("nc:inherited-acl-list", ""),
            ("nc:mount-type", "group"),
        ] {
            assert_eq!(client.prop(path, name).await.as_deref(), Some(value), "{path} {name}");
        }
    }
    // Who may set rules is told that there are none; others see an empty list.
    assert_eq!(alice.prop(TEAM, "nc:acl-list").await, None);
    assert_eq!(bob.prop(theirs, "nc:acl-list").await.as_deref(), Some(""));
    // Outside there is nothing of all that.
    assert_eq!(alice.mkcol("/remote.php/dav/files/alice/own").await, 201);
    for name in ["nc:group-folder-id", "nc:acl-enabled", "nc:acl-list", "nc:inherited-acl-list"] {
        assert_eq!(alice.prop("/remote.php/dav/files/alice/own", name).await, None, "{name}");
    }
}

#[tokio::test]
async fn rules_are_replaced_inherited_and_obeyed() {
    let (world, _) = team().await;
    let (root, alice, bob) = (world.root(), world.alice(), world.bob());
    assert_eq!(root.ocs("POST", "/cloud/users/bob/groups", "groupid=staff").await.http, 200);
    assert_eq!(alice.mkcol(&format!("{TEAM}/d")).await, 201);
    assert_eq!(alice.put(&format!("{TEAM}/d/a.txt"), "a").await.status, 201);
    let rules = rule("user", "bob", 31, 1) + &rule("group", "staff", 2, 2);
    let done = set_rules(&alice, &format!("{TEAM}/d"), &rules).await;
    let answer = done.responses().remove(0);
    assert_eq!(answer.prop("nc:acl-list"), Some(""), "{}", done.text());
    let all = shown("user", "bob", "Bob", 31, 1) + &shown("group", "staff", "staff", 2, 2);
    let list = alice.prop(&format!("{TEAM}/d"), "nc:acl-list").await.unwrap();
    assert_eq!(sorted(&list), sorted(&all));
    let inherited = alice.prop(&format!("{TEAM}/d/a.txt"), "nc:inherited-acl-list").await.unwrap();
    assert!(inherited.contains(&shown("user", "bob", "Bob", 31, 1)), "{inherited}");
    // A member sees what hits them, and it holds.
    let theirs = "/remote.php/dav/files/bob/Team/d";
    let list = bob.prop(theirs, "nc:acl-list").await.unwrap();
    assert_eq!(sorted(&list), sorted(&all));
    assert_eq!(bob.put(&format!("{theirs}/b.txt"), "b").await.status, 403);
    assert_eq!(bob.get(&format!("{theirs}/a.txt")).await.text(), "a");
    // Another list takes the place of the first, an empty one clears it.
    set_rules(&alice, &format!("{TEAM}/d"), &rule("user", "bob", 1, 0)).await;
    assert_eq!(bob.get(&format!("{theirs}/a.txt")).await.status, 404);
    assert!(
        !bob.propfind("/remote.php/dav/files/bob/Team", "1", "oc:id")
            .await
            .text()
            .contains("Team/d")
    );
    set_rules(&alice, &format!("{TEAM}/d"), "").await;
    assert_eq!(bob.put(&format!("{theirs}/b.txt"), "b").await.status, 201);
    assert_eq!(alice.prop(&format!("{TEAM}/d"), "nc:acl-list").await, None);
}

/// The single rules of a list, in an order that does not depend on the server's.
fn sorted(list: &str) -> Vec<&str> {
    let mut rules: Vec<&str> = list.split_inclusive("</nc:acl>").collect();
    rules.sort_unstable();
    rules
}

#[tokio::test]
async fn rules_are_for_managers_and_leave_them_in() {
    let (world, one) = team().await;
    let (root, alice, bob) = (world.root(), world.alice(), world.bob());
    assert_eq!(root.ocs("POST", "/cloud/users/bob/groups", "groupid=staff").await.http, 200);
    assert_eq!(alice.mkcol(&format!("{TEAM}/d")).await, 201);
    let (mine, theirs) = (format!("{TEAM}/d"), "/remote.php/dav/files/bob/Team/d");
    // Nobody but a manager, whatever they may do with the folder itself.
    let all = rule("user", "bob", 31, 31);
    assert_eq!(set_rules(&bob, theirs, &all).await.status, 403);
    assert_eq!(bob.prop(theirs, "nc:acl-list").await.as_deref(), Some(""));
    // A manager of one folder manages nothing of another, nor of their own home.
    let other = data(&root, "POST", FOLDERS, "mountpoint=Other").await;
    let other = format!("{FOLDERS}/{}", other["id"]);
    data(&root, "POST", &format!("{other}/groups"), "group=staff").await;
    data(&root, "POST", &format!("{other}/acl"), "acl=1").await;
    let foreign = "/remote.php/dav/files/alice/Other";
    assert_eq!(set_rules(&alice, foreign, &all).await.status, 403);
    assert_eq!(alice.mkcol("/remote.php/dav/files/alice/own").await, 201);
    assert_eq!(set_rules(&alice, "/remote.php/dav/files/alice/own", &all).await.status, 403);
    // Nor of the folder by the way of a share out of it.
    let form = "path=/Team/d&shareType=0&shareWith=root&permissions=31";
    let shared = alice.ocs("POST", "/apps/files_sharing/api/v1/shares", form).await;
    assert_eq!(shared.http, 200, "{shared:?}");
    assert_eq!(set_rules(&root, "/remote.php/dav/files/root/d", &all).await.status, 403);
    assert_eq!(root.prop("/remote.php/dav/files/root/d", "nc:acl-list").await, None);
    // Their own right to read stays, directly and by a group.
    for rules in [rule("user", "alice", 1, 0), rule("group", "staff", 31, 0)] {
        let refused = set_rules(&alice, &mine, &rules).await;
        assert_eq!(refused.status, 400, "{}", refused.text());
        assert_eq!(refused.error().1, "You cannot remove your own read permission.");
        assert_eq!(alice.prop(&mine, "nc:acl-list").await, None);
    }
    // What makes no sense changes nothing.
    for rules in [
        rule("robot", "x", 31, 1),
        rule("user", "bob", 31, 1) + &rule("user", "bob", 31, 0),
        rule("user", "bob", 31, 1).replace("31", "many"),
        "<nc:acl/>".to_owned(),
    ] {
        assert_eq!(set_rules(&alice, &mine, &rules).await.status, 400, "{rules}");
        assert_eq!(alice.prop(&mine, "nc:acl-list").await, None);
    }
    // Somebody who is not there is kept and not shown.
    assert_eq!(set_rules(&alice, &mine, &rule("user", "ghost", 31, 1)).await.status, 207);
    assert_eq!(alice.prop(&mine, "nc:acl-list").await, None);
    // No other way to change them, and none of the others can be set.
    for change in [
        "<d:remove><d:prop><nc:acl-list/></d:prop></d:remove>",
        "<d:set><d:prop><nc:acl-can-manage>1</nc:acl-can-manage></d:prop></d:set>",
        "<d:set><d:prop><nc:group-folder-id>9</nc:group-folder-id></d:prop></d:set>",
        "<d:set><d:prop><nc:acl-list/><oc:favorite>1</oc:favorite></d:prop></d:set>",
    ] {
        let refused = alice.proppatch(&mine, change).await;
        assert!(!refused.text().contains("HTTP/1.1 200 OK"), "{change}: {}", refused.text());
    }
    assert_eq!(alice.prop(&mine, "oc:favorite").await.as_deref(), Some("0"));
    // Off, the rules do not count, and nobody is left who could set them.
    set_rules(&alice, &mine, &rule("user", "bob", 1, 0)).await;
    assert_eq!(bob.prop("/remote.php/dav/files/bob/Team", "oc:id").await.map(|_| ()), Some(()));
    assert_eq!(bob.propfind(theirs, "0", "oc:id").await.status, 404);
    data(&root, "POST", &format!("{one}/acl"), "acl=0").await;
    assert_eq!(bob.propfind(theirs, "0", "oc:id").await.status, 207);
    assert_eq!(alice.prop(&mine, "nc:acl-enabled").await.as_deref(), Some(""));
    assert_eq!(set_rules(&alice, &mine, "").await.status, 403);
    data(&root, "POST", &format!("{one}/acl"), "acl=1").await;
    assert_eq!(bob.propfind(theirs, "0", "oc:id").await.status, 404);
}

#[tokio::test]
async fn a_folder_without_default_rights_opens_by_rules() {
    let world = world().await;
    let (root, alice, bob) = (world.root(), world.alice(), world.bob());
    assert_eq!(root.ocs("POST", "/cloud/users/bob/groups", "groupid=staff").await.http, 200);
    let made = data(&root, "POST", FOLDERS, "mountpoint=Closed&acl_default_no_permission=1").await;
    assert_eq!(made["acl_default_no_permission"], true);
    let one = format!("{FOLDERS}/{}", made["id"]);
    data(&root, "POST", &format!("{one}/groups"), "group=staff").await;
    data(&root, "POST", &format!("{one}/acl"), "acl=1").await;
    let manager = "mappingType=user&mappingId=alice&manageAcl=1";
    data(&root, "POST", &format!("{one}/manageACL"), manager).await;
    let (mine, theirs) = ("/remote.php/dav/files/alice/Closed", "/remote.php/dav/files/bob/Closed");
    assert_eq!(alice.prop(mine, "nc:acl-base-permission").await.as_deref(), Some("1"));
    assert_eq!(alice.put(&format!("{mine}/a.txt"), "a").await.status, 403);
    assert_eq!(bob.put(&format!("{theirs}/b.txt"), "b").await.status, 404);
    let rules = rule("user", "alice", 31, 31) + &rule("user", "bob", 31, 5);
    assert_eq!(set_rules(&alice, mine, &rules).await.status, 207);
    assert_eq!(alice.put(&format!("{mine}/a.txt"), "a").await.status, 201);
    assert_eq!(bob.put(&format!("{theirs}/b.txt"), "b").await.status, 201);
    assert_eq!(bob.delete(&format!("{theirs}/a.txt")).await.status, 403);
}

/// A call as OpenProject makes it: version 1, no word about the format, and so XML.
async fn openproject(client: &Client, method: &str, path: &str, form: &str) -> Answer {
    let headers =
        [("ocs-apirequest", "true"), ("content-type", "application/x-www-form-urlencoded")];
    client.send(method, &format!("/ocs/v1.php{path}"), &headers, form.to_owned()).await
}

#[tokio::test]
async fn openproject_manages_its_folders() {
    let world = World::new().await;
    let root = world.root();
    // What its integration sets up.
    let secret = "Secret-of-OpenProject-1";
    let form = format!("userid=OpenProject&password={secret}");
    assert_eq!(root.ocs("POST", "/cloud/users", &form).await.http, 200);
    assert_eq!(root.ocs("POST", "/cloud/groups", "groupid=OpenProject").await.http, 200);
    let form = "groupid=OpenProject";
    assert_eq!(root.ocs("POST", "/cloud/users/OpenProject/groups", form).await.http, 200);
    let form = "groupid=OpenProject";
    assert_eq!(root.ocs("POST", "/cloud/users/OpenProject/subadmins", form).await.http, 200);
    let made = data(&root, "POST", FOLDERS, "mountpoint=OpenProject").await;
    let one = format!("{FOLDERS}/{}", made["id"]);
    data(&root, "POST", &format!("{one}/groups"), "group=OpenProject").await;
    data(&root, "POST", &format!("{one}/acl"), "acl=1").await;
    let manager = "mappingType=user&mappingId=OpenProject&manageAcl=1";
    data(&root, "POST", &format!("{one}/manageACL"), manager).await;

    let op = world.person("OpenProject", secret);
    let members = openproject(&op, "GET", "/cloud/groups/OpenProject", "").await;
    assert_eq!(members.status, 200);
    assert!(members.text().contains("<statuscode>100</statuscode>"), "{}", members.text());
    assert!(members.text().contains("<element>OpenProject</element>"), "{}", members.text());
    for person in ["alice", "bob"] {
        let path = format!("/cloud/users/{person}/groups");
        let joined = openproject(&op, "POST", &path, "groupid=OpenProject").await;
        assert!(joined.text().contains("<statuscode>100</statuscode>"), "{}", joined.text());
    }
    let missing = openproject(&op, "GET", "/cloud/groups/NoSuch", "").await;
    assert!(missing.text().contains("<statuscode>404</statuscode>"), "{}", missing.text());

    let top = "/remote.php/dav/files/OpenProject/OpenProject";
    let everybody = rule("user", "OpenProject", 31, 31) + &rule("group", "OpenProject", 31, 1);
    let granted = set_rules(&op, top, &everybody).await;
    assert_eq!(granted.status, 207);
    let ok = "<d:propstat><d:prop><nc:acl-list/></d:prop><d:status>HTTP/1.1 200 OK</d:status>";
    assert!(granted.text().contains(ok), "{}", granted.text());

    let project = format!("{top}/Dragons%20(1)");
    assert_eq!(op.mkcol(&project).await, 201);
    assert_eq!(op.mkcol(&project).await, 405);
    let rules = rule("user", "OpenProject", 31, 31)
        + &rule("group", "OpenProject", 31, 0)
        + &rule("user", "alice", 31, 7);
    assert_eq!(set_rules(&op, &project, &rules).await.status, 207);
    let list = op.propfind(top, "1", "oc:fileid nc:acl-list").await;
    assert_eq!(list.hrefs().len(), 2);
    let responses = list.responses();
    assert!(
        responses[1].prop("nc:acl-list").unwrap().contains(&shown("user", "alice", "Alice", 31, 7))
    );
    assert!(responses[1].prop("oc:fileid").unwrap().parse::<u64>().is_ok());

    // alice is in the project, bob is not.
    let (alice, bob) = (world.alice(), world.bob());
    let hers = "/remote.php/dav/files/alice/OpenProject/Dragons%20(1)";
    let his = "/remote.php/dav/files/bob/OpenProject/Dragons%20(1)";
    assert_eq!(alice.put(&format!("{hers}/plan.txt"), "plan").await.status, 201);
    assert_eq!(alice.delete(&format!("{hers}/plan.txt")).await.status, 403);
    assert_eq!(bob.get(&format!("{his}/plan.txt")).await.status, 404);
    assert_eq!(bob.mkcol("/remote.php/dav/files/bob/OpenProject/mine").await, 403);
    // No way up for who may write: rules are OpenProject's.
    assert_eq!(set_rules(&alice, hers, &rule("user", "alice", 31, 31)).await.status, 403);

    // Renamed, the project keeps its rules; archived, nobody is in it.
    let renamed = format!("{top}/Wyverns%20(1)");
    assert_eq!(op.transfer("MOVE", &project, &renamed, &[]).await.status, 201);
    let moved = "/remote.php/dav/files/alice/OpenProject/Wyverns%20(1)";
    assert_eq!(alice.get(&format!("{moved}/plan.txt")).await.text(), "plan");
    assert_eq!(
        bob.propfind("/remote.php/dav/files/bob/OpenProject", "1", "oc:id").await.hrefs().len(),
        1
    );
    let nobody = rule("user", "OpenProject", 31, 31) + &rule("group", "OpenProject", 31, 0);
    assert_eq!(set_rules(&op, &renamed, &nobody).await.status, 207);
    assert_eq!(alice.get(&format!("{moved}/plan.txt")).await.status, 404);
    assert_eq!(op.delete(&renamed).await.status, 204);

    // One who administers this group only takes nobody out of it; an administrator does.
    let path = "/cloud/users/bob/groups?groupid=OpenProject";
    let last = openproject(&op, "DELETE", path, "").await;
    assert!(last.text().contains("<statuscode>105</statuscode>"), "{}", last.text());
    let left = openproject(&root, "DELETE", path, "").await;
    assert!(left.text().contains("<statuscode>100</statuscode>"), "{}", left.text());
    let his = "/remote.php/dav/files/bob/OpenProject";
    assert_eq!(bob.propfind(his, "0", "oc:id").await.status, 404);
}
