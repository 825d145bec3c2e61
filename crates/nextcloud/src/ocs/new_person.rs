//! People who are made.

use allmende_accounts::{ErrorKind, FieldUpdate, NewPerson};
use allmende_ocs::{
    Code, OcsError, Reply,
    endpoints::cloud::users::{Created, NewUser},
};
use allmende_types::{GroupId, UserId};

use super::{
    Call, Outcome, code,
    people::{find, set_home_quota},
    profile,
    settings::Settings,
    unavailable, welcome,
};

pub(super) async fn create(call: &Call<'_>, input: NewUser) -> Outcome<Created> {
    let settings = Settings::of(call.inner).await?;
    let password = input.password.filter(|password| !password.is_empty());
    let email = input.email.filter(|email| !email.is_empty());
    let id = new_id(call, &settings, input.userid).await?;
    let groups = known_groups(call, &input.groups).await?;
    let administers = groups_to_administer(call, &input.subadmin).await?;
    may_place(call, &groups, &administers).await?;
    match (&password, &email) {
        (None, None) => {
            let text = "An email address is required, to send a password link to the user.";
            return Err(OcsError::new(Code::NO_PASSWORD, text));
        }
        (_, None) if settings.email_required => {
            let text = "Required email address was not provided";
            return Err(OcsError::new(Code::NO_EMAIL, text));
        }
        _ => {}
    }
    if let Some(password) = &password {
        settings.check_password(password)?;
    }
    let quota = settings.quota(input.quota.as_deref().unwrap_or_default())?;
    let manager = input.manager.filter(|manager| !manager.is_empty());
    if let Some(manager) = &manager
        && find(call, manager).await?.is_none()
    {
        return Err(OcsError::new(Code::INVALID, "Invalid manager"));
    }
    let mut new = NewPerson::new(id);
    new.display_name = input.display_name.unwrap_or_default();
    new.email = email;
    new.groups = groups;
    new.administers = administers;
    new.quota = quota;
    new.language = profile::language(input.language.unwrap_or_default())?;
    if let Some(password) = password {
        new = new.with_password(password);
    }
    let made = call.accounts.create_person(new, call.now()).await;
    let person = made.map_err(|error| match error.kind() {
        ErrorKind::Exists => OcsError::new(Code::EXISTS, "User already exists"),
        ErrorKind::UnfitPassword => {
            OcsError::new(Code::WEAK_PASSWORD, "The password is too short or too long.")
        }
        ErrorKind::Invalid => code(Code::INVALID),
        ErrorKind::NoSuchGroup => code(Code::NO_RIGHT),
        _ => unavailable(error),
    })?;
    let files = &call.inner.files;
    if settings.limit(files, quota) != files.options().default_quota {
        set_home_quota(call, &person.id, quota).await?;
    }
    if let Some(manager) = manager {
        let update = FieldUpdate { value: Some(manager), scope: None };
        let set = call.accounts.set_profile_field(&person.id, "manager", update).await;
        set.map_err(unavailable)?;
    }
    if let Some(address) = person.email.as_deref().filter(|_| settings.welcome_mail)
        && let Err(error) = welcome::send(call, &person, address).await
    {
        // The person is there all the same; the mail can be sent again.
        tracing::warn!(person = %person.id, %error, "a new person could not be mailed");
    }
    Ok(Reply::new(Created { id: person.id.to_string() }))
}

/// The id of a new person: the one that was asked for, or one that is made up where that is
/// allowed.
async fn new_id(call: &Call<'_>, settings: &Settings, asked: String) -> Result<UserId, OcsError> {
    /// Letters and digits of an id that is made up, and how often it is drawn.
    const LENGTH: usize = 10;
    const DRAWS: usize = 10;
    if asked.trim().is_empty() {
        if !settings.ids_made_up {
            return Err(OcsError::new(Code::INVALID, "A valid Login must be provided"));
        }
        for _ in 0..DRAWS {
            let drawn = call.accounts.new_secret(LENGTH).map_err(unavailable)?;
            if find(call, drawn.expose()).await?.is_none()
                && let Ok(id) = drawn.expose().parse()
            {
                return Ok(id);
            }
        }
        return Err(OcsError::new(Code::NO_ID, "Could not create non-existing user ID"));
    }
    let id: UserId = asked.parse().map_err(|_| {
        let allowed = "Only the following characters are allowed in an Login: \"a-z\", \"A-Z\", \
                       \"0-9\", spaces and \"_.@-'\"";
        OcsError::new(Code::INVALID, allowed)
    })?;
    if find(call, id.as_str()).await?.is_some() {
        return Err(OcsError::new(Code::EXISTS, "User already exists"));
    }
    Ok(id)
}

/// Whether the caller may put a new person into these groups.
async fn may_place(
    call: &Call<'_>,
    groups: &[GroupId],
    administers: &[GroupId],
) -> Result<(), OcsError> {
    let who = call.who()?;
    if who.administrator {
        return Ok(());
    }
    if groups.is_empty() {
        let text = "No group specified (required for sub-admins)";
        return Err(OcsError::new(Code::NO_GROUP, text));
    }
    let own = call.accounts.memberships_of(&who.person.id).await;
    let own = own.map_err(unavailable)?.administers;
    if let Some(foreign) = groups.iter().find(|group| !own.contains(group)) {
        let text = format!("Insufficient privileges for group {foreign}");
        return Err(OcsError::new(Code::NOT_SUBADMIN, text));
    }
    if administers.iter().any(|group| !own.contains(group)) {
        return Err(OcsError::new(Code::FORBIDDEN, "No permissions to promote sub-admins"));
    }
    Ok(())
}

/// The groups that a new person is to administer.
async fn groups_to_administer(call: &Call<'_>, names: &[String]) -> Result<Vec<GroupId>, OcsError> {
    let groups = known_groups(call, names).await.map_err(|error| match error.code {
        Code::NO_RIGHT => OcsError::new(Code(109), "Sub-admin group does not exist"),
        _ => error,
    })?;
    if groups.contains(&GroupId::admin()) {
        return Err(OcsError::new(Code::NO_USER, "Cannot create sub-admins for admin group"));
    }
    Ok(groups)
}

/// The groups of a request, all of which must exist.
async fn known_groups(call: &Call<'_>, names: &[String]) -> Result<Vec<GroupId>, OcsError> {
    let mut groups = Vec::with_capacity(names.len());
    for name in names {
        let missing = || OcsError::new(Code::NO_RIGHT, format!("Group {name} does not exist"));
        let id: GroupId = name.parse().map_err(|_| missing())?;
        if call.accounts.group(&id).await.map_err(unavailable)?.is_none() {
            return Err(missing());
        }
        groups.push(id);
    }
    Ok(groups)
}
