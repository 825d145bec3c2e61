//! What clients ask before they sign in, and what the server can do.

use crate::common::World;

#[tokio::test]
async fn the_first_requests() {
    let world = World::new().await;
    let stranger = world.stranger();
    let status = stranger.get("/status.php").await;
    assert_eq!(status.status, 200);
    assert!(status.header("content-type").unwrap().starts_with("application/json"));
    assert_eq!(
        status.text(),
        "{\"installed\":true,\"maintenance\":false,\"needsDbUpgrade\":false,\
         \"version\":\"34.0.1.2\",\"versionstring\":\"34.0.1\",\"edition\":\"\",\
         \"productname\":\"Nextcloud\",\"extendedSupport\":false}"
    );
    assert_eq!(stranger.send("HEAD", "/status.php", &[], "").await.status, 200);
    for path in ["/index.php/204", "/204"] {
        for method in ["GET", "HEAD"] {
            let answer = stranger.send(method, path, &[], "").await;
            assert_eq!((answer.status, answer.text()), (204, ""), "{method} {path}");
        }
    }
    for (path, method) in [("caldav", "PROPFIND"), ("carddav", "GET")] {
        let answer = stranger.send(method, &format!("/.well-known/{path}"), &[], "").await;
        assert_eq!(answer.status, 301);
        let place = "https://cloud.example.org/remote.php/dav/";
        assert_eq!(answer.header("location"), Some(place));
    }
    let finger = stranger.get("/index.php/.well-known/webfinger").await;
    assert_eq!((finger.status, finger.text()), (404, "{\"message\":\"webfinger not supported\"}"));
    assert_eq!(finger.header("x-nextcloud-well-known"), Some("1"));
    assert_eq!(stranger.get("/cron.php").await.text(), "{\"status\":\"success\"}");
    assert_eq!(stranger.get("/robots.txt").await.status, 200);
    let provider = stranger.get("/ocs-provider/").await.json();
    assert_eq!(provider["version"], 2);
    for asset in ["/core/css/allmende.css", "/core/img/logo.svg"] {
        assert_eq!(stranger.get(asset).await.status, 200, "{asset}");
    }
    assert_eq!(stranger.get("/remote.php").await.status, 401);
}

#[tokio::test]
async fn capabilities_for_everybody() {
    let world = World::new().await;
    let got = world.stranger().ocs("GET", "/cloud/capabilities", "").await;
    assert_eq!((got.http, got.code), (200, 200));
    let version = &got.data["version"];
    assert_eq!((&version["major"], &version["string"]), (&34.into(), &"34.0.1".into()));
    let capabilities = got.data["capabilities"].as_object().unwrap();
    let keys: Vec<&str> = capabilities.keys().map(String::as_str).collect();
    assert_eq!(keys, ["bruteforce", "integration_openproject", "theming"]);
    assert_eq!(capabilities["bruteforce"]["delay"], 0);
    assert_eq!(capabilities["theming"]["name"], "Allmende");
    let url = "https://cloud.example.org/core/img/logo.svg";
    assert_eq!(capabilities["theming"]["logo"], url);
    // Without the header of the interface not even these.
    let bare = world.stranger().get("/ocs/v2.php/cloud/capabilities").await;
    assert_eq!((bare.status, bare.text()), (412, "{\"message\":\"CSRF check failed\"}"));
}

#[tokio::test]
async fn capabilities_for_people() {
    let world = World::new().await;
    let got = world.alice().ocs("GET", "/cloud/capabilities", "").await;
    let all = &got.data["capabilities"];
    assert_eq!(all["core"]["pollinterval"], 60);
    assert_eq!(all["core"]["webdav-root"], "remote.php/webdav");
    assert_eq!(all["core"]["user"]["language"], "en");
    assert_eq!(all["dav"]["chunking"], "1.0");
    assert_eq!(all["dav"]["bulkupload"], "1.0");
    assert_eq!(all["files"]["bigfilechunking"], true);
    assert_eq!(all["files"]["chunked_upload"]["max_size"], 104_857_600);
    assert_eq!(all["files"]["chunked_upload"]["max_parallel_count"], 5);
    assert_eq!(all["files"]["forbidden_filenames"], serde_json::json!([".htaccess"]));
    let characters = serde_json::json!(["\\", "/"]);
    assert_eq!(all["files"]["forbidden_filename_characters"], characters);
    let extensions = serde_json::json!([".filepart", ".part"]);
    assert_eq!(all["files"]["forbidden_filename_extensions"], extensions);
    assert_eq!(all["user_status"]["enabled"], true);
}

#[tokio::test]
async fn versions_and_forms_of_answers() {
    let world = World::new().await;
    let alice = world.alice().with("ocs-apirequest", "true");
    let json = alice.get("/ocs/v1.php/cloud/capabilities?format=json").await;
    assert!(
        json.text().starts_with(
            "{\"ocs\":{\"meta\":{\"status\":\"ok\",\"statuscode\":100,\"message\":\"OK\",\
             \"totalitems\":\"\",\"itemsperpage\":\"\"},\"data\":{"
        ),
        "{}",
        json.text()
    );
    assert_eq!(json.header("content-type"), Some("application/json; charset=utf-8"));
    let etag = [("if-none-match", json.header("etag").unwrap())];
    let same = alice.send("GET", "/ocs/v1.php/cloud/capabilities?format=json", &etag, "").await;
    assert_eq!(same.status, 304);
    let xml = alice.get("/ocs/v2.php/cloud/capabilities").await;
    assert_eq!(xml.header("content-type"), Some("application/xml; charset=utf-8"));
    let text = xml.text();
    assert!(text.starts_with("<?xml version=\"1.0\"?>\n<ocs>\n <meta>\n"), "{text}");
    assert!(text.contains("<statuscode>200</statuscode>"), "{text}");
    assert!(text.contains("<webdav-root>remote.php/webdav</webdav-root>"), "{text}");
    assert!(text.contains("<bigfilechunking>1</bigfilechunking>"), "{text}");
    assert!(text.contains("<element>.htaccess</element>"), "{text}");

    let old = alice.get("/ocs/v1.php/apps/nothing?format=json").await;
    assert_eq!((old.status, &old.json()["ocs"]["meta"]["statuscode"]), (200, &998.into()));
    let new = alice.ocs("GET", "/apps/terms_of_service/terms", "").await;
    assert_eq!((new.http, new.code), (404, 998));
    assert_eq!(alice.send("DELETE", "/ocs/v2.php/cloud/user", &[], "").await.status, 405);
}
