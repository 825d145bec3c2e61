//! People as others meet them: completion of their names, and the card beside a name.

use allmende_accounts::{Group, Person};
use allmende_ocs::{
    Code, OcsError, Reply, Value,
    endpoints::{
        core::autocomplete::{Query, Suggestion},
        hovercard::{Action, ById, Card},
    },
};

use super::{
    Call, Outcome, code, contact, people::find, settings::Settings, unavailable, user_status,
};
use crate::directory::Directory;

/// Share types of the original.
const PEOPLE: u32 = 0;
const GROUPS: u32 = 1;
/// Suggestions without a wish.
const LIMIT: u32 = 10;

/// Names that fit what was typed: first those named in full.
pub(super) async fn autocomplete(call: &Call<'_>, input: Query) -> Outcome<Vec<Suggestion>> {
    let rules = Settings::of(call.inner).await?.rules;
    let directory = Directory::of(&call.inner.accounts, &call.who()?.person.id, rules).await;
    let directory = directory.map_err(unavailable)?;
    let limit = input.limit.unwrap_or(LIMIT).max(1) as usize;
    let types = if input.share_types.is_empty() { vec![PEOPLE] } else { input.share_types };
    let mut suggestions = Vec::new();
    if types.contains(&PEOPLE) {
        let found = directory.people(&input.search).await.map_err(unavailable)?;
        let people: Vec<Person> =
            found.exact.into_iter().chain(found.wide.into_iter().take(limit)).collect();
        let ids: Vec<_> = people.iter().map(|person| person.id.clone()).collect();
        let statuses = user_status::of_people(call.inner, &ids).await?;
        for (person, status) in people.iter().zip(statuses) {
            let mut one = Suggestion::person(person.id.as_str(), &person.display_name);
            one.share_with_display_name_unique =
                person.email.clone().unwrap_or_else(|| person.id.to_string());
            if let Some(status) = status {
                one.status = user_status::shown(&status);
            }
            suggestions.push(one);
        }
    }
    if types.contains(&GROUPS) {
        let found = directory.groups(&input.search).await.map_err(unavailable)?;
        let groups = found.exact.iter().chain(found.wide.iter().take(limit));
        suggestions.extend(groups.map(group));
    }
    Ok(Reply::new(suggestions))
}

fn group(group: &Group) -> Suggestion {
    let mut one = Suggestion::person(group.id.as_str(), &group.display_name);
    one.icon = "icon-group".to_owned();
    one.source = "groups".to_owned();
    one.status = Value::from("");
    one
}

/// The card of a person: name, and what one can do.
pub(super) async fn hovercard(call: &Call<'_>, input: ById) -> Outcome<Card> {
    let missing = || code(Code::NOT_FOUND);
    let person = find(call, &input.user_id).await?.ok_or_else(missing)?;
    if !is_known(call, &person).await? {
        return Err(missing());
    }
    let actions = contact::actions(call, &person).await?;
    let actions = actions.into_iter().map(|action| Action {
        title: action.title,
        icon: action.icon,
        hyperlink: Some(action.target),
        app_id: action.app.to_owned(),
    });
    Ok(Reply::new(Card {
        user_id: person.id.to_string(),
        display_name: person.display_name,
        actions: actions.collect(),
    }))
}

/// Whether the caller may know of a person.
pub(super) async fn is_known(call: &Call<'_>, person: &Person) -> Result<bool, OcsError> {
    let rules = Settings::of(call.inner).await?.rules;
    let directory = Directory::of(&call.inner.accounts, &call.who()?.person.id, rules).await;
    directory.map_err(unavailable)?.knows(person).await.map_err(unavailable)
}
