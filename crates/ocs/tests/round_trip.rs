//! What one side writes the other reads: every endpoint's request through the router, and
//! responses in both versions and forms.
#![cfg(all(feature = "client", feature = "server"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::fmt::Debug;

use allmende_ocs::endpoints::cloud::{Query, capabilities, groups, user, users};
use allmende_ocs::endpoints::core::{app_password, autocomplete, navigation};
use allmende_ocs::endpoints::{
    NoParameters, activity, config, hovercard, identity_proof, notifications, user_status,
};
use allmende_ocs::{
    Assoc, ClientEndpoint, ClientError, Code, Endpoint, Envelope, Format, Nothing, OcsError,
    OcsRequest, Reply, RequestLimits, Router, ServerEndpoint, Site, Value, Version, from_value,
};
use bytes::Bytes;
use http::{Method, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

macro_rules! router {
    ($($endpoint:ty),* $(,)?) => {{
        let mut router = Router::default();
        $(router.insert(&<$endpoint>::METADATA, stringify!($endpoint));)*
        router
    }};
}

fn router() -> Router<&'static str> {
    router![
        activity::List,
        activity::Filtered,
        activity::Filters,
        app_password::Create,
        app_password::FromOneTime,
        app_password::Revoke,
        app_password::Rotate,
        app_password::Confirm,
        autocomplete::Get,
        navigation::Apps,
        navigation::Settings,
        capabilities::Get,
        config::Get,
        groups::List,
        groups::Details,
        groups::Get,
        groups::Users,
        groups::UserDetails,
        groups::SubAdmins,
        groups::Create,
        groups::Edit,
        groups::Delete,
        hovercard::Get,
        identity_proof::Get,
        notifications::List,
        notifications::Get,
        notifications::Exists,
        notifications::Delete,
        notifications::DeleteAll,
        notifications::RegisterDevice,
        notifications::RemoveDevice,
        user::Get,
        user::Fields,
        user::FieldsOf,
        users::List,
        users::Details,
        users::Disabled,
        users::Recent,
        users::Create,
        users::Get,
        users::Edit,
        users::Delete,
        users::Enable,
        users::Disable,
        users::Wipe,
        users::Welcome,
        users::Groups,
        users::AddToGroup,
        users::RemoveFromGroup,
        users::Subadmins,
        users::AddSubadmin,
        users::RemoveSubadmin,
        user_status::Get,
        user_status::SetPresence,
        user_status::SetPredefinedMessage,
        user_status::SetCustomMessage,
        user_status::ClearMessage,
        user_status::Revert,
        user_status::ListPredefined,
        user_status::List,
        user_status::GetOf,
        user_status::Heartbeat,
    ]
}

#[test]
fn no_two_endpoints_share_a_route() {
    // 59 endpoints, four of which have an older path as well; one that took another's place would
    // be missing from the count.
    assert_eq!(router().metadata().count(), 66);
}

/// Sends a request to the router and returns what arrives.
fn sent<E: Endpoint>(name: &str, request: &E::Request) -> E::Request {
    let http = E::to_http(&Site::new("https://cloud.example.org/"), request).unwrap();
    let (parts, body) = http.into_parts();
    assert!(allmende_ocs::is_api_request(&parts.headers));
    let arrived = OcsRequest::parse(&parts, &body, RequestLimits::default()).unwrap();
    assert_eq!(arrived.envelope(), Envelope { version: Version::V2, format: Format::Json });
    let router = router();
    let route = router.find(arrived.method(), arrived.path()).unwrap();
    assert_eq!(*route.target, name);
    E::read_request(&arrived, &route.params).unwrap()
}

macro_rules! assert_arrives {
    ($endpoint:ty, $request:expr) => {
        assert_eq!(sent::<$endpoint>(stringify!($endpoint), &$request), $request);
    };
}

#[test]
fn requests_arrive_as_they_were_sent() {
    let person = |id: &str| users::ById { userid: id.into() };
    assert_arrives!(user::Get, NoParameters {});
    assert_arrives!(users::Get, person("with@at"));
    assert_arrives!(users::Get, person("a b/c?d#e%20"));
    assert_arrives!(users::Disable, person("..."));
    assert_arrives!(user::FieldsOf, person("\u{fc}"));
    let all = Query { search: Some("a&b=c".into()), limit: Some(5), offset: Some(0) };
    assert_arrives!(users::List, all);
    assert_arrives!(groups::List, Query::default());
    let ann = users::NewUser {
        userid: "ann".into(),
        password: Some("p&w=\u{e4}".into()),
        groups: vec!["staff".into(), "choir".into()],
        ..Default::default()
    };
    assert_arrives!(users::Create, ann);
    let gone = users::Membership { userid: "ann".into(), groupid: "a/b".into() };
    assert_arrives!(users::AddToGroup, gone);
    assert_arrives!(users::RemoveFromGroup, gone);
    let renamed =
        groups::Change { groupid: "g".into(), key: "displayname".into(), value: String::new() };
    assert_arrives!(groups::Edit, renamed);
    assert_arrives!(notifications::Get, notifications::ById { id: 15 });
    assert_arrives!(notifications::Exists, notifications::Ids { ids: vec![1, 2] });
    let alice = identity_proof::ByCloudId { cloud_id: "alice@cloud.example.org".into() };
    assert_arrives!(identity_proof::Get, alice);
    let device = notifications::Registration {
        push_token_hash: "ab".repeat(64),
        device_public_key: "-----BEGIN PUBLIC KEY-----\nAA+/=\n".into(),
        proxy_server: "https://push.example.org/".into(),
    };
    assert_arrives!(notifications::RegisterDevice, device);
    let away = user_status::NewPresence { status_type: user_status::Presence::Away };
    assert_arrives!(user_status::SetPresence, away);
    let lunch = user_status::CustomMessage {
        status_icon: Some("\u{1f35e}".into()),
        message: Some("lunch".into()),
        clear_at: Some(1_795_442_059),
    };
    assert_arrives!(user_status::SetCustomMessage, lunch);
    let mentions =
        autocomplete::Query { search: "al".into(), share_types: vec![0, 1], ..Default::default() };
    assert_arrives!(autocomplete::Get, mentions);
    assert_arrives!(navigation::Apps, navigation::Addresses { absolute: true });
    let about_a_file = activity::Query {
        filter: Some("filter".into()),
        object_type: Some("files".into()),
        object_id: Some(167),
        sort: Some(activity::Order::Asc),
        ..Default::default()
    };
    assert_arrives!(activity::Filtered, about_a_file);
    assert_arrives!(hovercard::Get, hovercard::ById { user_id: "alice".into() });
}

#[test]
fn a_request_never_names_another_route() {
    let site = Site::new("https://cloud.example.org");
    for id in ["", ".", ".."] {
        assert!(users::Delete::to_http(&site, &users::ById { userid: id.into() }).is_err());
    }
    assert!(activity::Filtered::to_http(&site, &activity::Query::default()).is_err());
}

#[test]
fn fixed_segments_win() {
    let router = router();
    let target = |path: &str| *router.find(&Method::GET, path).unwrap().target;
    assert_eq!(target("/cloud/groups/details"), "groups::Details");
    assert_eq!(target("/apps/activity/api/v2/activity/filters"), "activity::Filters");
    assert_eq!(target("/apps/activity/api/v2/activity/self"), "activity::Filtered");
    assert_eq!(target("/apps/notifications/api/v1/notifications"), "notifications::List");
    assert!(router.find(&Method::GET, "/apps/terms_of_service/terms").is_err());
}

fn envelopes() -> impl Iterator<Item = Envelope> {
    [Version::V1, Version::V2]
        .into_iter()
        .flat_map(|version| [Format::Json, Format::Xml].map(|format| Envelope { version, format }))
}

/// Answers with `data` in each version and form, and reads that as a client.
fn assert_answer<E: Endpoint>(data: &E::Response)
where
    E::Response: Serialize + DeserializeOwned + PartialEq + Debug,
{
    for envelope in envelopes() {
        let response = envelope.success(&Reply::new(data)).unwrap();
        let read = E::from_http(&response);
        assert_eq!(read.as_ref(), Ok(data), "{envelope:?}: {:?}", response.body());
    }
}

#[test]
fn responses_arrive_as_they_were_sent() {
    let mut alice = user::User::new("alice", "Alice \u{e4}");
    alice.last_login = 1_795_442_778_000;
    alice.quota = user::Quota::limited(125, 1000);
    alice.email_scope = Some(user::Scope::Federated);
    alice.additional_mail = vec!["a@example.org".into()];
    alice.additional_mail_scope = Some(vec![user::Scope::Local]);
    alice.profile_enabled = true;
    assert_answer::<user::Get>(&alice);
    assert_answer::<users::Get>(&user::User::new("b", ""));
    assert_answer::<users::Details>(&users::Users {
        users: [("alice", alice.clone()), ("with@at", alice)].into_iter().collect(),
    });
    assert_answer::<users::Details>(&users::Users::default());
    assert_answer::<users::List>(&users::UserIds { users: vec!["a".into()] });
    assert_answer::<groups::List>(&groups::GroupIds::default());
    assert_answer::<groups::Create>(&Nothing);
    assert_answer::<notifications::Exists>(&vec![1, 2]);
    assert_answer::<notifications::List>(&vec![notification()]);
    assert_answer::<notifications::List>(&Vec::new());
    assert_answer::<notifications::RegisterDevice>(&notifications::Registered {
        public_key: "-----BEGIN PUBLIC KEY-----\nAA+/=\n".into(),
        device_identifier: "a+/=".into(),
        signature: "b+/=".into(),
    });
    let mut status = user_status::OwnStatus::new("alice", user_status::Presence::Busy);
    assert_answer::<user_status::Get>(&status);
    status.message = Some(String::new());
    status.clear_at = Some(5);
    assert_answer::<user_status::Heartbeat>(&Some(status));
    assert_answer::<user_status::ListPredefined>(&vec![
        predefined("meeting", Some(user_status::ClearAt::Period(3600))),
        predefined("sick-leave", Some(user_status::ClearAt::EndOf(user_status::Span::Day))),
        predefined("vacationing", None),
    ]);
    assert_answer::<hovercard::Get>(&hovercard::Card {
        user_id: "alice".into(),
        actions: vec![hovercard::Action { app_id: "core".into(), ..Default::default() }],
        ..Default::default()
    });
}

fn predefined(id: &str, clear_at: Option<user_status::ClearAt>) -> user_status::Predefined {
    user_status::Predefined {
        id: id.into(),
        icon: "\u{1f4c5}".into(),
        message: "m".into(),
        clear_at,
    }
}

fn notification() -> notifications::Notification {
    let file: Assoc<String> =
        [("type", "file"), ("id", "167")].map(|(k, v)| (k, v.to_owned())).into_iter().collect();
    let mut notification = notifications::Notification::default();
    notification.notification_id = 15;
    notification.object_id = "1".into();
    notification.subject_rich = "{file}".into();
    notification.subject_rich_parameters = [("file", file)].into_iter().collect();
    notification.should_notify = true;
    notification.actions = vec![notifications::Action {
        label: "Accept".into(),
        link: "https://cloud.example.org/a".into(),
        method: notifications::ActionMethod::Post,
        primary: true,
    }];
    notification
}

#[test]
fn the_capability_tree_arrives_in_both_forms() {
    let mut files = capabilities::Files::default();
    files.forbidden_filename_characters = vec!["\\".into(), "/".into()];
    files.chunked_upload = Some(capabilities::ChunkedUpload::new(104_857_600, 5));
    files.locking = Some("1.0".into());
    files.undelete = Some(false);
    let mut sharing = capabilities::FilesSharing::default();
    sharing.default_permissions = Some(31);
    let mut tree = capabilities::Capabilities::default();
    tree.core = Some(capabilities::Core::default());
    tree.bruteforce = Some(capabilities::Bruteforce::default());
    tree.files = Some(files);
    tree.files_sharing = Some(sharing);
    tree.theming = Some(capabilities::Theming::default());
    tree.systemtags = Some(capabilities::Enabled::YES);
    // In XML, what has no type stays text.
    tree.extra.insert("spreed".into(), [("version", Value::from("21"))].into_iter().collect());
    let version = capabilities::ServerVersion::new(34, 0, 1);
    let public = tree.public();
    assert_answer::<capabilities::Get>(&capabilities::Response {
        version: version.clone(),
        capabilities: tree,
    });
    assert_eq!(
        serde_json::to_value(&public).unwrap().as_object().unwrap().keys().collect::<Vec<_>>(),
        ["bruteforce", "theming"]
    );
    assert_answer::<capabilities::Get>(&capabilities::Response { version, capabilities: public });
}

#[test]
fn failures_arrive_in_both_versions_and_forms() {
    for envelope in envelopes() {
        let response = envelope.failure(&OcsError::new(Code::NOT_FOUND, "User does not exist"));
        let Err(ClientError::Refused(error)) = users::Get::from_http(&response) else {
            panic!("{envelope:?}: no refusal");
        };
        assert_eq!((error.code, error.message.as_str()), (Code::NOT_FOUND, "User does not exist"));
        let maintenance = users::Get::from_http(&envelope.failure(&OcsError::maintenance()));
        assert!(maintenance.unwrap_err().is_retryable());
    }
}

#[test]
fn answers_outside_the_envelope() {
    let answer = |status: StatusCode, body: &'static str| {
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status;
        response
    };
    let csrf = users::Get::from_http(&allmende_ocs::csrf_failed());
    assert_eq!(csrf, Err(ClientError::Http(StatusCode::PRECONDITION_FAILED)));
    let gateway = users::Get::from_http(&answer(StatusCode::BAD_GATEWAY, "<html>no</html>"));
    assert!(gateway.unwrap_err().is_retryable());
    let page = users::Get::from_http(&answer(StatusCode::OK, "<html>login</html>"));
    assert!(matches!(page, Err(ClientError::Malformed(_))));
    let no_more = activity::List::from_http(&answer(StatusCode::NOT_MODIFIED, ""));
    assert_eq!(no_more, Err(ClientError::NotModified));
    let nothing = notifications::List::from_http(&answer(StatusCode::NO_CONTENT, ""));
    assert_eq!(nothing, Ok(vec![]));
    let unchanged = user_status::Heartbeat::from_http(&answer(StatusCode::NO_CONTENT, ""));
    assert_eq!(unchanged, Ok(None));
}

#[test]
fn answers_without_a_body() {
    for envelope in envelopes() {
        let end = envelope.success(&Reply::new(Nothing).not_modified()).unwrap();
        assert_eq!((end.status(), end.body().len()), (StatusCode::NOT_MODIFIED, 0));
        assert!(!end.headers().contains_key("content-type"));
    }
}

#[test]
fn servers_that_differ_are_understood() {
    let read = |json: &str| from_value::<user::User>(serde_json::from_str(json).unwrap());
    let older = read(r#"{"id":"a","enabled":"1","quota":{"used":5,"quota":"none"},"email":null}"#);
    let older = older.unwrap();
    assert!(older.enabled);
    assert_eq!(older.quota, user::Quota::unlimited(5));
    let newer = read(r#"{"id":"a","emailScope":"v3-secret","brand_new":{"x":[]}}"#).unwrap();
    assert_eq!(newer.email_scope, Some(user::Scope::Unknown));
    assert_eq!(read(r#"{"id":{}}"#).unwrap_err().to_string(), "id: expected a text, found a map");
}
