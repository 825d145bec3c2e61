//! Groups, their members and their administrators.

use allmende_accounts::{Error, ErrorKind, GroupRole, PeopleQuery};
use allmende_ocs::{
    Code, Nothing, OcsError, Reply,
    endpoints::cloud::{
        Query,
        groups::{ById, Change, Group, GroupIds, Groups, MembersQuery, NewGroup},
        users::{self, Membership, UserIds, Users},
    },
};
use allmende_types::{GroupId, UserId};

use super::{
    Call, Outcome, code,
    people::{as_users, find, may_manage, page},
    unavailable,
};

pub(super) async fn list(call: &Call<'_>, input: Query) -> Outcome<GroupIds> {
    let groups = search(call, input).await?;
    Ok(Reply::new(GroupIds { groups: groups.iter().map(|group| group.id.to_string()).collect() }))
}

pub(super) async fn details(call: &Call<'_>, input: Query) -> Outcome<Groups> {
    let groups = search(call, input).await?;
    let shown = groups.into_iter().map(|group| Group {
        id: group.id.to_string(),
        displayname: group.display_name,
        usercount: group.members,
        disabled: group.disabled,
        can_add: true,
        can_remove: true,
    });
    Ok(Reply::new(Groups { groups: shown.collect() }))
}

async fn search(call: &Call<'_>, input: Query) -> Result<Vec<allmende_accounts::Group>, OcsError> {
    let page = page(input.limit, input.offset);
    let search = input.search.unwrap_or_default();
    call.accounts.groups(&search, page).await.map_err(unavailable)
}

pub(super) async fn create(call: &Call<'_>, input: NewGroup) -> Outcome<Nothing> {
    let id: GroupId =
        input.groupid.parse().map_err(|_| OcsError::new(Code::INVALID, "Invalid group name"))?;
    let name = input.displayname.unwrap_or_default();
    call.accounts.create_group(&id, &name).await.map_err(|error| match error.kind() {
        ErrorKind::Exists => OcsError::new(Code::EXISTS, "group exists"),
        ErrorKind::Invalid => code(Code::INVALID),
        _ => unavailable(error),
    })?;
    Ok(Reply::new(Nothing))
}

pub(super) async fn edit(call: &Call<'_>, input: Change) -> Outcome<Nothing> {
    if input.key != "displayname" {
        return Err(code(Code::INVALID));
    }
    let id: GroupId = input.groupid.parse().map_err(|_| code(Code::INVALID))?;
    let renamed = call.accounts.rename_group(&id, &input.value).await;
    renamed.map_err(group_error)?;
    Ok(Reply::new(Nothing))
}

pub(super) async fn delete(call: &Call<'_>, input: ById) -> Outcome<Nothing> {
    let id: GroupId = input.groupid.parse().map_err(|_| code(Code::INVALID))?;
    if id == GroupId::admin() {
        return Err(code(Code::EXISTS));
    }
    call.accounts.remove_group(&id).await.map_err(group_error)?;
    call.inner.sharing.forget_group(&id).await.map_err(unavailable)?;
    call.inner.tags.forget_group(&id).await.map_err(unavailable)?;
    Ok(Reply::new(Nothing))
}

fn group_error(error: Error) -> OcsError {
    match error.kind() {
        ErrorKind::NoSuchGroup | ErrorKind::Invalid => code(Code::INVALID),
        ErrorKind::LastAdministrator => code(Code::EXISTS),
        _ => unavailable(error),
    }
}

/// The group of a request, for those who may see its members.
async fn visible(
    call: &Call<'_>,
    groupid: &str,
    members_too: Audience,
) -> Result<GroupId, OcsError> {
    let missing = || OcsError::new(Code::NOT_FOUND, "The requested group could not be found");
    let id: GroupId = groupid.parse().map_err(|_| missing())?;
    let accounts = &call.accounts;
    if accounts.group(&id).await.map_err(unavailable)?.is_none() {
        return Err(missing());
    }
    let who = call.who()?;
    if who.administrator {
        return Ok(id);
    }
    let own = accounts.memberships_of(&who.person.id).await.map_err(unavailable)?;
    let member = members_too == Audience::Members && own.groups.contains(&id);
    if member || own.administers.contains(&id) {
        return Ok(id);
    }
    let text = "User does not have access to specified group";
    Err(OcsError::new(Code::FORBIDDEN, text))
}

/// Who sees the members of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Audience {
    Members,
    Managers,
}

pub(super) async fn members_for_managers(call: &Call<'_>, input: ById) -> Outcome<UserIds> {
    let id = visible(call, &input.groupid, Audience::Managers).await?;
    member_ids(call, &id).await
}

pub(super) async fn members(call: &Call<'_>, input: ById) -> Outcome<UserIds> {
    let id = visible(call, &input.groupid, Audience::Members).await?;
    member_ids(call, &id).await
}

async fn member_ids(call: &Call<'_>, id: &GroupId) -> Outcome<UserIds> {
    let ids = ids_of(call, id, GroupRole::Member).await?;
    Ok(Reply::new(UserIds { users: ids.iter().map(ToString::to_string).collect() }))
}

/// All who are something to a group, read page by page.
async fn ids_of(
    call: &Call<'_>,
    group: &GroupId,
    role: GroupRole,
) -> Result<Vec<UserId>, OcsError> {
    let mut all: Vec<UserId> = Vec::new();
    loop {
        let limit = allmende_accounts::Page::MAX;
        let page = allmende_accounts::Page { offset: all.len() as u64, limit };
        let some = call.accounts.people_of_group(group, role, page).await;
        let some = some.map_err(unavailable)?;
        let last = (some.len() as u64) < limit;
        all.extend(some);
        if last {
            return Ok(all);
        }
    }
}

pub(super) async fn member_details(call: &Call<'_>, input: MembersQuery) -> Outcome<Users> {
    let id = visible(call, &input.groupid, Audience::Managers).await?;
    let query = PeopleQuery {
        search: input.search.unwrap_or_default(),
        groups: Some(vec![id]),
        page: page(input.limit, input.offset),
        ..PeopleQuery::default()
    };
    let people = call.accounts.people(&query).await.map_err(unavailable)?;
    as_users(call, &people).await
}

pub(super) async fn administrators(call: &Call<'_>, input: ById) -> Outcome<Vec<String>> {
    let missing = || OcsError::new(Code::INVALID, "Group does not exist");
    let id: GroupId = input.groupid.parse().map_err(|_| missing())?;
    if call.accounts.group(&id).await.map_err(unavailable)?.is_none() {
        return Err(missing());
    }
    let ids = ids_of(call, &id, GroupRole::Administrator).await?;
    Ok(Reply::new(ids.iter().map(ToString::to_string).collect()))
}

pub(super) async fn of_person(call: &Call<'_>, input: users::ById) -> Outcome<GroupIds> {
    let person = find(call, &input.userid).await?.ok_or_else(OcsError::not_visible)?;
    if person.id != call.who()?.person.id && !may_manage(call, &person.id).await? {
        return Err(OcsError::not_visible());
    }
    let memberships = call.accounts.memberships_of(&person.id).await.map_err(unavailable)?;
    Ok(Reply::new(GroupIds {
        groups: memberships.groups.iter().map(ToString::to_string).collect(),
    }))
}

/// What a request on a membership is about, with the codes of what is missing.
async fn membership(call: &Call<'_>, input: &Membership) -> Result<(GroupId, UserId), OcsError> {
    if input.groupid.is_empty() {
        return Err(code(Code::INVALID));
    }
    let group: GroupId = input.groupid.parse().map_err(|_| code(Code::EXISTS))?;
    if call.accounts.group(&group).await.map_err(unavailable)?.is_none() {
        return Err(code(Code::EXISTS));
    }
    let person = find(call, &input.userid).await?.ok_or_else(|| code(Code::NO_USER))?;
    Ok((group, person.id))
}

/// Sub-administrators move people only within their own groups.
async fn may_move(call: &Call<'_>, group: &GroupId) -> Result<(), OcsError> {
    let who = call.who()?;
    if who.administrator {
        return Ok(());
    }
    let own = call.accounts.memberships_of(&who.person.id).await.map_err(unavailable)?;
    if own.administers.contains(group) { Ok(()) } else { Err(code(Code::NO_RIGHT)) }
}

pub(super) async fn join(call: &Call<'_>, input: Membership) -> Outcome<Nothing> {
    let (group, person) = membership(call, &input).await?;
    may_move(call, &group).await?;
    add(call, &group, &person, GroupRole::Member).await
}

async fn add(
    call: &Call<'_>,
    group: &GroupId,
    person: &UserId,
    role: GroupRole,
) -> Outcome<Nothing> {
    call.accounts.add_to_group(group, person, role).await.map_err(|error| match error.kind() {
        ErrorKind::NoSuchGroup => code(Code::EXISTS),
        ErrorKind::NoSuchPerson => code(Code::NO_USER),
        _ => unavailable(error),
    })?;
    Ok(Reply::new(Nothing))
}

/// Nobody locks themselves out, and sub-administrators lose nobody: a person in none of
/// their groups is theirs no more.
async fn may_leave(call: &Call<'_>, group: &GroupId, person: &UserId) -> Result<(), OcsError> {
    let refuse = |text: &str| Err(OcsError::new(Code::NOT_SUBADMIN, text));
    let who = call.who()?;
    let oneself = *person == who.person.id;
    if who.administrator {
        return if oneself && *group == GroupId::admin() {
            refuse("Cannot remove yourself from the admin group")
        } else {
            Ok(())
        };
    }
    if oneself {
        return refuse("Cannot remove yourself from this group as you are a sub-admin");
    }
    let ids = [who.person.id.clone(), person.clone()];
    let both = call.accounts.memberships(&ids).await.map_err(unavailable)?;
    let mut common = both[1].groups.iter().filter(|of| both[0].administers.contains(of));
    if common.by_ref().take(2).count() == 1 && both[1].groups.contains(group) {
        return refuse("Not viable to remove user from the last group you are sub-admin of");
    }
    Ok(())
}

pub(super) async fn leave(call: &Call<'_>, input: Membership) -> Outcome<Nothing> {
    let (group, person) = membership(call, &input).await?;
    may_move(call, &group).await?;
    may_leave(call, &group, &person).await?;
    remove(call, &group, &person, GroupRole::Member).await
}

async fn remove(
    call: &Call<'_>,
    group: &GroupId,
    person: &UserId,
    role: GroupRole,
) -> Outcome<Nothing> {
    call.accounts.remove_from_group(group, person, role).await.map_err(|error| {
        match error.kind() {
            ErrorKind::NoSuchGroup => code(Code::EXISTS),
            ErrorKind::NoSuchPerson => code(Code::NO_USER),
            ErrorKind::LastAdministrator => code(Code::NOT_SUBADMIN),
            _ => unavailable(error),
        }
    })?;
    Ok(Reply::new(Nothing))
}

pub(super) async fn administered_by(call: &Call<'_>, input: users::ById) -> Outcome<Vec<String>> {
    let person = find(call, &input.userid).await?;
    let person = person.ok_or_else(|| OcsError::new(Code::NOT_FOUND, "User does not exist"))?;
    let memberships = call.accounts.memberships_of(&person.id).await.map_err(unavailable)?;
    Ok(Reply::new(memberships.administers.iter().map(ToString::to_string).collect()))
}

/// The person and the group of a request on administering.
async fn administering(call: &Call<'_>, input: &Membership) -> Result<(GroupId, UserId), OcsError> {
    let person = find(call, &input.userid).await?;
    let person = person.ok_or_else(|| OcsError::new(Code::INVALID, "User does not exist"))?;
    let group = match input.groupid.parse::<GroupId>() {
        Ok(id) => call.accounts.group(&id).await.map_err(unavailable)?,
        Err(_) => None,
    };
    let group = group.ok_or_else(|| OcsError::new(Code::EXISTS, "Group does not exist"))?;
    Ok((group.id, person.id))
}

pub(super) async fn add_administrator(call: &Call<'_>, input: Membership) -> Outcome<Nothing> {
    let (group, person) = administering(call, &input).await?;
    if group == GroupId::admin() {
        let text = "Cannot create sub-admins for admin group";
        return Err(OcsError::new(Code::NO_USER, text));
    }
    add(call, &group, &person, GroupRole::Administrator).await
}

pub(super) async fn remove_administrator(call: &Call<'_>, input: Membership) -> Outcome<Nothing> {
    let (group, person) = administering(call, &input).await.map_err(|error| match error.code {
        // Adding and removing name a missing group by different codes.
        Code::EXISTS => OcsError::new(Code::INVALID, error.message),
        _ => error,
    })?;
    let memberships = call.accounts.memberships_of(&person).await.map_err(unavailable)?;
    if !memberships.administers.contains(&group) {
        let text = "User is not a sub-admin of this group";
        return Err(OcsError::new(Code::EXISTS, text));
    }
    remove(call, &group, &person, GroupRole::Administrator).await
}
