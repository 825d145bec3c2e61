//! People: read, listed, made, changed and removed.

use allmende_accounts::{
    ErrorKind, FieldUpdate, NewPerson, Page, PeopleOrder, PeopleQuery, Person, PersonUpdate, Quota,
    Status,
};
use allmende_ocs::{
    Assoc, Code, Nothing, OcsError, Reply,
    endpoints::{
        NoParameters,
        cloud::{
            Query,
            user::{Scope, User},
            users::{ById, Change, Created, NewUser, UserIds, Users},
        },
        core::autocomplete,
        hovercard,
    },
};
use allmende_types::{GroupId, UserId};

use super::{
    Call, Outcome, code,
    person::{EDITABLE, Viewer, parse_scope, show_all, show_one},
    profile, unavailable,
};

/// People that a list without a limit returns at the most.
const LIST: u64 = 500;

pub(super) async fn me(call: &Call<'_>, _: NoParameters) -> Outcome<User> {
    Ok(Reply::new(show_one(call, &call.who()?.person, Viewer::Oneself).await?))
}

pub(super) async fn get(call: &Call<'_>, input: ById) -> Outcome<User> {
    let who = call.who()?;
    let Some(person) = find(call, &input.userid).await? else {
        return Err(OcsError::new(Code::NOT_FOUND, "User does not exist"));
    };
    let viewer = if person.id == who.person.id { Viewer::Oneself } else { Viewer::Manager };
    if viewer == Viewer::Manager && !may_manage(call, &person.id).await? {
        return Err(OcsError::not_visible());
    }
    Ok(Reply::new(show_one(call, &person, viewer).await?))
}

pub(super) async fn my_fields(_: &Call<'_>, _: NoParameters) -> Outcome<Vec<String>> {
    Ok(Reply::new(EDITABLE.map(str::to_owned).to_vec()))
}

pub(super) async fn fields_of(call: &Call<'_>, input: ById) -> Outcome<Vec<String>> {
    let (person, _) = manageable_or_oneself(call, &input.userid).await?;
    let _ = person;
    my_fields(call, NoParameters::default()).await
}

pub(super) async fn list(call: &Call<'_>, input: Query) -> Outcome<UserIds> {
    let people = search(call, input, None, PeopleOrder::default()).await?;
    Ok(Reply::new(UserIds { users: people.iter().map(|person| person.id.to_string()).collect() }))
}

pub(super) async fn details(call: &Call<'_>, input: Query) -> Outcome<Users> {
    let people = search(call, input, None, PeopleOrder::default()).await?;
    as_users(call, &people).await
}

pub(super) async fn disabled(call: &Call<'_>, input: Query) -> Outcome<Users> {
    let people = search(call, input, Some(Status::Disabled), PeopleOrder::default()).await?;
    as_users(call, &people).await
}

pub(super) async fn recent(call: &Call<'_>, input: Query) -> Outcome<Users> {
    let people = search(call, input, None, PeopleOrder::LastLogin).await?;
    as_users(call, &people).await
}

/// People by their ids, each with everything.
pub(super) async fn as_users(call: &Call<'_>, people: &[Person]) -> Outcome<Users> {
    let mut users = Assoc::default();
    for user in show_all(call, people, Viewer::Manager).await? {
        users.push(user.id.clone(), user);
    }
    Ok(Reply::new(Users { users }))
}

/// The people that the caller manages.
async fn search(
    call: &Call<'_>,
    input: Query,
    status: Option<Status>,
    order: PeopleOrder,
) -> Result<Vec<Person>, OcsError> {
    let who = call.who()?;
    let mut query = PeopleQuery {
        search: input.search.unwrap_or_default(),
        groups: None,
        status,
        order,
        page: page(input.limit, input.offset),
    };
    if !who.administrator {
        let memberships = call.inner.accounts.memberships_of(&who.person.id).await;
        query.groups = Some(memberships.map_err(unavailable)?.administers);
    }
    call.inner.accounts.people(&query).await.map_err(unavailable)
}

pub(super) fn page(limit: Option<u32>, offset: Option<u32>) -> Page {
    Page { offset: u64::from(offset.unwrap_or(0)), limit: limit.map_or(LIST, u64::from) }
}

pub(super) async fn create(call: &Call<'_>, input: NewUser) -> Outcome<Created> {
    let who = call.who()?;
    let id: UserId = input.userid.parse().map_err(|_| {
        let allowed = "Only the following characters are allowed in an Login: \"a-z\", \"A-Z\", \
                       \"0-9\", spaces and \"_.@-'\"";
        OcsError::new(Code::INVALID, allowed)
    })?;
    let password = input.password.filter(|password| !password.is_empty());
    let email = input.email.filter(|email| !email.is_empty());
    if password.is_none() && email.is_none() {
        let text = "An email address is required, to send a password link to the user.";
        return Err(OcsError::new(Code::NO_PASSWORD, text));
    }
    let groups = known_groups(call, &input.groups).await?;
    let administers = known_groups(call, &input.subadmin).await?;
    if !who.administrator {
        let own = call.inner.accounts.memberships_of(&who.person.id).await;
        let own = own.map_err(unavailable)?.administers;
        if groups.is_empty() {
            let text = "No group specified (required for sub-admins)";
            return Err(OcsError::new(Code::NO_GROUP, text));
        }
        if groups.iter().any(|group| !own.contains(group)) || !administers.is_empty() {
            return Err(OcsError::new(Code::NOT_SUBADMIN, "Insufficient privileges for group"));
        }
    }
    let quota = match input.quota.as_deref() {
        None => Quota::Default,
        Some("") => Quota::Default,
        Some(text) => text
            .parse()
            .map_err(|_| OcsError::new(Code::INVALID, format!("Invalid quota value: {text}")))?,
    };
    let mut new = NewPerson::new(id);
    new.display_name = input.display_name.unwrap_or_default();
    new.email = email;
    new.groups = groups;
    new.administers = administers;
    new.quota = quota;
    new.language = input.language.unwrap_or_default();
    if let Some(password) = password {
        new = new.with_password(password);
    }
    let made = call.inner.accounts.create_person(new, call.now()).await;
    let person = made.map_err(|error| match error.kind() {
        ErrorKind::Exists => OcsError::new(Code::EXISTS, "User already exists"),
        ErrorKind::UnfitPassword => {
            OcsError::new(Code::WEAK_PASSWORD, "Password needs to be at least 8 characters long.")
        }
        ErrorKind::Invalid => code(Code::INVALID),
        ErrorKind::NoSuchGroup => code(Code::NO_RIGHT),
        _ => unavailable(error),
    })?;
    if quota != Quota::Default {
        set_home_quota(call, &person.id, quota).await?;
    }
    Ok(Reply::new(Created { id: person.id.to_string() }))
}

/// The groups of a request, all of which must exist.
async fn known_groups(call: &Call<'_>, names: &[String]) -> Result<Vec<GroupId>, OcsError> {
    let mut groups = Vec::with_capacity(names.len());
    for name in names {
        let missing = || OcsError::new(Code::NO_RIGHT, format!("Group {name} does not exist"));
        let id: GroupId = name.parse().map_err(|_| missing())?;
        if call.inner.accounts.group(&id).await.map_err(unavailable)?.is_none() {
            return Err(missing());
        }
        groups.push(id);
    }
    Ok(groups)
}

async fn set_home_quota(call: &Call<'_>, id: &UserId, quota: Quota) -> Result<(), OcsError> {
    let limit = match quota {
        Quota::Default => call.inner.files.options().default_quota,
        Quota::Unlimited => None,
        Quota::Bytes(bytes) => Some(bytes),
    };
    call.inner.files.set_quota(id, limit).await.map_err(unavailable)
}

pub(super) async fn edit(call: &Call<'_>, input: Change) -> Outcome<Nothing> {
    let (person, viewer) = manageable_or_oneself(call, &input.userid).await?;
    let administrator = call.who()?.administrator;
    let not_editable = || code(Code::FIELD_NOT_EDITABLE);
    let invalid = || code(Code::INVALID);
    let (accounts, id, value) = (&call.inner.accounts, &person.id, input.value);
    let mut update = PersonUpdate::default();
    match input.key.as_str() {
        "display" | "displayname" => update.display_name = Some(value),
        "email" => update.email = Some(Some(value).filter(|mail| !mail.is_empty())),
        "language" => update.language = Some(profile::language(value)?),
        "locale" => update.locale = Some(profile::locale(value)?),
        "timezone" => update.timezone = Some(value),
        "quota" if viewer == Viewer::Manager || administrator => {
            let quota: Quota = value.parse().map_err(|_| invalid())?;
            set_home_quota(call, id, quota).await?;
            update.quota = Some(quota);
        }
        "password" => {
            let set = accounts.set_password(id, Some(&value)).await;
            set.map_err(|error| match error.kind() {
                ErrorKind::UnfitPassword => OcsError::new(
                    Code::WEAK_PASSWORD,
                    "Password needs to be at least 8 characters long.",
                ),
                _ => unavailable(error),
            })?;
            return Ok(Reply::new(Nothing));
        }
        "notify_email" => {
            profile::may_be_notified(&person, &value)?;
            let update = FieldUpdate { value: Some(value), scope: None };
            let set = accounts.set_profile_field(id, "notify_email", update).await;
            set.map_err(unavailable)?;
            return Ok(Reply::new(Nothing));
        }
        // Whose day it is nobody else says.
        "birthdate" if viewer == Viewer::Manager => return Err(not_editable()),
        key => {
            let (name, update) = match key.strip_suffix("Scope") {
                Some(name) if viewer == Viewer::Oneself => {
                    let text = "Invalid scope";
                    let scope = parse_scope(&value);
                    let scope = scope.ok_or_else(|| OcsError::new(Code::INVALID, text))?;
                    // Everybody who shares with a person sees name and address.
                    if scope == Scope::Private && matches!(name, "displayname" | "email") {
                        return Err(OcsError::new(Code::INVALID, text));
                    }
                    (name, FieldUpdate { value: None, scope: Some(value) })
                }
                Some(_) => return Err(not_editable()),
                None => {
                    let value = profile::tidy(key, value)?;
                    (key, FieldUpdate { value: Some(value), scope: None })
                }
            };
            let known = EDITABLE.contains(&name)
                || matches!(name, "avatar" | "first_day_of_week")
                || (name == "manager" && administrator);
            if !known {
                return Err(not_editable());
            }
            let set = accounts.set_profile_field(id, name, update).await;
            set.map_err(|error| match error.kind() {
                ErrorKind::Invalid => invalid(),
                _ => unavailable(error),
            })?;
            return Ok(Reply::new(Nothing));
        }
    }
    let updated = accounts.update_person(id, update).await;
    updated.map_err(|error| match error.kind() {
        ErrorKind::Invalid => invalid(),
        ErrorKind::NoSuchPerson => OcsError::not_visible(),
        _ => unavailable(error),
    })?;
    Ok(Reply::new(Nothing))
}

pub(super) async fn delete(call: &Call<'_>, input: ById) -> Outcome<Nothing> {
    let person = another(call, &input.userid).await?;
    call.inner.accounts.remove_person(&person.id).await.map_err(|error| match error.kind() {
        ErrorKind::NoSuchPerson | ErrorKind::LastAdministrator => code(Code::INVALID),
        _ => unavailable(error),
    })?;
    call.inner.files.remove_person(&person.id).await.map_err(unavailable)?;
    Ok(Reply::new(Nothing))
}

pub(super) async fn enable(call: &Call<'_>, input: ById) -> Outcome<Nothing> {
    set_status(call, &input.userid, Status::Enabled).await
}

pub(super) async fn disable(call: &Call<'_>, input: ById) -> Outcome<Nothing> {
    set_status(call, &input.userid, Status::Disabled).await
}

async fn set_status(call: &Call<'_>, userid: &str, status: Status) -> Outcome<Nothing> {
    let person = another(call, userid).await?;
    let set = call.inner.accounts.set_status(&person.id, status).await;
    set.map_err(|error| match error.kind() {
        ErrorKind::NoSuchPerson | ErrorKind::LastAdministrator => code(Code::INVALID),
        _ => unavailable(error),
    })?;
    Ok(Reply::new(Nothing))
}

pub(super) async fn wipe(call: &Call<'_>, input: ById) -> Outcome<Nothing> {
    let person = another(call, &input.userid).await?;
    call.inner.accounts.mark_all_for_wipe(&person.id).await.map_err(unavailable)?;
    Ok(Reply::new(Nothing))
}

pub(super) async fn hovercard(call: &Call<'_>, input: hovercard::ById) -> Outcome<hovercard::Card> {
    let person = find(call, &input.user_id).await?;
    let person = person.ok_or_else(|| code(Code::NOT_FOUND))?;
    Ok(Reply::new(hovercard::Card {
        user_id: person.id.to_string(),
        display_name: person.display_name,
        actions: Vec::new(),
    }))
}

/// People whose id or name contains what was typed, for mentions.
pub(super) async fn autocomplete(
    call: &Call<'_>,
    input: autocomplete::Query,
) -> Outcome<Vec<autocomplete::Suggestion>> {
    let query = PeopleQuery {
        search: input.search,
        status: Some(Status::Enabled),
        page: Page { offset: 0, limit: u64::from(input.limit.unwrap_or(10).min(50)) },
        ..PeopleQuery::default()
    };
    let people = call.inner.accounts.people(&query).await.map_err(unavailable)?;
    let suggest = |person: &Person| {
        autocomplete::Suggestion::person(person.id.as_str(), &person.display_name)
    };
    Ok(Reply::new(people.iter().map(suggest).collect()))
}

/// A person by an id, in any case.
pub(super) async fn find(call: &Call<'_>, id: &str) -> Result<Option<Person>, OcsError> {
    let Ok(id) = id.parse::<UserId>() else { return Ok(None) };
    call.inner.accounts.person(&id).await.map_err(unavailable)
}

/// Whether the caller administers a person: as administrator, or through a group.
pub(super) async fn may_manage(call: &Call<'_>, id: &UserId) -> Result<bool, OcsError> {
    let who = call.who()?;
    if who.administrator {
        return Ok(true);
    }
    let accounts = &call.inner.accounts;
    let ids = [who.person.id.clone(), id.clone()];
    let both = accounts.memberships(&ids).await.map_err(unavailable)?;
    // Nobody but an administrator manages one.
    if both[1].groups.contains(&GroupId::admin()) {
        return Ok(false);
    }
    Ok(both[1].groups.iter().any(|group| both[0].administers.contains(group)))
}

/// A person whom the caller manages, or the caller; for others, nobody is there.
async fn manageable_or_oneself(
    call: &Call<'_>,
    userid: &str,
) -> Result<(Person, Viewer), OcsError> {
    let person = find(call, userid).await?.ok_or_else(OcsError::not_visible)?;
    if person.id == call.who()?.person.id {
        return Ok((person, Viewer::Oneself));
    }
    if may_manage(call, &person.id).await? {
        return Ok((person, Viewer::Manager));
    }
    Err(OcsError::not_visible())
}

/// A person whom the caller manages and who is not the caller.
async fn another(call: &Call<'_>, userid: &str) -> Result<Person, OcsError> {
    let person = find(call, userid).await?.ok_or_else(|| code(Code::INVALID))?;
    if person.id == call.who()?.person.id {
        return Err(code(Code::INVALID));
    }
    if !may_manage(call, &person.id).await? {
        return Err(OcsError::not_visible());
    }
    Ok(person)
}
