//! Reading comments.

use std::collections::HashMap;

use allmende_sql::{Row, Statement, Value, params};
use allmende_types::{NodeId, Timestamp, UserId};

use crate::{Comment, CommentId, Comments, Error, ErrorKind, Result};

/// Nodes of one statement; longer pages are counted in several.
const CHUNK: usize = 1000;

// `$1` is the key of the reader, `$2` the node.
macro_rules! select {
    () => {
        "SELECT c.id, c.parent, c.topmost, \
         (SELECT count(*) FROM comments k WHERE k.parent = c.id), \
         (SELECT max(k.created) FROM comments k WHERE k.parent = c.id), \
         c.verb, c.author, c.message, c.created, c.seq, \
         CAST(CASE WHEN (c.author_key IS NULL OR c.author_key <> $1) AND c.seq > \
         COALESCE((SELECT r.upto FROM comment_reads r WHERE r.node = $2 AND r.person = $1), 0) \
         THEN 1 ELSE 0 END AS BIGINT) \
         FROM comments c WHERE c.node = $2"
    };
}

/// Which of the comments of a node: the latest come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Slice {
    /// How many are passed over.
    pub skip: u32,
    /// How many at the most.
    pub limit: u32,
    /// If given, only those that were not written later.
    pub until: Option<Timestamp>,
    /// If given, only those that came before this place: where another slice ended.
    pub before: Option<Place>,
}

/// The place of a comment among those of its node, which stays when comments are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(i64);

impl Comment {
    /// Where it stands.
    #[must_use]
    pub const fn place(&self) -> Place {
        Place(self.seq)
    }
}

impl Default for Slice {
    /// The latest 100.
    fn default() -> Self {
        Self { skip: 0, limit: 100, until: None, before: None }
    }
}

/// How many comments a node has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counts {
    /// All of them.
    pub all: u64,
    /// Those that are new to the person who asks.
    pub unread: u64,
}

impl Comments {
    /// Comments of a node, the latest first.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn list(&self, reader: &UserId, node: NodeId, slice: Slice) -> Result<Vec<Comment>> {
        const LIST: &str = concat!(
            select!(),
            " AND c.created <= $3 AND c.seq < $4 ORDER BY c.seq DESC LIMIT $5 OFFSET $6"
        );
        let until = slice.until.map_or(i64::MAX, Timestamp::unix);
        let before = slice.before.map_or(i64::MAX, |place| place.0);
        let values = params![reader.key(), node.0, until, before, slice.limit, slice.skip];
        let rows = self.sql.read(Statement::new(LIST, values)).await?;
        rows.iter().map(|row| comment(row, node)).collect()
    }

    /// One comment of a node.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn find(
        &self,
        reader: &UserId,
        node: NodeId,
        id: CommentId,
    ) -> Result<Option<Comment>> {
        const FIND: &str = concat!(select!(), " AND c.id = $3");
        let values = params![reader.key(), node.0, id.0];
        let rows = self.sql.read(Statement::new(FIND, values).point()).await?;
        rows.first().map(|row| comment(row, node)).transpose()
    }

    /// How many comments each of these nodes has, and how many of them are new to a person:
    /// one statement for a page.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn counts(&self, reader: &UserId, nodes: &[NodeId]) -> Result<Vec<Counts>> {
        const COUNT: &str = "SELECT c.node, count(*), \
             count(CASE WHEN (c.author_key IS NULL OR c.author_key <> $1) \
             AND c.seq > COALESCE(r.upto, 0) THEN 1 END) \
             FROM comments c LEFT JOIN comment_reads r ON r.node = c.node AND r.person = $1 \
             WHERE c.node IN ($list) GROUP BY c.node";
        let mut found: HashMap<NodeId, Counts> = HashMap::new();
        for chunk in nodes.chunks(CHUNK) {
            let list = chunk.iter().map(|id| Value::Int(id.0));
            let count = Statement::with_list(COUNT, params![reader.key()], list);
            for row in self.sql.read(count).await?.iter() {
                let counts = Counts { all: number(row, 1)?, unread: number(row, 2)? };
                found.insert(NodeId(row.int(0)?), counts);
            }
        }
        Ok(nodes.iter().map(|id| found.get(id).copied().unwrap_or_default()).collect())
    }
}

fn number(row: Row<'_>, column: usize) -> Result<u64> {
    Ok(u64::try_from(row.int(column)?).unwrap_or_default())
}

fn comment(row: Row<'_>, node: NodeId) -> Result<Comment> {
    let id = CommentId(row.int(0)?);
    let author = row.opt_text(6)?.map(str::parse::<UserId>).transpose();
    let corrupt = |_| Error::new(ErrorKind::Unavailable, format!("the author of comment {id}"));
    Ok(Comment {
        id,
        node,
        parent: row.opt_int(1)?.map(CommentId),
        topmost: row.opt_int(2)?.map(CommentId),
        replies: number(row, 3)?,
        last_reply: row.opt_int(4)?.map(Timestamp::from_unix),
        verb: row.text(5)?.to_owned(),
        author: author.map_err(corrupt)?,
        message: row.text(7)?.to_owned(),
        created: Timestamp::from_unix(row.int(8)?),
        seq: row.int(9)?,
        unread: row.flag(10)?,
    })
}
