//! Who changes people, groups and credentials: what the events of this crate say of it.

use std::{sync::Arc, time::SystemTime};

use allmende_events::append;
use allmende_sql::{Batch, Statement, params};
use allmende_types::{EventKind, NewEvent, Origin, Principal, Stream, Timestamp, UserId};

use crate::{Accounts, AppPasswordId, Result};

/// The circumstances of an act. See [`Accounts::acting`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Who acts; none if it is the server itself, or its operator.
    pub by: Option<Principal>,
    /// Where the request came from.
    pub origin: Origin,
    /// When.
    pub now: Timestamp,
}

impl Accounts {
    /// The same accounts, in whose events stands who acted. The handle is for one request.
    ///
    /// What is done without it is told as done by the server, at the time of the machine's
    /// clock where the call has no `now`.
    ///
    /// ```
    /// # async fn disable(accounts: &allmende_accounts::Accounts) -> Result<(), Box<dyn std::error::Error>> {
    /// use allmende_accounts::{Act, Status};
    /// use allmende_types::{Origin, Principal, Timestamp};
    ///
    /// let by = Some(Principal::Person("root".parse()?));
    /// let act = Act { by, origin: Origin::default(), now: Timestamp::from_unix(1_795_500_000) };
    /// accounts.acting(act).set_status(&"alice".parse()?, Status::Disabled).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn acting(&self, act: Act) -> Self {
        let mut acting = self.clone();
        acting.act = Some(Arc::new(act));
        acting
    }

    /// An event of this crate, by whoever acts.
    pub(crate) fn event(&self, kind: EventKind) -> NewEvent {
        let now = || Timestamp::from(SystemTime::now());
        self.event_at(kind, self.act.as_deref().map_or_else(now, |act| act.now))
    }

    /// The same, of a call that knows the time.
    pub(crate) fn event_at(&self, kind: EventKind, now: Timestamp) -> NewEvent {
        let act = self.act.as_deref();
        let event = NewEvent::new(Stream::Accounts, kind, now);
        match act {
            Some(act) => event.by(act.by.clone()).from(act.origin.clone()),
            None => event,
        }
    }

    /// Adds the event of an act on a person, which they are told of.
    pub(crate) fn tell(&self, batch: &mut Batch, kind: EventKind, person: &UserId) {
        append(batch, &about(self.event(kind), person));
    }

    /// Adds the event of an act on one of a person's app passwords.
    pub(crate) async fn tell_of_device(
        &self,
        batch: &mut Batch,
        kind: EventKind,
        person: &UserId,
        id: AppPasswordId,
    ) -> Result<()> {
        let find = "SELECT name FROM app_passwords WHERE person = $1 AND id = $2";
        let find = Statement::new(find, params![person.key(), id.0]).point();
        let rows = self.sql().read(find).await?;
        let name = rows.first().map(|row| row.text(0)).transpose()?.unwrap_or_default();
        let event = about(self.event(kind), person).detail("device", name);
        append(batch, &event.detail("id", id.0.to_string()));
        Ok(())
    }
}

/// The event is about a person.
pub(crate) fn about(event: NewEvent, person: &UserId) -> NewEvent {
    event.detail("person", person.as_str()).to([Principal::Person(person.clone())])
}
