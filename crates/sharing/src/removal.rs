//! What goes when people, groups and nodes go.

use allmende_sql::{Batch, Expect, Statement, Value, params};
use allmende_types::{CircleId, EventKind, GroupId, NodeId, Timestamp, UserId};

use crate::{
    Caller, Result, Share, Sharing,
    news::{self, Told},
    rows::columns,
};

/// Shares that one round of cleaning looks at.
const ROUND: u32 = 500;

impl Sharing {
    /// Removes what belongs to a person who is gone: shares of their files, shares that they
    /// made or received, direct links, their rules and preferences. Their files are for the file service
    /// to remove; to keep them, [transfer](Sharing::transfer) them first.
    ///
    /// Until this is called, shares of a person who is gone give nothing.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable). Repeating it is harmless.
    pub async fn forget_person(&self, person: &UserId) -> Result<()> {
        let key = person.key();
        let mut batch = Batch::new();
        let theirs = "owner_key = $1 OR initiator_key = $1 OR kind = 0 AND recipient_key = $1";
        let news = format!(
            "DELETE FROM notifications WHERE app = 'files_sharing' \
             AND object_type = 'local_share' AND object_id IN \
             (SELECT CAST(id AS text) FROM shares WHERE {theirs})"
        );
        batch.push(Statement::new(news, params![key.as_str()]));
        for sql in [
            format!("DELETE FROM shares WHERE {theirs}"),
            "DELETE FROM share_places WHERE person = $1".to_owned(),
            "DELETE FROM preferences WHERE person = $1".to_owned(),
            "DELETE FROM direct_links WHERE person = $1".to_owned(),
            "DELETE FROM key_pairs WHERE person = $1".to_owned(),
            "DELETE FROM team_rules WHERE kind = 0 AND subject = $1".to_owned(),
            "DELETE FROM team_managers WHERE kind = 0 AND subject = $1".to_owned(),
            "DELETE FROM transfers WHERE sender_key = $1 OR recipient_key = $1".to_owned(),
        ] {
            batch.push(Statement::new(sql, params![key.as_str()]));
        }
        self.write(batch).await.map(drop)
    }

    /// Removes what was given to a group that is gone: shares, team folders, rules.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable). Repeating it is harmless.
    pub async fn forget_group(&self, group: &GroupId) -> Result<()> {
        let mut batch = Batch::new();
        for sql in [
            "DELETE FROM shares WHERE kind = 1 AND recipient_key = $1",
            "DELETE FROM team_groups WHERE kind = 1 AND subject = $1",
            "DELETE FROM team_rules WHERE kind = 1 AND subject = $1",
            "DELETE FROM team_managers WHERE kind = 1 AND subject = $1",
        ] {
            batch.push(Statement::new(sql, params![group.as_str()]));
        }
        self.write(batch).await.map(drop)
    }

    /// The same for a circle that is gone.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable). Repeating it is harmless.
    pub async fn forget_circle(&self, circle: &CircleId) -> Result<()> {
        let mut batch = Batch::new();
        for sql in [
            "DELETE FROM notifications WHERE app = 'files_sharing' \
             AND object_type = 'local_share' AND object_id IN \
             (SELECT CAST(id AS text) FROM shares WHERE kind = 7 AND recipient_key = $1)",
            "DELETE FROM shares WHERE kind = 7 AND recipient_key = $1",
            "DELETE FROM team_groups WHERE kind = 2 AND subject = $1",
            "DELETE FROM team_rules WHERE kind = 2 AND subject = $1",
            "DELETE FROM team_managers WHERE kind = 2 AND subject = $1",
        ] {
            batch.push(Statement::new(sql, params![circle.as_str()]));
        }
        self.write(batch).await.map(drop)
    }

    /// Removes shares and direct links that have ended, and shares and rules of nodes that are gone, a few
    /// hundred at a time; says whether there may be more. For a job: until it comes by, they
    /// give nothing, and nobody is shown them.
    ///
    /// `after` is where the last round ended; begin with none.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn clean(&self, after: Option<i64>, now: Timestamp) -> Result<Option<i64>> {
        const ENDED: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM shares s WHERE s.expires < $1 ORDER BY s.id LIMIT $2"
        );
        let over = "DELETE FROM direct_links WHERE expires < $1";
        let over = Batch::one(Statement::new(over, params![now.unix()]), Expect::Any);
        self.sql().write(over).await?;
        let ended = self.find(Statement::new(ENDED, params![now.unix(), ROUND])).await?;
        if !ended.is_empty() {
            let mut batch = Batch::new();
            for share in &ended {
                let delete = "DELETE FROM shares WHERE id = $1 AND expires < $2";
                batch.push(Statement::new(delete, params![share.id.0, now.unix()]));
                let caller = Caller { person: &share.initiator, now };
                Told::of(share, None).append(&mut batch, EventKind::ShareExpired, caller);
                news::forget_share(&mut batch, share.id);
            }
            self.write(batch).await?;
            return Ok(Some(after.unwrap_or(0)));
        }
        let list = "SELECT node FROM (SELECT node FROM shares UNION SELECT node FROM team_rules) n \
                    WHERE node > $1 ORDER BY node LIMIT $2";
        let rows =
            self.sql().read(Statement::new(list, params![after.unwrap_or(0), ROUND])).await?;
        let nodes = rows.iter().map(|row| Ok(NodeId(row.int(0)?))).collect::<Result<Vec<_>>>()?;
        let found = self.tree().stat(&nodes).await?;
        let gone: Vec<Value> = nodes
            .iter()
            .zip(&found)
            .filter(|(_, found)| found.is_none())
            .map(|(id, _)| Value::Int(id.get()))
            .collect();
        if !gone.is_empty() {
            let mut batch = Batch::new();
            for table in ["shares", "team_rules"] {
                let delete = format!("DELETE FROM {table} WHERE node IN ($list)");
                batch.expect(Statement::with_list(delete, vec![], gone.clone()), Expect::Any);
            }
            self.write(batch).await?;
        }
        Ok(nodes.last().map(|node| node.get()))
    }

    /// Shares of nodes that a person owns or made, whatever their kind.
    pub(crate) async fn shares_of_person(&self, person: &UserId) -> Result<Vec<Share>> {
        const FIND: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM shares s WHERE s.owner_key = $1 OR s.initiator_key = $1 ORDER BY s.id"
        );
        self.find(Statement::new(FIND, params![person.key()])).await
    }
}
