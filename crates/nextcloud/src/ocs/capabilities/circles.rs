//! What of circles there is: the numbers by which clients manage them.

use allmende_accounts::CircleFlags;
use allmende_ocs::Value;

use crate::discovery::VERSION;

/// The part `circles`. Only settings and kinds of members are named that there are: people and
/// groups, and no passwords, folders or other servers.
pub(super) fn circles() -> Value {
    let flags = [
        (CircleFlags::PERSONAL, "Personal"),
        (CircleFlags::VISIBLE, "Visible"),
        (CircleFlags::OPEN, "Open"),
        (CircleFlags::INVITE, "Invite"),
        (CircleFlags::REQUEST, "Join request"),
        (CircleFlags::FRIEND, "Friends"),
        (CircleFlags::LOCAL, "Local"),
        (CircleFlags::ROOT, "Root"),
    ];
    let all = flags.iter().fold(0, |all, (flag, _)| all | flag.bits());
    let flags = Value::Map(
        flags.iter().map(|(flag, name)| (flag.bits().to_string(), Value::from(*name))).collect(),
    );
    let numbers = |all: &[i64]| Value::List(all.iter().map(|n| Value::from(*n)).collect());
    let names = |all: &[(&str, &str)]| map(all.iter().map(|(key, name)| (*key, (*name).into())));
    let version = VERSION.short();
    let settings = [
        ("frontendEnabled", true.into()),
        ("allowedCircles", all.into()),
        // People are 1, groups 2.
        ("allowedUserTypes", 3.into()),
        ("membersLimit", CircleFlags::MOST_MEMBERS.into()),
    ];
    let source = [
        ("core", names(&[("1", "Nextcloud Account"), ("2", "Nextcloud Group"), ("16", "Team")])),
        ("extra", Value::empty_list()),
    ];
    let config = [("coreFlags", numbers(&[1, 2, 4])), ("systemFlags", numbers(&[512, 1024, 2048]))];
    let circle =
        [("constants", map([("flags", flags), ("source", map(source))])), ("config", map(config))];
    let level = names(&[("1", "Member"), ("4", "Moderator"), ("8", "Admin"), ("9", "Owner")]);
    let member =
        [("constants", map([("level", level)])), ("type", names(&[("1", "user"), ("2", "group")]))];
    map([
        ("version", Value::from(version)),
        ("status", map([("globalScale", false.into())])),
        ("settings", map(settings)),
        ("circle", map(circle)),
        ("member", map(member)),
        ("teamResourceProviders", Value::empty_list()),
    ])
}

fn map<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    Value::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}
