//! What administrators set by the original's keys, and what it changes for people.

use serde_json::json;

use crate::common::{Client, FILES, World};

/// Sets values of configuration, each as `app/key=value`.
async fn configure(world: &World, values: &[&str]) {
    for value in values {
        let (key, value) = value.split_once('=').unwrap();
        let path = format!("/apps/provisioning_api/api/v1/config/apps/{key}");
        let answer = world.root().ocs("POST", &path, &format!("value={value}")).await;
        assert_eq!(answer.http, 200, "{key}: {}", answer.message);
    }
}

async fn code(client: &Client, method: &str, path: &str, form: &str) -> (u64, String) {
    let answer = client.ocs(method, path, form).await;
    (answer.code, answer.message)
}

#[tokio::test]
async fn passwords() {
    let world = World::new().await;
    let policy = [
        "minLength=12",
        "enforceNumericCharacters=1",
        "enforceUpperLowerCase=yes",
        "enforceSpecialCharacters=on",
    ]
    .map(|value| format!("password_policy/{value}"));
    configure(&world, &policy.each_ref().map(String::as_str)).await;
    let all = "Password needs to be at least 12 characters long. \
               Password needs to contain at least one lower and one upper case character. \
               Password needs to contain at least one numeric character. \
               Password needs to contain at least one special character.";
    let (root, alice) = (world.root(), world.alice());
    for (client, method, path, form) in [
        (&root, "POST", "/cloud/users", "userid=eve&password=password"),
        (&alice, "PUT", "/cloud/users/alice", "key=password&value=password"),
    ] {
        assert_eq!(code(client, method, path, form).await, (107, all.to_owned()), "{path}");
    }
    let fit = "userid=eve&password=Long-enough-12";
    assert_eq!(code(&root, "POST", "/cloud/users", fit).await.0, 200);
    let made = alice.ocs("GET", "/apps/password_policy/api/v1/generate", "").await.data;
    let form = format!("password={}", made["password"].as_str().unwrap());
    let verdict = alice.ocs("POST", "/apps/password_policy/api/v1/validate", &form).await;
    assert_eq!(verdict.data, json!({"passed": true}));
}

#[tokio::test]
async fn quotas() {
    let world = World::new().await;
    let (root, alice) = (world.root(), world.alice());
    alice.put(&format!("{FILES}/a"), "12345").await;
    configure(&world, &["files/default_quota=1 MB"]).await;
    let quota = async || alice.ocs("GET", "/cloud/user", "").await.data["quota"].clone();
    assert_eq!(
        (&quota().await["quota"], &quota().await["free"]),
        (&json!(1 << 20), &json!((1 << 20) - 5))
    );
    let free = alice.prop(&format!("{FILES}/"), "d:quota-available-bytes").await;
    assert_eq!(free, Some(((1 << 20) - 5).to_string()));
    // Who comes later has it, too.
    root.ocs("POST", "/cloud/users", "userid=eve&password=Some-good-pw-1").await;
    let eve = world.person("eve", "Some-good-pw-1");
    let free = eve.prop("/remote.php/dav/files/eve/", "d:quota-available-bytes").await;
    assert_eq!(free, Some((1 << 20).to_string()));

    configure(&world, &["files/allow_unlimited_quota=0", "files/max_quota=2097152"]).await;
    let set = async |value: &str| {
        code(&root, "PUT", "/cloud/users/alice", &format!("key=quota&value={value}")).await
    };
    let unlimited = "Unlimited quota is forbidden on this instance";
    assert_eq!(set("none").await, (101, unlimited.to_owned()));
    let large = "Invalid quota value. 5 GB is exceeding the maximum quota";
    assert_eq!(set("5+GB").await, (101, large.to_owned()));
    assert_eq!(set("2+MB").await.0, 200);
    assert_eq!(quota().await["quota"], 2 << 20);
    assert_eq!(set("0").await.0, 200);
    assert_eq!(alice.put(&format!("{FILES}/b"), "x").await.status, 507);
    assert_eq!(set("default").await.0, 200);
    assert_eq!(quota().await["quota"], 1 << 20);
}

#[tokio::test]
async fn new_people() {
    let world = World::new().await;
    let root = world.root();
    configure(&world, &["core/newUser.requireEmail=yes", "core/newUser.generateUserID=yes"]).await;
    let make = async |form: &str| code(&root, "POST", "/cloud/users", form).await;
    let required = "Required email address was not provided";
    assert_eq!(make("userid=eve&password=Some-good-pw-1").await, (110, required.to_owned()));
    let made =
        root.ocs("POST", "/cloud/users", "password=Some-good-pw-1&email=e%40example.org").await;
    let id = made.data["id"].as_str().unwrap().to_owned();
    assert_eq!((made.http, id.len()), (200, 10));
    assert_eq!(
        root.ocs("GET", &format!("/cloud/users/{id}"), "").await.data["email"],
        "e@example.org"
    );
}

#[tokio::test]
async fn who_finds_whom() {
    let world = World::new().await;
    let root = world.root();
    for (path, form) in [
        ("/cloud/groups", "groupid=staff"),
        ("/cloud/users", "userid=bobby&password=Some-good-pw-1&displayName=Bobby&groups[]=staff"),
        ("/cloud/users/alice/groups", "groupid=staff"),
    ] {
        assert_eq!(root.ocs("POST", path, form).await.http, 200, "{form}");
    }
    let alice = world.alice();
    let found = async |text: &str| -> Vec<String> {
        let path = format!("/core/autocomplete/get?search={text}&itemType=files&itemId=1");
        let data = alice.ocs("GET", &path, "").await.data;
        data.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let menu = async |text: &str| -> usize {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let body = format!("filter={text}");
        let answer = alice.send("POST", "/index.php/contactsmenu/contacts", &form, body).await;
        answer.json()["contacts"].as_array().unwrap().len()
    };
    let card = async |id: &str| alice.ocs("GET", &format!("/hovercard/v1/{id}"), "").await.http;
    assert_eq!(
        (found("bob").await, menu("bob").await),
        (vec!["bob".to_owned(), "bobby".to_owned()], 2)
    );

    configure(&world, &["core/shareapi_restrict_user_enumeration_to_group=yes"]).await;
    assert_eq!(found("bobb").await, ["bobby"]);
    assert_eq!(found("exampl").await, [""; 0], "bob is in no group of hers");
    assert_eq!(found("bob").await, ["bob", "bobby"], "who is named in full is found");
    assert_eq!((card("bob").await, card("bobby").await), (200, 200));

    // By telephone: whom the address book of her device has, until the next one.
    let number = "key=phone&value=%2B4930123456";
    assert_eq!(world.bob().ocs("PUT", "/cloud/users/bob", number).await.http, 200);
    let book = "location=DE&search[x][]=030123456";
    assert_eq!(alice.ocs("POST", "/cloud/users/search/by-phone", book).await.http, 200);
    assert_eq!(found("exampl").await, [""; 0], "it counts only where it is asked for");
    configure(&world, &["core/shareapi_restrict_user_enumeration_to_phone=yes"]).await;
    assert_eq!(found("exampl").await, ["bob"]);
    assert_eq!(found("bobb").await, ["bobby"], "or of one of her groups");
    let book = "location=DE&search[x][]=030654321";
    assert_eq!(alice.ocs("POST", "/cloud/users/search/by-phone", book).await.http, 200);
    assert_eq!(found("exampl").await, [""; 0]);

    configure(&world, &["core/shareapi_restrict_user_enumeration_full_match=no"]).await;
    assert_eq!(found("bob").await, ["bobby"]);
    assert_eq!((card("bob").await, card("bobby").await, card("alice").await), (404, 200, 200));
    assert_eq!(alice.ocs("GET", "/profile/bob", "").await.http, 404);

    configure(&world, &["core/shareapi_allow_share_dialog_user_enumeration=no"]).await;
    assert_eq!((found("bobby").await, menu("bob").await), (vec![], 0));
    assert_eq!(card("bobby").await, 404);

    // Within groups only, whatever else is allowed.
    configure(
        &world,
        &[
            "core/shareapi_allow_share_dialog_user_enumeration=yes",
            "core/shareapi_restrict_user_enumeration_to_group=no",
            "core/shareapi_restrict_user_enumeration_to_phone=no",
            "core/shareapi_restrict_user_enumeration_full_match=yes",
            "core/shareapi_only_share_with_group_members=yes",
        ],
    )
    .await;
    assert_eq!((found("bob").await, menu("bob").await), (vec!["bobby".to_owned()], 1));
    assert_eq!((card("bob").await, card("bobby").await), (404, 200));
    let status = "/apps/user_status/api/v1/statuses/bob";
    world.bob().ocs("PUT", "/apps/user_status/api/v1/user_status/status", "statusType=dnd").await;
    assert_eq!(alice.ocs("GET", status, "").await.http, 404);
    assert_eq!(world.bob().ocs("GET", status, "").await.http, 200);
}
