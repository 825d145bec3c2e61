//! The OCS interface, route by route.

use std::collections::BTreeSet;

use allmende_ocs::{Base, Endpoint, Metadata, endpoints as e};
use http::Method;

use super::{FORMS, without_blanks};
use crate::setting::{browser, filled, untouched};

macro_rules! table {
    ($($endpoint:ty,)*) => {
        vec![$((without_blanks(stringify!($endpoint)), <$endpoint>::METADATA),)*]
    };
}

/// Every route of the OCS interface.
fn ocs_routes() -> Vec<(String, Metadata)> {
    table![
        e::cloud::capabilities::Get,
        e::circles::List,
        e::circles::Create,
        e::circles::Get,
        e::circles::Delete,
        e::circles::SetName,
        e::circles::SetDescription,
        e::circles::SetConfig,
        e::circles::Join,
        e::circles::Leave,
        e::circles::Members,
        e::circles::Add,
        e::circles::AddMany,
        e::circles::Confirm,
        e::circles::Remove,
        e::circles::SetLevel,
        e::circles::Find,
        e::config::Get,
        e::cloud::user::Get,
        e::cloud::user::Fields,
        e::cloud::user::FieldsOf,
        e::cloud::users::List,
        e::cloud::users::Details,
        e::cloud::users::Disabled,
        e::cloud::users::Recent,
        e::cloud::users::Create,
        e::cloud::users::Get,
        e::cloud::users::Edit,
        e::cloud::users::Patch,
        e::cloud::users::EditCollection,
        e::cloud::users::SearchByPhone,
        e::cloud::users::Welcome,
        e::cloud::users::Delete,
        e::cloud::users::Enable,
        e::cloud::users::Disable,
        e::cloud::users::Wipe,
        e::cloud::users::Groups,
        e::cloud::users::AddToGroup,
        e::cloud::users::RemoveFromGroup,
        e::cloud::users::Subadmins,
        e::cloud::users::AddSubadmin,
        e::cloud::users::RemoveSubadmin,
        e::cloud::groups::List,
        e::cloud::groups::Details,
        e::cloud::groups::Create,
        e::cloud::groups::Get,
        e::cloud::groups::Users,
        e::cloud::groups::UserDetails,
        e::cloud::groups::SubAdmins,
        e::cloud::groups::Edit,
        e::cloud::groups::Delete,
        e::core::app_password::Create,
        e::core::app_password::FromOneTime,
        e::core::app_password::Revoke,
        e::core::app_password::Rotate,
        e::core::app_password::Confirm,
        e::core::navigation::Apps,
        e::core::navigation::Settings,
        e::core::autocomplete::Get,
        e::hovercard::Get,
        e::identity_proof::Get,
        e::cloud::apps::List,
        e::cloud::apps::Own,
        e::cloud::apps::Get,
        e::cloud::apps::Enable,
        e::cloud::apps::Disable,
        e::app_config::ListApps,
        e::app_config::ListKeys,
        e::app_config::Get,
        e::app_config::Delete,
        e::direct_link::Create,
        e::files_lock::Set,
        e::files_lock::End,
        e::reminders::Get,
        e::reminders::Set,
        e::reminders::Delete,
        e::download_limit::Get,
        e::download_limit::Set,
        e::download_limit::Delete,
        e::download_limit::SetDefault,
        e::preferences::Set,
        e::preferences::SetMany,
        e::preferences::Delete,
        e::preferences::DeleteMany,
        e::profile::Get,
        e::profile::SetVisibility,
        e::files_sharing::shares::List,
        e::files_sharing::shares::Get,
        e::files_sharing::shares::Create,
        e::files_sharing::shares::Update,
        e::files_sharing::shares::Delete,
        e::files_sharing::shares::SendMail,
        e::files_sharing::shares::Inherited,
        e::files_sharing::shares::Pending,
        e::files_sharing::shares::Accept,
        e::files_sharing::shares::Decline,
        e::files_sharing::deleted::List,
        e::files_sharing::deleted::Restore,
        e::files_sharing::remote::List,
        e::files_sharing::remote::Pending,
        e::files_sharing::sharees::Search,
        e::files_sharing::sharees::Recommended,
        e::files_sharing::token::Get,
        e::search::Providers,
        e::search::Search,
        e::files::direct_editing::List,
        e::files::direct_editing::ListTemplates,
        e::files::direct_editing::Open,
        e::files::direct_editing::Create,
        e::files::templates::List,
        e::files::open_local::Create,
        e::files::open_local::Validate,
        e::dashboard::Widgets,
        e::dashboard::ItemsV1,
        e::dashboard::Items,
        e::recommendations::Get,
        e::recommendations::GetAlways,
        e::assistance::Tasks,
        e::assistance::TextTasks,
        e::assistance::Pictures,
        e::assistance::Translations,
        e::references::Extract,
        e::references::ResolveOne,
        e::references::Resolve,
        e::references::Providers,
        e::teams::OfResource,
        e::teams::Collections,
        e::password_policy::Generate,
        e::password_policy::Validate,
        e::openproject::File,
        e::openproject::Files,
        e::person::Check,
        e::notifications::List,
        e::notifications::Get,
        e::notifications::Exists,
        e::notifications::Delete,
        e::notifications::DeleteAll,
        e::notifications::RegisterDevice,
        e::notifications::RemoveDevice,
        e::activity::List,
        e::activity::Filtered,
        e::activity::Filters,
        e::user_status::Get,
        e::user_status::SetPresence,
        e::user_status::SetPredefinedMessage,
        e::user_status::SetCustomMessage,
        e::user_status::ClearMessage,
        e::user_status::Revert,
        e::user_status::ListPredefined,
        e::user_status::List,
        e::user_status::GetOf,
        e::user_status::Heartbeat,
        e::files::tree::Get,
        e::app_config::Set,
        e::group_folders::List,
        e::group_folders::CountAll,
        e::group_folders::Get,
        e::group_folders::SearchMappings,
        e::group_folders::Groups,
        e::group_folders::Teams,
        e::group_folders::AuthorizedGroups,
        e::group_folders::Create,
        e::group_folders::Delete,
        e::group_folders::Edit,
        e::group_folders::SetMountPoint,
        e::group_folders::AddGroup,
        e::group_folders::RemoveGroup,
        e::group_folders::SetPermissions,
        e::group_folders::SetQuota,
        e::group_folders::SwitchRules,
        e::group_folders::SetManager,
    ]
}

/// The endpoints that the code gives a handler.
fn routed() -> BTreeSet<String> {
    let ocs = include_str!("../../../src/ocs/mod.rs");
    let teams = include_str!("../../../src/teams/mod.rs").replace("e::", "e::group_folders::");
    let mut found = BTreeSet::new();
    for line in ocs.lines().chain(teams.lines()) {
        let line = line.trim();
        let endpoint = match line.strip_prefix("router.insert(&") {
            Some(rest) => rest.split("::METADATA").next(),
            None => line.split_once(" => ").map(|(endpoint, _)| endpoint),
        };
        found.extend(endpoint.filter(|name| name.starts_with("e::")).map(str::to_owned));
    }
    found
}

#[test]
fn every_ocs_route_stands_in_the_table() {
    let table: BTreeSet<String> = ocs_routes().into_iter().map(|(name, _)| name).collect();
    let routed = routed();
    assert!(routed.len() > 100, "{routed:?}");
    let missing: Vec<_> = routed.symmetric_difference(&table).collect();
    assert!(missing.is_empty(), "in one of both only: {missing:?}");
}

/// The addresses of a route, with something in the place of its parameters: alice where that
/// is a person, who may look at herself.
fn addresses(route: &Metadata) -> Vec<String> {
    let filled = |path: &str| -> String {
        let segments = path.split('/');
        let segments = segments.map(|one| match one {
            "{userid}" | "{userId}" | "{user}" | "{uid}" | "{targetUserId}" => "alice",
            one if one.starts_with('{') => "7",
            one => one,
        });
        segments.collect::<Vec<_>>().join("/")
    };
    let paths = std::iter::once(&route.path).chain(route.aliases).map(|path| filled(path));
    match route.base {
        Base::FrontPage => paths.map(|path| format!("/index.php{path}")).collect(),
        Base::Api => paths
            .flat_map(|path| [format!("/ocs/v1.php{path}"), format!("/ocs/v2.php{path}")])
            .collect(),
    }
}

#[tokio::test(start_paused = true)]
async fn ocs_believes_no_cookie_and_no_basic_alone() {
    let world = filled().await;
    let (root, token) = browser(&world, "root").await;
    let (_, foreign) = browser(&world, "bob").await;
    for (name, route) in ocs_routes() {
        for path in addresses(&route) {
            let method = route.method.as_str();
            for kind in FORMS {
                let alone = [("content-type", *kind)];
                // The token of somebody else's browser is none.
                let wrong = [("content-type", *kind), ("requesttoken", foreign.as_str())];
                let evil = [("content-type", *kind), ("origin", "https://evil.example")];
                for (client, headers) in [
                    (&root, &alone[..]),
                    (&root, &wrong[..]),
                    (&root, &evil[..]),
                    (&world.root(), &alone[..]),
                ] {
                    let answer = client.send(method, &path, headers, "").await;
                    assert_eq!(answer.status, 412, "{name} {method} {path}: {}", answer.text());
                    assert!(answer.text().contains("CSRF check failed"), "{}", answer.text());
                    assert_eq!(answer.header("access-control-allow-origin"), None, "{name}");
                }
            }
            // As a browser asks whether it may: it may not.
            let asks = [
                ("origin", "https://evil.example"),
                ("access-control-request-method", method),
                ("access-control-request-headers", "ocs-apirequest"),
            ];
            let answer = root.send("OPTIONS", &path, &asks, "").await;
            for header in ["access-control-allow-origin", "access-control-allow-headers"] {
                assert_eq!(answer.header(header), None, "{name}: {header}");
            }
        }
    }
    // And the addresses are right: with its own token the browser is let in.
    let (alice, token_of_alice) = browser(&world, "alice").await;
    for (name, route) in ocs_routes() {
        let path = addresses(&route).pop().unwrap();
        let own = [("requesttoken", token_of_alice.as_str())];
        let answer = alice.send(route.method.as_str(), &path, &own, "").await;
        assert_ne!(answer.status, 412, "{name}");
        let text = String::from_utf8_lossy(&answer.body);
        assert!(!text.contains("<statuscode>998<"), "{name}: {path}");
    }
    untouched(&world).await;
    assert_ne!(token, token_of_alice);
}

#[test]
fn methods_of_routes_are_those_that_the_tables_try() {
    let known = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH];
    for (name, route) in ocs_routes() {
        assert!(known.contains(&route.method), "{name}: {}", route.method);
    }
}
