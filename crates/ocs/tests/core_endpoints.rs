//! The endpoints of the core beside sharing: requests arrive, answers are read, in both
//! versions and forms.
#![cfg(all(feature = "client", feature = "server"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::fmt::Debug;

use allmende_ocs::endpoints::cloud::{apps, users};
use allmende_ocs::endpoints::files::{direct_editing, open_local, templates, tree};
use allmende_ocs::endpoints::{
    NoParameters, assistance, dashboard, openproject, password_policy, person, preferences,
    profile, references, search, teams,
};
use allmende_ocs::{
    Assoc, ClientEndpoint, Endpoint, Envelope, Format, OcsRequest, Reply, RequestLimits, Router,
    ServerEndpoint, Site, Value, Version,
};
use serde::{Serialize, de::DeserializeOwned};

macro_rules! router {
    ($($endpoint:ty),* $(,)?) => {{
        let mut router = Router::default();
        $(router.insert(&<$endpoint>::METADATA, stringify!($endpoint));)*
        router
    }};
}

fn router() -> Router<&'static str> {
    router![
        apps::List,
        apps::Own,
        apps::Get,
        apps::Enable,
        apps::Disable,
        assistance::Tasks,
        assistance::TextTasks,
        assistance::Pictures,
        assistance::Translations,
        dashboard::Widgets,
        dashboard::ItemsV1,
        dashboard::Items,
        direct_editing::List,
        direct_editing::ListTemplates,
        direct_editing::Open,
        direct_editing::Create,
        open_local::Create,
        open_local::Validate,
        openproject::File,
        openproject::Files,
        password_policy::Generate,
        password_policy::Validate,
        person::Check,
        preferences::Set,
        preferences::SetMany,
        preferences::Delete,
        preferences::DeleteMany,
        profile::Get,
        profile::SetVisibility,
        references::Extract,
        references::ResolveOne,
        references::Resolve,
        references::Providers,
        search::Providers,
        search::Search,
        teams::OfResource,
        teams::Collections,
        templates::List,
        tree::Get,
        users::Get,
        users::EditCollection,
        users::Enable,
        users::Patch,
        users::SearchByPhone,
    ]
}

#[test]
fn no_two_endpoints_share_a_route() {
    assert_eq!(router().metadata().count(), 44);
}

fn assert_arrives<E: Endpoint>(name: &str, request: &E::Request)
where
    E::Request: PartialEq + Debug,
{
    let http = E::to_http(&Site::new("https://cloud.example.org"), request).unwrap();
    let (parts, body) = http.into_parts();
    let arrived = OcsRequest::parse(&parts, &body, RequestLimits::default()).unwrap();
    let router = router();
    let route = router.find(arrived.method(), arrived.path()).unwrap();
    assert_eq!(*route.target, name);
    assert_eq!(&E::read_request(&arrived, &route.params).unwrap(), request);
}

macro_rules! arrives {
    ($endpoint:ty, $request:expr) => {
        assert_arrives::<$endpoint>(stringify!($endpoint), &$request)
    };
}

#[test]
fn requests_arrive_as_they_were_sent() {
    arrives!(apps::List, apps::Query { filter: Some("enabled".into()) });
    arrives!(apps::Own, NoParameters {});
    arrives!(apps::Disable, apps::ById { app: "files_sharing".into() });
    arrives!(
        users::Patch,
        users::Changes {
            userid: "a b".into(),
            display_name: Some("A".into()),
            email: Some(String::new()),
            groups: Some(vec!["staff".into()]),
            subadmin_groups: Some(Vec::new()),
            ..Default::default()
        }
    );
    let collection = users::CollectionChange {
        userid: "a".into(),
        collection: "additional_mail".into(),
        key: "a@example.org".into(),
        value: String::new(),
    };
    arrives!(users::EditCollection, collection);
    arrives!(users::Enable, users::ById { userid: "a".into() });
    let numbers = [("1", vec!["+49 30 1".to_owned(), "030 1".to_owned()])];
    arrives!(
        users::SearchByPhone,
        users::Numbers { location: "DE".into(), search: numbers.into_iter().collect() }
    );
    arrives!(
        preferences::SetMany,
        preferences::NewValues {
            app_id: "theming".into(),
            configs: [("primary_color", "#fff".to_owned())].into_iter().collect(),
        }
    );
    arrives!(
        preferences::DeleteMany,
        preferences::ByKeys { app_id: "core".into(), config_keys: vec!["a".into(), "b".into()] }
    );
    arrives!(profile::Get, profile::ByUser { user_id: "with@at".into() });
    arrives!(
        search::Search,
        search::Query {
            provider_id: "files".into(),
            term: "a&b".into(),
            cursor: Some("5".into()),
            ..Default::default()
        }
    );
    arrives!(
        direct_editing::Open,
        direct_editing::Opening { path: "/a".into(), file_id: Some(7), ..Default::default() }
    );
    arrives!(open_local::Validate, open_local::Proof { token: "t".into(), path: "/ä".into() });
    arrives!(openproject::Files, openproject::ByIds { file_ids: vec![1, 2] });
    arrives!(openproject::File, openproject::ById { file_id: 3 });
    arrives!(
        references::Resolve,
        references::Many { references: vec!["https://a.example/?b=c".into()], limit: Some(3) }
    );
    arrives!(
        dashboard::Items,
        dashboard::Query { widgets: vec!["activity".into()], ..Default::default() }
    );
    arrives!(tree::Get, tree::Query { path: Some("/a/b".into()), depth: Some(2) });
    arrives!(
        teams::OfResource,
        teams::ByResource { provider_id: "files".into(), resource_id: "7".into() }
    );
}

fn assert_answer<E: Endpoint>(data: &E::Response)
where
    E::Response: Serialize + DeserializeOwned + PartialEq + Debug,
{
    for version in [Version::V1, Version::V2] {
        for format in [Format::Json, Format::Xml] {
            let response = Envelope { version, format }.success(&Reply::new(data)).unwrap();
            let read = E::from_http(&response);
            assert_eq!(read.as_ref(), Ok(data), "{version:?} {format:?}: {:?}", response.body());
        }
    }
}

#[test]
fn answers_are_read_as_they_were_written() {
    assert_answer::<apps::Get>(&apps::App::new("files", "Files", "Files and folders", "34.0.1"));
    assert_answer::<apps::List>(&apps::AppIds { apps: vec!["dav".into()] });
    let mut entry = search::Entry::default();
    entry.title = "a.txt".into();
    entry.attributes = [("fileId", "7"), ("path", "/a.txt")]
        .map(|(key, value)| (key, value.to_owned()))
        .into_iter()
        .collect();
    assert_answer::<search::Search>(&search::Page::complete("Files", vec![entry.clone()]));
    assert_answer::<search::Providers>(&vec![search::Provider::new("files", "files", "Files", 0)]);
    let mut page = profile::Profile::default();
    page.user_id = "alice".into();
    page.role = Some("Cook".into());
    page.timezone_offset = -3600;
    page.actions = vec![profile::Action { id: "email".into(), ..Default::default() }];
    assert_answer::<profile::Get>(&page);
    assert_answer::<direct_editing::List>(&direct_editing::Offer::default());
    let editors = direct_editing::Editor { id: "text".into(), ..Default::default() };
    assert_answer::<direct_editing::List>(&direct_editing::Offer {
        editors: [("text", editors)].into_iter().collect(),
        creators: Assoc::default(),
    });
    let mut info = openproject::FileInfo::found(7);
    info.path = Some("files/a/".into());
    assert_answer::<openproject::File>(&info);
    // In XML the keys of this one are lost, for they are numbers.
    let many: Assoc<_> =
        [("7", info), ("8", openproject::FileInfo::not_found())].into_iter().collect();
    let json = Envelope { version: Version::V2, format: Format::Json };
    let read = openproject::Files::from_http(&json.success(&Reply::new(&many)).unwrap());
    assert_eq!(read, Ok(many));
    assert_answer::<assistance::Translations>(&assistance::Languages::default());
    assert_answer::<teams::OfResource>(&teams::Teams::default());
    assert_answer::<dashboard::Widgets>(&Assoc::default());
    assert_answer::<password_policy::Validate>(&password_policy::Verdict {
        passed: false,
        reason: Some("Too short".into()),
    });
    let token = open_local::Token::new("alice", "00".into(), 5, "t".into());
    assert_answer::<open_local::Create>(&token);
}

#[test]
fn a_page_says_where_the_next_one_begins() {
    let page = search::Page::paginated("Files", Vec::new(), 5);
    let json = serde_json::to_value(&page).unwrap();
    let expected = serde_json::json!({
        "name": "Files", "isPaginated": true, "entries": [], "cursor": 5
    });
    assert_eq!(json, expected);
    assert_eq!(search::Page::complete("Files", Vec::new()).cursor, Value::Null);
}

#[test]
fn secrets_are_not_told_to_logs() {
    let token = open_local::Token::new("alice", "00".into(), 5, "hidden".into());
    let proof = open_local::Proof { token: "hidden".into(), path: "/a".into() };
    let check = person::Credentials { login: "alice".into(), password: "hidden".into() };
    let weak = password_policy::Password { password: "hidden".into(), context: None };
    for text in
        [format!("{token:?}"), format!("{proof:?}"), format!("{check:?}"), format!("{weak:?}")]
    {
        assert!(!text.contains("hidden"), "{text}");
    }
}
