//! What administrators allow, row by row as the original answers.
#![allow(clippy::unwrap_used, reason = "what a test builds is known to be well-formed")]

use std::collections::BTreeSet;

use allmende_share::{
    Change, DateRule, Day, Exclusion, Expiry, LinkClosed, Member, PasswordChange, PasswordGiven,
    Recipient, RecipientFacts, Refusal, Request, Rights, ShareKind, SharePolicy, SharedAs,
    Situation, Standing, Upload, permissions_from,
};
use allmende_types::{GroupId, NodeShape, Permissions, Timestamp, UserId};

/// 2027-01-05T12:00:00Z.
const NOW: Timestamp = Timestamp::from_unix(1_799_150_400);

fn bits(bits: u8) -> Permissions {
    Permissions::from_bits(bits).unwrap()
}

fn groups(ids: &[&str]) -> BTreeSet<GroupId> {
    ids.iter().map(|id| id.parse().unwrap()).collect()
}

fn member(id: &str, groups: &[&str]) -> Member {
    let mut member = Member::new(id.parse().unwrap());
    member.groups = groups.iter().map(|id| id.parse().unwrap()).collect();
    member
}

fn person(id: &str) -> Recipient {
    Recipient::Person(id.parse().unwrap())
}

fn day(text: &str) -> Timestamp {
    text.parse::<Day>().unwrap().last_second()
}

/// Alice, of the group `staff`, shares her folder `a/b` with Bob, of the same group.
struct Case {
    policy: SharePolicy,
    request: Request,
    rights: Rights,
    shape: NodeShape,
    path: &'static str,
    unknown: bool,
}

impl Case {
    fn new(recipient: Recipient) -> Self {
        Self {
            policy: SharePolicy::default(),
            request: Request::new(recipient),
            rights: Rights::ALL,
            shape: NodeShape::Folder,
            path: "a/b",
            unknown: false,
        }
    }

    fn answer(&self) -> Result<(u8, Option<Timestamp>), Refusal> {
        let (alice, bob) = (member("alice", &["staff"]), member("bob", &["staff", "rest"]));
        let recipient = match &self.request.recipient {
            _ if self.unknown => RecipientFacts::Unknown,
            Recipient::Person(id) if *id == alice.id => RecipientFacts::Person(&alice),
            Recipient::Person(_) => RecipientFacts::Person(&bob),
            _ => RecipientFacts::Known,
        };
        let situation = Situation {
            sharer: &alice,
            rights: self.rights,
            shape: self.shape,
            path: self.path,
            recipient,
        };
        let terms = self.policy.admit(&self.request, &situation, NOW)?;
        Ok((terms.permissions.bits(), terms.expires))
    }
}

/// What changes about a case, the number of the answer and its words.
type Row = (Recipient, fn(&mut Case), u16, &'static str);

/// What changes about a case, and the bits that are stored.
type Stored = (Recipient, fn(&mut Case), u8);

/// What the policy is and what is to change, the number of the answer and its words.
type ChangeRow = (fn(&mut SharePolicy, &mut Change), u16, &'static str);

#[test]
fn refusals_have_the_numbers_and_words_of_the_original() {
    let link = || Recipient::Link;
    let group = |id: &str| Recipient::Group(id.parse().unwrap());
    let rows: Vec<Row> = vec![
        (person("bob"), |case| case.policy.enabled = false, 404, "Share API is disabled"),
        (
            link(),
            |case| case.policy.links = false,
            404,
            "Public link sharing is disabled by the administrator",
        ),
        (
            Recipient::Mail("a@b.example".to_owned()),
            |case| case.policy.links_excluded = groups(&["staff"]),
            404,
            "Public link sharing is disabled by the administrator",
        ),
        (
            group("staff"),
            |case| case.policy.group_sharing = false,
            404,
            "Group sharing is disabled by the administrator",
        ),
        (
            person("bob"),
            |case| case.unknown = true,
            404,
            "Please specify a valid account to share with",
        ),
        (group("none"), |case| case.unknown = true, 404, "Please specify a valid group"),
        (person("alice"), |_| {}, 403, "Cannot share with yourself"),
        (person("bob"), |case| case.path = "", 403, "You cannot share your root folder"),
        (
            person("bob"),
            |case| case.rights = Rights::new(bits(15)),
            404,
            "You are not allowed to share b",
        ),
        (
            person("bob"),
            |case| {
                case.rights = Rights::new(bits(17));
                case.request.permissions = Some(bits(3));
            },
            404,
            "Cannot increase permissions of /a/b",
        ),
        (
            person("bob"),
            |case| {
                case.policy.only_group_members = true;
                case.policy.not_common = groups(&["staff"]);
            },
            403,
            "Failed to create share.",
        ),
        (
            group("rest"),
            |case| case.policy.only_group_members = true,
            403,
            "Failed to create share.",
        ),
        (
            person("bob"),
            |case| case.policy.sharers = Exclusion::Excluded(groups(&["staff"])),
            403,
            "Failed to create share.",
        ),
        (
            person("bob"),
            |case| case.policy.sharers = Exclusion::Admitted(groups(&["rest"])),
            403,
            "Failed to create share.",
        ),
        (
            link(),
            |case| case.request.permissions = Some(bits(16)),
            400,
            "Share must at least have READ or CREATE permissions",
        ),
        (
            link(),
            |case| case.request.permissions = Some(bits(6)),
            400,
            "Share must have READ permission if UPDATE or DELETE permission is set",
        ),
        (
            link(),
            |case| {
                case.shape = NodeShape::File;
                case.request.upload = Some(Upload::Allowed);
            },
            400,
            "Public upload is only possible for publicly shared folders",
        ),
        (
            link(),
            |case| {
                case.policy.public_upload = false;
                case.request.permissions = Some(bits(4));
            },
            403,
            "Public upload disabled by the administrator",
        ),
        (
            link(),
            |case| case.policy.password_enforced = true,
            403,
            "Passwords are enforced for link and mail shares",
        ),
        (
            link(),
            |case| case.request.expiry = Expiry::On("2027-01-05".parse().unwrap()),
            404,
            "Expiration date is in the past",
        ),
        (
            link(),
            |case| {
                case.policy.link_expiry.enforced = true;
                case.policy.link_expiry.days = 3;
                case.request.expiry = Expiry::On("2027-01-09".parse().unwrap());
            },
            404,
            "Cannot set expiration date more than 3 days in the future",
        ),
        (link(), |case| case.request.label = "é".repeat(256), 400, "Maximum label length is 255"),
        (Recipient::Mail(String::new()), |_| {}, 403, "Share recipient should not be empty"),
        (
            Recipient::Room("abc".to_owned()),
            |_| {},
            403,
            "Sharing /alice/files/a/b failed because the back end does not allow shares from type 10",
        ),
    ];
    for (recipient, change, code, words) in rows {
        let mut case = Case::new(recipient);
        change(&mut case);
        let refusal = case.answer().expect_err(words);
        assert_eq!((refusal.code(), refusal.to_string().as_str()), (code, words));
    }
}

#[test]
fn bits_and_dates_are_read() {
    assert_eq!(permissions_from(0), Ok(bits(1)));
    assert_eq!(permissions_from(31), Ok(bits(31)));
    for bad in [-1, 32, 256 + 1, i64::MAX] {
        assert_eq!(permissions_from(bad), Err(Refusal::InvalidPermissions), "{bad}");
    }
    assert_eq!(Expiry::parse(None), Ok(Expiry::Default));
    assert_eq!(Expiry::parse(Some("")), Ok(Expiry::Never));
    assert_eq!(Expiry::parse(Some("tomorrow")), Err(Refusal::InvalidDate));
}

#[test]
fn what_is_asked_becomes_what_the_original_stores() {
    let group = Recipient::Group("staff".parse().unwrap());
    let rows: Vec<Stored> = vec![
        (person("bob"), |_| {}, 31),
        (group.clone(), |case| case.policy.default_permissions = bits(3), 3),
        (group, |case| case.rights = Rights::new(bits(17)), 17),
        (person("bob"), |case| case.request.permissions = Some(bits(2)), 3),
        (person("bob"), |case| case.shape = NodeShape::File, 19),
        // Links: 17 by default; an upload gives everything; files lose what means nothing.
        (Recipient::Link, |_| {}, 17),
        (Recipient::Link, |case| case.request.upload = Some(Upload::Allowed), 31),
        (Recipient::Link, |case| case.request.permissions = Some(bits(15)), 31),
        (Recipient::Link, |case| case.request.upload = Some(Upload::Forbidden), 17),
        (Recipient::Link, |case| case.request.permissions = Some(bits(4)), 4),
        (
            Recipient::Link,
            |case| {
                case.shape = NodeShape::File;
                case.request.permissions = Some(bits(31));
            },
            19,
        ),
        (
            Recipient::Link,
            |case| {
                case.policy.federation_on_links = false;
                case.request.permissions = Some(bits(15));
            },
            15,
        ),
        // A file may be changed through a link though uploads are switched off.
        (
            Recipient::Link,
            |case| {
                case.shape = NodeShape::File;
                case.policy.public_upload = false;
                case.request.permissions = Some(bits(3));
            },
            19,
        ),
    ];
    for (at, (recipient, change, expected)) in rows.into_iter().enumerate() {
        let mut case = Case::new(recipient);
        change(&mut case);
        assert_eq!(case.answer().map(|(permissions, _)| permissions), Ok(expected), "row {at}");
    }
}

#[test]
fn exemptions_count() {
    let mut case = Case::new(Recipient::Link);
    case.policy.password_enforced = true;
    case.request.password = PasswordGiven::Yes;
    assert_eq!(case.answer().map(|(bits, _)| bits), Ok(17));
    case.request.password = PasswordGiven::No;
    case.policy.password_excluded = groups(&["staff"]);
    assert_eq!(case.answer().map(|(bits, _)| bits), Ok(17));
    let nobody =
        SharePolicy { sharers: Exclusion::Excluded(groups(&["staff"])), ..SharePolicy::default() };
    let of = |ids: &[&str]| groups(ids).into_iter().collect::<Vec<_>>();
    assert!(nobody.may_share(&[]) && nobody.may_share(&of(&["staff", "rest"])));
    assert!(!nobody.may_share(&of(&["staff"])));
}

#[test]
fn dates_are_given_and_limited() {
    let rule = |by_default, enforced| DateRule { by_default, enforced, days: 3, default_days: 2 };
    let (free, given, forced) = (rule(false, false), rule(true, false), rule(true, true));
    let on = |text: &str| Expiry::On(text.parse().unwrap());
    let far = Err(Refusal::ExpiryTooFar { days: 3 });
    for (rule, expiry, new, update) in [
        (free, Expiry::Default, Ok(None), Ok(None)),
        (given, Expiry::Default, Ok(Some(day("2027-01-07"))), Ok(None)),
        (given, Expiry::Never, Ok(None), Ok(None)),
        (given, on("2029-01-01"), Ok(Some(day("2029-01-01"))), Ok(Some(day("2029-01-01")))),
        (forced, Expiry::Never, Ok(Some(day("2027-01-07"))), Err(Refusal::FailedUpdate)),
        (forced, on("2027-01-08"), Ok(Some(day("2027-01-08"))), Ok(Some(day("2027-01-08")))),
        (forced, on("2027-01-09"), far.clone(), far),
        (free, on("2027-01-05"), Err(Refusal::ExpiryInPast), Err(Refusal::ExpiryInPast)),
    ] {
        assert_eq!(rule.for_new(expiry, NOW), new, "{rule:?} {expiry:?}");
        assert_eq!(rule.for_update(expiry, NOW), update, "{rule:?} {expiry:?}");
    }
    // Each kind has its own.
    let policy = SharePolicy { remote_expiry: forced, ..SharePolicy::default() };
    assert_eq!(policy.dates(ShareKind::FederatedGroup), forced);
    assert_eq!(policy.dates(ShareKind::Room), DateRule::default());
}

#[test]
fn changes_are_refused_as_by_the_original() {
    let alice = member("alice", &["staff"]);
    let situation = Situation {
        sharer: &alice,
        rights: Rights::ALL,
        shape: NodeShape::Folder,
        path: "a/b",
        recipient: RecipientFacts::Known,
    };
    let link = SharedAs { kind: ShareKind::Link, permissions: bits(17), has_password: true };
    let rows: Vec<ChangeRow> = vec![
        (|policy, _| policy.enabled = false, 404, "Share API is disabled"),
        (|policy, _| policy.links = false, 404, "Wrong share ID, share does not exist"),
        (
            |_, change| change.token = Some("abc".to_owned()),
            403,
            "Custom share link tokens have been disabled by the administrator",
        ),
        (
            |policy, change| {
                policy.custom_tokens = true;
                change.token = Some("a b".to_owned());
            },
            400,
            "Tokens must contain at least 1 character and may only contain letters, numbers, or a hyphen",
        ),
        (
            |policy, change| {
                policy.password_enforced = true;
                change.password = PasswordChange::Remove;
            },
            400,
            "Failed to update share.",
        ),
        (
            |policy, change| {
                policy.link_expiry.enforced = true;
                change.expiry = Some(Expiry::Never);
            },
            400,
            "Failed to update share.",
        ),
        (
            |policy, change| {
                policy.public_upload = false;
                change.upload = Some(Upload::Allowed);
            },
            403,
            "Public upload disabled by the administrator",
        ),
        (
            |_, change| change.permissions = Some(bits(2)),
            400,
            "Share must at least have READ or CREATE permissions",
        ),
        (|_, change| change.note = Some("x".repeat(4001)), 400, "Maximum note length is 4000"),
    ];
    for (set, code, words) in rows {
        let (mut policy, mut change) = (SharePolicy::default(), Change::default());
        set(&mut policy, &mut change);
        let refusal = policy.admit_change(&change, link, &situation, NOW).expect_err(words);
        assert_eq!((refusal.code(), refusal.to_string().as_str()), (code, words));
    }
    // An old link without a password may be changed, and stays without.
    let open = SharedAs { has_password: false, ..link };
    let policy = SharePolicy { password_enforced: true, ..SharePolicy::default() };
    let change = Change {
        password: PasswordChange::Remove,
        label: Some("old".to_owned()),
        ..Change::default()
    };
    assert!(policy.admit_change(&change, open, &situation, NOW).is_ok());
}

#[test]
fn links_open_as_the_switches_are_now() {
    let mut maker = member("alice", &["staff"]);
    let all = Rights::ALL;
    let open = |policy: &SharePolicy, maker: &Member, shape, gives| {
        policy.open_link(maker, shape, gives).map(|rights| rights.permissions().bits())
    };
    let (folder, file) = (NodeShape::Folder, NodeShape::File);
    let policy = SharePolicy::default();
    assert_eq!(open(&policy, &maker, folder, all), Ok(31));
    assert_eq!(open(&policy, &maker, folder, Rights::new(bits(4))), Ok(4));
    assert_eq!(open(&policy, &maker, file, Rights::new(bits(4))), Err(LinkClosed::GivesNothing));
    assert_eq!(open(&policy, &maker, folder, Rights::NONE), Err(LinkClosed::GivesNothing));
    let no_upload = SharePolicy { public_upload: false, ..SharePolicy::default() };
    assert_eq!(open(&no_upload, &maker, folder, all), Ok(25));
    assert_eq!(open(&no_upload, &maker, file, Rights::new(bits(19))), Ok(19));
    let drop = Rights::new(bits(4));
    assert_eq!(open(&no_upload, &maker, folder, drop), Err(LinkClosed::GivesNothing));
    let excluded = SharePolicy { links_excluded: groups(&["staff"]), ..SharePolicy::default() };
    assert_eq!(open(&excluded, &maker, folder, all), Err(LinkClosed::Disabled));
    maker.standing = Standing::Disabled;
    assert_eq!(open(&policy, &maker, folder, all), Err(LinkClosed::MakerDisabled));
}

#[test]
fn whoever_is_meant_is_compared_without_regard_to_case() {
    let owner = member("Bob", &[]);
    let alice = member("alice", &[]);
    let id: UserId = "BOB".parse().unwrap();
    let situation = Situation {
        sharer: &alice,
        rights: Rights::ALL,
        shape: NodeShape::Folder,
        path: "b",
        recipient: RecipientFacts::Owner(&owner),
    };
    let request = Request::new(Recipient::Person(id));
    assert_eq!(SharePolicy::default().admit(&request, &situation, NOW), Err(Refusal::Owner));
}
