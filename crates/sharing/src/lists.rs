//! Finding shares.

use allmende_sql::{Statement, Value, params};
use allmende_types::{NodeId, Permissions, Timestamp, UserId};

use crate::{
    Answer, Caller, Error, Result, Share, ShareId, Sharing,
    people::Known,
    rows::{self, columns, received_columns},
    update::Role,
};

/// What of a list to return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// Shares to pass over.
    pub offset: u32,
    /// Shares to return at most.
    pub limit: u32,
}

impl Default for Slice {
    /// The first 10,000.
    fn default() -> Self {
        Self { offset: 0, limit: 10_000 }
    }
}

/// Whose shares of nodes to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those that the caller made.
    Own,
    /// Those of everybody, if the node is the caller's; else those that the caller made.
    Everybody,
}

impl Sharing {
    /// A share, whoever asks.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn share_by_id(&self, id: ShareId) -> Result<Option<Share>> {
        const FIND: &str = concat!("SELECT ", columns!(), " FROM shares s WHERE s.id = $1");
        let rows = self.sql().read(Statement::new(FIND, params![id.0]).point()).await?;
        rows.first().map(|row| rows::share(row, &self.inner.options.key)).transpose()
    }

    /// A share, for who made it, whose the node is, or who receives it.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) for everybody else, and when it has ended.
    pub async fn share(&self, caller: Caller<'_>, id: ShareId) -> Result<Share> {
        let (mut share, role) = self.share_for(caller, id).await?;
        if role == Role::Recipient {
            let received = self.received(caller, Which::Node(share.node), Slice::default()).await?;
            let found = received.into_iter().find(|of| of.id == id);
            share = found.ok_or_else(|| Error::not_found(format!("share {id}")))?;
        }
        Ok(share)
    }

    /// The link or mail share with a token, for those who may change it.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) for everybody else, and when it has ended.
    pub async fn share_by_token(&self, caller: Caller<'_>, token: &str) -> Result<Share> {
        let hash = self.inner.options.key.token_hash(token).to_vec();
        let find = "SELECT id FROM shares WHERE token_hash = $1";
        let rows = self.sql().read(Statement::new(find, params![hash]).point()).await?;
        let gone = || Error::not_found("the share of a token");
        let id = ShareId(rows.first().ok_or_else(gone)?.int(0)?);
        match self.share_for(caller, id).await? {
            (share, Role::Manager) => Ok(share),
            (_, Role::Recipient) => Err(gone()),
        }
    }

    /// A share with what the caller is to it.
    pub(crate) async fn share_for(&self, caller: Caller<'_>, id: ShareId) -> Result<(Share, Role)> {
        let gone = || Error::not_found(format!("share {id}"));
        let share = self.share_by_id(id).await?.filter(|share| !share.is_expired(caller.now));
        let share = share.ok_or_else(gone)?;
        let key = caller.person.key();
        let graph = self.graph([caller.person], [share.node], caller.now).await?;
        graph.lineage.get(share.node).ok_or_else(gone)?;
        let member = graph.people.get(caller.person).ok_or_else(gone)?;
        let rights = graph.rights(caller.person, share.node);
        let team = matches!(graph.owner(share.node), Some(crate::spaces::SpaceOwner::Team(_)));
        let shares_on = team && rights.may(Permissions::SHARE);
        let own = graph.is_own(caller.person, share.node);
        if share.initiator.key() == key || own || shares_on {
            Ok((share, Role::Manager))
        } else if member.is_among(&share.recipient) {
            Ok((share, Role::Recipient))
        } else {
            Err(gone())
        }
    }

    /// The shares that a person made, of all nodes, oldest first.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn made_by(&self, caller: Caller<'_>, slice: Slice) -> Result<Vec<Share>> {
        const FIND: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM shares s WHERE s.initiator_key = $1 \
             AND (s.expires IS NULL OR s.expires >= $2) ORDER BY s.id LIMIT $3 OFFSET $4"
        );
        let row = params![caller.person.key(), caller.now.unix(), slice.limit, slice.offset];
        let shares = self.find(Statement::new(FIND, row)).await?;
        self.linkable(caller, shares).await
    }

    /// The shares of nodes, oldest first: one query, however many nodes.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn of_nodes(
        &self,
        caller: Caller<'_>,
        nodes: &[NodeId],
        whose: Whose,
    ) -> Result<Vec<Share>> {
        const FIND: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM shares s WHERE (s.initiator_key = $1 OR CAST($2 AS BIGINT) = 1 AND s.owner_key = $1) \
             AND (s.expires IS NULL OR s.expires >= $3) AND s.node IN ($list) ORDER BY s.id"
        );
        let everybody = whose == Whose::Everybody;
        let row = params![caller.person.key(), everybody, caller.now.unix()];
        let list = nodes.iter().map(|id| Value::Int(id.get()));
        let shares = self.find(Statement::with_list(FIND, row, list)).await?;
        self.linkable(caller, shares).await
    }

    /// The shares of what lies directly in a folder that the caller made, or that others
    /// made of the caller's nodes.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn in_folder(&self, caller: Caller<'_>, folder: NodeId) -> Result<Vec<Share>> {
        const FIND: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM shares s WHERE (s.initiator_key = $1 OR s.owner_key = $1) \
             AND (s.expires IS NULL OR s.expires >= $2) ORDER BY s.id"
        );
        let row = params![caller.person.key(), caller.now.unix()];
        let mut shares = self.find(Statement::new(FIND, row)).await?;
        let nodes: Vec<NodeId> = shares.iter().map(|share| share.node).collect();
        let found = self.tree().stat(&nodes).await?;
        let mut inside =
            found.iter().map(|node| node.as_ref().is_some_and(|node| node.parent == Some(folder)));
        shares.retain(|_| inside.next().unwrap_or(false));
        self.linkable(caller, shares).await
    }

    /// The shares of the folders above a node, through which it is shared too; with each,
    /// the folder.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when the node is gone or the caller may
    /// not share it.
    pub async fn inherited(&self, caller: Caller<'_>, node: NodeId) -> Result<Vec<Share>> {
        let graph = self.graph([caller.person], [node], caller.now).await?;
        let rights = graph.rights(caller.person, node);
        if !rights.may(Permissions::SHARE) {
            return Err(Error::not_found(format!("node {node}")));
        }
        // Only folders that the caller reaches too.
        let above = graph.lineage.chain(node).skip(1).map(|node| node.id);
        let above: Vec<NodeId> =
            above.filter(|id| graph.rights(caller.person, *id).may(Permissions::SHARE)).collect();
        self.of_nodes(caller, &above, Whose::Everybody).await
    }

    /// The shares that appear in a person's tree, of all nodes or of one, oldest first.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn shared_with(
        &self,
        caller: Caller<'_>,
        node: Option<NodeId>,
        slice: Slice,
    ) -> Result<Vec<Share>> {
        let which = node.map_or(Which::All, Which::Node);
        self.received_in(caller, which, Answer::Accepted, slice).await
    }

    /// The shares that wait to be accepted.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn pending(&self, caller: Caller<'_>) -> Result<Vec<Share>> {
        self.received_in(caller, Which::All, Answer::Pending, Slice::default()).await
    }

    /// The shares with groups that the caller left.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn left(&self, caller: Caller<'_>) -> Result<Vec<Share>> {
        self.received_in(caller, Which::All, Answer::Left, Slice::default()).await
    }

    async fn received_in(
        &self,
        caller: Caller<'_>,
        which: Which,
        state: Answer,
        slice: Slice,
    ) -> Result<Vec<Share>> {
        let mut shares = self.received(caller, which, Slice::default()).await?;
        shares.retain(|share| share.received.as_ref().is_some_and(|of| of.state == state));
        // What gives nothing any more is not there for its recipient.
        let nodes = shares.iter().map(|share| share.node);
        let graph = self.graph([caller.person], nodes, caller.now).await?;
        let alive = |share: &Share| {
            let read = graph.gives(share.id).may(Permissions::READ);
            read && graph.lineage.get(share.node).is_some()
        };
        let shares = shares.into_iter().filter(alive);
        Ok(shares.skip(slice.offset as usize).take(slice.limit as usize).collect())
    }

    /// All shares for a person, whatever they made of them.
    pub(crate) async fn received(
        &self,
        caller: Caller<'_>,
        which: Which,
        slice: Slice,
    ) -> Result<Vec<Share>> {
        let Some(member) = self.member(caller.person).await? else { return Ok(Vec::new()) };
        let asked = self.chose_to_be_asked(caller.person).await?;
        self.received_by(&member, asked, which, caller.now, slice).await
    }

    pub(crate) async fn chose_to_be_asked(&self, person: &UserId) -> Result<bool> {
        if !self.inner.options.system.enable_share_accept {
            return Ok(false);
        }
        let chosen =
            self.preference(std::slice::from_ref(person), "files_sharing", "default_accept");
        Ok(chosen.await?.pop().flatten().as_deref() == Some("no"))
    }

    pub(crate) async fn received_by(
        &self,
        member: &Known,
        asked: bool,
        which: Which,
        now: Timestamp,
        slice: Slice,
    ) -> Result<Vec<Share>> {
        const FIND: &str = concat!(
            "SELECT ",
            received_columns!(),
            " FROM shares s LEFT JOIN share_places p ON p.share = s.id AND p.person = $1 \
             WHERE (s.kind = 0 AND s.recipient_key = $1 \
             OR s.kind IN (1, 7) AND s.recipient_key IN ($list)) \
             AND s.initiator_key <> $1 AND s.owner_key <> $1 \
             AND (s.expires IS NULL OR s.expires >= $2) AND (CAST($3 AS BIGINT) = 0 OR s.node = $4) \
             ORDER BY s.id LIMIT $5 OFFSET $6"
        );
        let (one, node) = match which {
            Which::All => (false, 0),
            Which::Node(node) => (true, node.get()),
        };
        let key = member.person.id.key();
        let row = params![key, now.unix(), one, node, slice.limit, slice.offset];
        let rows = self.sql().read(Statement::with_list(FIND, row, member.sets())).await?;
        let key = &self.inner.options.key;
        let shares = rows.iter().map(|row| rows::received(row, key, asked));
        let theirs = |share: &Result<Share>| {
            share.as_ref().is_ok_and(|share| member.is_among(&share.recipient)) || share.is_err()
        };
        shares.filter(theirs).collect()
    }

    pub(crate) async fn find(&self, statement: Statement) -> Result<Vec<Share>> {
        let rows = self.sql().read(statement).await?;
        rows.iter().map(|row| rows::share(row, &self.inner.options.key)).collect()
    }

    /// Links are not shown to who may not have any.
    async fn linkable(&self, caller: Caller<'_>, mut shares: Vec<Share>) -> Result<Vec<Share>> {
        if shares.iter().any(|share| share.kind().has_token()) {
            let groups = self.accounts().memberships_of(caller.person).await?.groups;
            if !self.policy().await?.may_link(&groups) {
                shares.retain(|share| !share.kind().has_token());
            }
        }
        Ok(shares)
    }
}

/// Received shares of which nodes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Which {
    All,
    Node(NodeId),
}
