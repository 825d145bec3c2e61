//! The fields of a person's profile, and other values that are kept for a person.

use allmende_sql::{Batch, Expect, Statement, Value, params};
use allmende_types::UserId;

use crate::{Accounts, Error, ErrorKind, Page, Result, person::user_id};

/// A named value of a person, such as `phone` with the scope `v2-local`.
///
/// This crate does not know which names there are: the protocols on top do. A field can
/// have a scope without a value, for values that stand elsewhere (`email`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProfileField {
    /// The name, up to 128 characters.
    pub name: String,
    /// The value, up to 16 KiB; empty if only the scope is known.
    pub value: String,
    /// Who may see it, up to 32 characters; empty for the default.
    pub scope: String,
}

/// A change of a profile field; what is none stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldUpdate {
    /// A new value.
    pub value: Option<String>,
    /// A new scope.
    pub scope: Option<String>,
}

/// What happens to a profile field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldChange {
    /// It gets a value or a scope.
    Set(FieldUpdate),
    /// It goes.
    Remove,
}

impl Accounts {
    /// The fields of several people, in the order of the ids; in the order of their names.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn profiles(&self, ids: &[UserId]) -> Result<Vec<Vec<ProfileField>>> {
        let find = "SELECT person, name, value, scope FROM person_fields \
                    WHERE person IN ($list) ORDER BY person, name";
        let keys: Vec<String> = ids.iter().map(UserId::key).collect();
        let list = keys.iter().map(Value::from);
        let rows = self.sql().read(Statement::with_list(find, vec![], list)).await?;
        let mut profiles = vec![Vec::new(); ids.len()];
        for row in rows.iter() {
            let person = row.text(0)?;
            for (profile, _) in profiles.iter_mut().zip(&keys).filter(|(_, key)| *key == person) {
                profile.push(ProfileField {
                    name: row.text(1)?.to_owned(),
                    value: row.text(2)?.to_owned(),
                    scope: row.text(3)?.to_owned(),
                });
            }
        }
        Ok(profiles)
    }

    /// The fields of one person.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn profile(&self, id: &UserId) -> Result<Vec<ProfileField>> {
        Ok(self.profiles(std::slice::from_ref(id)).await?.pop().unwrap_or_default())
    }

    /// Who has one of these values in a field, with the value, in the order of the ids.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn people_with_field(
        &self,
        name: &str,
        values: &[String],
    ) -> Result<Vec<(UserId, String)>> {
        let find = "SELECT p.uid, f.value FROM person_fields f JOIN people p ON p.key = f.person \
                    WHERE f.name = $1 AND f.value IN ($list) ORDER BY p.key";
        let list = values.iter().map(Value::from);
        let rows = self.sql().read(Statement::with_list(find, params![name], list)).await?;
        rows.iter().map(|row| Ok((user_id(row.text(0)?)?, row.text(1)?.to_owned()))).collect()
    }

    /// Everybody who has a value in a field, with the value, in the order of the ids.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn field_of_all(&self, name: &str, page: Page) -> Result<Vec<(UserId, String)>> {
        let find = "SELECT p.uid, f.value FROM person_fields f JOIN people p ON p.key = f.person \
                    WHERE f.name = $3 AND f.value <> '' ORDER BY p.key LIMIT $1 OFFSET $2";
        let mut params = page.to_sql().to_vec();
        params.push(name.into());
        let rows = self.sql().read(Statement::new(find, params)).await?;
        rows.iter().map(|row| Ok((user_id(row.text(0)?)?, row.text(1)?.to_owned()))).collect()
    }

    /// Sets a field's value or scope or both.
    ///
    /// # Errors
    /// As of [`Accounts::change_profile`].
    pub async fn set_profile_field(
        &self,
        id: &UserId,
        name: &str,
        update: FieldUpdate,
    ) -> Result<()> {
        self.change_profile(id, &[(name, FieldChange::Set(update))]).await
    }

    /// Removes a field; one that is not there is no error.
    ///
    /// # Errors
    /// As of [`Accounts::change_profile`].
    pub async fn remove_profile_field(&self, id: &UserId, name: &str) -> Result<()> {
        self.change_profile(id, &[(name, FieldChange::Remove)]).await
    }

    /// Changes several fields, all or none.
    ///
    /// # Errors
    /// [`NoSuchPerson`](ErrorKind::NoSuchPerson), [`Invalid`](ErrorKind::Invalid) if
    /// something is too long.
    pub async fn change_profile(&self, id: &UserId, changes: &[(&str, FieldChange)]) -> Result<()> {
        let long = |text: &Option<String>, max| text.as_ref().is_some_and(|text| text.len() > max);
        let mut batch = Batch::new();
        let mut meanings = Vec::new();
        for (name, change) in changes {
            let named = !name.is_empty() && name.chars().count() <= 128;
            let fits = match change {
                FieldChange::Set(update) => {
                    !long(&update.value, 16 << 10) && !long(&update.scope, 32)
                }
                FieldChange::Remove => true,
            };
            if !named || !fits {
                return Err(Error::new(ErrorKind::Invalid, format!("profile field {name:?}")));
            }
            match change {
                FieldChange::Set(FieldUpdate { value, scope }) => {
                    let set = "INSERT INTO person_fields (person, name, value, scope) \
                               VALUES ($1, $2, COALESCE($3, ''), COALESCE($4, '')) \
                               ON CONFLICT (person, name) DO UPDATE SET \
                               value = COALESCE($3, person_fields.value), \
                               scope = COALESCE($4, person_fields.scope)";
                    let set =
                        Statement::new(set, params![id.key(), *name, value.clone(), scope.clone()]);
                    meanings.push((batch.expect(set, Expect::ONE), ErrorKind::NoSuchPerson));
                }
                FieldChange::Remove => {
                    let remove = "DELETE FROM person_fields WHERE person = $1 AND name = $2";
                    batch.push(Statement::new(remove, params![id.key(), *name]));
                }
            }
        }
        self.write(batch).await.map(drop).map_err(|e| Error::of_batch(e, &meanings))
    }
}
