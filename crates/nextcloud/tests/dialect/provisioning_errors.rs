//! Each failing case of provisioning, with the code and the words of the original.

use serde_json::json;

use crate::common::{Client, World};

/// Calls, and what they answer: HTTP status, code, message.
type Cases<'a> = &'a [(&'a str, &'a str, &'a str, (u16, u64, &'a str))];

async fn fail(client: &Client, cases: Cases<'_>) {
    for (method, path, form, expected) in cases {
        let answer = client.ocs(method, path, form).await;
        let got = (answer.http, answer.code, &*answer.message);
        assert_eq!(got, *expected, "{method} {path} {form}");
    }
}

/// alice and dora are in `staff`, which bob administers; `sales` is there too.
async fn world() -> World {
    let world = World::new().await;
    let root = world.root();
    for (method, path, form) in [
        ("POST", "/cloud/groups", "groupid=staff"),
        ("POST", "/cloud/groups", "groupid=sales"),
        ("POST", "/cloud/users", "userid=dora&password=Some-good-pw-1&groups[]=staff"),
        ("POST", "/cloud/users/alice/groups", "groupid=staff"),
        ("POST", "/cloud/users/bob/groups", "groupid=staff"),
        ("POST", "/cloud/users/bob/subadmins", "groupid=staff"),
    ] {
        let answer = root.ocs(method, path, form).await;
        assert_eq!(answer.http, 200, "{method} {path} {form}: {}", answer.message);
    }
    world
}

#[tokio::test]
async fn making_people() {
    let world = world().await;
    let ids = "Only the following characters are allowed in an Login: \"a-z\", \"A-Z\", \"0-9\", \
               spaces and \"_.@-'\"";
    fail(
        &world.root(),
        &[
            (
                "POST",
                "/cloud/users",
                "password=Some-good-pw-1",
                (400, 101, "A valid Login must be provided"),
            ),
            ("POST", "/cloud/users", "userid=a%2Fb&password=Some-good-pw-1", (400, 101, ids)),
            (
                "POST",
                "/cloud/users",
                "userid=Alice&password=Some-good-pw-1",
                (400, 102, "User already exists"),
            ),
            (
                "POST",
                "/cloud/users",
                "userid=eve&password=Some-good-pw-1&groups[]=none",
                (400, 104, "Group none does not exist"),
            ),
            (
                "POST",
                "/cloud/users",
                "userid=eve&password=Some-good-pw-1&subadmin[]=none",
                (400, 109, "Sub-admin group does not exist"),
            ),
            (
                "POST",
                "/cloud/users",
                "userid=eve&password=Some-good-pw-1&subadmin[]=admin",
                (400, 103, "Cannot create sub-admins for admin group"),
            ),
            (
                "POST",
                "/cloud/users",
                "userid=eve&password=short",
                (400, 107, "Password needs to be at least 10 characters long."),
            ),
            (
                "POST",
                "/cloud/users",
                "userid=eve",
                (400, 108, "An email address is required, to send a password link to the user."),
            ),
            (
                "POST",
                "/cloud/users",
                "userid=eve&password=Some-good-pw-1&quota=much",
                (400, 101, "Invalid quota value: much"),
            ),
            (
                "POST",
                "/cloud/users",
                "userid=eve&password=Some-good-pw-1&language=zz",
                (400, 101, "Invalid language"),
            ),
            ("POST", "/cloud/users", "userid=eve&password=Some-good-pw-1&email=x", (400, 101, "")),
        ],
    )
    .await;
    assert_eq!(world.root().ocs("GET", "/cloud/users/eve", "").await.http, 404);
    fail(
        &world.bob(),
        &[
            (
                "POST",
                "/cloud/users",
                "userid=eve&password=Some-good-pw-1",
                (400, 106, "No group specified (required for sub-admins)"),
            ),
            (
                "POST",
                "/cloud/users",
                "userid=eve&password=Some-good-pw-1&groups[]=sales",
                (400, 105, "Insufficient privileges for group sales"),
            ),
            (
                "POST",
                "/cloud/users",
                "userid=eve&password=Some-good-pw-1&groups[]=staff&subadmin[]=sales",
                (403, 403, "No permissions to promote sub-admins"),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn changing_people() {
    let world = world().await;
    let own = "/cloud/users/alice";
    fail(
        &world.alice(),
        &[
            ("PUT", own, "key=quota&value=1", (400, 113, "")),
            ("PUT", own, "key=manager&value=bob", (400, 113, "")),
            ("PUT", own, "key=userid&value=x", (400, 113, "")),
            ("PUT", own, "key=email&value=junk", (400, 101, "")),
            ("PUT", own, "key=additional_mail&value=junk", (400, 101, "")),
            ("PUT", own, "key=notify_email&value=other%40example.org", (400, 101, "")),
            ("PUT", own, "key=phone&value=junk", (400, 101, "Invalid phone")),
            ("PUT", own, "key=website&value=javascript%3Aalert(1)", (400, 101, "Invalid website")),
            ("PUT", own, "key=fediverse&value=junk", (400, 101, "Invalid fediverse")),
            ("PUT", own, "key=language&value=zz", (400, 101, "Invalid language")),
            ("PUT", own, "key=locale&value=zz", (400, 101, "Invalid locale")),
            ("PUT", own, "key=timezone&value=Nowhere", (400, 101, "Invalid timezone")),
            ("PUT", own, "key=displaynameScope&value=v2-private", (400, 101, "Invalid scope")),
            (
                "PUT",
                own,
                "key=password&value=short",
                (400, 107, "Password needs to be at least 10 characters long."),
            ),
            ("PUT", "/cloud/users/bob", "key=phone&value=", (404, 998, "")),
            ("PUT", "/cloud/users/nobody", "key=phone&value=", (404, 998, "")),
        ],
    )
    .await;
    fail(
        &world.bob(),
        &[
            ("PUT", own, "key=birthdate&value=2000-01-02", (400, 113, "")),
            ("PUT", own, "key=phoneScope&value=v2-local", (400, 113, "")),
            ("PUT", own, "key=manager&value=nobody", (400, 101, "Invalid manager")),
            ("PUT", own, "key=quota&value=junk", (400, 101, "Invalid quota value: junk")),
            ("PUT", "/cloud/users/root", "key=phone&value=", (404, 998, "")),
        ],
    )
    .await;
    let set = world.bob().ocs("PUT", own, "key=manager&value=bob").await;
    assert_eq!((set.http, set.data), (200, json!([])));
}

#[tokio::test]
async fn further_addresses_come_and_go() {
    let world = world().await;
    let alice = world.alice();
    let own = "/cloud/users/alice";
    for mail in ["two", "three"] {
        let form = format!("key=additional_mail&value={mail}%40example.org");
        assert_eq!(alice.ocs("PUT", own, &form).await.http, 200);
        assert_eq!(alice.ocs("PUT", own, &form).await.code, 101, "a second time");
    }
    let list = format!("{own}/additional_mail");
    fail(
        &alice,
        &[
            ("PUT", &list, "key=none%40example.org&value=", (400, 101, "")),
            ("PUT", &list, "key=two%40example.org&value=junk", (400, 101, "")),
            ("PUT", &list, "key=two%40example.org&value=three%40example.org", (400, 101, "")),
            ("PUT", "/cloud/users/alice/phone", "key=1&value=2", (400, 113, "")),
            ("PUT", "/cloud/users/dora/additional_mail", "key=1&value=2", (404, 998, "")),
        ],
    )
    .await;
    for form in ["key=two%40example.org&value=", "key=three%40example.org&value=four%40example.org"]
    {
        assert_eq!(alice.ocs("PUT", &list, form).await.http, 200);
    }
    let me = alice.ocs("GET", "/cloud/user", "").await.data;
    assert_eq!(me["additional_mail"], json!(["four@example.org"]));
}

#[tokio::test]
async fn memberships() {
    let world = world().await;
    fail(
        &world.root(),
        &[
            ("POST", "/cloud/users/alice/groups", "", (400, 101, "")),
            ("POST", "/cloud/users/alice/groups", "groupid=none", (400, 102, "")),
            ("POST", "/cloud/users/nobody/groups", "groupid=staff", (400, 103, "")),
            ("DELETE", "/cloud/users/nobody/groups", "groupid=staff", (400, 103, "")),
            (
                "DELETE",
                "/cloud/users/root/groups",
                "groupid=admin",
                (400, 105, "Cannot remove yourself from the admin group"),
            ),
            (
                "POST",
                "/cloud/users/nobody/subadmins",
                "groupid=staff",
                (400, 101, "User does not exist"),
            ),
            (
                "POST",
                "/cloud/users/bob/subadmins",
                "groupid=none",
                (400, 102, "Group does not exist"),
            ),
            (
                "POST",
                "/cloud/users/bob/subadmins",
                "groupid=admin",
                (400, 103, "Cannot create sub-admins for admin group"),
            ),
            (
                "DELETE",
                "/cloud/users/bob/subadmins",
                "groupid=none",
                (400, 101, "Group does not exist"),
            ),
            (
                "DELETE",
                "/cloud/users/alice/subadmins",
                "groupid=staff",
                (400, 102, "User is not a sub-admin of this group"),
            ),
            ("GET", "/cloud/users/nobody/subadmins", "", (404, 404, "User does not exist")),
            ("GET", "/cloud/groups/none/subadmins", "", (400, 101, "Group does not exist")),
            (
                "GET",
                "/cloud/groups/none/users",
                "",
                (404, 404, "The requested group could not be found"),
            ),
        ],
    )
    .await;
    fail(
        &world.bob(),
        &[
            ("POST", "/cloud/users/alice/groups", "groupid=sales", (400, 104, "")),
            (
                "DELETE",
                "/cloud/users/alice/groups",
                "groupid=staff",
                (400, 105, "Not viable to remove user from the last group you are sub-admin of"),
            ),
            (
                "DELETE",
                "/cloud/users/bob/groups",
                "groupid=staff",
                (400, 105, "Cannot remove yourself from this group as you are a sub-admin"),
            ),
            (
                "GET",
                "/cloud/groups/sales",
                "",
                (403, 403, "User does not have access to specified group"),
            ),
            (
                "POST",
                "/cloud/groups",
                "groupid=x",
                (403, 403, "Logged in account must be an admin"),
            ),
            (
                "GET",
                "/cloud/users/alice/subadmins",
                "",
                (403, 403, "Logged in account must be an admin"),
            ),
            ("GET", "/cloud/apps", "", (403, 403, "Logged in account must be an admin")),
        ],
    )
    .await;
    let needs = (403, 403, "Logged in account must be at least a sub admin");
    fail(
        &world.alice(),
        &[
            ("GET", "/cloud/users", "", needs),
            ("GET", "/cloud/users/details", "", needs),
            ("GET", "/cloud/users/disabled", "", needs),
            ("GET", "/cloud/users/recent", "", needs),
            ("GET", "/cloud/groups/details", "", needs),
            ("DELETE", "/cloud/users/bob", "", needs),
            ("POST", "/cloud/users/bob/wipe", "", needs),
            ("POST", "/cloud/users/bob/groups", "groupid=staff", needs),
            ("GET", "/cloud/user/apps", "", needs),
        ],
    )
    .await;
}

#[tokio::test]
async fn ends_of_accounts() {
    let world = world().await;
    fail(
        &world.root(),
        &[
            ("DELETE", "/cloud/users/root", "", (400, 101, "")),
            ("DELETE", "/cloud/users/nobody", "", (400, 101, "")),
            ("PUT", "/cloud/users/root/disable", "", (400, 101, "")),
            ("PUT", "/cloud/users/nobody/enable", "", (400, 101, "")),
            ("POST", "/cloud/users/nobody/wipe", "", (400, 101, "")),
            ("POST", "/cloud/users/dora/welcome", "", (400, 101, "Email address not available")),
            ("POST", "/cloud/users/nobody/welcome", "", (404, 998, "")),
        ],
    )
    .await;
    fail(&world.bob(), &[("DELETE", "/cloud/users/root", "", (404, 998, ""))]).await;
    assert_eq!(world.bob().ocs("PUT", "/cloud/users/alice/disable", "").await.http, 200);
}

#[tokio::test]
async fn several_changes_are_made_together_or_not_at_all() {
    let world = world().await;
    let patch =
        async |client: &Client, form: &str| client.ocs("PATCH", "/cloud/users/alice", form).await;
    let root = world.root();
    let wrong = "displayName=New&quota=junk&email=x&groups[]=none&password=short";
    let refused = patch(&root, wrong).await;
    assert_eq!((refused.http, refused.code), (422, 422));
    assert_eq!(
        refused.data["errors"],
        json!({
            "password": "Password needs to be at least 10 characters long.",
            "email": "Invalid value",
            "quota": "Invalid quota value: junk",
            "groups": "Group none does not exist",
        })
    );
    let alice = root.ocs("GET", "/cloud/users/alice", "").await.data;
    assert_eq!((&alice["displayname"], &alice["groups"]), (&json!("Alice"), &json!(["staff"])));

    let right = "displayName=New&quota=1+GB&email=&manager=bob&groups[]=staff&groups[]=sales&\
                 subadminGroups[]=sales";
    let now = patch(&root, right).await;
    assert_eq!(now.http, 200, "{}", now.data);
    assert_eq!((&now.data["displayname"], &now.data["email"]), (&json!("New"), &json!(null)));
    assert_eq!((&now.data["manager"], &now.data["subadmin"]), (&json!("bob"), &json!(["sales"])));
    assert_eq!(now.data["groups"], json!(["sales", "staff"]));
    assert_eq!(now.data["quota"]["quota"], 1 << 30);

    // Sub-administrators change what is theirs.
    let bob = world.bob();
    let foreign = patch(&bob, "groups[]=staff").await;
    assert_eq!(foreign.data["errors"]["groups"], "Insufficient privileges for group sales");
    let promoted = patch(&bob, "subadminGroups[]=staff").await;
    assert_eq!(promoted.data["errors"]["subadminGroups"], "This cannot be changed");
    assert_eq!(patch(&bob, "displayName=Alice+S.").await.http, 200);
    assert_eq!(patch(&world.alice(), "displayName=x").await.http, 200);
    let dora = world.person("dora", "Some-good-pw-1");
    assert_eq!(patch(&dora, "displayName=x").await.http, 403);
}

#[tokio::test]
async fn people_are_found_by_their_numbers() {
    let world = world().await;
    let alice = world.alice();
    let number = "key=phone&value=%2B49+30+123456";
    assert_eq!(alice.ocs("PUT", "/cloud/users/alice", number).await.http, 200);
    let find =
        async |form: &str| world.bob().ocs("POST", "/cloud/users/search/by-phone", form).await;
    let found = find("location=DE&search[a][]=0301&search[a][]=030/123456&search[b][]=112").await;
    assert_eq!((found.http, found.data), (200, json!({"a": "alice@cloud.example.org"})));
    assert_eq!(find("location=DE&search[a][]=0301").await.data, json!([]));
    assert_eq!(find("location=Nowhere&search[a][]=1").await.http, 400);
    let private = "key=phoneScope&value=v2-private";
    assert_eq!(alice.ocs("PUT", "/cloud/users/alice", private).await.http, 200);
    assert_eq!(find("location=DE&search[a][]=030123456").await.data, json!([]));
}

#[tokio::test]
async fn openproject_reads_version_one_in_xml() {
    let world = world().await;
    let root = world.root();
    let call = async |method: &str, path: &str, body: &'static str| {
        let form =
            [("ocs-apirequest", "true"), ("content-type", "application/x-www-form-urlencoded")];
        let answer = root.send(method, &format!("/ocs/v1.php{path}"), &form, body).await;
        assert_eq!(answer.status, 200, "{method} {path}");
        answer.text().to_owned()
    };
    for (method, path, body, code) in [
        ("POST", "/cloud/users/alice/groups", "groupid=sales", 100),
        ("POST", "/cloud/users/alice/groups", "", 101),
        ("POST", "/cloud/users/alice/groups", "groupid=none", 102),
        ("POST", "/cloud/users/nobody/groups", "groupid=sales", 103),
        ("DELETE", "/cloud/users/root/groups", "groupid=admin", 105),
        ("GET", "/cloud/groups/none", "", 404),
    ] {
        let text = call(method, path, body).await;
        let expected = format!("<statuscode>{code}</statuscode>");
        assert!(text.contains(&expected), "{method} {path} {body}: {text}");
    }
    let members = call("GET", "/cloud/groups/staff", "").await;
    assert!(members.contains("<users>\n   <element>alice</element>\n   <element>bob"), "{members}");
    let me = call("GET", "/cloud/user", "").await;
    assert!(me.contains("<id>root</id>"), "{me}");
}
