//! Changes of a person's properties: one by its key, or several at once.

use allmende_accounts::{ErrorKind, FieldUpdate, GroupRole, Person, PersonUpdate, Quota};
use allmende_ocs::{
    Assoc, Code, Nothing, OcsError, Reply, Value,
    endpoints::cloud::{
        user::{Scope, User},
        users::{Change as Asked, Changes, CollectionChange},
    },
};
use allmende_types::{GroupId, UserId};

use super::{
    Call, Outcome, code,
    people::{find, manageable_or_oneself, set_home_quota},
    person::{EDITABLE, Viewer, parse_scope, show_one},
    profile,
    settings::Settings,
    unavailable,
};

/// A change that may be made.
enum Change {
    Person(PersonUpdate),
    Quota(Quota),
    Password(String),
    Field(String, FieldUpdate),
}

/// Who changes whom, under which settings.
struct Editor<'a> {
    call: &'a Call<'a>,
    person: &'a Person,
    viewer: Viewer,
    settings: Settings,
}

pub(super) async fn edit(call: &Call<'_>, input: Asked) -> Outcome<Nothing> {
    let (person, viewer) = manageable_or_oneself(call, &input.userid).await?;
    let settings = Settings::of(call.inner).await?;
    let editor = Editor { call, person: &person, viewer, settings };
    let change = editor.read(&input.key, input.value).await?;
    editor.apply(change).await?;
    Ok(Reply::new(Nothing))
}

/// Changes one of several values of a property: there is one such property.
pub(super) async fn edit_collection(call: &Call<'_>, input: CollectionChange) -> Outcome<Nothing> {
    let (person, viewer) = manageable_or_oneself(call, &input.userid).await?;
    if input.collection != "additional_mail" {
        return Err(code(Code::FIELD_NOT_EDITABLE));
    }
    let settings = Settings::of(call.inner).await?;
    let editor = Editor { call, person: &person, viewer, settings };
    let change = editor.change_address(&input.key, input.value).await?;
    editor.apply(change).await?;
    Ok(Reply::new(Nothing))
}

impl Editor<'_> {
    /// Whether the caller sets what people do not set of themselves.
    fn manages(&self) -> Result<bool, OcsError> {
        Ok(self.viewer == Viewer::Manager || self.call.who()?.administrator)
    }

    /// Reads a change by its key and value.
    ///
    /// # Errors
    /// 113 for a key that the caller may not change, 101 and 107 for a value.
    async fn read(&self, key: &str, value: String) -> Result<Change, OcsError> {
        let mut update = PersonUpdate::default();
        match key {
            "display" | "displayname" => update.display_name = Some(value),
            "email" => update.email = Some(Some(value).filter(|mail| !mail.is_empty())),
            "language" => update.language = Some(profile::language(value)?),
            "locale" => update.locale = Some(profile::locale(value)?),
            "timezone" => update.timezone = Some(profile::timezone(value)?),
            "quota" if self.manages()? => return Ok(Change::Quota(self.settings.quota(&value)?)),
            "manager" if self.manages()? => {
                if !value.is_empty() && find(self.call, &value).await?.is_none() {
                    return Err(OcsError::new(Code::INVALID, "Invalid manager"));
                }
                return Ok(set(key, value));
            }
            "password" => {
                self.settings.check_password(&value)?;
                return Ok(Change::Password(value));
            }
            "notify_email" => {
                profile::may_be_notified(self.person, &value)?;
                return Ok(set(key, value));
            }
            "additional_mail" => return self.add_address(value).await,
            // Whose day it is nobody else says.
            "birthdate" if self.viewer == Viewer::Manager => {
                return Err(code(Code::FIELD_NOT_EDITABLE));
            }
            key => return self.read_field(key, value),
        }
        Ok(Change::Person(update))
    }

    fn read_field(&self, key: &str, value: String) -> Result<Change, OcsError> {
        let (name, change) = match key.strip_suffix("Scope") {
            Some(name) if self.viewer == Viewer::Oneself => {
                let refuse = || OcsError::new(Code::INVALID, "Invalid scope");
                let scope = parse_scope(&value).ok_or_else(refuse)?;
                // Everybody who shares with a person sees name and address.
                if scope == Scope::Private && matches!(name, "displayname" | "email") {
                    return Err(refuse());
                }
                let update = FieldUpdate { value: None, scope: Some(value) };
                (name, Change::Field(name.to_owned(), update))
            }
            Some(_) => return Err(code(Code::FIELD_NOT_EDITABLE)),
            None => (key, set(key, profile::tidy(key, value)?)),
        };
        if EDITABLE.contains(&name) || matches!(name, "avatar" | "first_day_of_week") {
            return Ok(change);
        }
        Err(code(Code::FIELD_NOT_EDITABLE))
    }

    /// One more address beside the first one.
    async fn add_address(&self, value: String) -> Result<Change, OcsError> {
        /// Addresses of a person, at most.
        const MOST: usize = 20;
        profile::address(&value)?;
        let mut all = self.addresses().await?;
        let known = self.person.email.as_deref() == Some(&value) || all.contains(&value);
        if known || all.len() >= MOST {
            return Err(code(Code::INVALID));
        }
        all.push(value);
        Ok(set("additional_mail", all.join("\n")))
    }

    /// The addresses beside the first one.
    async fn addresses(&self) -> Result<Vec<String>, OcsError> {
        let fields = self.call.accounts.profile(&self.person.id).await.map_err(unavailable)?;
        let field = fields.iter().find(|field| field.name == "additional_mail");
        let lines = field.map_or("", |field| &field.value).split('\n');
        Ok(lines.filter(|mail| !mail.is_empty()).map(str::to_owned).collect())
    }

    /// Replaces or removes one of the addresses beside the first one.
    async fn change_address(&self, old: &str, new: String) -> Result<Change, OcsError> {
        let mut all = self.addresses().await?;
        let at = all.iter().position(|mail| mail == old).ok_or_else(|| code(Code::INVALID))?;
        if new.is_empty() {
            all.remove(at);
        } else {
            profile::address(&new)?;
            if self.person.email.as_deref() == Some(&new) || all.contains(&new) {
                return Err(code(Code::INVALID));
            }
            all[at] = new;
        }
        Ok(set("additional_mail", all.join("\n")))
    }

    async fn apply(&self, change: Change) -> Result<(), OcsError> {
        let (accounts, id) = (&self.call.accounts, &self.person.id);
        let done = match change {
            Change::Person(update) => accounts.update_person(id, update).await,
            Change::Quota(quota) => {
                set_home_quota(self.call, id, quota).await?;
                let update = PersonUpdate { quota: Some(quota), ..PersonUpdate::default() };
                accounts.update_person(id, update).await
            }
            Change::Password(password) => accounts.set_password(id, Some(&password)).await,
            Change::Field(name, update) => accounts.set_profile_field(id, &name, update).await,
        };
        done.map_err(|error| match error.kind() {
            ErrorKind::Invalid => code(Code::INVALID),
            ErrorKind::UnfitPassword => {
                OcsError::new(Code::WEAK_PASSWORD, "The password is too short or too long.")
            }
            ErrorKind::NoSuchPerson => OcsError::not_visible(),
            _ => unavailable(error),
        })
    }
}

fn set(name: &str, value: String) -> Change {
    Change::Field(name.to_owned(), FieldUpdate { value: Some(value), scope: None })
}

/// What is wrong with several changes, by their names.
#[derive(Default)]
struct Errors(Assoc<String>);

impl Errors {
    /// Keeps what a caller can mend; anything else ends the request.
    fn note<T>(&mut self, name: &str, read: Result<T, OcsError>) -> Result<Option<T>, OcsError> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_retryable() => Err(error),
            Err(error) => {
                let text = match error.code {
                    Code::FIELD_NOT_EDITABLE => "This cannot be changed".to_owned(),
                    _ if error.message.is_empty() => "Invalid value".to_owned(),
                    _ => error.message,
                };
                self.0.push(name, text);
                Ok(None)
            }
        }
    }
}

/// Changes several properties. All are looked at before the first one is changed.
pub(super) async fn patch(call: &Call<'_>, input: Changes) -> Outcome<User> {
    let (person, viewer) = manageable_or_oneself(call, &input.userid).await?;
    let settings = Settings::of(call.inner).await?;
    let editor = Editor { call, person: &person, viewer, settings };
    let mut errors = Errors::default();
    let mut changes = Vec::new();
    let values = [
        ("displayName", "displayname", input.display_name),
        ("password", "password", input.password),
        ("email", "email", input.email),
        ("quota", "quota", input.quota),
        ("language", "language", input.language),
        ("manager", "manager", input.manager),
    ];
    for (name, key, value) in values {
        if let Some(value) = value {
            if key == "email" && !value.is_empty() {
                errors.note(name, profile::address(&value))?;
            }
            changes.extend(errors.note(name, editor.read(key, value).await)?);
        }
    }
    let mut moves = Vec::new();
    for (name, role, wanted) in [
        ("groups", GroupRole::Member, input.groups),
        ("subadminGroups", GroupRole::Administrator, input.subadmin_groups),
    ] {
        if let Some(wanted) = wanted {
            let planned = plan_moves(&editor, role, &wanted).await;
            moves.extend(errors.note(name, planned)?.unwrap_or_default());
        }
    }
    if !errors.0.is_empty() {
        let list = errors.0.iter().map(|(name, text)| (name, Value::from(text.as_str()))).collect();
        let data = [("errors", list)].into_iter().collect::<Value>();
        return Err(OcsError::new(Code(422), "").with_data(data));
    }
    for change in changes {
        editor.apply(change).await?;
    }
    for one in moves {
        one.make(call, &person.id).await?;
    }
    let now = find(call, person.id.as_str()).await?.ok_or_else(OcsError::not_visible)?;
    Ok(Reply::new(show_one(call, &now, viewer).await?))
}

/// A membership that begins or ends.
struct Move {
    group: GroupId,
    role: GroupRole,
    begins: bool,
}

impl Move {
    async fn make(self, call: &Call<'_>, id: &UserId) -> Result<(), OcsError> {
        let accounts = &call.accounts;
        let moved = if self.begins {
            accounts.add_to_group(&self.group, id, self.role).await
        } else {
            accounts.remove_from_group(&self.group, id, self.role).await
        };
        moved.map_err(|error| match error.kind() {
            ErrorKind::LastAdministrator | ErrorKind::NoSuchGroup => code(Code::NOT_SUBADMIN),
            _ => unavailable(error),
        })
    }
}

/// What has to begin and to end for a person to be in these groups and no others.
async fn plan_moves(
    editor: &Editor<'_>,
    role: GroupRole,
    wanted: &[String],
) -> Result<Vec<Move>, OcsError> {
    let refuse = |text: String| Err(OcsError::new(Code::INVALID, text));
    let call = editor.call;
    let who = call.who()?;
    let accounts = &call.accounts;
    if role == GroupRole::Administrator && !who.administrator {
        return Err(code(Code::FIELD_NOT_EDITABLE));
    }
    let mut groups = Vec::with_capacity(wanted.len());
    for name in wanted {
        let known = match name.parse::<GroupId>() {
            Ok(id) => accounts.group(&id).await.map_err(unavailable)?.map(|group| group.id),
            Err(_) => None,
        };
        let Some(id) = known else { return refuse(format!("Group {name} does not exist")) };
        if role == GroupRole::Administrator && id == GroupId::admin() {
            return refuse("Cannot create sub-admins for admin group".to_owned());
        }
        groups.push(id);
    }
    let now = accounts.memberships_of(&editor.person.id).await.map_err(unavailable)?;
    let now = match role {
        GroupRole::Member => now.groups,
        GroupRole::Administrator => now.administers,
    };
    let ends = now.iter().filter(|group| !groups.contains(group));
    let begins = groups.iter().filter(|group| !now.contains(group));
    let moves: Vec<Move> = ends
        .map(|group| Move { group: group.clone(), role, begins: false })
        .chain(begins.map(|group| Move { group: group.clone(), role, begins: true }))
        .collect();
    if !who.administrator {
        let own = accounts.memberships_of(&who.person.id).await.map_err(unavailable)?.administers;
        if let Some(foreign) = moves.iter().find(|one| !own.contains(&one.group)) {
            return refuse(format!("Insufficient privileges for group {}", foreign.group));
        }
        if !groups.iter().any(|group| own.contains(group)) {
            let text = "Not viable to remove user from the last group you are sub-admin of";
            return refuse(text.to_owned());
        }
    }
    let leaves_admin = moves
        .iter()
        .any(|one| !one.begins && one.group == GroupId::admin() && role == GroupRole::Member);
    if leaves_admin && editor.person.id == who.person.id {
        return refuse("Cannot remove yourself from the admin group".to_owned());
    }
    Ok(moves)
}
