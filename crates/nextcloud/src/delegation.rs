//! Whether administrators have handed something to one of a person's groups.

use allmende_accounts::Authenticated;
use allmende_ocs::OcsError;
use allmende_sharing::Delegation;

use crate::{ocs::unavailable, service::Inner};

/// Whether something was handed to one of a person's groups. Where it was handed to nobody,
/// their groups are not looked up.
pub(crate) async fn holds(
    inner: &Inner,
    who: &Authenticated,
    what: Delegation,
) -> Result<bool, OcsError> {
    let config = inner.sharing.config().await.map_err(unavailable)?;
    if config.delegates(what.class()).is_empty() {
        return Ok(false);
    }
    let own = inner.accounts.memberships_of(&who.person.id).await.map_err(unavailable)?;
    Ok(config.is_handed(what, &own.groups))
}
