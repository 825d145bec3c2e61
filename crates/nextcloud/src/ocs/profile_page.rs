//! The page that a person shows to others.

use allmende_accounts::FieldUpdate;
use allmende_ocs::{
    Code, Nothing, OcsError, Reply, Value,
    endpoints::profile::{Action, ByUser, NewVisibility, Profile},
};

use super::{
    Call, Outcome, completion, contact::Shown, contact::visibility_field, people::find, profile,
    unavailable,
};

/// What a page is made of, and what can be hidden.
const PARTS: [&str; 15] = [
    "address",
    "avatar",
    "biography",
    "birthdate",
    "bluesky",
    "displayname",
    "email",
    "fediverse",
    "headline",
    "organisation",
    "phone",
    "pronouns",
    "role",
    "twitter",
    "website",
];

pub(super) async fn get(call: &Call<'_>, input: ByUser) -> Outcome<Profile> {
    let nothing = |code| OcsError::new(code, "").with_data(Value::Null);
    let missing = || nothing(Code::NOT_FOUND);
    let person = find(call, &input.user_id).await?.ok_or_else(missing)?;
    if !completion::is_known(call, &person).await? {
        return Err(missing());
    }
    let fields = call.accounts.profile(&person.id).await.map_err(unavailable)?;
    let shown = Shown::new(&person, &fields);
    if !shown.has_page() {
        return Err(nothing(Code::BAD_REQUEST));
    }
    let text = |name: &str| shown.get(name).map(str::to_owned);
    let mut page = Profile::default();
    page.user_id = person.id.to_string();
    page.address = text("address");
    page.biography = text("biography");
    page.displayname = text("displayname");
    page.headline = text("headline");
    page.is_avatar_visible = shown.is_told("avatar");
    page.organisation = text("organisation");
    page.pronouns = text("pronouns");
    page.role = text("role");
    page.actions = shown
        .ways(&call.origin.base_url())
        .into_iter()
        .map(|way| Action {
            id: way.field.to_owned(),
            icon: way.icon,
            title: way.title,
            target: Some(way.target),
        })
        .collect();
    page.timezone =
        if person.timezone.is_empty() { "UTC".to_owned() } else { person.timezone.clone() };
    page.timezone_offset = profile::utc_offset(&page.timezone, call.now());
    Ok(Reply::new(page))
}

pub(super) async fn set_visibility(call: &Call<'_>, input: NewVisibility) -> Outcome<Nothing> {
    let own = &call.who()?.person.id;
    if input.target_user_id.to_lowercase() != own.key() {
        let text = "People can only edit their own visibility settings";
        return Err(OcsError::new(Code::FORBIDDEN, text));
    }
    if !PARTS.contains(&input.param_id.as_str()) {
        let text = format!("Account does not have a profile parameter with ID: {}", input.param_id);
        return Err(OcsError::bad_request(text));
    }
    // The original keeps any word. One that is not known must not show what was to be hidden.
    let known = matches!(input.visibility.as_str(), "show" | "show_users_only" | "hide");
    let value = if known { input.visibility } else { "hide".to_owned() };
    let update = FieldUpdate { value: Some(value), scope: None };
    let field = visibility_field(&input.param_id);
    call.accounts.set_profile_field(own, &field, update).await.map_err(unavailable)?;
    Ok(Reply::new(Nothing))
}
