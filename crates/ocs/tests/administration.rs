//! Team folders, settings of applications, and the small endpoints around files.
#![cfg(all(feature = "client", feature = "server"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use allmende_ocs::endpoints::group_folders::{
    self, Changed, Folder, Folders, Group, Manager, PrincipalKind,
};
use allmende_ocs::endpoints::{
    app_config, direct_link, download_limit, recommendations, reminders,
};
use allmende_ocs::oauth2::{Token, TokenError, TokenRequest};
use allmende_ocs::{
    ClientEndpoint, ClientError, Code, Endpoint, Envelope, Format, OcsRequest, Reply,
    RequestLimits, Router, ServerEndpoint, Site, Version,
};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use proptest::prelude::*;

fn text_of(response: &Response<Bytes>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

fn front_page(format: Format) -> Envelope {
    Envelope { version: Version::V1, format }
}

fn folder() -> Folder {
    let group = |id: &str, kind| Group {
        id: id.into(),
        display_name: id.to_uppercase(),
        permissions: 31,
        kind,
    };
    Folder {
        id: 1,
        mount_point: "Team".into(),
        quota: -3,
        acl: true,
        size: 22,
        groups: vec![group("staff", PrincipalKind::Group), group("3xy", PrincipalKind::Circle)],
        manage: vec![Manager {
            kind: PrincipalKind::User,
            id: "ann".into(),
            displayname: "Ann".into(),
        }],
        ..Folder::default()
    }
}

#[test]
fn a_team_folder_in_json() {
    let response = front_page(Format::Json).success(&Reply::new(&folder())).unwrap();
    assert_eq!(
        text_of(&response),
        concat!(
            r#"{"ocs":{"meta":{"status":"ok","statuscode":100,"message":"OK","totalitems":"","#,
            r#""itemsperpage":""},"data":{"id":1,"mount_point":"Team","quota":-3,"acl":true,"#,
            r#""acl_default_no_permission":false,"size":22,"groups":{"staff":31,"3xy":31},"#,
            r#""group_details":{"staff":{"displayName":"STAFF","permissions":31,"type":"group"},"#,
            r#""3xy":{"displayName":"3XY","permissions":31,"type":"circle"}},"#,
            r#""manage":[{"type":"user","id":"ann","displayname":"Ann"}]}}}"#,
        )
    );
    let response = front_page(Format::Json).success(&Reply::new(&Folder::default())).unwrap();
    assert!(text_of(&response).contains(r#""groups":[],"group_details":[],"manage":[]}"#));
    let response = front_page(Format::Json).success(&Reply::new(&Folders::default())).unwrap();
    assert!(text_of(&response).ends_with(r#""data":[]}}"#));
    let list = Folders(vec![folder()]).for_format(Format::Json);
    let response = front_page(Format::Json).success(&Reply::new(&list)).unwrap();
    assert!(text_of(&response).contains(r#""data":{"1":{"id":1,"#));
    assert!(text_of(&response).ends_with(r#","sortIndex":0}}}}"#));
}

#[test]
fn a_team_folder_in_xml() {
    let list = Folders(vec![folder()]).for_format(Format::Xml);
    let response = front_page(Format::Xml).success(&Reply::new(&list)).unwrap();
    let (_, data) = text_of(&response).split_once("</meta>\n").unwrap();
    assert_eq!(
        data,
        concat!(
            " <data>\n  <element>\n   <id>1</id>\n   <mount_point>Team</mount_point>\n",
            "   <quota>-3</quota>\n   <acl>1</acl>\n",
            "   <acl_default_no_permission></acl_default_no_permission>\n   <size>22</size>\n",
            "   <groups>\n",
            "    <element group_id=\"staff\" permissions=\"31\" display-name=\"STAFF\" type=\"group\"/>\n",
            "    <element group_id=\"3xy\" permissions=\"31\" display-name=\"3XY\" type=\"circle\"/>\n",
            "   </groups>\n   <manage>\n    <element>\n     <type>user</type>\n",
            "     <id>ann</id>\n     <displayname>Ann</displayname>\n    </element>\n",
            "   </manage>\n   <sortIndex>0</sortIndex>\n  </element>\n </data>\n</ocs>\n",
        )
    );
}

#[test]
fn team_folders_are_on_the_front_page() {
    let site = Site::new("https://cloud.example.org");
    let request = group_folders::SetPermissions::to_http(
        &site,
        &group_folders::GroupPermissions { id: 3, group: "a/b".into(), permissions: 1 },
    )
    .unwrap();
    assert_eq!(request.uri().path(), "/index.php/apps/groupfolders/folders/3/groups/a%2Fb");
    let (parts, body) = request.into_parts();
    assert!(OcsRequest::parse(&parts, &body, RequestLimits::default()).is_err());
    let request = OcsRequest::parse_front_page(&parts, &body, RequestLimits::default()).unwrap();
    assert_eq!(request.envelope(), front_page(Format::Json));
    let router = Router::default().with::<group_folders::SetPermissions>(());
    let params = router.find(request.method(), request.path()).unwrap().params;
    let arrived = group_folders::SetPermissions::read_request(&request, &params).unwrap();
    assert_eq!((arrived.id, arrived.group.as_str(), arrived.permissions), (3, "a/b", 1));
    let refused = group_folders::refusal(StatusCode::BAD_REQUEST, "Mount point already exists");
    assert_eq!(
        group_folders::Create::from_http(&refused),
        Err(ClientError::Http(StatusCode::BAD_REQUEST))
    );
}

#[test]
fn a_form_switches_rules_and_managers() {
    let post = |path: &str, body: &'static str| {
        let request = Request::post(format!("/index.php/apps/groupfolders/folders/1/{path}"))
            .header("content-type", "application/x-www-form-urlencoded");
        let (parts, body) = request.body(body).unwrap().into_parts();
        OcsRequest::parse_front_page(&parts, body.as_bytes(), RequestLimits::default()).unwrap()
    };
    let request = post("manageACL", "mappingType=circle&mappingId=x&manageAcl=1");
    let router = Router::default().with::<group_folders::SetManager>(());
    let params = router.find(request.method(), request.path()).unwrap().params;
    let switch = group_folders::SetManager::read_request(&request, &params).unwrap();
    assert_eq!((switch.mapping_type, switch.manage_acl), (PrincipalKind::Circle, true));
    let request = post("acl", "acl=0");
    let router = Router::default().with::<group_folders::SwitchRules>(());
    let params = router.find(request.method(), request.path()).unwrap().params;
    assert!(!group_folders::SwitchRules::read_request(&request, &params).unwrap().acl);
}

#[test]
fn settings_of_applications() {
    fn json<T: serde::Serialize>(data: &T) -> String {
        serde_json::to_string(data).unwrap()
    }
    assert_eq!(json(&app_config::Data::from("yes".to_owned())), r#"{"data":"yes"}"#);
    assert_eq!(json(&app_config::Data::<Vec<String>>::default()), r#"{"data":[]}"#);
    let refused = front_page(Format::Json).failure(&app_config::key_not_settable());
    assert_eq!(
        text_of(&refused),
        concat!(
            r#"{"ocs":{"meta":{"status":"failure","statuscode":403,"message":"","totalitems":"","#,
            r#""itemsperpage":""},"data":{"data":{"message":"The given key can not be set"}}}}"#,
        )
    );
    assert_eq!(app_config::not_authorised().code, Code::FORBIDDEN);
}

fn arrives<E: Endpoint>(data: &E::Response) -> Result<(), TestCaseError>
where
    E::Response: PartialEq + std::fmt::Debug,
{
    for version in [Version::V1, Version::V2] {
        for format in [Format::Json, Format::Xml] {
            let response = Envelope { version, format }.success(&Reply::new(data)).unwrap();
            let read = E::from_http(&response);
            prop_assert_eq!(read.as_ref(), Ok(data), "{:?}", response.body());
        }
    }
    Ok(())
}

#[test]
fn small_answers_arrive() {
    let url = "https://cloud.example.org/remote.php/direct/x".to_owned();
    arrives::<direct_link::Create>(&direct_link::Link { url }).unwrap();
    for due_date in [None, Some("2026-12-01T10:00:00+00:00".to_owned())] {
        arrives::<reminders::Get>(&reminders::Reminder { due_date }).unwrap();
    }
    arrives::<download_limit::Get>(&download_limit::Limit { limit: None, count: None }).unwrap();
    arrives::<download_limit::Get>(&download_limit::Limit { limit: Some(5), count: Some(3) })
        .unwrap();
    arrives::<recommendations::Get>(&recommendations::Recommendations::default()).unwrap();
    let file = recommendations::Recommendation { id: "5".into(), ..Default::default() };
    let found =
        recommendations::Recommendations { enabled: true, recommendations: Some(vec![file]) };
    arrives::<recommendations::GetAlways>(&found).unwrap();
    arrives::<app_config::ListKeys>(&vec!["a".to_owned()].into()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_team_folder_reads_as_it_was_written(
        id in 1i64..9_000_000, quota in -4i64..1_000_000, acl in any::<bool>(), size in 0u64..1 << 50,
        names in proptest::collection::btree_map("[a-z@.\"<]{0,3}[a-z]", (0u32..32, "[A-Z\u{e4} '&]{1,4}", any::<bool>()), 0..4),
    ) {
        let groups = names.into_iter().map(|(id, (permissions, display_name, team))| Group {
            id,
            display_name,
            permissions,
            kind: if team { PrincipalKind::Circle } else { PrincipalKind::Group },
        });
        let folder = Folder {
            id, quota, acl, size, mount_point: "a/b".into(), groups: groups.collect(),
            ..Folder::default()
        };
        for format in [Format::Json, Format::Xml] {
            let changed = Changed::from(folder.clone().for_format(format));
            let response = front_page(format).success(&Reply::new(&changed)).unwrap();
            prop_assert_eq!(&group_folders::Edit::from_http(&response).unwrap(), &changed);
            let list = Folders(vec![folder.clone(), Folder { id: id + 1, ..folder.clone() }]);
            let list = list.for_format(format);
            let response = front_page(format).success(&Reply::new(&list)).unwrap();
            prop_assert_eq!(&group_folders::List::from_http(&response).unwrap(), &list);
        }
    }
}

#[test]
fn tokens_by_form_by_json_and_by_basic() {
    let read = |media: &str, authorization: Option<&str>, body: &str| {
        let mut request = Request::post("/index.php/apps/oauth2/api/v1/token");
        request = request.header("content-type", media);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        TokenRequest::read(&parts, body.as_bytes(), RequestLimits::default())
    };
    let form = "application/x-www-form-urlencoded";
    let expected = TokenRequest {
        grant_type: "authorization_code".into(),
        code: Some("c".into()),
        client_id: Some("id".into()),
        client_secret: Some("s:t".into()),
        ..TokenRequest::default()
    };
    let all = "grant_type=authorization_code&code=c&client_id=id&client_secret=s%3At";
    assert_eq!(read(form, None, all).as_ref(), Ok(&expected));
    let some = "grant_type=authorization_code&code=c";
    assert_eq!(read(form, Some("Basic aWQ6czp0"), some).as_ref(), Ok(&expected));
    let sent = expected.to_http(&Site::new("https://cloud.example.org")).unwrap();
    let json = std::str::from_utf8(sent.body()).unwrap();
    assert_eq!(read("application/json", None, json).as_ref(), Ok(&expected));
    assert_eq!(read("application/json", None, "{"), Err(TokenError::InvalidRequest));
    // What the header says counts, as in the original, and is not mixed with the body's.
    let body = "client_id=x&client_secret=y";
    let other = read(form, Some("Basic aWQ6czp0"), body).unwrap();
    assert_eq!(other.client_id, expected.client_id);
    assert_eq!(other.client_secret, expected.client_secret);
}

#[test]
fn tokens_and_refusals() {
    let token = Token {
        access_token: "a".into(),
        token_type: "Bearer".into(),
        expires_in: 3600,
        refresh_token: "r".into(),
        user_id: "ann".into(),
    };
    let response = token.to_response().unwrap();
    assert_eq!(
        text_of(&response),
        concat!(
            r#"{"access_token":"a","token_type":"Bearer","expires_in":3600,"#,
            r#""refresh_token":"r","user_id":"ann"}"#,
        )
    );
    assert_eq!(Token::from_response(&response), Ok(token.clone()));
    assert!(!format!("{token:?}").contains("\"a\""));
    for error in [TokenError::InvalidRequest, TokenError::InvalidClient, TokenError::InvalidGrant] {
        assert_eq!(Token::from_response(&error.to_response()), Err(error));
    }
    let page = Response::new(Bytes::from("<html>"));
    assert_eq!(Token::from_response(&page), Err(TokenError::Other));
}
