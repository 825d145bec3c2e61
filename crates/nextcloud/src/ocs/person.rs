//! A person as the provisioning interface shows them.

use allmende_accounts::{Memberships, Person, ProfileField, Status};
use allmende_ocs::{
    OcsError,
    endpoints::cloud::user::{Quota as ShownQuota, Scope, User},
};
use allmende_types::{Timestamp, UserId};

use super::{Call, settings::Settings, unavailable};

/// Profile fields that a person may change, in the order of the original.
pub(super) const EDITABLE: [&str; 16] = [
    "address",
    "biography",
    "birthdate",
    "displayname",
    "email",
    "fediverse",
    "headline",
    "organisation",
    "phone",
    "profile_enabled",
    "pronouns",
    "role",
    "twitter",
    "bluesky",
    "website",
    "additional_mail",
];

/// Whether the caller sees the scopes of the fields: people see their own, administrators
/// see values only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Viewer {
    Oneself,
    Manager,
}

/// Shows people, with what is stored of all of them read at once.
pub(super) async fn show_all(
    call: &Call<'_>,
    people: &[Person],
    viewer: Viewer,
) -> Result<Vec<User>, OcsError> {
    let ids: Vec<UserId> = people.iter().map(|person| person.id.clone()).collect();
    let accounts = &call.accounts;
    let profiles = accounts.profiles(&ids).await.map_err(unavailable)?;
    let memberships = accounts.memberships(&ids).await.map_err(unavailable)?;
    let usages = call.inner.files.usages(&ids).await.map_err(unavailable)?;
    let settings = Settings::of(call.inner).await?;
    let mut users = Vec::with_capacity(people.len());
    let stored = profiles.iter().zip(&memberships).zip(&usages);
    for (person, ((profile, memberships), usage)) in people.iter().zip(stored) {
        let limit = settings.limit(&call.inner.files, person.quota);
        let mut user = show(person, profile, memberships, shown_quota(usage.used, limit), viewer);
        if let Some(login) = accounts.noted_login(&person.id).map(Timestamp::unix) {
            user.last_login_timestamp = login.max(user.last_login_timestamp);
            user.last_login = user.last_login_timestamp * 1000;
            if user.first_login_timestamp == 0 {
                user.first_login_timestamp = login;
            }
        }
        users.push(user);
    }
    Ok(users)
}

/// Shows one person.
pub(super) async fn show_one(
    call: &Call<'_>,
    person: &Person,
    viewer: Viewer,
) -> Result<User, OcsError> {
    let shown = show_all(call, std::slice::from_ref(person), viewer).await?.pop();
    shown.ok_or_else(OcsError::server_error)
}

fn shown_quota(used: u64, limit: Option<u64>) -> ShownQuota {
    let number = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    match limit {
        Some(limit) => ShownQuota::limited(number(used), number(limit)),
        None => ShownQuota::unlimited(number(used)),
    }
}

fn show(
    person: &Person,
    profile: &[ProfileField],
    memberships: &Memberships,
    quota: ShownQuota,
    viewer: Viewer,
) -> User {
    let find = |name: &str| profile.iter().find(|field| field.name == name);
    let value = |name: &str| find(name).map(|field| field.value.clone()).unwrap_or_default();
    let scope = |name: &str, default: Scope| {
        let stored = find(name).map_or("", |field| field.scope.as_str());
        (viewer == Viewer::Oneself).then(|| parse_scope(stored).unwrap_or(default))
    };
    let unix = |time: Option<Timestamp>| time.map_or(0, Timestamp::unix);
    let mut user = User::new(person.id.as_str(), &person.display_name);
    user.enabled = person.status == Status::Enabled;
    user.first_login_timestamp = unix(person.first_login);
    user.last_login_timestamp = unix(person.last_login);
    user.last_login = unix(person.last_login) * 1000;
    user.subadmin = memberships.administers.iter().map(ToString::to_string).collect();
    user.groups = memberships.groups.iter().map(ToString::to_string).collect();
    user.quota = quota;
    user.manager = value("manager");
    user.email.clone_from(&person.email);
    user.additional_mail =
        value("additional_mail").split('\n').filter(|m| !m.is_empty()).map(Into::into).collect();
    user.phone = value("phone");
    user.address = value("address");
    user.website = value("website");
    user.twitter = value("twitter");
    user.bluesky = value("bluesky");
    user.fediverse = value("fediverse");
    user.organisation = value("organisation");
    user.role = value("role");
    user.headline = value("headline");
    user.biography = value("biography");
    user.pronouns = value("pronouns");
    user.profile_enabled = value("profile_enabled") != "0";
    user.language = if person.language.is_empty() { "en".into() } else { person.language.clone() };
    user.locale.clone_from(&person.locale);
    user.timezone = if person.timezone.is_empty() { "UTC".into() } else { person.timezone.clone() };
    user.notify_email = Some(value("notify_email")).filter(|mail| !mail.is_empty());
    user.avatar_scope = scope("avatar", Scope::Federated);
    user.email_scope = scope("email", Scope::Federated);
    user.displayname_scope = scope("displayname", Scope::Federated);
    user.additional_mail_scope =
        (viewer == Viewer::Oneself).then(|| vec![Scope::Local; user.additional_mail.len()]);
    user.phone_scope = scope("phone", Scope::Local);
    user.address_scope = scope("address", Scope::Local);
    user.website_scope = scope("website", Scope::Local);
    user.twitter_scope = scope("twitter", Scope::Local);
    user.bluesky_scope = scope("bluesky", Scope::Local);
    user.fediverse_scope = scope("fediverse", Scope::Local);
    user.organisation_scope = scope("organisation", Scope::Local);
    user.role_scope = scope("role", Scope::Local);
    user.headline_scope = scope("headline", Scope::Local);
    user.biography_scope = scope("biography", Scope::Local);
    user.profile_enabled_scope = scope("profile_enabled", Scope::Local);
    user.pronouns_scope = scope("pronouns", Scope::Federated);
    user
}

/// Reads a scope; none if there is no such one.
pub(super) fn parse_scope(text: &str) -> Option<Scope> {
    match text {
        "v2-private" => Some(Scope::Private),
        "v2-local" => Some(Scope::Local),
        "v2-federated" => Some(Scope::Federated),
        "v2-published" => Some(Scope::Published),
        _ => None,
    }
}
