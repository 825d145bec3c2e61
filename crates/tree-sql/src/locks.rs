//! Locks.

use allmende_events::{NewNotification, NotificationKind, Object};
use allmende_sql::{Batch, Expect, Statement, params};
use allmende_storage::{
    BreakLock, Error, ErrorKind, Lock, LockDepth, LockRequest, LockStore, LockTimeout, LockToken,
    Node, Result, lock_broken,
};
use allmende_types::{NodeId, Principal, Timestamp, UserId};
use async_trait::async_trait;

use crate::{
    CHUNK, SqlTree, commit,
    error::{Context, is_stale},
    lineage::{Lineage, Links},
    lock_row,
};

/// As one statement, so that a lock which ends meanwhile is not renewed.
const REFRESH: &str = "UPDATE locks SET expires = $1 \
     WHERE token = $2 AND (expires IS NULL OR expires > $3) AND node = $4";
const UNLOCK: &str = "DELETE FROM locks \
     WHERE token = $1 AND (expires IS NULL OR expires > $2) AND node = $3";
const REMOVE_EXPIRED: &str = "DELETE FROM locks WHERE token IN \
     (SELECT token FROM locks WHERE expires IS NOT NULL AND expires <= $1 LIMIT $2) \
     AND expires <= $1";

#[async_trait]
impl LockStore for SqlTree {
    async fn lock(&self, request: LockRequest) -> Result<Lock> {
        let (node, now) = (request.node, request.now);
        let lock = Lock::from_request(request.clone());
        for _ in 0..commit::ATTEMPTS {
            let links = self.links(&[node]).await?;
            let gone = || Error::new(ErrorKind::NotFound, format!("node {node}"));
            let space = links.space(node).ok_or_else(gone)?;
            let mut batch = Batch::new();
            lock_row::tell(&mut batch, &lock, space, now);
            commit::guard_alive(&mut batch, node, space);
            for guard in lock_row::obstacles(&request, space) {
                batch.expect(guard, Expect::None);
            }
            batch.expect(lock_row::insert(&lock, space), Expect::ONE);
            match self.sql.write(batch).await {
                Err(error) if is_stale(&error) => {
                    let covering = self.covering(&[node], now).await?.pop().unwrap_or_default();
                    let below = self.below(node, now).await?;
                    let obstacles = request.obstacles(&covering, &below);
                    if !obstacles.is_empty() {
                        let context = format!("lock node {node}");
                        return Err(Error::new(ErrorKind::Locked(obstacles), context));
                    }
                    let known = self.locks(lock_row::by_token(&lock.token)).await?;
                    if known.iter().any(|known| known.is_active(now)) {
                        return Err(Error::new(ErrorKind::Exists, format!("lock {}", lock.token)));
                    }
                }
                answer => return answer.map(|_| lock).context(format!("lock node {node}")),
            }
        }
        Err(commit::too_busy(format!("lock node {node}")))
    }

    async fn refresh(
        &self,
        node: NodeId,
        token: &LockToken,
        holder: &UserId,
        timeout: LockTimeout,
        now: Timestamp,
    ) -> Result<Lock> {
        let mut lock = self.lock_over(node, token, now).await?;
        if lock.holder.key() != holder.key() {
            return Err(Error::new(ErrorKind::NotFound, format!("lock {token} of {holder}")));
        }
        lock.expires = timeout.end(now);
        let expires = lock.expires.map(Timestamp::unix);
        let values = params![expires, token.as_str(), now.unix(), lock.node.0];
        let batch = Batch::one(Statement::new(REFRESH, values), Expect::ONE);
        self.change_lock(batch, token).await?;
        Ok(lock)
    }

    async fn unlock(
        &self,
        node: NodeId,
        token: &LockToken,
        holder: &UserId,
        now: Timestamp,
    ) -> Result<()> {
        let lock = self.lock_over(node, token, now).await?;
        if lock.holder.key() != holder.key() {
            return Err(Error::new(ErrorKind::Locked(vec![lock]), format!("unlock node {node}")));
        }
        let space = self.links(&[lock.node]).await?.space(lock.node);
        let mut batch = Batch::new();
        lock_row::tell(&mut batch, &lock, space.ok_or_else(|| no_lock(token))?, now);
        end(&mut batch, &lock, now);
        self.change_lock(batch, token).await
    }

    async fn break_lock(&self, order: BreakLock) -> Result<Lock> {
        let (token, now) = (&order.token, order.now);
        let lock = self.lock_over(order.node, token, now).await?;
        if lock.node != order.node {
            return Err(no_lock(token));
        }
        let mut lineage = Lineage::default();
        let rows =
            self.sql.read(Lineage::statement([order.node])).await.context("look at a node")?;
        lineage.absorb(&rows)?;
        let node = lineage.node(order.node).ok_or_else(|| no_lock(token))?;
        let mut batch = Batch::new();
        lock_row::tell(&mut batch, &lock, node.space, now);
        end(&mut batch, &lock, now);
        allmende_events::append(&mut batch, &lock_broken(&order, &lock, &node));
        if let Some(news) = news(&order, &lock, &node) {
            allmende_events::notify(&mut batch, &news);
        }
        self.change_lock(batch, token).await?;
        Ok(lock)
    }

    async fn all(
        &self,
        after: Option<&LockToken>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Lock>> {
        let rows = self.sql.read(lock_row::all(after, limit, now)).await.context("list locks")?;
        // In the order of the database, by which the next page goes on.
        lock_row::read_in_order(&rows)
    }

    async fn covering(&self, nodes: &[NodeId], now: Timestamp) -> Result<Vec<Vec<Lock>>> {
        if self.surely_free(nodes, now).await? {
            return Ok(vec![Vec::new(); nodes.len()]);
        }
        let mut statements = Vec::new();
        for chunk in nodes.chunks(CHUNK) {
            statements.push(Links::statement(chunk.iter().copied()));
            statements.push(lock_row::on_lineage(chunk.iter().copied(), now));
        }
        let answers = self.sql.read_all(statements).await.context("read locks")?;
        let (mut links, mut locks) = (Links::default(), Vec::new());
        for pair in answers.chunks(2) {
            links.absorb(&pair[0])?;
            locks.extend(lock_row::read(&pair[1])?);
        }
        locks.sort_by(|a: &Lock, b| a.token.cmp(&b.token));
        locks.dedup_by(|a, b| a.token == b.token);
        Ok(nodes.iter().map(|node| covering(&locks, &links, *node)).collect())
    }

    async fn below(&self, node: NodeId, now: Timestamp) -> Result<Vec<Lock>> {
        let links = self.links(&[node]).await?;
        let Some(space) = links.space(node) else { return Ok(Vec::new()) };
        let mut locks = self.locks(lock_row::within(node, space, now)).await?;
        locks.retain(|lock| lock.node != node);
        Ok(locks)
    }

    async fn remove_expired(&self, now: Timestamp, limit: usize) -> Result<usize> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let delete = Statement::new(REMOVE_EXPIRED, params![now.unix(), limit]);
        let answer = self.sql.write(Batch::one(delete, Expect::Any)).await;
        let removed = answer.context("remove ended locks")?[0].affected;
        Ok(usize::try_from(removed).unwrap_or(usize::MAX))
    }
}

/// Of `locks`, those that cover a node that is alive.
fn covering(locks: &[Lock], links: &Links, node: NodeId) -> Vec<Lock> {
    if locks.is_empty() || links.space(node).is_none() {
        return Vec::new();
    }
    let chain: Vec<NodeId> = links.chain(node).collect();
    let covers = |lock: &&Lock| {
        lock.node == node || (lock.depth == LockDepth::Infinity && chain.contains(&lock.node))
    };
    locks.iter().filter(covers).cloned().collect()
}

impl SqlTree {
    async fn links(&self, nodes: &[NodeId]) -> Result<Links> {
        let statement = Links::statement(nodes.iter().copied()).point();
        let rows = self.sql.read(statement).await.context("look at nodes")?;
        let mut links = Links::default();
        links.absorb(&rows)?;
        Ok(links)
    }

    /// Whether no lock can cover any of these nodes, told without looking at the nodes:
    /// most listings meet no lock, and should not pay for a walk from every entry to the
    /// root. A lock matters if it lies on one of them, or on a folder with all below it.
    async fn surely_free(&self, nodes: &[NodeId], now: Timestamp) -> Result<bool> {
        let near = |chunk: &[NodeId]| lock_row::near(chunk.iter().copied(), now);
        let statements = nodes.chunks(CHUNK).map(near).collect();
        let answers = self.sql.read_all(statements).await.context("read locks")?;
        Ok(answers.iter().all(|rows| rows.is_empty()))
    }

    async fn locks(&self, statement: Statement) -> Result<Vec<Lock>> {
        lock_row::read(&self.sql.read(statement).await.context("read locks")?)
    }

    /// The lock with this token that covers the node.
    async fn lock_over(&self, node: NodeId, token: &LockToken, now: Timestamp) -> Result<Lock> {
        let covering = self.covering(&[node], now).await?.pop().unwrap_or_default();
        let gone = || no_lock(token);
        covering.into_iter().find(|lock| lock.token == *token).ok_or_else(gone)
    }

    async fn change_lock(&self, batch: Batch, token: &LockToken) -> Result<()> {
        match self.sql.write(batch).await {
            Err(error) if is_stale(&error) => Err(no_lock(token)),
            answer => answer.map(drop).context(format!("change lock {token}")),
        }
    }
}

/// Ends a lock that is still there.
fn end(batch: &mut Batch, lock: &Lock, now: Timestamp) {
    let values = params![lock.token.as_str(), now.unix(), lock.node.0];
    batch.expect(Statement::new(UNLOCK, values), Expect::ONE);
}

/// What the holder of a broken lock is told, unless they did it themself.
fn news(order: &BreakLock, lock: &Lock, node: &Node) -> Option<NewNotification> {
    let holder = Principal::Person(lock.holder.clone());
    if order.by.as_ref().is_some_and(|by| by.key() == holder.key()) {
        return None;
    }
    let object = Object::new("files_lock", "lock", &node.id.to_string());
    let mut news = NewNotification::new(holder, NotificationKind::LockBroken, object);
    news.at = order.now;
    news.actor.clone_from(&order.by);
    // Without its name: the holder may not see the file any more, nor how it is called now.
    news.node = Some(node.id);
    Some(news)
}

fn no_lock(token: &LockToken) -> Error {
    Error::new(ErrorKind::NotFound, format!("lock {token}"))
}
