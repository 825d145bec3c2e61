//! The fields of a person's profile, and other values that are kept for a person.

use allmende_sql::{Batch, Expect, Statement, Value, params};
use allmende_types::UserId;

use crate::{Accounts, Error, ErrorKind, Result};

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

    /// Sets a field's value or scope or both.
    ///
    /// # Errors
    /// [`NoSuchPerson`](ErrorKind::NoSuchPerson), [`Invalid`](ErrorKind::Invalid) if
    /// something is too long.
    pub async fn set_profile_field(
        &self,
        id: &UserId,
        name: &str,
        update: FieldUpdate,
    ) -> Result<()> {
        let FieldUpdate { value, scope } = update;
        let long = |text: &Option<String>, max| text.as_ref().is_some_and(|text| text.len() > max);
        let named = !name.is_empty() && name.chars().count() <= 128;
        if !named || long(&value, 16 << 10) || long(&scope, 32) {
            return Err(Error::new(ErrorKind::Invalid, format!("profile field {name:?}")));
        }
        let set = "INSERT INTO person_fields (person, name, value, scope) \
                   VALUES ($1, $2, COALESCE($3, ''), COALESCE($4, '')) \
                   ON CONFLICT (person, name) DO UPDATE SET \
                   value = COALESCE($3, person_fields.value), \
                   scope = COALESCE($4, person_fields.scope)";
        let set = Statement::new(set, params![id.key(), name, value, scope]);
        let meanings = [(0, ErrorKind::NoSuchPerson)];
        let written = self.write(Batch::one(set, Expect::ONE)).await;
        written.map(drop).map_err(|e| Error::of_batch(e, &meanings))
    }

    /// Removes a field; one that is not there is no error.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn remove_profile_field(&self, id: &UserId, name: &str) -> Result<()> {
        let remove = "DELETE FROM person_fields WHERE person = $1 AND name = $2";
        let remove = Statement::new(remove, params![id.key(), name]);
        self.write(Batch::one(remove, Expect::Any)).await?;
        Ok(())
    }
}
