//! People: read, listed, and removed.

use allmende_accounts::{ErrorKind, Page, PeopleOrder, PeopleQuery, Person, Quota, Status};
use allmende_ocs::{
    Assoc, Code, Nothing, OcsError, Reply,
    endpoints::{
        NoParameters,
        cloud::{
            Query,
            user::User,
            users::{ById, UserIds, Users},
        },
        person::{self as check, Credentials, Known},
    },
};
use allmende_types::{GroupId, UserId};

use super::{
    Call, Outcome, code,
    person::{EDITABLE, Viewer, show_all, show_one},
    settings::Settings,
    unavailable,
};
use crate::{
    auth::{self, Stranger},
    service::Inner,
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
        let memberships = call.accounts.memberships_of(&who.person.id).await;
        query.groups = Some(memberships.map_err(unavailable)?.administers);
    }
    call.accounts.people(&query).await.map_err(unavailable)
}

pub(super) fn page(limit: Option<u32>, offset: Option<u32>) -> Page {
    Page { offset: u64::from(offset.unwrap_or(0)), limit: limit.map_or(LIST, u64::from) }
}

pub(super) async fn set_home_quota(
    call: &Call<'_>,
    id: &UserId,
    quota: Quota,
) -> Result<(), OcsError> {
    let limit = Settings::of(call.inner).await?.limit(&call.inner.files, quota);
    call.inner.files.set_quota(id, limit).await.map_err(unavailable)
}

/// Gives everybody without a quota of their own the default of now. To be called when
/// administrators change it.
pub(super) async fn apply_default_quota(inner: &Inner) -> Result<(), OcsError> {
    let limit = Settings::of(inner).await?.limit(&inner.files, Quota::Default);
    let mut query = PeopleQuery::default();
    loop {
        let people = inner.accounts.people(&query).await.map_err(unavailable)?;
        for person in people.iter().filter(|person| person.quota == Quota::Default) {
            inner.files.set_quota(&person.id, limit).await.map_err(unavailable)?;
        }
        if (people.len() as u64) < query.page.limit {
            return Ok(());
        }
        query.page.offset += query.page.limit;
    }
}

pub(super) async fn delete(call: &Call<'_>, input: ById) -> Outcome<Nothing> {
    let person = another(call, &input.userid).await?;
    call.accounts.remove_person(&person.id).await.map_err(|error| match error.kind() {
        ErrorKind::NoSuchPerson | ErrorKind::LastAdministrator => code(Code::INVALID),
        _ => unavailable(error),
    })?;
    // Who is gone gives and gets nothing: what remains of them is only in the way.
    call.inner.sharing.forget_person(&person.id).await.map_err(unavailable)?;
    call.inner.comments.forget_person(&person.id).await.map_err(unavailable)?;
    call.inner.reminders.forget_person(&person.id).await.map_err(unavailable)?;
    call.inner.events.forget_person(&person.id).await.map_err(unavailable)?;
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
    let set = call.accounts.set_status(&person.id, status).await;
    set.map_err(|error| match error.kind() {
        ErrorKind::NoSuchPerson | ErrorKind::LastAdministrator => code(Code::INVALID),
        _ => unavailable(error),
    })?;
    Ok(Reply::new(Nothing))
}

pub(super) async fn wipe(call: &Call<'_>, input: ById) -> Outcome<Nothing> {
    let person = another(call, &input.userid).await?;
    call.accounts.mark_all_for_wipe(&person.id).await.map_err(unavailable)?;
    Ok(Reply::new(Nothing))
}

/// The oldest way to ask whether a password is right. It is throttled as every other.
pub(super) async fn check(call: &Call<'_>, input: Credentials) -> Outcome<Known> {
    if input.login.is_empty() || input.password.is_empty() {
        return Err(code(Code::INVALID));
    }
    let client = call.origin.client;
    let accounts = &call.accounts;
    match accounts.log_in(&input.login, &input.password, client, call.now()).await {
        Ok(who) => {
            let person = check::Person { personid: who.person.id.to_string() };
            Ok(Reply::new(Known { person }))
        }
        Err(error) => Err(match auth::stranger(error).await {
            Stranger::Unknown(error) => unavailable(error),
            Stranger::TooMany { .. } => code(Code::TOO_MANY_REQUESTS),
            _ => code(Code::EXISTS),
        }),
    }
}

/// A person by an id, in any case.
pub(super) async fn find(call: &Call<'_>, id: &str) -> Result<Option<Person>, OcsError> {
    let Ok(id) = id.parse::<UserId>() else { return Ok(None) };
    call.accounts.person(&id).await.map_err(unavailable)
}

/// Whether the caller administers a person: as administrator, or through a group.
pub(super) async fn may_manage(call: &Call<'_>, id: &UserId) -> Result<bool, OcsError> {
    let who = call.who()?;
    if who.administrator {
        return Ok(true);
    }
    let accounts = &call.accounts;
    let ids = [who.person.id.clone(), id.clone()];
    let both = accounts.memberships(&ids).await.map_err(unavailable)?;
    // Nobody but an administrator manages one.
    if both[1].groups.contains(&GroupId::admin()) {
        return Ok(false);
    }
    Ok(both[1].groups.iter().any(|group| both[0].administers.contains(group)))
}

/// A person whom the caller manages, or the caller; for others, nobody is there.
pub(super) async fn manageable_or_oneself(
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
