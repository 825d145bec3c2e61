//! While the server is being worked on, every part says so in its own way.

use allmende_accounts::Maintenance;

use crate::common::{FILES, World};

#[tokio::test]
async fn each_part_says_it_in_its_own_way() {
    let world = World::new().await;
    let alice = world.alice();
    assert_eq!(alice.put(&format!("{FILES}/a"), "x").await.status, 201);
    world.accounts.set_maintenance(Maintenance::On).await.unwrap();
    // What was seen a moment ago holds for as long as it may.
    world.clock.forward(3);

    let status = alice.get("/status.php").await;
    assert_eq!((status.status, &status.json()["maintenance"]), (200, &true.into()));
    for (method, path) in [
        ("GET", format!("{FILES}/a")),
        ("PUT", format!("{FILES}/a")),
        ("PROPFIND", "/remote.php/webdav/".to_owned()),
        ("PROPFIND", "/public.php/dav/files/token/".to_owned()),
        ("GET", "/public.php/webdav/a".to_owned()),
    ] {
        let answer = alice.send(method, &path, &[], "").await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, None), "{method} {path}");
        let expected =
            ("OCA\\DAV\\Exception\\ServerMaintenanceMode", "System is in maintenance mode.");
        assert_eq!(answer.error(), expected);
    }
    for version in ["v1", "v2"] {
        let path = format!("/ocs/{version}.php/cloud/capabilities?format=json");
        // Nothing is asked before it, not even the header against forgery.
        let answer = world.stranger().get(&path).await;
        assert_eq!(
            (answer.status, answer.header("x-nextcloud-maintenance-mode")),
            (503, Some("1"))
        );
        let meta = &answer.json()["ocs"]["meta"];
        assert_eq!(
            (&meta["statuscode"], &meta["message"]),
            (&503.into(), &"Service unavailable".into())
        );
    }
    let xml = alice.get("/ocs/v1.php/cloud/user").await;
    assert!(xml.text().contains("<statuscode>503</statuscode>"), "{}", xml.text());
    for path in ["/index.php/204", "/index.php/login/v2", "/login", "/core/preview?fileId=1", "/"] {
        let answer = alice.get(path).await;
        let headers = (answer.header("x-nextcloud-maintenance-mode"), answer.header("retry-after"));
        assert_eq!((answer.status, headers), (503, (Some("1"), Some("120"))), "{path}");
        assert_eq!(answer.header("content-type"), Some("text/html; charset=UTF-8"), "{path}");
    }

    world.accounts.set_maintenance(Maintenance::Off).await.unwrap();
    world.clock.forward(3);
    assert_eq!(alice.get(&format!("{FILES}/a")).await.text(), "x");
    assert_eq!(alice.get("/status.php").await.json()["maintenance"], false);
}
