//! People, profiles and groups, on both engines.

#![allow(clippy::unwrap_used)] // Bodies and helpers of tests may fail like tests.

mod common;

use allmende_accounts::{
    Accounts, Avatar, Ensured, ErrorKind, FieldChange, FieldUpdate, GroupRole, Maintenance,
    NewPerson, Page, PeopleOrder, PeopleQuery, PersonUpdate, Quota, Status,
};
use allmende_sql::every_engine;
use allmende_types::GroupId;
use common::*;
use proptest::prelude::*;

async fn ids(accounts: &Accounts, query: PeopleQuery) -> Vec<String> {
    accounts.people(&query).await.unwrap().iter().map(|p| p.id.to_string()).collect()
}

fn search(text: &str) -> PeopleQuery {
    PeopleQuery { search: text.to_owned(), ..PeopleQuery::default() }
}

every_engine! {
    async fn a_person_is_made_and_found(sql: Sql) {
        let accounts = peopled(&sql).await;
        let alice = accounts.person(&user("ALICE")).await.unwrap().unwrap();
        assert_eq!(alice.id.as_str(), "Alice");
        assert_eq!(alice.display_name, "Alice Ä.");
        assert_eq!(alice.email.as_deref(), Some("Alice@Example.org"));
        assert_eq!((alice.status, alice.quota), (Status::Enabled, Quota::Default));
        assert_eq!((alice.created, alice.last_login, alice.has_password), (NOW, None, true));
        for login in ["alice", "aLICE", "alice@example.ORG"] {
            assert_eq!(accounts.person_by_login(login).await.unwrap().as_ref(), Some(&alice), "{login}");
        }
        assert_eq!(accounts.person_by_login("nobody").await.unwrap(), None);
        let some = accounts.people_by_id(&[user("x"), user("alice")]).await.unwrap();
        assert_eq!(some, [None, Some(alice)]);
        assert_eq!(accounts.count_people().await.unwrap(), 2);
    }

    async fn nobody_is_called_like_a_guest_of_a_link(sql: Sql) {
        let accounts = peopled(&sql).await;
        for taken in ["link-7", "LINK-12", "direct-link"] {
            let made = accounts.create_person(NewPerson::new(user(taken)), NOW).await;
            assert_eq!(made.unwrap_err().kind(), ErrorKind::Exists, "{taken}");
        }
        for free in ["link-", "link-7a", "links"] {
            accounts.create_person(NewPerson::new(user(free)), NOW).await.unwrap();
        }
    }

    async fn an_address_of_two_is_no_login(sql: Sql) {
        let accounts = peopled(&sql).await;
        let mut twin = NewPerson::new(user("twin"));
        twin.email = Some("alice@example.org".to_owned());
        accounts.create_person(twin, NOW).await.unwrap();
        assert_eq!(accounts.person_by_login("alice@example.org").await.unwrap(), None);
        // An id goes before an address.
        accounts.create_person(NewPerson::new(user("alice@example.org")), NOW).await.unwrap();
        let found = accounts.person_by_login("alice@example.org").await.unwrap().unwrap();
        assert_eq!(found.id.as_str(), "alice@example.org");
    }

    async fn what_is_not_allowed_is_refused_whole(sql: Sql) {
        let accounts = peopled(&sql).await;
        let with = |change: fn(&mut NewPerson)| {
            let mut new = NewPerson::new(user("bob"));
            change(&mut new);
            new
        };
        let cases = [
            (NewPerson::new(user("aLiCe")), ErrorKind::Exists),
            (with(|n| n.groups.push(group("nowhere"))), ErrorKind::NoSuchGroup),
            (with(|n| n.administers.push(group("nowhere"))), ErrorKind::NoSuchGroup),
            (with(|n| n.password = Some("short".into())), ErrorKind::UnfitPassword),
            (with(|n| n.password = Some("x".repeat(1025).into())), ErrorKind::UnfitPassword),
            (with(|n| n.email = Some("no address".to_owned())), ErrorKind::Invalid),
            (with(|n| n.display_name = "a\nb".to_owned()), ErrorKind::Invalid),
        ];
        for (new, kind) in cases {
            assert_eq!(accounts.create_person(new, NOW).await.unwrap_err().kind(), kind);
            assert_eq!(accounts.person(&user("bob")).await.unwrap(), None);
        }
    }

    async fn changes_change_what_they_name(sql: Sql) {
        let accounts = peopled(&sql).await;
        let update = PersonUpdate {
            quota: Some(Quota::Bytes(5)),
            email: Some(None),
            timezone: Some("Europe/Vienna".to_owned()),
            ..PersonUpdate::default()
        };
        accounts.update_person(&user("alice"), update).await.unwrap();
        let alice = accounts.person(&user("alice")).await.unwrap().unwrap();
        assert_eq!((alice.quota, alice.email, alice.timezone.as_str()), (Quota::Bytes(5), None, "Europe/Vienna"));
        assert_eq!(alice.display_name, "Alice Ä.");
        let update = PersonUpdate { quota: Some(Quota::Unlimited), display_name: Some(String::new()), ..PersonUpdate::default() };
        accounts.update_person(&user("alice"), update).await.unwrap();
        let alice = accounts.person(&user("alice")).await.unwrap().unwrap();
        assert_eq!((alice.quota, alice.display_name.as_str()), (Quota::Unlimited, "alice"));
        let nobody = accounts.update_person(&user("x"), PersonUpdate::default()).await.unwrap_err();
        assert_eq!(nobody.kind(), ErrorKind::NoSuchPerson);
    }

    async fn people_are_listed_by_the_page(sql: Sql) {
        let accounts = peopled(&sql).await;
        accounts.create_group(&group("staff"), "").await.unwrap();
        for id in ["Bob", "carl", "100%", "a_b"] {
            if let Ok(id) = id.parse() {
                let mut new = NewPerson::new(id);
                new.groups.push(group("staff"));
                accounts.create_person(new, NOW).await.unwrap();
            }
        }
        assert_eq!(ids(&accounts, PeopleQuery::default()).await, ["a_b", "Alice", "Bob", "carl", "root"]);
        assert_eq!(ids(&accounts, search("ä.")).await, ["Alice"]);
        assert_eq!(ids(&accounts, search("EXAMPLE.org")).await, ["Alice"]);
        assert_eq!(ids(&accounts, search("_")).await, ["a_b"]);
        assert_eq!(ids(&accounts, search("%")).await, [""; 0]);
        let page = PeopleQuery { page: Page { offset: 1, limit: 2 }, ..PeopleQuery::default() };
        assert_eq!(ids(&accounts, page).await, ["Alice", "Bob"]);
        let of = |groups: Vec<GroupId>| PeopleQuery { groups: Some(groups), ..PeopleQuery::default() };
        assert_eq!(ids(&accounts, of(vec![group("staff"), group("x")])).await, ["a_b", "Bob", "carl"]);
        assert_eq!(ids(&accounts, of(vec![])).await, [""; 0]);
        accounts.set_status(&user("bob"), Status::Disabled).await.unwrap();
        let disabled = PeopleQuery { status: Some(Status::Disabled), ..search("b") };
        assert_eq!(ids(&accounts, disabled).await, ["Bob"]);
        for (n, login) in ["carl", "root"].into_iter().enumerate() {
            accounts.set_password(&user(login), Some(PASSWORD)).await.unwrap();
            who(&accounts, basic(login, PASSWORD), later(n as i64)).await.unwrap();
        }
        accounts.write_activity().await.unwrap();
        let recent = PeopleQuery { order: PeopleOrder::LastLogin, ..PeopleQuery::default() };
        assert_eq!(ids(&accounts, recent).await, ["root", "carl"]);
    }

    async fn groups_have_members_and_administrators(sql: Sql) {
        let accounts = peopled(&sql).await;
        let staff = group("Große/Gruppe");
        accounts.create_group(&staff, "Staff").await.unwrap();
        assert_eq!(accounts.create_group(&staff, "").await.unwrap_err().kind(), ErrorKind::Exists);
        for _ in 0..2 {
            accounts.add_to_group(&staff, &user("alice"), GroupRole::Member).await.unwrap();
            accounts.add_to_group(&staff, &user("root"), GroupRole::Administrator).await.unwrap();
        }
        let lost = accounts.add_to_group(&staff, &user("x"), GroupRole::Member).await.unwrap_err();
        assert_eq!(lost.kind(), ErrorKind::NoSuchPerson);
        let lost = accounts.add_to_group(&group("x"), &user("alice"), GroupRole::Member).await.unwrap_err();
        assert_eq!(lost.kind(), ErrorKind::NoSuchGroup);

        let of = accounts.memberships(&[user("ALICE"), user("x"), user("root")]).await.unwrap();
        assert_eq!((&of[0].groups, &of[0].administers), (&vec![staff.clone()], &vec![]));
        assert!(of[1].groups.is_empty());
        assert_eq!((&of[2].groups, &of[2].administers), (&vec![GroupId::admin()], &vec![staff.clone()]));
        let members = accounts.people_of_group(&staff, GroupRole::Member, Page::default()).await.unwrap();
        assert_eq!(members, [user("Alice")]);

        accounts.set_status(&user("alice"), Status::Disabled).await.unwrap();
        accounts.rename_group(&staff, "Personal").await.unwrap();
        let found = accounts.groups("PERSON", Page::default()).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].display_name.as_str(), found[0].members, found[0].disabled), ("Personal", 1, 1));
        assert_eq!(accounts.groups("", Page::default()).await.unwrap().len(), 2);

        accounts.remove_from_group(&staff, &user("alice"), GroupRole::Member).await.unwrap();
        assert_eq!(accounts.group(&staff).await.unwrap().unwrap().members, 0);
        accounts.remove_group(&staff).await.unwrap();
        assert_eq!(accounts.group(&staff).await.unwrap(), None);
        assert_eq!(accounts.remove_group(&staff).await.unwrap_err().kind(), ErrorKind::NoSuchGroup);
        assert!(accounts.memberships_of(&user("root")).await.unwrap().administers.is_empty());
    }

    async fn the_last_administrator_stays(sql: Sql) {
        let accounts = peopled(&sql).await;
        let (root, alice, admin) = (user("root"), user("alice"), GroupId::admin());
        let last = Some(ErrorKind::LastAdministrator);
        let kind = |result: allmende_accounts::Result<()>| result.err().map(|e| e.kind());
        assert_eq!(kind(accounts.set_status(&root, Status::Disabled).await), last);
        assert_eq!(kind(accounts.remove_person(&root).await), last);
        assert_eq!(kind(accounts.remove_from_group(&admin, &root, GroupRole::Member).await), last);
        assert_eq!(kind(accounts.remove_group(&admin).await), last);
        // Others are not held back, and a disabled administrator is no help.
        accounts.add_to_group(&admin, &alice, GroupRole::Member).await.unwrap();
        accounts.set_status(&alice, Status::Disabled).await.unwrap();
        assert_eq!(kind(accounts.remove_person(&root).await), last);
        accounts.set_status(&alice, Status::Enabled).await.unwrap();
        assert!(accounts.is_administrator(&alice).await.unwrap());
        // Two who take each other's place away at once do not both succeed.
        let (a, b) = tokio::join!(
            accounts.remove_from_group(&admin, &root, GroupRole::Member),
            accounts.remove_from_group(&admin, &alice, GroupRole::Member),
        );
        let mut kinds = [kind(a), kind(b)];
        kinds.sort_by_key(Option::is_some);
        assert_eq!(kinds, [None, last]);
    }

    async fn the_first_administrator_is_made_once(sql: Sql) {
        let accounts = open(&sql).await;
        let (root, other) = (user("root"), user("other"));
        assert_eq!(accounts.ensure_administrator(&root, PASSWORD, NOW).await.unwrap(), Ensured::Created);
        assert_eq!(accounts.ensure_administrator(&other, PASSWORD, NOW).await.unwrap(), Ensured::Present);
        assert_eq!(accounts.person(&other).await.unwrap(), None);
        let who = accounts.authenticate(basic("root", PASSWORD), HOME, NOW).await.unwrap();
        assert!(who.administrator);
    }

    async fn profiles_keep_values_and_scopes(sql: Sql) {
        let accounts = peopled(&sql).await;
        let alice = user("alice");
        let set = |value: Option<&str>, scope: Option<&str>| FieldUpdate {
            value: value.map(str::to_owned),
            scope: scope.map(str::to_owned),
        };
        accounts.set_profile_field(&alice, "phone", set(None, Some("v2-local"))).await.unwrap();
        accounts.set_profile_field(&alice, "phone", set(Some("+43 1"), None)).await.unwrap();
        accounts.set_profile_field(&alice, "city", set(Some("Wien"), None)).await.unwrap();
        let fields = accounts.profiles(&[user("root"), user("ALICE")]).await.unwrap();
        assert!(fields[0].is_empty());
        let read: Vec<_> = fields[1].iter().map(|f| (f.name.as_str(), f.value.as_str(), f.scope.as_str())).collect();
        assert_eq!(read, [("city", "Wien", ""), ("phone", "+43 1", "v2-local")]);
        accounts.remove_profile_field(&alice, "city").await.unwrap();
        assert_eq!(accounts.profile(&alice).await.unwrap().len(), 1);
        let long = accounts.set_profile_field(&alice, "x", set(Some(&"x".repeat(20_000)), None)).await;
        assert_eq!(long.unwrap_err().kind(), ErrorKind::Invalid);
        let lost = accounts.set_profile_field(&user("x"), "x", set(None, None)).await;
        assert_eq!(lost.unwrap_err().kind(), ErrorKind::NoSuchPerson);
    }

    async fn several_fields_change_together_or_not_at_all(sql: Sql) {
        let accounts = peopled(&sql).await;
        let alice = user("alice");
        let value = |text: &str| FieldChange::Set(FieldUpdate { value: Some(text.to_owned()), scope: None });
        let both = [("phone", value("+4930123456")), ("city", value("Wien"))];
        accounts.change_profile(&alice, &both).await.unwrap();
        let long = value(&"x".repeat(20_000));
        let failed = accounts.change_profile(&alice, &[("city", FieldChange::Remove), ("x", long)]).await;
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::Invalid);
        assert_eq!(accounts.profile(&alice).await.unwrap().len(), 2);
        let asked = ["+4930123456".to_owned(), "+491".to_owned()];
        let found = accounts.people_with_field("phone", &asked).await.unwrap();
        let found: Vec<_> = found.iter().map(|(id, value)| (id.as_str(), value.as_str())).collect();
        assert_eq!(found, [("Alice", "+4930123456")]);
        assert_eq!(accounts.field_of_all("city", Page::default()).await.unwrap().len(), 1);
        let second = Page { offset: 1, limit: 1 };
        assert_eq!(accounts.field_of_all("city", second).await.unwrap(), []);
    }

    async fn pictures_are_kept_and_go_with_the_person(sql: Sql) {
        let accounts = peopled(&sql).await;
        let alice = user("alice");
        assert_eq!(accounts.avatar(&alice).await.unwrap(), None);
        accounts.set_avatar(&alice, vec![1, 2]).await.unwrap();
        accounts.set_avatar(&alice, vec![3]).await.unwrap();
        let kept = accounts.avatar(&user("ALICE")).await.unwrap().unwrap();
        assert_eq!((kept.picture, kept.version), (vec![3], 2));
        let large = accounts.set_avatar(&alice, vec![0; Avatar::MAX_BYTES + 1]).await;
        assert_eq!(large.unwrap_err().kind(), ErrorKind::Invalid);
        accounts.remove_avatar(&alice).await.unwrap();
        assert_eq!(accounts.avatar(&alice).await.unwrap(), None);
        accounts.set_avatar(&alice, vec![4]).await.unwrap();
        assert_eq!(accounts.avatar(&alice).await.unwrap().unwrap().version, 4);
        accounts.remove_person(&alice).await.unwrap();
        assert_eq!(accounts.avatar(&alice).await.unwrap(), None);
        let nobody = accounts.set_avatar(&user("x"), vec![1]).await;
        assert_eq!(nobody.unwrap_err().kind(), ErrorKind::NoSuchPerson);
    }

    async fn the_installation_knows_itself(fixture: Fixture) {
        let (a, b) = (open(&fixture.open().await).await, open(&fixture.open().await).await);
        let (one, two) = tokio::join!(a.instance_id(), b.instance_id());
        assert_eq!(one.unwrap(), two.unwrap());
        assert_eq!(a.instance_id().await.unwrap().as_str().len(), 12);
        assert_eq!(a.maintenance().await.unwrap(), Maintenance::Off);
        a.set_maintenance(Maintenance::On).await.unwrap();
        assert_eq!(b.maintenance().await.unwrap(), Maintenance::On);
        assert_eq!(a.setting("data_fingerprint").await.unwrap(), None);
        for value in ["x", "y"] {
            a.set_setting("data_fingerprint", value).await.unwrap();
            assert_eq!(b.setting("data_fingerprint").await.unwrap().as_deref(), Some(value));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    /// However an id is written, it is one person, and nobody else can take it.
    #[test]
    fn ids_ignore_case(id in "[a-zA-Z0-9_.@-]{1,20}", upper in proptest::collection::vec(any::<bool>(), 20)) {
        let Ok(first) = id.parse::<allmende_types::UserId>() else { return Ok(()) };
        let other: String = id.chars().zip(upper)
            .map(|(c, up)| if up { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
            .collect();
        allmende_sql::testing::run(allmende_sql::Engine::Sqlite, |sql| async move {
            let accounts = open(&sql).await;
            accounts.create_person(NewPerson::new(first.clone()), NOW).await.unwrap();
            let taken = accounts.create_person(NewPerson::new(user(&other)), NOW).await.unwrap_err();
            assert_eq!(taken.kind(), ErrorKind::Exists);
            for found in [
                accounts.person(&user(&other)).await.unwrap(),
                accounts.person_by_login(&other).await.unwrap(),
            ] {
                assert_eq!(found.unwrap().id, first);
            }
        });
    }
}
