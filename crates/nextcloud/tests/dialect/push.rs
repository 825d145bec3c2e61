//! Notifications to devices: registration, and what a push proxy gets.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use allmende_accounts::{AppPasswordId, NewAppPassword, Status};
use allmende_events::{NewNotification, NotificationKind, Object, dismiss, notify, withdraw};
use allmende_nextcloud::{PUSH_PROXY, ProxyAnswer, ProxyUnreachable, PushProxy, Pushed};
use allmende_sql::Batch;
use allmende_types::{Principal, Timestamp};
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use rsa::{
    PrivateKey, PublicKey,
    pkcs8::{DecodePrivateKey, DecodePublicKey},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

use crate::common::{Client, START, World, user};

const PUSH: &str = "/apps/notifications/api/v2/push";
const DEVICE: &str = include_str!("../keys/device.pem");
const DEVICE_PUBLIC: &str = include_str!("../keys/device.pub.pem");

/// A push proxy that answers as it is told to, and keeps what it gets.
#[derive(Debug, Default, Clone)]
struct Proxy {
    answer: Arc<Mutex<ProxyAnswer>>,
    forms: Arc<Mutex<Vec<(String, String)>>>,
}

#[async_trait]
impl PushProxy for Proxy {
    async fn post(&self, address: &str, form: String) -> Result<ProxyAnswer, ProxyUnreachable> {
        self.forms.lock().unwrap().push((address.to_owned(), form));
        let answer = self.answer.lock().unwrap().clone();
        if answer.status == 0 { Err(ProxyUnreachable("down".into())) } else { Ok(answer) }
    }
}

impl Proxy {
    fn answering(status: u16, body: impl Into<String>) -> Self {
        let proxy = Self::default();
        proxy.answers(status, body);
        proxy
    }

    fn answers(&self, status: u16, body: impl Into<String>) {
        let body = body.into().into();
        *self.answer.lock().unwrap() = ProxyAnswer { status, body, ..ProxyAnswer::default() };
    }

    /// What came since the last time: each message as it was posted.
    fn messages(&self) -> Vec<Value> {
        let mut messages = Vec::new();
        for (address, form) in self.forms.lock().unwrap().drain(..) {
            assert_eq!(address, format!("{PUSH_PROXY}/notifications"));
            for (name, value) in form_urlencoded::parse(form.as_bytes()) {
                assert_eq!(name, "notifications[]");
                messages.push(serde_json::from_str(&value).unwrap());
            }
        }
        messages
    }
}

/// A phone of a person, as it was registered.
struct Phone {
    client: Client,
    app_password: AppPasswordId,
    registered: Value,
}

fn form(hash: &str, key: &str, proxy: &str) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("pushTokenHash", hash)
        .append_pair("devicePublicKey", key)
        .append_pair("proxyServer", proxy)
        .finish()
}

fn hash() -> String {
    "0a1f".repeat(32)
}

impl Phone {
    async fn of(world: &World, person: &str) -> Self {
        let new = NewAppPassword::new("a phone");
        let id = user(person);
        let made =
            world.accounts.create_app_password(&id, person, new, Timestamp::from_unix(START));
        let (app_password, secret) = made.await.unwrap();
        let client = world.person(person, secret.expose());
        // As Android does: a slash at the end of the proxy, none at the end of the key.
        let proxy = format!("{PUSH_PROXY}/");
        let sent = form(&hash(), DEVICE_PUBLIC.trim_end(), &proxy);
        let answer = client.ocs("POST", PUSH, &sent).await;
        assert_eq!((answer.http, answer.code), (201, 201), "{answer:?}");
        assert_eq!(client.ocs("POST", PUSH, &sent).await.http, 200);
        Self { client, app_password, registered: answer.data }
    }

    fn identifier(&self) -> &str {
        self.registered["deviceIdentifier"].as_str().unwrap()
    }

    /// Reads a message as the device does: whose it is, that it is from the server, and what
    /// it says.
    fn read(&self, message: &Value) -> Value {
        assert_eq!(message["deviceIdentifier"], self.identifier());
        assert_eq!(message["pushTokenHash"], hash());
        let bytes = |name: &str| STANDARD.decode(message[name].as_str().unwrap()).unwrap();
        let key = self.registered["publicKey"].as_str().unwrap();
        let key = PublicKey::from_public_key_pem(key).unwrap();
        key.pkcs1v15_verify::<Sha512>(&bytes("subject"), &bytes("signature")).unwrap();
        let device = PrivateKey::from_pkcs8_pem(DEVICE).unwrap();
        serde_json::from_slice(&device.pkcs1v15_decrypt(&bytes("subject")).unwrap()).unwrap()
    }
}

fn share(id: &str) -> Object {
    Object::new("files_sharing", "local_share", id)
}

async fn tell(world: &World, to: Principal, id: &str) {
    let mut news = NewNotification::new(to, NotificationKind::IncomingShare, share(id));
    news.at = Timestamp::from_unix(START);
    news.actor = Some(Principal::Person(user("alice")));
    news.details.insert("name".into(), "/Work/Grüße.txt".into());
    act(world, |batch| notify(batch, &news)).await;
}

async fn act(world: &World, act: impl FnOnce(&mut Batch)) {
    let mut batch = Batch::new();
    act(&mut batch);
    world.sql.write(batch).await.unwrap();
}

fn pushed(sent: u32, later: u32, lost: u32) -> Pushed {
    let mut pushed = Pushed::default();
    (pushed.sent, pushed.later, pushed.lost) = (sent, later, lost);
    pushed
}

#[tokio::test]
async fn what_is_no_device_is_refused() {
    let world = World::new().await;
    let phone = Phone::of(&world, "bob").await;
    for (sent, why) in [
        (form("ab", DEVICE_PUBLIC, PUSH_PROXY), "INVALID_PUSHTOKEN_HASH"),
        (String::new(), "INVALID_PUSHTOKEN_HASH"),
        (form(&hash(), "a key", PUSH_PROXY), "INVALID_DEVICE_KEY"),
        (form(&hash(), include_str!("../keys/short.pub.pem"), PUSH_PROXY), "INVALID_DEVICE_KEY"),
        (form(&hash(), DEVICE_PUBLIC, "https://push.example.org"), "INVALID_PROXY_SERVER"),
        (form(&hash(), DEVICE_PUBLIC, "http://169.254.169.254/"), "INVALID_PROXY_SERVER"),
        (form(&hash(), DEVICE_PUBLIC, ""), "INVALID_PROXY_SERVER"),
    ] {
        let answer = phone.client.ocs("POST", PUSH, &sent).await;
        assert_eq!((answer.http, &answer.data), (400, &json!({ "message": why })));
    }
    // Only what ends with an app password is registered.
    let good = form(&hash(), DEVICE_PUBLIC, PUSH_PROXY);
    let session = json!({ "message": "INVALID_SESSION_TOKEN" });
    let answer = world.bob().ocs("POST", PUSH, &good).await;
    assert_eq!((answer.http, &answer.data), (400, &session));
    assert_eq!(world.bob().ocs("DELETE", PUSH, "").await.data, session);
    assert_eq!(world.stranger().ocs("POST", PUSH, &good).await.http, 401);
}

#[tokio::test]
async fn a_registration_proves_to_the_proxy_whose_it_is() {
    let world = World::new().await;
    let phone = Phone::of(&world, "bob").await;
    let key = phone.registered["publicKey"].as_str().unwrap();
    assert!(key.starts_with("-----BEGIN PUBLIC KEY-----\n") && key.len() == 451, "{key}");
    let key = PublicKey::from_public_key_pem(key).unwrap();
    // The proxy sees the name alone, which is the hash of what was signed.
    let name = STANDARD.decode(phone.identifier()).unwrap();
    let signature = phone.registered["signature"].as_str().unwrap();
    let signature = STANDARD.decode(signature).unwrap();
    key.pkcs1v15_verify_prehash::<Sha512>(&name, &signature).unwrap();
    let text = format!("[\"bob@oc48fzr4wkqv\",{}]", phone.app_password);
    assert_eq!(name, Sha512::digest(text).to_vec());
    // A person has one key, and each device a name.
    let second = Phone::of(&world, "bob").await;
    assert_eq!(second.registered["publicKey"], phone.registered["publicKey"]);
    assert_ne!(second.identifier(), phone.identifier());
    let other = Phone::of(&world, "alice").await;
    assert_ne!(other.registered["publicKey"], phone.registered["publicKey"]);
}

#[tokio::test]
async fn devices_are_told_what_is_new_and_what_is_gone() {
    let world = World::new().await;
    let proxy = Proxy::answering(200, "{}");
    let (phone, tablet) = (Phone::of(&world, "bob").await, Phone::of(&world, "bob").await);
    assert_eq!(world.push(&proxy).await, pushed(0, 0, 0));
    tell(&world, Principal::Person(user("bob")), "17").await;
    assert_eq!(world.push(&proxy).await, pushed(2, 0, 0));
    let messages = proxy.messages();
    let notification = world.bob().ocs("GET", "/apps/notifications/api/v2/notifications", "").await;
    let id = notification.data[0]["notification_id"].as_u64().unwrap();
    let told = json!({
        "nid": id, "app": "files_sharing", "type": "local_share", "id": "17",
        "subject": "Alice shared Grüße.txt with you",
    });
    for (device, message) in [&phone, &tablet].into_iter().zip(&messages) {
        assert_eq!(device.read(message), told);
        assert_eq!((&message["priority"], &message["type"]), (&json!("normal"), &json!("alert")));
        // Nothing of it can be read on the way.
        assert!(!message.to_string().contains("Alice") && message.as_object().unwrap().len() == 6);
    }
    assert_eq!(world.push(&proxy).await, pushed(0, 0, 0));

    // Read on the phone: it goes from both.
    let one = format!("/apps/notifications/api/v2/notifications/{id}");
    assert_eq!(phone.client.ocs("DELETE", &one, "").await.http, 200);
    assert_eq!(world.push(&proxy).await, pushed(2, 0, 0));
    let message = proxy.messages().pop().unwrap();
    assert_eq!(tablet.read(&message), json!({ "nid": id, "delete": true }));
    assert_eq!(message["type"], "background");

    let all = "/apps/notifications/api/v2/notifications";
    assert_eq!(phone.client.ocs("DELETE", all, "").await.http, 200);
    assert_eq!(world.push(&proxy).await, pushed(2, 0, 0));
    assert_eq!(phone.read(&proxy.messages()[0]), json!({ "delete-all": true }));

    // What is gone before it is sent is not told.
    tell(&world, Principal::Person(user("bob")), "18").await;
    act(&world, |batch| withdraw(batch, &share("18"))).await;
    world.push(&proxy).await;
    for message in proxy.messages() {
        assert_eq!(message["type"], "background");
    }
    assert_eq!(phone.client.ocs("DELETE", PUSH, "").await.http, 202);
    assert_eq!(phone.client.ocs("DELETE", PUSH, "").await.http, 200);
    tell(&world, Principal::Person(user("bob")), "19").await;
    assert_eq!(world.push(&proxy).await, pushed(1, 0, 0));
    tablet.read(&proxy.messages()[0]);
}

#[tokio::test]
async fn a_group_is_told_by_the_devices_of_its_members() {
    let world = World::new().await;
    let proxy = Proxy::answering(200, "");
    let staff = "staff".parse().unwrap();
    world.accounts.create_group(&staff, "Staff").await.unwrap();
    for id in ["alice", "bob"] {
        let member = allmende_accounts::GroupRole::Member;
        world.accounts.add_to_group(&staff, &user(id), member).await.unwrap();
    }
    let (bob, _alice, _root) = (
        Phone::of(&world, "bob").await,
        Phone::of(&world, "alice").await,
        Phone::of(&world, "root").await,
    );
    tell(&world, Principal::Group(staff), "17").await;
    // Alice did it herself, and root is no member.
    assert_eq!(world.push(&proxy).await, pushed(1, 0, 0));
    assert_eq!(bob.read(&proxy.messages()[0])["id"], "17");
    act(&world, |batch| dismiss(batch, &share("17"), &user("bob"))).await;
    assert_eq!(world.push(&proxy).await, pushed(1, 0, 0));
    assert_eq!(bob.read(&proxy.messages()[0])["delete"], true);
}

#[tokio::test]
async fn devices_that_the_proxy_does_not_know_are_forgotten() {
    let world = World::new().await;
    let (phone, tablet) = (Phone::of(&world, "bob").await, Phone::of(&world, "bob").await);
    let unknown = json!({ "unknown": [phone.identifier(), "another"], "failed": 0 }).to_string();
    let proxy = Proxy::answering(400, unknown);
    tell(&world, Principal::Person(user("bob")), "17").await;
    assert_eq!(world.push(&proxy).await, pushed(1, 0, 1));
    assert_eq!(proxy.messages().len(), 2);
    proxy.answers(200, "{}");
    tell(&world, Principal::Person(user("bob")), "18").await;
    assert_eq!(world.push(&proxy).await, pushed(1, 0, 0));
    assert_eq!(tablet.read(&proxy.messages()[0])["id"], "18");
}

#[tokio::test]
async fn what_the_proxy_does_not_take_is_sent_again_for_a_while() {
    let world = World::new().await;
    let phone = Phone::of(&world, "bob").await;
    let proxy = Proxy::answering(503, "busy");
    tell(&world, Principal::Person(user("bob")), "17").await;
    assert_eq!(world.push(&proxy).await, pushed(0, 1, 0));
    assert_eq!(world.push(&proxy).await, pushed(0, 0, 0));
    world.clock.forward(60);
    // It wants to be left alone for ten minutes.
    proxy.answer.lock().unwrap().status = 429;
    proxy.answer.lock().unwrap().retry_after = Some(Duration::from_secs(600));
    assert_eq!(world.push(&proxy).await, pushed(0, 1, 0));
    world.clock.forward(599);
    assert_eq!(world.push(&proxy).await, pushed(0, 0, 0));
    world.clock.forward(1);
    proxy.answers(200, "");
    proxy.messages();
    assert_eq!(world.push(&proxy).await, pushed(1, 0, 0));
    assert_eq!(phone.read(&proxy.messages()[0])["id"], "17");

    // One that is down for good.
    proxy.answers(0, "");
    tell(&world, Principal::Person(user("bob")), "18").await;
    for _ in 1..8 {
        assert_eq!(world.push(&proxy).await, pushed(0, 1, 0));
        world.clock.forward(3600);
    }
    assert_eq!(world.push(&proxy).await, pushed(0, 0, 1));
    world.clock.forward(3600);
    assert_eq!(world.push(&proxy).await, pushed(0, 0, 0));
    // One that wants nothing of it is not asked again.
    proxy.answers(403, "");
    tell(&world, Principal::Person(user("bob")), "19").await;
    assert_eq!(world.push(&proxy).await, pushed(0, 0, 1));
    world.clock.forward(3600);
    assert_eq!(world.push(&proxy).await, pushed(0, 0, 0));
}

#[tokio::test]
async fn nothing_is_sent_to_those_who_are_not_to_be_reached() {
    let world = World::new().await;
    let proxy = Proxy::answering(200, "{}");
    let phone = Phone::of(&world, "bob").await;
    let status = "/apps/user_status/api/v1/user_status/status";
    let bob = || Principal::Person(user("bob"));
    phone.client.ocs("PUT", status, "statusType=dnd").await;
    let list = "/apps/notifications/api/v2/notifications";
    let headers = [("ocs-apirequest", "true"), ("accept", "application/json")];
    let answer = world.bob().send("GET", &format!("/ocs/v2.php{list}"), &headers, "").await;
    assert_eq!(answer.header("x-nextcloud-user-status"), Some("dnd"));
    tell(&world, bob(), "17").await;
    assert_eq!(world.push(&proxy).await, pushed(0, 0, 0));
    phone.client.ocs("PUT", status, "statusType=online").await;
    assert_eq!(world.push(&proxy).await, pushed(0, 0, 0));

    world.accounts.set_status(&user("bob"), Status::Disabled).await.unwrap();
    tell(&world, bob(), "18").await;
    assert_eq!(world.push(&proxy).await, pushed(0, 0, 0));
    // The device of somebody who may come back stays.
    world.accounts.set_status(&user("bob"), Status::Enabled).await.unwrap();
    tell(&world, bob(), "19").await;
    assert_eq!(world.push(&proxy).await, pushed(1, 0, 0));

    world.accounts.mark_for_wipe(&user("bob"), phone.app_password).await.unwrap();
    tell(&world, bob(), "20").await;
    assert_eq!(world.push(&proxy).await, pushed(0, 0, 0));
    assert_eq!(proxy.messages().len(), 1);
    // Its device is forgotten: nothing waits any more.
    let events = allmende_events::Events::new(world.sql.clone());
    assert_eq!(events.devices_of(&[user("bob")]).await.unwrap(), []);
}

#[tokio::test]
async fn a_proxy_that_wants_to_be_left_alone_is() {
    let world = World::new().await;
    let _phone = Phone::of(&world, "bob").await;
    // More than go into one request.
    for id in 0..60 {
        tell(&world, Principal::Person(user("bob")), &id.to_string()).await;
    }
    let proxy = Proxy::answering(429, "");
    proxy.answer.lock().unwrap().retry_after = Some(Duration::from_secs(600));
    let requests = || proxy.forms.lock().unwrap().len();
    assert_eq!(world.push(&proxy).await, pushed(0, 60, 0));
    assert_eq!(requests(), 1);
    // What is new waits with the rest.
    proxy.answers(200, "");
    world.clock.forward(300);
    tell(&world, Principal::Person(user("bob")), "60").await;
    assert_eq!(world.push(&proxy).await, pushed(0, 1, 0));
    assert_eq!(requests(), 1);
    world.clock.forward(300);
    assert_eq!(world.push(&proxy).await, pushed(61, 0, 0));
    assert_eq!(requests(), 3);
    // So does one that does not answer, for a minute.
    proxy.answers(0, "");
    for id in 61..121 {
        tell(&world, Principal::Person(user("bob")), &id.to_string()).await;
    }
    assert_eq!(world.push(&proxy).await, pushed(0, 60, 0));
    assert_eq!(requests(), 4);
    world.clock.forward(60);
    proxy.answers(200, "");
    assert_eq!(world.push(&proxy).await, pushed(60, 0, 0));
}

#[tokio::test]
async fn a_new_person_has_nothing_of_one_who_is_gone() {
    let world = World::new().await;
    let proxy = Proxy::answering(200, "{}");
    let phone = Phone::of(&world, "bob").await;
    let events = allmende_events::Events::new(world.sql.clone());
    tell(&world, Principal::Person(user("bob")), "17").await;
    let list = "/apps/notifications/api/v2/notifications";
    assert_eq!(phone.client.ocs("GET", list, "").await.data.as_array().unwrap().len(), 1);
    assert_eq!(world.root().ocs("DELETE", "/cloud/users/bob", "").await.http, 200);
    assert_eq!(events.devices_of(&[user("bob")]).await.unwrap(), []);
    let made = "userid=bob&password=Some-good-pw-123";
    assert_eq!(world.root().ocs("POST", "/cloud/users", made).await.http, 200);
    let bob = world.person("bob", "Some-good-pw-123");
    assert_eq!(bob.ocs("GET", list, "").await.data, json!([]));
    tell(&world, Principal::Person(user("bob")), "18").await;
    assert_eq!(world.push(&proxy).await, pushed(0, 0, 0));

    // The process died in between: what was left is forgotten when there is something to send.
    let _phone = Phone::of(&world, "alice").await;
    world.accounts.remove_person(&user("alice")).await.unwrap();
    let mut news = NewNotification::new(
        Principal::Person(user("alice")),
        NotificationKind::IncomingShare,
        share("19"),
    );
    news.at = Timestamp::from_unix(START);
    act(&world, |batch| notify(batch, &news)).await;
    assert_eq!(world.push(&proxy).await, pushed(0, 0, 0));
    assert_eq!(events.devices_of(&[user("alice")]).await.unwrap(), []);
    assert_eq!(proxy.messages().len(), 0);
}

#[tokio::test]
async fn the_administrator_can_do_without() {
    let world = World::without_push().await;
    let capabilities = "/cloud/capabilities";
    let with = World::new().await.bob().ocs("GET", capabilities, "").await;
    let push = "/capabilities/notifications/push";
    assert_eq!(with.data.pointer(push), Some(&json!(["devices", "object-data", "delete"])));
    assert_eq!(world.bob().ocs("GET", capabilities, "").await.data.pointer(push), None);
    let new = NewAppPassword::new("a phone");
    let bob = user("bob");
    let made = world.accounts.create_app_password(&bob, "bob", new, Timestamp::EPOCH);
    let phone = world.person("bob", made.await.unwrap().1.expose());
    let answer = phone.ocs("POST", PUSH, &form(&hash(), DEVICE_PUBLIC, PUSH_PROXY)).await;
    assert_eq!((answer.http, &answer.data["message"]), (400, &json!("INVALID_PROXY_SERVER")));
    let proxy = Proxy::answering(200, "");
    assert_eq!(world.push(&proxy).await, pushed(0, 0, 0));
}

#[tokio::test]
async fn the_key_of_a_person_is_public() {
    let world = World::new().await;
    let proof = |id: &str| format!("/identityproof/key/{id}");
    let anybody = world.stranger();
    // Strangers cannot have keys made.
    assert_eq!(anybody.ocs("GET", &proof("bob"), "").await.http, 404);
    let phone = Phone::of(&world, "bob").await;
    let key = &phone.registered["publicKey"];
    for id in ["bob", "BOB", "bob@cloud.example.org"] {
        let answer = anybody.ocs("GET", &proof(id), "").await;
        assert_eq!((answer.http, &answer.data), (200, &json!({ "public": key })), "{id}");
    }
    for id in ["nobody", "bob@other.example.org", "@", "bob@"] {
        assert_eq!(world.alice().ocs("GET", &proof(id), "").await.http, 404, "{id}");
    }
    assert_eq!(world.bob().ocs("GET", &proof("alice"), "").await.http, 200);
}
