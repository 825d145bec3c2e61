//! The sharing endpoints: what clients send, what they read, and that both sides agree.
#![cfg(all(feature = "client", feature = "server"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use allmende_ocs::endpoints::files_sharing::sharees::{Page, RecommendedSharees, Sharee, Sharees};
use allmende_ocs::endpoints::files_sharing::{
    ItemType, RecipientStatus, Share, ShareType, deleted, sharees, shares,
};
use allmende_ocs::endpoints::user_status::Presence;
use allmende_ocs::{
    ClientEndpoint, Endpoint, Envelope, Format, Nullable, OcsRequest, OrEmpty, PathParams, Reply,
    RequestLimits, Router, ServerEndpoint, Site, Version,
};
use http::Request;
use proptest::prelude::*;

/// The data of an answer, without the envelope.
fn json<T: serde::Serialize>(data: &T) -> String {
    let envelope = Envelope { version: Version::V2, format: Format::Json };
    let body = envelope.success(&Reply::new(data)).unwrap().into_body();
    let text = String::from_utf8(body.to_vec()).unwrap();
    let start = r#"{"ocs":{"meta":{"status":"ok","statuscode":200,"message":"OK"},"data":"#;
    text.strip_prefix(start).unwrap().strip_suffix("}}").unwrap().to_owned()
}

fn xml<T: serde::Serialize>(data: &T) -> String {
    let envelope = Envelope { version: Version::V2, format: Format::Xml };
    let body = envelope.success(&Reply::new(data)).unwrap().into_body();
    let text = String::from_utf8(body.to_vec()).unwrap();
    text.split_once("</meta>\n").unwrap().1.to_owned()
}

/// A folder as its owner sees it, shared with a person.
fn with_person() -> Share {
    Share {
        id: "12".into(),
        share_type: ShareType::User,
        uid_owner: "ann".into(),
        displayname_owner: "Ann".into(),
        permissions: 31,
        can_edit: true,
        can_delete: true,
        stime: 1_795_000_000,
        uid_file_owner: "ann".into(),
        displayname_file_owner: "Ann".into(),
        path: "/a/b".into(),
        item_type: ItemType::Folder,
        item_permissions: 31,
        mimetype: "httpd/unix-directory".into(),
        storage_id: "home::ann".into(),
        storage: 5,
        item_source: 20,
        file_source: 20,
        file_parent: 19,
        file_target: "/b".into(),
        item_size: 7,
        item_mtime: 1_795_000_001,
        share_with: Some("ben".into()),
        share_with_displayname: "Ben".into(),
        share_with_displayname_unique: Some("ben@example.org".into()),
        mail_send: 1,
        ..Share::default()
    }
}

fn link() -> Share {
    Share {
        share_type: ShareType::Link,
        token: Some("abcdefghijklmno".into()),
        share_with: None,
        share_with_displayname: "(Shared link)".into(),
        share_with_displayname_unique: None,
        password: Some(Nullable::Null),
        send_password_by_talk: Some(false),
        url: Some("https://cloud.example.org/s/abcdefghijklmno".into()),
        ..with_person()
    }
}

#[test]
fn a_share_with_a_person() {
    assert_eq!(
        json(&with_person()),
        concat!(
            r#"{"id":"12","share_type":0,"uid_owner":"ann","displayname_owner":"Ann","#,
            r#""permissions":31,"can_edit":true,"can_delete":true,"stime":1795000000,"#,
            r#""parent":null,"expiration":null,"token":null,"uid_file_owner":"ann","note":"","#,
            r#""label":"","displayname_file_owner":"Ann","path":"\/a\/b","item_type":"folder","#,
            r#""item_permissions":31,"is-mount-root":false,"mount-type":"","#,
            r#""mimetype":"httpd\/unix-directory","has_preview":false,"storage_id":"home::ann","#,
            r#""storage":5,"item_source":20,"file_source":20,"file_parent":19,"#,
            r#""file_target":"\/b","item_size":7,"item_mtime":1795000001,"share_with":"ben","#,
            r#""share_with_displayname":"Ben","share_with_displayname_unique":"ben@example.org","#,
            r#""mail_send":1,"hide_download":0,"attributes":null}"#,
        )
    );
}

#[test]
fn a_link_and_what_depends_on_the_view() {
    let end = |share: &Share| {
        let text = json(share);
        text[text.find(r#""share_with""#).unwrap()..].to_owned()
    };
    let mut share = link();
    assert_eq!(
        end(&share),
        concat!(
            r#""share_with":null,"share_with_displayname":"(Shared link)","password":null,"#,
            r#""send_password_by_talk":false,"url":"https:\/\/cloud.example.org\/s\/abcdefghijklmno","#,
            r#""mail_send":1,"hide_download":0,"attributes":null}"#,
        )
    );
    share.share_with = Some("redacted".into());
    share.password = Some(Nullable::Value("redacted".into()));
    share.tags = Some(vec![]);
    share.attributes = Some(r#"[{"scope":"permissions","key":"download","value":false}]"#.into());
    share.via_fileid = Some(20);
    share.via_path = Some("/a".into());
    assert_eq!(
        end(&share),
        concat!(
            r#""share_with":"redacted","share_with_displayname":"(Shared link)","#,
            r#""password":"redacted","send_password_by_talk":false,"#,
            r#""url":"https:\/\/cloud.example.org\/s\/abcdefghijklmno","mail_send":1,"#,
            r#""hide_download":0,"#,
            r#""attributes":"[{\"scope\":\"permissions\",\"key\":\"download\",\"value\":false}]","#,
            r#""tags":[],"via_fileid":20,"via_path":"\/a"}"#,
        )
    );
}

#[test]
fn shares_in_xml_as_the_android_client_reads_them() {
    let list = xml(&vec![link()]);
    assert!(
        list.starts_with(" <data>\n  <element>\n   <id>12</id>\n   <share_type>3</share_type>")
    );
    assert!(list.contains("   <can_edit>1</can_edit>\n"));
    assert!(list.contains("   <parent/>\n   <expiration/>\n"));
    assert!(list.contains("   <note></note>\n   <label></label>\n"));
    assert!(list.contains("   <is-mount-root></is-mount-root>\n"));
    assert!(list.contains("   <share_with/>\n"));
    assert!(list.contains("   <password/>\n   <send_password_by_talk></send_password_by_talk>\n"));
    assert!(xml(&link()).starts_with(" <data>\n  <id>12</id>\n"));
    assert_eq!(xml(&Vec::<Share>::new()), " <data/>\n</ocs>\n");
}

#[test]
fn a_share_that_was_left() {
    let share = deleted::DeletedShare { id: "ocinternal:2".into(), ..Default::default() };
    assert_eq!(
        json(&share),
        concat!(
            r#"{"id":"ocinternal:2","share_type":0,"uid_owner":"","displayname_owner":"","#,
            r#""permissions":0,"stime":0,"parent":null,"expiration":null,"token":null,"#,
            r#""uid_file_owner":"","displayname_file_owner":"","path":"","item_type":"file","#,
            r#""mimetype":"","storage_id":"","storage":0,"item_source":0,"file_source":0,"#,
            r#""file_parent":0,"file_target":"","item_size":0,"item_mtime":0,"share_with":null,"#,
            r#""share_with_displayname":""}"#,
        )
    );
}

#[test]
fn sharees_have_every_key() {
    assert_eq!(
        json(&Sharees::default()),
        concat!(
            r#"{"exact":{"users":[],"groups":[],"remotes":[],"remote_groups":[],"emails":[],"#,
            r#""circles":[],"rooms":[]},"users":[],"groups":[],"remotes":[],"remote_groups":[],"#,
            r#""emails":[],"lookup":[],"circles":[],"rooms":[],"lookupEnabled":false}"#,
        )
    );
    assert_eq!(
        json(&RecommendedSharees::default()),
        concat!(
            r#"{"exact":{"users":[],"groups":[],"remotes":[],"remote_groups":[],"emails":[]},"#,
            r#""users":[],"groups":[],"remotes":[],"remote_groups":[],"emails":[]}"#,
        )
    );
}

#[test]
fn each_kind_of_sharee() {
    assert_eq!(
        json(&Sharee::person("ben", "Ben", "ben@example.org", None)),
        concat!(
            r#"{"label":"Ben","subline":"","icon":"icon-user","#,
            r#""value":{"shareType":0,"shareWith":"ben"},"#,
            r#""shareWithDisplayNameUnique":"ben@example.org","status":[]}"#,
        )
    );
    let away = RecipientStatus {
        status: Presence::Away,
        message: Some("lunch".into()),
        icon: None,
        clear_at: Some(9),
    };
    assert!(
        json(&Sharee::person("ben", "Ben", "ben", Some(away)))
            .ends_with(r#""status":{"status":"away","message":"lunch","icon":null,"clearAt":9}}"#)
    );
    assert_eq!(
        json(&Sharee::new(ShareType::Group, "staff", "Staff")),
        r#"{"label":"Staff","value":{"shareType":1,"shareWith":"staff"}}"#
    );
    assert_eq!(
        json(&Sharee::email("x@example.org")),
        concat!(
            r#"{"label":"x@example.org","uuid":"x@example.org","#,
            r#""value":{"shareType":4,"shareWith":"x@example.org"}}"#,
        )
    );
    assert_eq!(
        json(&Sharee::remote("x", "example.org", false)),
        concat!(
            r#"{"label":"x (example.org)","uuid":"x","name":"x","value":{"shareType":6,"#,
            r#""shareWith":"x@example.org","server":"example.org","isTrustedServer":false}}"#,
        )
    );
    let often = Sharee { count: Some(2), ..Sharee::new(ShareType::User, "ben", "Ben") };
    assert_eq!(
        json(&often),
        r#"{"count":2,"label":"Ben","value":{"shareType":0,"shareWith":"ben"}}"#
    );
}

/// What a server reads from a request.
fn read<E: Endpoint>(request: Request<&str>) -> E::Request {
    let (parts, body) = request.into_parts();
    let request = OcsRequest::parse(&parts, body.as_bytes(), RequestLimits::default()).unwrap();
    let router = Router::default().with::<E>(());
    let params = match router.find(request.method(), request.path()) {
        Ok(route) => route.params,
        Err(error) => panic!("{error}"),
    };
    E::read_request(&request, &params).unwrap()
}

#[test]
fn clients_send_shares_in_the_query_as_a_form_or_as_json() {
    let expected = shares::NewShare {
        path: Some("/a b".into()),
        share_type: Some(ShareType::Link),
        permissions: Some(17),
        password: Some("p&w".into()),
        public_upload: Some(false),
        attributes: Some(r#"[{"scope":"permissions","key":"download","value":false}]"#.into()),
        ..Default::default()
    };
    let route = "/ocs/v2.php/apps/files_sharing/api/v1/shares?format=json";
    // iOS: in the query, with the media type of a form and no body.
    let fields = concat!(
        "path=%2Fa%20b&shareType=3&permissions=17&password=p%26w&publicUpload=false&",
        "attributes=%5B%7B%22scope%22%3A%22permissions%22%2C%22key%22%3A%22download%22%2C%22value%22%3Afalse%7D%5D",
    );
    let form = "application/x-www-form-urlencoded";
    let query = Request::post(format!("{route}&{fields}")).header("content-type", form);
    assert_eq!(read::<shares::Create>(query.body("").unwrap()), expected);
    // The desktop client: a form.
    let body = Request::post(route).header("content-type", form).body(fields).unwrap();
    assert_eq!(read::<shares::Create>(body), expected);
    // Android: JSON, the attributes as a text or as what the text says.
    for attributes in [
        r#""[{\"scope\":\"permissions\",\"key\":\"download\",\"value\":false}]""#,
        r#"[{"scope":"permissions","key":"download","value":false}]"#,
    ] {
        let body = format!(
            r#"{{"path":"/a b","shareType":3,"permissions":17,"password":"p&w","publicUpload":"false","attributes":{attributes},"note":null}}"#
        );
        let json = Request::post(route).header("content-type", "application/json; charset=UTF-8");
        assert_eq!(read::<shares::Create>(json.body(body.as_str()).unwrap()), expected);
    }
}

#[test]
fn what_is_left_empty_is_taken_away_and_what_is_absent_stays() {
    let put = |body: &'static str| {
        let request = Request::put("/ocs/v1.php/apps/files_sharing/api/v1/shares/7")
            .header("content-type", "application/x-www-form-urlencoded");
        read::<shares::Update>(request.body(body).unwrap())
    };
    let change = put("password=&expireDate=&permissions=&hideDownload=true");
    assert_eq!(
        change,
        shares::Change {
            id: "7".into(),
            password: Some("".into()),
            expire_date: Some(String::new()),
            hide_download: Some(true),
            ..Default::default()
        }
    );
    assert!(!change.is_empty());
    assert!(put("unknown=1").is_empty());
}

#[test]
fn a_missing_or_odd_kind_is_the_rules_to_refuse() {
    let post = |body: &'static str| {
        let request = Request::post("/ocs/v2.php/apps/files_sharing/api/v1/shares")
            .header("content-type", "application/x-www-form-urlencoded");
        read::<shares::Create>(request.body(body).unwrap())
    };
    assert_eq!(post("").share_type, None);
    assert_eq!(post("shareType=").share_type, None);
    assert_eq!(post("shareType=99").share_type, Some(ShareType::Other(99)));
    assert_eq!(post("permissions=-1").permissions, Some(-1));
}

#[test]
fn fixed_words_are_no_ids() {
    let router = Router::default()
        .with::<shares::Get>("one")
        .with::<shares::Inherited>("inherited")
        .with::<shares::Pending>("pending");
    let target = |word: &str| {
        let path = format!("/apps/files_sharing/api/v1/shares/{word}");
        *router.find(&http::Method::GET, &path).unwrap().target
    };
    assert_eq!(["12", "inherited", "pending"].map(target), ["one", "inherited", "pending"]);
}

#[test]
fn pages_of_sharees() {
    let get = |query: &str| {
        let uri = format!("/ocs/v2.php/apps/files_sharing/api/v1/sharees?{query}");
        read::<sharees::Search>(Request::get(uri).body("").unwrap())
    };
    let query = get("itemType=file&search=x%20y&shareType[]=0&shareType[]=4&perPage=500");
    assert_eq!(query.share_types, [ShareType::User, ShareType::Email]);
    let page = query.page(25).unwrap();
    assert_eq!(page, Page { number: 1, size: 25 });
    assert_eq!(
        query.link_to_next("https://cloud.example.org/sharees", &query.share_types, page),
        concat!(
            "<https://cloud.example.org/sharees?search=x+y&itemType=file&shareType%5B0%5D=0&",
            r#"shareType%5B1%5D=4&perPage=25&page=2>; rel="next""#,
        )
    );
    assert_eq!(get("shareType=6").share_types, [ShareType::Remote]);
    let refused = |query: &str| get(query).page(25).unwrap_err().message;
    assert_eq!(refused("search=x"), "Missing itemType");
    assert_eq!(refused("itemType=file&page=0"), "Invalid page");
    assert_eq!(refused("itemType=file&perPage=-1"), "Invalid perPage argument");
    assert_eq!(refused("itemType=file&perPage=0&page=0"), "Invalid perPage argument");
}

fn text() -> impl Strategy<Value = String> {
    "[a-z \u{e4}&<>/\"'\u{1f600}]{0,8}"
}

prop_compose! {
    fn a_share()(
        (id, number, permissions, token, expiration) in (
            "[0-9]{1,18}", 0i64..20, any::<u32>(), proptest::option::of("[a-z]{15}"),
            proptest::option::of(text()),
        ),
        (names, flags, numbers, mtime) in (
            proptest::array::uniform6(text()), any::<[bool; 5]>(),
            any::<[u32; 4]>(), any::<i32>(),
        ),
        (password, expiry, attributes, status) in (
            proptest::option::of(proptest::option::of("[a-z]{1,8}")),
            proptest::option::of(proptest::option::of("[a-z]{1,8}")),
            proptest::option::of("[a-z\"{}]{1,8}"), any::<bool>(),
        ),
    ) -> Share {
        let [uid_owner, note, label, path, share_with, unique] = names;
        Share {
            id,
            share_type: ShareType::from_number(number),
            uid_owner,
            permissions,
            can_edit: flags[0],
            can_delete: flags[1],
            expiration,
            token,
            note,
            label,
            path,
            item_type: if flags[2] { ItemType::File } else { ItemType::Folder },
            is_mount_root: flags[2],
            item_source: numbers[0].into(),
            file_parent: numbers[1].into(),
            item_size: u64::from(numbers[2]) * u64::from(numbers[3]) / 2,
            item_mtime: mtime.into(),
            is_trusted_server: flags[3].then_some(flags[4]),
            share_with: Some(share_with),
            share_with_displayname_unique: flags[4].then_some(unique),
            status: status.then(|| RecipientStatus {
                status: Presence::Dnd, message: Some("m".into()), icon: None, clear_at: None,
            }),
            password: password.map(Nullable::from),
            password_expiration_time: expiry.map(Nullable::from),
            tags: flags[1].then(|| vec!["t".to_owned()]),
            attributes,
            via_fileid: flags[0].then_some(numbers[0].into()),
            ..Share::default()
        }
    }
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_share_reads_as_it_was_written(list in proptest::collection::vec(a_share(), 0..3)) {
        arrives::<shares::List>(&list)?;
        if let Some(share) = list.into_iter().next() {
            arrives::<shares::Create>(&share)?;
        }
    }

    #[test]
    fn a_sharee_reads_as_it_was_written(name in text(), id in text(), online in any::<bool>()) {
        let status = online.then(|| RecipientStatus {
            status: Presence::Online, message: Some(name.clone()), icon: None, clear_at: Some(1),
        });
        let mut found = Sharees::default();
        found.users.push(Sharee::person(&id, &name, &id, status));
        found.groups.push(Sharee::new(ShareType::Group, &id, &name));
        found.exact.remotes.push(Sharee::remote(&id, "example.org", online));
        found.lookup_enabled = online;
        arrives::<sharees::Search>(&found)?;
    }

    #[test]
    fn a_change_arrives_as_it_was_sent(
        id in "[0-9]{1,9}", permissions in proptest::option::of(-2i64..40), note in proptest::option::of(text()),
        password in proptest::option::of(text()), hide in proptest::option::of(any::<bool>()),
    ) {
        let change = shares::Change {
            id,
            permissions,
            note,
            password: password.map(Into::into),
            hide_download: hide,
            ..Default::default()
        };
        let http = shares::Update::to_http(&Site::new("https://cloud.example.org"), &change).unwrap();
        let (parts, body) = http.into_parts();
        let arrived = OcsRequest::parse(&parts, &body, RequestLimits::default()).unwrap();
        let router = Router::default().with::<shares::Update>(());
        let params: PathParams = router.find(arrived.method(), arrived.path()).unwrap().params;
        prop_assert_eq!(shares::Update::read_request(&arrived, &params).unwrap(), change);
    }
}

#[test]
fn a_status_is_a_map_or_an_empty_list() {
    let read = |text: &str| serde_json::from_str::<OrEmpty<RecipientStatus>>(text).unwrap();
    assert_eq!(read("[]"), OrEmpty(None));
    assert_eq!(read("null"), OrEmpty(None));
    assert_eq!(read(r#"{"status":"dnd"}"#).0.unwrap().status, Presence::Dnd);
}
