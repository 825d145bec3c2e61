//! Circles: teams that people make and manage themselves.

use allmende_accounts::{
    Circle, CircleEdit, CircleFlags, CircleLevel, CircleMember, CircleMemberId, CircleQuery,
    CircleRefusal, CircleSubject, Error, ErrorKind, NewCircle, Page,
};
use allmende_ocs::{
    Code, Nothing, OcsError, Reply,
    endpoints::{NoParameters, circles as e},
};
use allmende_sharing::{Caller, ShareKind, ShareeQuery};
use allmende_types::{CircleId, UserId};
use sha2::{Digest as _, Sha256};

use super::{Call, Outcome, shares::refused, unavailable};

/// What made a circle: people did.
const SOURCE: u32 = 16;
/// Who is found for one term at most.
const FOUND: u32 = 25;

pub(super) async fn list(call: &Call<'_>, _: NoParameters) -> Outcome<Vec<e::Circle>> {
    let query = CircleQuery { search: String::new(), page: Page::default() };
    let circles = call.accounts.circles(me(call)?, &query).await.map_err(failed)?;
    Ok(Reply::new(circles.iter().map(told).collect()))
}

pub(super) async fn create(call: &Call<'_>, input: e::NewCircle) -> Outcome<e::Circle> {
    let mut new = NewCircle::new(input.name);
    if input.personal {
        new.flags = new.flags | CircleFlags::PERSONAL;
    }
    if input.local {
        new.flags = new.flags | CircleFlags::LOCAL;
    }
    let made = call.accounts.create_circle(me(call)?, new, call.now()).await.map_err(failed)?;
    Ok(Reply::new(told(&made)))
}

pub(super) async fn get(call: &Call<'_>, input: e::ById) -> Outcome<e::Circle> {
    let circle = call.accounts.circle(me(call)?, &id(&input.circle_id)?).await.map_err(failed)?;
    Ok(Reply::new(told(&circle)))
}

/// Deletes a circle, and then what was shared with it, which gives nothing any more.
pub(super) async fn delete(call: &Call<'_>, input: e::ById) -> Outcome<e::Circle> {
    let id = id(&input.circle_id)?;
    let was = call.accounts.destroy_circle(me(call)?, &id, call.now()).await.map_err(failed)?;
    call.inner.sharing.forget_circle(&id).await.map_err(unavailable)?;
    Ok(Reply::new(told(&was)))
}

async fn edit(call: &Call<'_>, circle: &str, edit: CircleEdit) -> Outcome<e::Circle> {
    let edited = call.accounts.edit_circle(me(call)?, &id(circle)?, edit, call.now()).await;
    Ok(Reply::new(told(&edited.map_err(failed)?)))
}

pub(super) async fn set_name(call: &Call<'_>, input: e::NewText) -> Outcome<e::Circle> {
    edit(call, &input.circle_id, CircleEdit::Name(input.value)).await
}

pub(super) async fn set_description(call: &Call<'_>, input: e::NewText) -> Outcome<e::Circle> {
    edit(call, &input.circle_id, CircleEdit::Description(input.value)).await
}

pub(super) async fn set_config(call: &Call<'_>, input: e::NewConfig) -> Outcome<e::Circle> {
    edit(call, &input.circle_id, CircleEdit::Flags(input.value)).await
}

pub(super) async fn join(call: &Call<'_>, input: e::ById) -> Outcome<e::Member> {
    let id = id(&input.circle_id)?;
    let joined = call.accounts.join_circle(me(call)?, &id, call.now()).await.map_err(failed)?;
    Ok(Reply::new(member(&joined.member)))
}

pub(super) async fn leave(call: &Call<'_>, input: e::ById) -> Outcome<e::Circle> {
    let (me, id) = (me(call)?, id(&input.circle_id)?);
    let was = call.accounts.circle(me, &id).await.map_err(failed)?;
    call.accounts.leave_circle(me, &id, call.now()).await.map_err(failed)?;
    let mut left = told(&was);
    left.initiator = None;
    Ok(Reply::new(left))
}

pub(super) async fn members(call: &Call<'_>, input: e::ById) -> Outcome<Vec<e::Member>> {
    let members = call.accounts.circle_members(me(call)?, &id(&input.circle_id)?).await;
    Ok(Reply::new(members.map_err(failed)?.iter().map(member).collect()))
}

pub(super) async fn add(call: &Call<'_>, input: e::NewMember) -> Outcome<e::Member> {
    let whom = e::Whom { id: input.user_id, kind: input.kind };
    let added = add_all(call, &input.circle_id, &[whom]).await?.pop();
    added.map(Reply::new).ok_or_else(|| refusal(CircleRefusal::UnknownEntity))
}

pub(super) async fn add_many(call: &Call<'_>, input: e::NewMembers) -> Outcome<Vec<e::Member>> {
    Ok(Reply::new(add_all(call, &input.circle_id, &input.members).await?))
}

async fn add_all(
    call: &Call<'_>,
    circle: &str,
    whom: &[e::Whom],
) -> Result<Vec<e::Member>, OcsError> {
    let id = id(circle)?;
    let subjects = whom.iter().map(subject).collect::<Result<Vec<_>, _>>()?;
    let added = call.accounts.add_to_circle(me(call)?, &id, &subjects, call.now()).await;
    Ok(added.map_err(failed)?.iter().map(member).collect())
}

pub(super) async fn confirm(call: &Call<'_>, input: e::OneMember) -> Outcome<e::Member> {
    let (id, other) = (id(&input.circle_id)?, CircleMemberId(input.member_id));
    let confirmed = call.accounts.confirm_in_circle(me(call)?, &id, &other, call.now()).await;
    Ok(Reply::new(member(&confirmed.map_err(failed)?)))
}

pub(super) async fn remove(call: &Call<'_>, input: e::OneMember) -> Outcome<Nothing> {
    let (id, other) = (id(&input.circle_id)?, CircleMemberId(input.member_id));
    let removed = call.accounts.remove_from_circle(me(call)?, &id, &other, call.now()).await;
    removed.map_err(failed)?;
    Ok(Reply::new(Nothing))
}

pub(super) async fn set_level(call: &Call<'_>, input: e::NewLevel) -> Outcome<e::Member> {
    let id = id(&input.circle_id)?;
    let level = input.number().and_then(CircleLevel::from_number);
    // Who may not know of the circle does not hear what levels there are.
    call.accounts.circle(me(call)?, &id).await.map_err(failed)?;
    let level = level.ok_or_else(|| refusal(CircleRefusal::UnknownLevel))?;
    let other = CircleMemberId(input.member_id);
    let set = call.accounts.set_circle_level(me(call)?, &id, &other, level, call.now()).await;
    Ok(Reply::new(member(&set.map_err(failed)?)))
}

/// People and groups, as far as the phone book shows them.
pub(super) async fn find(call: &Call<'_>, input: e::Search) -> Outcome<Vec<e::Someone>> {
    let caller = Caller { person: me(call)?, now: call.now() };
    let mut query = ShareeQuery::new(input.term);
    query.kinds = vec![ShareKind::Person, ShareKind::Group];
    query.per_page = FOUND;
    let found = call.inner.sharing.sharees(caller, &query).await.map_err(refused)?;
    let people = found
        .exact
        .people
        .iter()
        .chain(&found.wide.people)
        .map(|person| someone(&CircleSubject::Person(person.id.clone()), &person.display_name));
    let groups = found.exact.groups.iter().chain(&found.wide.groups);
    let groups =
        groups.map(|group| someone(&CircleSubject::Group(group.id.clone()), &group.display_name));
    Ok(Reply::new(people.chain(groups).collect()))
}

fn me<'a>(call: &'a Call<'_>) -> Result<&'a UserId, OcsError> {
    Ok(&call.who()?.person.id)
}

fn id(text: &str) -> Result<CircleId, OcsError> {
    text.parse().map_err(|_| refusal(CircleRefusal::NoSuchCircle))
}

fn subject(whom: &e::Whom) -> Result<CircleSubject, OcsError> {
    let unknown = |_| refusal(CircleRefusal::UnknownEntity);
    match whom.kind {
        e::MemberType::USER => whom.id.parse().map(CircleSubject::Person).map_err(unknown),
        e::MemberType::GROUP => whom.id.parse().map(CircleSubject::Group).map_err(unknown),
        // Circles are in no circles here, nor are addresses and cards.
        _ => Err(refusal(CircleRefusal::UnknownEntity)),
    }
}

fn refusal(refusal: CircleRefusal) -> OcsError {
    OcsError::new(Code(refusal.code()), refusal.to_string())
}

fn failed(error: Error) -> OcsError {
    match error.kind() {
        ErrorKind::Circle(reason) => refusal(reason),
        _ => unavailable(error),
    }
}

fn told(circle: &Circle) -> e::Circle {
    let mut told = e::Circle::default();
    told.id = circle.id.to_string();
    told.name.clone_from(&circle.name);
    told.display_name.clone_from(&circle.name);
    told.sanitized_name = sanitized(&circle.name);
    told.source = SOURCE;
    told.population = circle.population;
    told.config = circle.flags.bits();
    told.description.clone_from(&circle.description);
    told.creation = circle.created.unix();
    told.initiator = circle.own.as_ref().map(|own| {
        let mut own = member(own);
        // What one may do by a group, one may do.
        own.level = circle.level.number();
        own
    });
    told.owner = Some(member(&circle.owner));
    told
}

fn member(of: &CircleMember) -> e::Member {
    let who = someone(&of.subject, &of.name);
    let mut told = e::Member::default();
    told.id.clone_from(&of.id.0);
    told.circle_id = of.circle.to_string();
    told.single_id = who.single_id;
    told.user_id = who.user_id;
    told.user_type = who.user_type;
    told.local = true;
    told.level = of.level.number();
    told.status = of.state.as_str().to_owned();
    told.display_name = who.display_name;
    told.joined = of.joined.unix();
    told.invited_by =
        of.invited_by.as_ref().map(|(id, name)| someone(&CircleSubject::Person(id.clone()), name));
    told
}

fn someone(subject: &CircleSubject, name: &str) -> e::Someone {
    let mut told = e::Someone::default();
    let key = match subject {
        CircleSubject::Person(id) => {
            (told.user_id, told.user_type) = (id.to_string(), e::MemberType::USER);
            format!("person:{}", id.key())
        }
        CircleSubject::Group(id) => {
            (told.user_id, told.user_type) = (id.to_string(), e::MemberType::GROUP);
            format!("group:{id}")
        }
    };
    told.single_id = single_id(&key);
    told.display_name = name.to_owned();
    told
}

/// The same for one person in all circles, in the form that the original's ids have. It is no
/// secret: it says no more than the id.
fn single_id(key: &str) -> String {
    let hash = Sha256::digest(key.as_bytes());
    let mut text: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    text.truncate(31);
    text
}

/// The name without what some file systems do not take.
fn sanitized(name: &str) -> String {
    let kept = name.chars().filter(|c| !r#"*|\:"<>?"#.contains(*c));
    let text: String = kept.map(|c| if c == '/' { '-' } else { c }).collect();
    text.trim_matches([' ', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_for_file_systems() {
        assert_eq!(sanitized(" Bau/Umbau: <2030>? ."), "Bau-Umbau 2030");
        assert_eq!(single_id("person:alice").len(), 31);
        assert_ne!(single_id("person:alice"), single_id("group:alice"));
    }
}
