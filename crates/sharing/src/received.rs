//! Taking shares away, and what their recipients do with them.

use allmende_events::NotificationKind;
use allmende_sql::{Batch, Expect, Statement, params};
use allmende_types::EventKind;

use crate::{
    Caller, Error, ErrorKind, Recipient, Result, Share, ShareId, Sharing,
    news::{self, Told},
    rows::{ACCEPTED, LEFT},
    update::Role,
};

impl Sharing {
    /// Removes a share, or leaves it: who made it, and whose the node is, remove it for
    /// everybody; a recipient removes it for themselves.
    ///
    /// A share with one person is gone when that person leaves it. One with a group stays,
    /// and the one who left can [restore](Sharing::restore) it.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound).
    pub async fn remove(&self, caller: Caller<'_>, id: ShareId) -> Result<()> {
        let (share, role) = self.share_for(caller, id).await?;
        match role {
            Role::Manager => {
                let node = self.tree().stat(&[share.node]).await?.pop().flatten();
                let mut batch = Batch::new();
                let delete = Statement::new("DELETE FROM shares WHERE id = $1", params![id.0]);
                batch.expect(delete, Expect::ONE);
                Told::of(&share, node.as_ref()).append(&mut batch, EventKind::ShareDeleted, caller);
                news::forget_share(&mut batch, id);
                self.write_meaning(batch, vec![(0, ErrorKind::NotFound)]).await?;
            }
            Role::Recipient => self.leave_shares(caller, &[share], EventKind::ShareLeft).await?,
        }
        tracing::info!(person = %caller.person, share = %id, ?role, "a share was removed");
        Ok(())
    }

    /// Leaves shares that the caller received.
    pub(crate) async fn leave_shares(
        &self,
        caller: Caller<'_>,
        shares: &[Share],
        kind: EventKind,
    ) -> Result<()> {
        let mut batch = Batch::new();
        for share in shares {
            match share.recipient {
                Recipient::Person(_) => {
                    let delete = "DELETE FROM shares WHERE id = $1 AND kind = 0";
                    batch.push(Statement::new(delete, params![share.id.0]));
                    news::forget_share(&mut batch, share.id);
                }
                _ => {
                    batch.push(state(share.id, caller, LEFT));
                    news::seen(&mut batch, share.id, caller.person);
                }
            }
            let told = Told::of(share, None);
            told.append(&mut batch, kind, caller);
            if kind == EventKind::ShareDeclined {
                let answer = NotificationKind::ShareDeclined;
                told.answer(&mut batch, &share.initiator, answer, caller);
            }
        }
        self.write(batch).await.map(drop)
    }

    /// Accepts a share, so that it appears in the caller's tree.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when the caller receives no such share.
    pub async fn accept(&self, caller: Caller<'_>, id: ShareId) -> Result<()> {
        let share = self.received_share(caller, id).await?;
        let mut batch = Batch::one(state(id, caller, ACCEPTED), Expect::ONE);
        news::seen(&mut batch, id, caller.person);
        let told = Told::of(&share, None);
        told.append(&mut batch, EventKind::ShareAccepted, caller);
        told.answer(&mut batch, &share.initiator, NotificationKind::ShareAccepted, caller);
        self.write(batch).await.map(drop)
    }

    /// Declines a share that waits to be accepted.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when the caller receives no such share.
    pub async fn decline(&self, caller: Caller<'_>, id: ShareId) -> Result<()> {
        let share = self.received_share(caller, id).await?;
        self.leave_shares(caller, &[share], EventKind::ShareDeclined).await
    }

    /// Brings back a share with a group that the caller left.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is none, or it was not left.
    pub async fn restore(&self, caller: Caller<'_>, id: ShareId) -> Result<()> {
        let share = self.received_share(caller, id).await?;
        let update = "UPDATE share_places SET state = $3 \
                      WHERE share = $1 AND person = $2 AND state = $4";
        let row = params![id.0, caller.person.key(), ACCEPTED, LEFT];
        let mut batch = Batch::one(Statement::new(update, row), Expect::ONE);
        Told::of(&share, None).append(&mut batch, EventKind::ShareAccepted, caller);
        self.write_meaning(batch, vec![(0, ErrorKind::NotFound)]).await.map(drop)
    }

    async fn received_share(&self, caller: Caller<'_>, id: ShareId) -> Result<Share> {
        let gone = || Error::not_found(format!("share {id}"));
        let share = self.share_by_id(id).await?.filter(|share| !share.is_expired(caller.now));
        let share = share.ok_or_else(gone)?;
        let member = self.member(caller.person).await?.ok_or_else(gone)?;
        if member.is_among(&share.recipient) { Ok(share) } else { Err(gone()) }
    }
}

fn state(id: ShareId, caller: Caller<'_>, state: i64) -> Statement {
    let set = "INSERT INTO share_places (share, person, state) VALUES ($1, $2, $3) \
               ON CONFLICT (share, person) DO UPDATE SET state = $3";
    Statement::new(set, params![id.0, caller.person.key(), state])
}
