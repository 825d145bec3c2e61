//! Who there is, as far as anybody may know.

use allmende_accounts::{Accounts, Result};
use allmende_types::UserId;

/// A person whom somebody named.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) id: UserId,
    pub(crate) display_name: String,
}

/// The people of the server, by their ids.
#[derive(Debug, Clone)]
pub(crate) struct People(pub(crate) Accounts);

impl People {
    /// The person with this id, in any case.
    pub(crate) async fn find(&self, id: &str) -> Result<Option<Known>> {
        // What can be no id is nobody's.
        let Ok(id) = id.parse::<UserId>() else { return Ok(None) };
        let person = self.0.person(&id).await?;
        Ok(person.map(|person| Known { id: person.id, display_name: person.display_name }))
    }
}
