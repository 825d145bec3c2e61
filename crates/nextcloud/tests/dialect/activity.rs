//! Activity: who is told of what, page by page.

use serde_json::{Value, json};

use crate::common::{FILES, World};

const LIST: &str = "/apps/activity/api/v2/activity";

/// The subjects of a list, each with the placeholders filled.
fn subjects(data: &Value) -> Vec<&str> {
    data.as_array().unwrap().iter().map(|one| one["subject"].as_str().unwrap()).collect()
}

async fn ocs(client: &crate::common::Client, path: &str) -> crate::common::Answer {
    let headers = [("ocs-apirequest", "true"), ("accept", "application/json")];
    client.send("GET", &format!("/ocs/v2.php{path}"), &headers, "").await
}

fn data(answer: &crate::common::Answer) -> Value {
    let value: Value = serde_json::from_slice(&answer.body).unwrap();
    value["ocs"]["data"].clone()
}

#[tokio::test]
async fn each_act_on_files_is_told() {
    let world = World::in_database().await;
    let alice = world.alice();
    assert_eq!(ocs(&alice, LIST).await.status, 304);
    alice.put(&format!("{FILES}/a.txt"), "one").await;
    alice.put(&format!("{FILES}/a.txt"), "two").await;
    assert_eq!(alice.mkcol(&format!("{FILES}/Work")).await, 201);
    alice.transfer("MOVE", &format!("{FILES}/a.txt"), &format!("{FILES}/b.txt"), &[]).await;
    alice.transfer("MOVE", &format!("{FILES}/b.txt"), &format!("{FILES}/Work/c.txt"), &[]).await;
    alice.transfer("COPY", &format!("{FILES}/Work/c.txt"), &format!("{FILES}/d.txt"), &[]).await;
    alice.delete(&format!("{FILES}/Work")).await;
    let list = alice.ocs("GET", LIST, "").await;
    assert_eq!(
        subjects(&list.data),
        [
            "You deleted Work",
            "You created d.txt",
            "You moved b.txt to c.txt",
            "You renamed a.txt to b.txt",
            "You created Work",
            "You changed a.txt",
            "You created a.txt",
        ]
    );
    let german = alice.clone().with("accept-language", "de-AT,de;q=0.9");
    let list = german.ocs("GET", &format!("{LIST}/files?limit=1"), "").await;
    assert_eq!(subjects(&list.data), ["Sie haben Work gelöscht"]);
}

#[tokio::test]
async fn an_activity_has_the_form_that_clients_read() {
    let world = World::in_database().await;
    let alice = world.alice();
    alice.mkcol(&format!("{FILES}/Work")).await;
    let put = alice.put(&format!("{FILES}/Work/p.png"), "no picture").await;
    let id: u64 = put.header("oc-fileid").unwrap()[..8].parse().unwrap();
    let list = alice.ocs("GET", &format!("{LIST}?previews=true&limit=1"), "").await;
    let base = "https://cloud.example.org";
    let mut one = list.data[0].clone();
    assert!(one["activity_id"].is_u64());
    one["activity_id"] = json!(1);
    let file = json!({
        "type": "file", "id": id.to_string(), "name": "p.png", "path": "Work/p.png",
        "link": format!("{base}/f/{id}"),
    });
    let expected = json!({
        "activity_id": 1, "app": "files", "type": "file_created", "user": "alice",
        "subject": "You created p.png",
        "subject_rich": ["You created {file}", {"file": file}],
        "message": "", "message_rich": ["", []],
        "object_type": "files", "object_id": id, "object_name": "/Work/p.png",
        "objects": {id.to_string(): "/Work/p.png"},
        "link": format!("{base}/f/{id}"),
        "icon": format!("{base}/core/img/logo.svg"),
        "datetime": "2027-01-15T08:00:00+00:00",
        "previews": [{
            "link": format!("{base}/f/{id}"),
            "source": format!("{base}/core/preview?fileId={id}&x=150&y=150&a=true"),
            "mimeType": "image/png", "isMimeTypeIcon": false, "fileId": id, "view": "files",
            "filename": "p.png",
        }],
    });
    assert_eq!(one, expected);
}

#[tokio::test]
async fn pages_follow_one_another_to_an_end() {
    let world = World::in_database().await;
    let alice = world.alice();
    for n in 1..=5 {
        alice.mkcol(&format!("{FILES}/{n}")).await;
    }
    let mut path = format!("{LIST}?limit=2");
    let mut seen = Vec::new();
    let mut pages = 0;
    loop {
        let page = ocs(&alice, &path).await;
        pages += 1;
        assert_eq!(page.header("x-activity-first-known").is_some(), pages == 1);
        if page.status == 304 {
            assert!(page.body.is_empty());
            break;
        }
        assert_eq!(page.status, 200);
        seen.extend(subjects(&data(&page)).into_iter().map(str::to_owned));
        let last = page.header("x-activity-last-given").unwrap();
        match page.header("link") {
            Some(link) => {
                assert!(link.starts_with(&format!(
                    "<https://cloud.example.org/ocs/v2.php{LIST}?since={last}&limit=2&sort=desc"
                )));
                assert!(link.ends_with("&format=json>; rel=\"next\""), "{link}");
            }
            None => assert_eq!(seen.len(), 5),
        }
        path = format!("{LIST}?limit=2&since={last}");
    }
    assert_eq!(pages, 4);
    let created: Vec<String> = (1..=5).rev().map(|n| format!("You created {n}")).collect();
    assert_eq!(seen, created);
    let oldest = alice.ocs("GET", &format!("{LIST}?sort=asc&limit=2"), "").await;
    assert_eq!(subjects(&oldest.data), ["You created 1", "You created 2"]);
    for (path, status) in [
        (format!("{LIST}?since=999999"), 403),
        (format!("{LIST}/nonsense"), 404),
        (format!("{LIST}/comments"), 304),
        (format!("{LIST}/security"), 304),
        (format!("{LIST}/self"), 200),
        (format!("{LIST}/by"), 304),
        (format!("{LIST}?limit=0"), 400),
    ] {
        assert_eq!(ocs(&alice, &path).await.status, status, "{path}");
    }
    assert_eq!(ocs(&world.stranger(), LIST).await.status, 401);
    let filters = alice.ocs("GET", &format!("{LIST}/filters"), "").await;
    assert_eq!(filters.data[0]["id"], "all");
    assert_eq!(filters.data[0]["name"], "All activities");
}

#[tokio::test]
async fn one_files_activity_is_asked_for_by_its_id() {
    let world = World::in_database().await;
    let alice = world.alice();
    let put = alice.put(&format!("{FILES}/a.txt"), "one").await;
    let id: u64 = put.header("oc-fileid").unwrap()[..8].parse().unwrap();
    alice.put(&format!("{FILES}/b.txt"), "one").await;
    alice.put(&format!("{FILES}/a.txt"), "two").await;
    let path = |kind: &str| format!("{LIST}/filter?object_type={kind}&object_id={id}");
    let list = alice.ocs("GET", &path("files"), "").await;
    assert_eq!(subjects(&list.data), ["You changed a.txt", "You created a.txt"]);
    assert_eq!(ocs(&alice, &path("calendar")).await.status, 304);
    assert_eq!(ocs(&world.bob(), &path("files")).await.status, 304);
}

#[tokio::test]
async fn nobody_hears_of_files_that_they_do_not_see() {
    let world = World::in_database().await;
    let (alice, bob) = (world.alice(), world.bob());
    alice.mkcol(&format!("{FILES}/Ours")).await;
    alice.put(&format!("{FILES}/secret.txt"), "mine").await;
    assert_eq!(ocs(&bob, LIST).await.status, 304);
    let newest = alice.ocs("GET", LIST, "").await.data[0]["activity_id"].to_string();
    assert_eq!(ocs(&bob, &format!("{LIST}?since={newest}")).await.status, 403);

    let shares = "/apps/files_sharing/api/v1/shares";
    let made = alice.ocs("POST", shares, "path=/Ours&shareType=0&shareWith=bob").await;
    assert_eq!(made.http, 200, "{}", made.message);
    alice.put(&format!("{FILES}/Ours/plan.txt"), "for both").await;
    alice.put(&format!("{FILES}/secret.txt"), "still mine").await;
    let list = bob.ocs("GET", LIST, "").await;
    assert_eq!(
        subjects(&list.data),
        ["Alice created plan.txt", "Alice shared Ours with Bob", "Alice created Ours"]
    );
    assert_eq!(list.data[0]["object_name"], "/Ours/plan.txt");
    // What comes in from where bob sees nothing has, to him, just come.
    let inside = format!("{FILES}/Ours/secret.txt");
    alice.transfer("MOVE", &format!("{FILES}/secret.txt"), &inside, &[]).await;
    let list = bob.ocs("GET", &format!("{LIST}?limit=1"), "").await;
    assert_eq!(subjects(&list.data), ["Alice created secret.txt"]);
    assert!(!list.data.to_string().contains("oldfile"));
    let list = alice.ocs("GET", &format!("{LIST}?limit=1"), "").await;
    assert_eq!(subjects(&list.data), ["You moved secret.txt to secret.txt"]);
}

#[tokio::test]
async fn whatever_happens_next_to_a_share_stays_unheard_of() {
    let world = World::in_database().await;
    let (alice, bob) = (world.alice(), world.bob());
    for folder in ["Ours", "Mine"] {
        alice.mkcol(&format!("{FILES}/{folder}")).await;
    }
    let shares = "/apps/files_sharing/api/v1/shares";
    let made = alice.ocs("POST", shares, "path=/Ours&shareType=0&shareWith=bob").await;
    assert_eq!(made.http, 200, "{}", made.message);
    // SplitMix64: the same acts in every run. What lies in `Mine` is called secret.
    let mut state = 7u64;
    let mut below = |end: u64| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (z ^ (z >> 27)) % end
    };
    for _ in 0..120 {
        let place = |open: u64, n: u64| match open {
            0 => format!("{FILES}/Mine/secret-{n}"),
            _ => format!("{FILES}/Ours/open-{n}"),
        };
        let (from, to) = (place(below(2), below(4)), place(below(2), below(4)));
        match below(6) {
            0 => drop(alice.delete(&from).await),
            1 => drop(alice.transfer("COPY", &from, &to, &[]).await),
            2 | 3 => drop(alice.transfer("MOVE", &from, &to, &[]).await),
            _ => drop(alice.put(&from, "text").await),
        }
    }
    let told = bob.ocs("GET", &format!("{LIST}?limit=200&previews=true"), "").await.data;
    let all = alice.ocs("GET", &format!("{LIST}?limit=200"), "").await.data;
    let count = |data: &Value| data.as_array().unwrap().len();
    assert!(count(&told) > 20 && count(&told) < count(&all), "{} {}", count(&told), count(&all));
    assert!(all.to_string().contains("secret"));
    assert!(!told.to_string().contains("secret"));
    for one in told.as_array().unwrap() {
        let path = one["object_name"].as_str().unwrap();
        assert!(path == "/Ours" || path.starts_with("/Ours/open-"), "{path}");
    }
}
