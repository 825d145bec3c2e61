//! What holds for all names, parts and requests.

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use crate::common::{FILES, World};

/// Runs a case in a world of its own.
fn block_on(case: impl AsyncFnOnce(World) -> TestCaseResult) -> TestCaseResult {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { case(World::new().await).await })
}

fn encode(name: &str) -> String {
    name.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Every file that was taken is listed once, and read at the address in the listing.
    #[test]
    fn what_is_listed_can_be_read(names in prop::collection::vec("\\PC{1,12}", 1..8)) {
        block_on(async |world: World| {
            let alice = world.alice();
            let mut taken = 0;
            for name in &names {
                let put = alice.put(&format!("{FILES}/{}", encode(name)), "x").await;
                prop_assert!(matches!(put.status, 201 | 204 | 400 | 404 | 405 | 409), "{name:?}");
                taken += usize::from(put.status == 201);
            }
            let listed = alice.propfind(&format!("{FILES}/"), "1", "oc:id").await;
            let hrefs = listed.hrefs();
            prop_assert_eq!(hrefs.len(), taken + 1);
            for href in &hrefs[1..] {
                let got = alice.get(href).await;
                prop_assert_eq!((got.status, got.text()), (200, "x"), "{}", href);
            }
            Ok(())
        })?;
    }

    /// In whatever order the parts of an upload come, they are joined by their numbers.
    #[test]
    fn parts_come_in_any_order(
        parts in prop::collection::vec("[a-z]{0,40}", 1..13)
            .prop_flat_map(|parts| {
                let order: Vec<usize> = (0..parts.len()).collect();
                (Just(parts), Just(order).prop_shuffle())
            })
    ) {
        let (parts, order) = parts;
        block_on(async |world: World| {
            let alice = world.alice();
            let upload = "/remote.php/dav/uploads/alice/any";
            alice.mkcol(upload).await;
            for at in order {
                let number = at + 1;
                let path = format!("{upload}/{number}");
                let put = alice.send("PUT", &path, &[], parts[at].clone()).await;
                prop_assert_eq!(put.status, 201);
            }
            let whole = parts.concat();
            let to = format!("{FILES}/whole");
            let total = whole.len().to_string();
            let total = [("oc-total-length", total.as_str())];
            let moved = alice.transfer("MOVE", &format!("{upload}/.file"), &to, &total).await;
            prop_assert_eq!(moved.status, 201, "{}", moved.text());
            let got = alice.get(&to).await;
            prop_assert_eq!(got.text(), whole.as_str());
            Ok(())
        })?;
    }

    /// Whatever stands in a body of XML, the answer is an answer and no server fault.
    #[test]
    fn no_body_is_a_server_fault(body in prop::collection::vec(any::<u8>(), 0..200)) {
        block_on(async |world: World| {
            let alice = world.alice();
            for method in ["PROPFIND", "PROPPATCH", "REPORT", "LOCK", "MKCOL"] {
                let path = format!("{FILES}/x/");
                let answer = alice.send(method, &path, &[("depth", "0")], body.clone()).await;
                prop_assert!((200..500).contains(&answer.status), "{method}: {}", answer.status);
            }
            Ok(())
        })?;
    }

    /// The same for the bodies of bulk uploads, forms and OCS calls.
    #[test]
    fn no_form_is_a_server_fault(body in "[-a-z0-9=&%:/\r\n\\[\\]{}\"]{0,200}") {
        block_on(async |world: World| {
            let alice = world.alice().with("ocs-apirequest", "true");
            let kinds = [
                "application/x-www-form-urlencoded",
                "application/json",
                "multipart/related; boundary=b",
            ];
            for path in [
                "/remote.php/dav/bulk",
                "/login/v2/poll",
                "/core/wipe/check",
                "/ocs/v2.php/cloud/users",
            ] {
                for kind in kinds {
                    let kind = [("content-type", kind)];
                    let answer = alice.send("POST", path, &kind, format!("--b\r\n{body}")).await;
                    prop_assert!((200..500).contains(&answer.status), "{path} {kind:?}");
                }
            }
            Ok(())
        })?;
    }
}
