//! Giving files to another owner.

use std::collections::HashSet;

use allmende_events::append;
use allmende_files::{Files, FolderRequest};
use allmende_sql::{Batch, Expect, Statement, params};
use allmende_storage as storage;
use allmende_types::{EventKind, Name, NodeId, SpacePath, Timestamp, UserId};

use crate::{
    Caller, Error, ErrorKind, Refusal, Result, Share, Sharing, news, people::Known,
    spaces::SpaceOwner,
};

/// What to give to whom.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Transfer<'a> {
    /// Whose files.
    pub from: &'a UserId,
    /// Who gets them.
    pub to: &'a UserId,
    /// A file or folder of the home; all of it if none.
    pub node: Option<NodeId>,
    /// Whether shares that the one received are given to the other too.
    pub incoming: Incoming,
}

impl<'a> Transfer<'a> {
    /// Everything that a person owns.
    #[must_use]
    pub const fn everything(from: &'a UserId, to: &'a UserId) -> Self {
        Self { from, to, node: None, incoming: Incoming::Stay }
    }
}

/// What becomes of received shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incoming {
    /// They stay.
    Stay,
    /// The other receives them.
    Move,
}

impl Sharing {
    /// Gives files to another owner: they come to lie in a folder `Transferred from … on …`
    /// of the other's home and keep their ids, and shares of them stay, from the new owner.
    /// Team folders are nobody's and stay where they are.
    ///
    /// The files move as a whole or not at all. Says which folder they lie in now.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when one of the people or the node is gone,
    /// [`NoRoom`](ErrorKind::NoRoom), [`Refusal::Yourself`].
    pub async fn transfer(
        &self,
        files: &Files,
        transfer: Transfer<'_>,
        now: Timestamp,
    ) -> Result<NodeId> {
        let Transfer { from, to, node, incoming } = transfer;
        if from.key() == to.key() {
            return Err(Refusal::Yourself.into());
        }
        let people = self.members([from, to]).await?;
        let gone = |id: &UserId| Error::not_found(format!("person {id}"));
        let giver = people.get(from).ok_or_else(|| gone(from))?.clone();
        let taker = people.get(to).ok_or_else(|| gone(to))?.clone();
        let moved = self.what_moves(files, &giver, node).await?;
        let folder = self.landing_place(files, &giver, &taker, now).await?;
        if let Err(failed) = self.move_all(&giver, &moved, folder, now).await {
            // Nothing was moved, so the folder is empty.
            let op = storage::Op::Remove(storage::RemoveNode::whatever(folder));
            let batch = storage::Batch::one(storage::Actor::default(), now, op);
            if let Err(undo) = self.tree().commit(batch).await {
                tracing::warn!(%undo, "an empty folder stays");
            }
            return Err(failed);
        }
        self.hand_over_shares(&giver, &taker, &moved, incoming, now).await?;
        tracing::info!(%from, %to, nodes = moved.len(), "files were given to another owner");
        Ok(folder)
    }

    /// The nodes to move: one, or everything in the home.
    async fn what_moves(
        &self,
        files: &Files,
        giver: &Known,
        node: Option<NodeId>,
    ) -> Result<Vec<NodeId>> {
        let gone = || Error::not_found("a node to give away");
        if let Some(node) = node {
            let found = self.tree().stat(&[node]).await?.pop().flatten().ok_or_else(gone)?;
            let owners = self.owners([found.space]).await?;
            let own = SpaceOwner::Person(giver.person.id.key());
            if owners.get(&found.space) != Some(&own) || found.parent.is_none() {
                return Err(gone());
            }
            return Ok(vec![node]);
        }
        let home = files.view(&giver.person.id).await.map_err(of_files)?;
        let root = home.root().await.map_err(of_files)?.id();
        let (mut nodes, mut after) = (Vec::new(), None);
        loop {
            let page = self.tree().list(root, after.as_ref(), 1000).await?;
            nodes.extend(page.items.iter().map(|node| node.id));
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(nodes),
            }
        }
    }

    /// A new folder in the taker's home.
    async fn landing_place(
        &self,
        files: &Files,
        giver: &Known,
        taker: &Known,
        now: Timestamp,
    ) -> Result<NodeId> {
        let view = files.view(&taker.person.id).await.map_err(of_files)?;
        for attempt in 1..=100 {
            let path = SpacePath::from_names(vec![folder_name(giver, now, attempt)?]);
            let path = path.map_err(|e| Error::unavailable(e.to_string()))?;
            match view.make_folder(FolderRequest::new(path)).await {
                Ok(folder) => return Ok(folder.id()),
                Err(taken) if *taken.kind() == allmende_files::ErrorKind::Exists => {}
                Err(failed) => return Err(of_files(failed)),
            }
        }
        Err(Error::unavailable("a folder for what is given"))
    }

    async fn move_all(
        &self,
        giver: &Known,
        moved: &[NodeId],
        folder: NodeId,
        now: Timestamp,
    ) -> Result<()> {
        let found = self.tree().stat(moved).await?;
        let ops = found.into_iter().flatten().filter_map(|node| {
            let target = storage::Target {
                parent: folder,
                name: node.name?,
                expect: storage::Expect::Absent,
                space: None,
            };
            Some(storage::Op::Move(storage::MoveNode::whatever(node.id, target)))
        });
        let ops: Vec<storage::Op> = ops.collect();
        if ops.is_empty() {
            return Ok(());
        }
        let actor =
            storage::Actor { person: Some(giver.person.id.clone()), ..storage::Actor::default() };
        let mut batch = storage::Batch::one(actor, now, ops[0].clone());
        batch.ops = ops;
        match self.tree().commit(batch).await {
            Ok(_) => Ok(()),
            Err(full) if matches!(full.kind(), storage::ErrorKind::Quota { .. }) => {
                Err(Error::new(ErrorKind::NoRoom, "transfer").with_source(full))
            }
            Err(failed) => Err(failed.into()),
        }
    }

    /// Makes the taker the owner and maker of shares of what was moved.
    async fn hand_over_shares(
        &self,
        giver: &Known,
        taker: &Known,
        moved: &[NodeId],
        incoming: Incoming,
        now: Timestamp,
    ) -> Result<()> {
        let (from, to) = (&giver.person.id, &taker.person.id);
        let shares = self.shares_of_person(from).await?;
        let lineage = self.lineage(shares.iter().map(|share| share.node)).await?;
        let moved: HashSet<NodeId> = moved.iter().copied().collect();
        let inside =
            |share: &&Share| lineage.chain(share.node).any(|above| moved.contains(&above.id));
        let mut batch = Batch::new();
        for share in shares.iter().filter(inside) {
            let id = share.id.0;
            // One that the taker made already, or that was with the taker, is not needed.
            let double = "DELETE FROM shares WHERE id = $1 AND (kind = 0 AND recipient_key = $2 \
                 OR initiator_key = $3 AND EXISTS (SELECT 1 FROM shares o \
                 WHERE o.node = shares.node AND o.kind = shares.kind AND o.kind IN (0, 1, 7) \
                 AND o.recipient_key = shares.recipient_key AND o.initiator_key = $2))";
            batch.push(Statement::new(double, params![id, to.key(), from.key()]));
            for column in ["owner", "initiator"] {
                let update = format!(
                    "UPDATE shares SET {column} = $2, {column}_key = $3 \
                     WHERE id = $1 AND {column}_key = $4"
                );
                let row = params![id, to.as_str(), to.key(), from.key()];
                batch.push(Statement::new(update, row));
            }
        }
        if incoming == Incoming::Move {
            let double = "DELETE FROM shares WHERE kind = 0 AND recipient_key = $1 \
                 AND (owner_key = $2 OR initiator_key = $2 OR EXISTS (SELECT 1 FROM shares o \
                 WHERE o.node = shares.node AND o.kind = 0 AND o.recipient_key = $2 \
                 AND o.initiator_key = shares.initiator_key))";
            batch.push(Statement::new(double, params![from.key(), to.key()]));
            let places = "DELETE FROM share_places WHERE person = $1 \
                 AND share IN (SELECT id FROM shares WHERE kind = 0 AND recipient_key = $1)";
            batch.push(Statement::new(places, params![from.key()]));
            let update = "UPDATE shares SET recipient = $2, recipient_key = $3 \
                 WHERE kind = 0 AND recipient_key = $1";
            batch.push(Statement::new(update, params![from.key(), to.as_str(), to.key()]));
        }
        let caller = Caller { person: from, now };
        let event = news::event(EventKind::OwnershipTransferred, caller)
            .detail("to", to.as_str())
            .to([allmende_types::Principal::Person(to.clone())]);
        append(&mut batch, &event);
        self.write(batch).await.map(drop)
    }
}

/// The name of the folder that what is given comes to lie in.
fn folder_name(giver: &Known, now: Timestamp, attempt: u32) -> Result<Name> {
    let when = now.to_rfc3339();
    let when = when.get(..19).unwrap_or_default().replace('T', " ").replace(':', "-");
    // A display name can contain what no file name may.
    let who: String = giver
        .person
        .display_name
        .chars()
        .map(|c| if c.is_control() || "/\\<>:\"|?*".contains(c) { '-' } else { c })
        .take(50)
        .collect();
    let name = match attempt {
        1 => format!("Transferred from {who} on {when}"),
        more => format!("Transferred from {who} on {when} ({more})"),
    };
    Name::new(&name).map_err(|e| Error::unavailable(e.to_string()))
}

fn of_files(failed: allmende_files::Error) -> Error {
    use allmende_files::ErrorKind as Kind;
    let kind = match failed.kind() {
        Kind::NotFound => ErrorKind::NotFound,
        Kind::Quota { .. } => ErrorKind::NoRoom,
        Kind::Full => ErrorKind::Full,
        Kind::ReadOnly => ErrorKind::ReadOnly,
        _ => ErrorKind::Unavailable,
    };
    Error::new(kind, "files").with_source(failed)
}

/// A transfer that its recipient has not answered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransferRequest {
    /// Its number.
    pub id: i64,
    /// Who gives.
    pub from: UserId,
    /// Who is to get it.
    pub to: UserId,
    /// What.
    pub node: NodeId,
    /// Its name when it was offered.
    pub name: String,
}

impl Sharing {
    /// Offers a file or folder of one's home to another person, who is told and may
    /// [accept](Sharing::accept_transfer).
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is no such person, or the node does not
    /// lie in the caller's home.
    pub async fn offer_transfer(
        &self,
        files: &Files,
        caller: Caller<'_>,
        to: &UserId,
        node: NodeId,
    ) -> Result<i64> {
        let people = self.members([caller.person, to]).await?;
        let gone = || Error::not_found(format!("person {to}"));
        let giver = people.get(caller.person).ok_or_else(gone)?;
        let taker = people.get(to).ok_or_else(gone)?;
        self.what_moves(files, giver, Some(node)).await?;
        let found = self.tree().stat(&[node]).await?.pop().flatten();
        let name = found.and_then(|node| node.name).map(|name| name.to_string());
        let insert = "INSERT INTO transfers \
             (sender, sender_key, recipient, recipient_key, node, name, created) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
        let row = params![
            giver.person.id.as_str(),
            giver.person.id.key(),
            taker.person.id.as_str(),
            taker.person.id.key(),
            node.get(),
            name.unwrap_or_default(),
            caller.now.unix()
        ];
        let batch = Batch::one(Statement::new(insert, row), Expect::ONE);
        let id = self.sql().write(batch).await?[0].rows.one()?.int(0)?;
        let request = self.transfer_request(id).await?.ok_or_else(gone)?;
        let mut batch = Batch::new();
        news::offer(&mut batch, &request, caller.now);
        self.sql().write(batch).await?;
        Ok(id)
    }

    /// An offer.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn transfer_request(&self, id: i64) -> Result<Option<TransferRequest>> {
        let find = "SELECT sender, recipient, node, name FROM transfers WHERE id = $1";
        let rows = self.sql().read(Statement::new(find, params![id]).point()).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some(TransferRequest {
            id,
            from: crate::rows::person(row.text(0)?)?,
            to: crate::rows::person(row.text(1)?)?,
            node: NodeId(row.int(2)?),
            name: row.text(3)?.to_owned(),
        }))
    }

    /// Takes what was offered to the caller. Says which folder it lies in now.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is no such offer for the caller, or what
    /// was offered is gone, and those of [`Sharing::transfer`].
    pub async fn accept_transfer(
        &self,
        files: &Files,
        caller: Caller<'_>,
        id: i64,
    ) -> Result<NodeId> {
        let request = self.offer_for(caller, id).await?;
        let transfer = Transfer {
            node: Some(request.node),
            ..Transfer::everything(&request.from, &request.to)
        };
        let folder = self.transfer(files, transfer, caller.now).await?;
        self.end_offer(&request, Some(caller.now)).await?;
        Ok(folder)
    }

    /// Declines what was offered to the caller.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound).
    pub async fn decline_transfer(&self, caller: Caller<'_>, id: i64) -> Result<()> {
        let request = self.offer_for(caller, id).await?;
        self.end_offer(&request, None).await
    }

    async fn offer_for(&self, caller: Caller<'_>, id: i64) -> Result<TransferRequest> {
        let found = self.transfer_request(id).await?;
        let found = found.filter(|request| request.to.key() == caller.person.key());
        found.ok_or_else(|| Error::not_found(format!("transfer {id}")))
    }

    async fn end_offer(&self, request: &TransferRequest, done: Option<Timestamp>) -> Result<()> {
        let delete = Statement::new("DELETE FROM transfers WHERE id = $1", params![request.id]);
        let mut batch = Batch::one(delete, Expect::Any);
        news::end_offer(&mut batch, request, done);
        self.sql().write(batch).await?;
        Ok(())
    }
}
