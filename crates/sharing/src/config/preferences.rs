//! What people prefer, by app and key. Which keys there are is for the protocols to know.

use std::collections::BTreeMap;

use allmende_sql::{Batch, Expect, Statement, Value, params};
use allmende_types::UserId;

use crate::{ConfigRefusal, Result, Sharing};

/// Bytes of a value at most.
const MAX_VALUE: usize = 64 << 10;
/// Bytes of an app's or a key's name at most.
const MAX_NAME: usize = 64;

impl Sharing {
    /// The preferences of a person for an app.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn preferences(
        &self,
        person: &UserId,
        app: &str,
    ) -> Result<BTreeMap<String, String>> {
        let find = "SELECT key, value FROM preferences WHERE person = $1 AND app = $2";
        let find = Statement::new(find, params![person.key(), app]).point();
        let rows = self.sql().read(find).await?;
        rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))).collect()
    }

    /// One preference of several people, in the order of the ids.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn preference(
        &self,
        people: &[UserId],
        app: &str,
        key: &str,
    ) -> Result<Vec<Option<String>>> {
        let find = "SELECT person, value FROM preferences \
                    WHERE app = $1 AND key = $2 AND person IN ($list)";
        let keys: Vec<String> = people.iter().map(UserId::key).collect();
        let list = keys.iter().map(Value::from);
        let rows = self.sql().read(Statement::with_list(find, params![app, key], list)).await?;
        let mut found = BTreeMap::new();
        for row in rows.iter() {
            found.insert(row.text(0)?, row.text(1)?);
        }
        Ok(keys.iter().map(|key| found.get(key.as_str()).map(|v| (*v).to_owned())).collect())
    }

    /// Sets preferences of a person: all of them, or none. A value that is none removes.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such person,
    /// [`ConfigRefusal::InvalidValue`] for what is too long.
    pub async fn set_preferences(
        &self,
        person: &UserId,
        app: &str,
        values: &[(&str, Option<&str>)],
    ) -> Result<()> {
        let unfit = |text: &str, max: usize| text.len() > max || text.contains('\0');
        let bad = |(key, value): &(&str, Option<&str>)| {
            key.is_empty() || unfit(key, MAX_NAME) || value.is_some_and(|v| unfit(v, MAX_VALUE))
        };
        if app.is_empty() || unfit(app, MAX_NAME) || values.iter().any(bad) {
            return Err(ConfigRefusal::InvalidValue.into());
        }
        let mut batch = Batch::one(allmende_accounts::person_exists(person), Expect::ONE);
        for (key, value) in values {
            batch.push(match value {
                Some(value) => Statement::new(
                    "INSERT INTO preferences (person, app, key, value) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (person, app, key) DO UPDATE SET value = $4",
                    params![person.key(), app, *key, *value],
                ),
                None => Statement::new(
                    "DELETE FROM preferences WHERE person = $1 AND app = $2 AND key = $3",
                    params![person.key(), app, *key],
                ),
            });
        }
        self.write_meaning(batch, vec![(0, crate::ErrorKind::NotFound)]).await.map(drop)
    }
}
