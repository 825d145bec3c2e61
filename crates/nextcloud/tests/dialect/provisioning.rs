//! People and groups over the OCS interface.

use serde_json::json;

use crate::common::{FILES, World};

#[tokio::test]
async fn oneself() {
    let world = World::new().await;
    let me = world.alice().ocs("GET", "/cloud/user", "").await.data;
    assert_eq!(me["id"], "alice");
    assert_eq!(me["enabled"], true);
    assert_eq!((&me["display-name"], &me["displayname"]), (&json!("Alice"), &json!("Alice")));
    assert_eq!(me["email"], "alice@example.org");
    assert_eq!(
        me["quota"],
        json!({"free": -3, "used": 0, "total": -3, "relative": 0, "quota": -3})
    );
    assert_eq!((&me["groups"], &me["subadmin"]), (&json!([]), &json!([])));
    assert_eq!(me["language"], "en");
    let put = world.alice();
    put.put(&format!("{FILES}/a"), "12345").await;
    let me = put.ocs("GET", "/cloud/user", "").await.data;
    assert_eq!(me["quota"]["used"], 5);
}

#[tokio::test]
async fn others() {
    let world = World::new().await;
    let (alice, root) = (world.alice(), world.root());
    let refused = alice.ocs("GET", "/cloud/users/bob", "").await;
    assert_eq!((refused.http, refused.code), (404, 998));
    let listed = alice.ocs("GET", "/cloud/users", "").await;
    assert_eq!(listed.http, 403);
    assert_eq!(listed.message, "Logged in account must be at least a sub admin");
    assert_eq!(root.ocs("GET", "/cloud/users/bob", "").await.data["id"], "bob");
    let unknown = root.ocs("GET", "/cloud/users/nobody", "").await;
    assert_eq!((unknown.http, &*unknown.message), (404, "User does not exist"));
    let listed = root.ocs("GET", "/cloud/users", "").await;
    assert_eq!(listed.data["users"], json!(["alice", "bob", "root"]));
    let found = root.ocs("GET", "/cloud/users?search=BO", "").await;
    assert_eq!(found.data["users"], json!(["bob"]));
    let page = root.ocs("GET", "/cloud/users?limit=1&offset=1", "").await;
    assert_eq!(page.data["users"], json!(["bob"]));
    let details = root.ocs("GET", "/cloud/users/details", "").await;
    assert_eq!(details.data["users"]["alice"]["email"], "alice@example.org");
}

#[tokio::test]
async fn people_are_made() {
    let world = World::new().await;
    let root = world.root();
    let made = root
        .ocs("POST", "/cloud/users", "userid=carol&password=Some-good-pw-1&displayName=Carol+C")
        .await;
    assert_eq!((made.http, &made.data), (200, &json!({"id": "carol"})));
    let carol = world.person("carol", "Some-good-pw-1");
    assert_eq!(carol.ocs("GET", "/cloud/user", "").await.data["displayname"], "Carol C");
    for (form, code) in [
        ("userid=CAROL&password=Some-good-pw-1", 102),
        ("userid=c%2Fd&password=Some-good-pw-1", 101),
        ("userid=&password=Some-good-pw-1", 101),
        ("userid=dora", 108),
        ("userid=dora&password=x", 107),
        ("userid=dora&password=Some-good-pw-1&groups[]=none", 104),
    ] {
        let answer = root.ocs("POST", "/cloud/users", form).await;
        assert_eq!((answer.http, answer.code), (400, code), "{form}: {}", answer.message);
    }
    assert_eq!(root.ocs("GET", "/cloud/users/dora", "").await.http, 404);
    let refused = world.alice().ocs("POST", "/cloud/users", "userid=eve&password=12345678").await;
    assert_eq!(refused.http, 403);
    // An app password administers nobody.
    let made = root.ocs("GET", "/core/getapppassword", "").await;
    let app = world.person("root", made.data["apppassword"].as_str().unwrap());
    let weak = app.ocs("POST", "/cloud/users", "userid=eve&password=Some-good-pw-1").await;
    assert_eq!((weak.http, &*weak.message), (403, "Password confirmation is required"));
}

#[tokio::test]
async fn people_are_changed() {
    let world = World::new().await;
    let (alice, root) = (world.alice(), world.root());
    let edit = async |client: &crate::common::Client, id: &str, form: &str| {
        client.ocs("PUT", &format!("/cloud/users/{id}"), form).await
    };
    for (key, value) in [
        ("displayname", "Alice A."),
        ("email", "a@example.org"),
        ("phone", "+49301234567"),
        ("language", "de"),
    ] {
        let value_encoded: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
        let form = format!("key={key}&value={value_encoded}");
        let answer = edit(&alice, "alice", &form).await;
        assert_eq!((answer.http, &answer.data), (200, &json!([])), "{key}: {}", answer.message);
        assert_eq!(alice.ocs("GET", "/cloud/user", "").await.data[key], value);
    }
    for (form, code) in [
        ("key=quota&value=none", 113),
        ("key=nothing&value=x", 113),
        ("key=phoneScope&value=everywhere", 101),
        ("key=password&value=x", 107),
    ] {
        let answer = edit(&alice, "alice", form).await;
        assert_eq!((answer.http, answer.code), (400, code), "{form}: {}", answer.message);
    }
    assert_eq!(edit(&alice, "bob", "key=email&value=x@y.org").await.code, 998);

    for (value, quota) in [("5+GB", 5_368_709_120_i64), ("1000", 1000), ("none", -3)] {
        assert_eq!(edit(&root, "alice", &format!("key=quota&value={value}")).await.http, 200);
        let me = alice.ocs("GET", "/cloud/user", "").await.data;
        assert_eq!(me["quota"]["quota"], quota, "{value}");
        let free = alice.prop(&format!("{FILES}/"), "d:quota-available-bytes").await;
        assert_eq!(free, Some(quota.to_string()), "{value}");
    }
    assert_eq!(edit(&root, "alice", "key=quota&value=much").await.code, 101);
    assert_eq!(edit(&alice, "alice", "key=password&value=Another-pw-99").await.http, 200);
    assert_eq!(alice.ocs("GET", "/cloud/user", "").await.http, 401);
    let alice = world.person("alice", "Another-pw-99");
    assert_eq!(alice.ocs("GET", "/cloud/user", "").await.http, 200);
}

#[tokio::test]
async fn people_are_disabled_and_removed() {
    let world = World::new().await;
    let (bob, root) = (world.bob(), world.root());
    bob.put("/remote.php/dav/files/bob/a", "x").await;
    assert_eq!(root.ocs("PUT", "/cloud/users/bob/disable", "").await.http, 200);
    assert_eq!(bob.get("/remote.php/dav/files/bob/a").await.status, 503);
    let disabled = root.ocs("GET", "/cloud/users/disabled", "").await;
    assert_eq!(disabled.data["users"]["bob"]["enabled"], false);
    assert_eq!(root.ocs("PUT", "/cloud/users/bob/enable", "").await.http, 200);
    assert_eq!(bob.get("/remote.php/dav/files/bob/a").await.text(), "x");
    for (method, path) in [
        ("PUT", "/cloud/users/root/disable"),
        ("DELETE", "/cloud/users/root"),
        ("DELETE", "/cloud/users/nobody"),
    ] {
        let answer = root.ocs(method, path, "").await;
        assert_eq!((answer.http, answer.code), (400, 101), "{method} {path}");
    }
    assert_eq!(root.ocs("DELETE", "/cloud/users/bob", "").await.http, 200);
    assert_eq!(bob.get("/remote.php/dav/files/bob/a").await.status, 401);
    // Someone of the same name later finds nothing of it.
    root.ocs("POST", "/cloud/users", "userid=bob&password=Some-good-pw-123").await;
    let listed = bob.propfind("/remote.php/dav/files/bob/", "1", "oc:id").await;
    assert_eq!(listed.hrefs(), ["/remote.php/dav/files/bob/"]);
}

#[tokio::test]
async fn groups() {
    let world = World::new().await;
    let (alice, root) = (world.alice(), world.root());
    assert_eq!(root.ocs("POST", "/cloud/groups", "groupid=staff").await.http, 200);
    let again = root.ocs("POST", "/cloud/groups", "groupid=staff").await;
    assert_eq!((again.http, again.code), (400, 102));
    let listed = root.ocs("GET", "/cloud/groups", "").await;
    assert_eq!(listed.data["groups"], json!(["admin", "staff"]));
    for (path, form, code) in [
        ("/cloud/users/alice/groups", "groupid=staff", 200),
        ("/cloud/users/alice/groups", "groupid=", 101),
        ("/cloud/users/alice/groups", "groupid=none", 102),
        ("/cloud/users/nobody/groups", "groupid=staff", 103),
    ] {
        let answer = root.ocs("POST", path, form).await;
        assert_eq!(answer.code, code, "{path} {form}: {}", answer.message);
    }
    assert_eq!(alice.ocs("POST", "/cloud/users/bob/groups", "groupid=staff").await.http, 403);
    let members = root.ocs("GET", "/cloud/groups/staff", "").await;
    assert_eq!(members.data["users"], json!(["alice"]));
    let mine = alice.ocs("GET", "/cloud/users/alice/groups", "").await;
    assert_eq!(mine.data["groups"], json!(["staff"]));

    // Who administers a group sees its members, and nobody else.
    assert_eq!(root.ocs("POST", "/cloud/users/bob/subadmins", "groupid=staff").await.http, 200);
    let bob = world.bob();
    let seen = bob.ocs("GET", "/cloud/users", "").await;
    assert_eq!(seen.data["users"], json!(["alice"]));
    assert_eq!(bob.ocs("GET", "/cloud/users/alice", "").await.data["id"], "alice");
    assert_eq!(bob.ocs("GET", "/cloud/users/root", "").await.http, 404);
    let made = "userid=dora&password=Some-good-pw-1";
    assert_eq!(bob.ocs("POST", "/cloud/users", made).await.code, 106);
    let foreign = format!("{made}&groups[]=admin");
    assert_eq!(bob.ocs("POST", "/cloud/users", &foreign).await.code, 105);
    let own = format!("{made}&groups[]=staff");
    assert_eq!(bob.ocs("POST", "/cloud/users", &own).await.http, 200);

    let leave = root.ocs("DELETE", "/cloud/users/alice/groups", "groupid=staff").await;
    assert_eq!(leave.http, 200);
    assert_eq!(root.ocs("DELETE", "/cloud/groups/admin", "").await.code, 102);
    assert_eq!(root.ocs("DELETE", "/cloud/groups/staff", "").await.http, 200);
    assert_eq!(root.ocs("DELETE", "/cloud/groups/staff", "").await.code, 101);
}
