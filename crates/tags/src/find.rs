//! Reading tags: which there are, and which a page of nodes carries.

use std::collections::HashMap;

use allmende_sql::{Row, Rows, Statement, params};
use allmende_types::{GroupId, NodeId};

use crate::{Caller, Error, Result, Tag, TagId, Tags, tags::numbers};

macro_rules! columns {
    () => {
        "t.id, t.name, t.visible, t.assignable, t.color, t.revision"
    };
}

/// Nodes of one statement; longer pages are read in several.
const CHUNK: usize = 1000;

impl Tags {
    /// The tags that a person sees, in the order of their names.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn list(&self, caller: Caller<'_>) -> Result<Vec<Tag>> {
        const ALL: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM system_tags t WHERE t.visible = 1 OR CAST($1 AS BIGINT) = 1 \
             ORDER BY t.name_key"
        );
        const GROUPS: &str = "SELECT tag, group_id FROM system_tag_groups ORDER BY tag, group_id";
        let everything = i64::from(caller.is_administrator());
        let all = Statement::new(ALL, params![everything]);
        let found = self.sql.read_all(vec![all, Statement::new(GROUPS, vec![])]).await?;
        let groups = Groups::read(&found[1])?;
        found[0].iter().map(|row| groups.tag(row)).collect()
    }

    /// A tag, if the person sees it.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn tag(&self, caller: Caller<'_>, id: TagId) -> Result<Option<Tag>> {
        Ok(self.tags(caller, &[id]).await?.pop())
    }

    /// Of some tags those that there are and the person sees, in no certain order.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn tags(&self, caller: Caller<'_>, ids: &[TagId]) -> Result<Vec<Tag>> {
        const FIND: &str =
            concat!("SELECT ", columns!(), " FROM system_tags t WHERE t.id IN ($list)");
        const GROUPS: &str = "SELECT tag, group_id FROM system_tag_groups WHERE tag IN ($list) \
             ORDER BY tag, group_id";
        let list = |sql| Statement::with_list(sql, vec![], numbers(ids.iter().map(|id| id.0)));
        let found = self.sql.read_all(vec![list(FIND).point(), list(GROUPS).point()]).await?;
        let groups = Groups::read(&found[1])?;
        let tags = found[0].iter().map(|row| groups.tag(row));
        let seen = |tag: &Result<Tag>| tag.as_ref().map_or(true, |tag| tag.is_seen_by(&caller));
        tags.filter(seen).collect()
    }

    /// The tags of each of these nodes that the person sees, in the order of their names: two
    /// statements for a page.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn of_nodes(&self, caller: Caller<'_>, nodes: &[NodeId]) -> Result<Vec<Vec<Tag>>> {
        const FIND: &str = concat!(
            "SELECT ",
            columns!(),
            ", n.node FROM system_tag_nodes n JOIN system_tags t ON t.id = n.tag \
             WHERE n.node IN ($list) ORDER BY n.node, t.name_key"
        );
        const GROUPS: &str = "SELECT g.tag, g.group_id FROM system_tag_groups g WHERE g.tag IN \
             (SELECT n.tag FROM system_tag_nodes n WHERE n.node IN ($list)) \
             ORDER BY g.tag, g.group_id";
        let mut found: HashMap<NodeId, Vec<Tag>> = HashMap::new();
        for chunk in nodes.chunks(CHUNK) {
            let list =
                |sql| Statement::with_list(sql, vec![], numbers(chunk.iter().map(|id| id.0)));
            let rows = self.sql.read_all(vec![list(FIND), list(GROUPS)]).await?;
            let groups = Groups::read(&rows[1])?;
            for row in rows[0].iter() {
                let tag = groups.tag(row)?;
                if tag.is_seen_by(&caller) {
                    found.entry(NodeId(row.int(6)?)).or_default().push(tag);
                }
            }
        }
        Ok(nodes.iter().map(|id| found.get(id).cloned().unwrap_or_default()).collect())
    }

    /// Nodes that carry all of these tags, in the order of their ids: up to `limit` of those
    /// behind `after`. Who may see which of them is the caller's to tell.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn nodes_with(
        &self,
        tags: &[TagId],
        after: Option<NodeId>,
        limit: u32,
    ) -> Result<Vec<NodeId>> {
        let Some((first, others)) = tags.split_first() else { return Ok(Vec::new()) };
        let mut values = params![first.0, after.map_or(-1, |id| id.0), limit];
        let mut find = "SELECT n.node FROM system_tag_nodes n WHERE n.tag = $1 AND n.node > $2 \
             AND EXISTS (SELECT 1 FROM system_tags t WHERE t.id = $1)"
            .to_owned();
        for other in others {
            values.push(other.0.into());
            find.push_str(&format!(
                " AND EXISTS (SELECT 1 FROM system_tag_nodes o \
                 JOIN system_tags t ON t.id = o.tag WHERE o.node = n.node AND o.tag = ${})",
                values.len()
            ));
        }
        find.push_str(" ORDER BY n.node LIMIT $3");
        let rows = self.sql.read(Statement::new(find, values)).await?;
        rows.iter().map(|row| Ok(NodeId(row.int(0)?))).collect()
    }

    /// Which of the tags that a person sees are on which nodes, the youngest nodes first: all
    /// tags of up to `limit` nodes that are older than `before`. Who may see which of the nodes is the
    /// caller's to tell.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn marked(
        &self,
        caller: Caller<'_>,
        before: Option<NodeId>,
        limit: u32,
    ) -> Result<Vec<(NodeId, Vec<TagId>)>> {
        const LIST: &str = "WITH seen AS (SELECT id FROM system_tags \
             WHERE visible = 1 OR CAST($1 AS BIGINT) = 1) \
             SELECT n.node, n.tag FROM system_tag_nodes n WHERE n.tag IN (SELECT id FROM seen) \
             AND n.node IN (SELECT DISTINCT m.node FROM system_tag_nodes m \
             WHERE m.node < $2 AND m.tag IN (SELECT id FROM seen) \
             ORDER BY m.node DESC LIMIT $3) \
             ORDER BY n.node DESC, n.tag";
        let everything = i64::from(caller.is_administrator());
        let values = params![everything, before.map_or(i64::MAX, |id| id.0), limit];
        let rows = self.sql.read(Statement::new(LIST, values)).await?;
        let mut marked: Vec<(NodeId, Vec<TagId>)> = Vec::new();
        for row in rows.iter() {
            let (node, tag) = (NodeId(row.int(0)?), TagId(row.int(1)?));
            match marked.last_mut() {
                Some((last, tags)) if *last == node => tags.push(tag),
                _ => marked.push((node, vec![tag])),
            }
        }
        Ok(marked)
    }
}

/// The groups of restricted tags.
struct Groups(HashMap<i64, Vec<GroupId>>);

impl Groups {
    fn read(rows: &Rows) -> Result<Self> {
        let mut groups: HashMap<i64, Vec<GroupId>> = HashMap::new();
        for row in rows.iter() {
            let (tag, group) = (row.int(0)?, row.text(1)?);
            let group = group.parse().map_err(|_| Error::corrupt("group", TagId(tag)))?;
            groups.entry(tag).or_default().push(group);
        }
        Ok(Self(groups))
    }

    /// The tag of a row.
    fn tag(&self, row: Row<'_>) -> Result<Tag> {
        let id = TagId(row.int(0)?);
        let color = row.opt_text(4)?.map(str::parse).transpose();
        Ok(Tag {
            id,
            name: row.text(1)?.parse().map_err(|_| Error::corrupt("name", id))?,
            visible: row.flag(2)?,
            assignable: row.flag(3)?,
            color: color.map_err(|_| Error::corrupt("colour", id))?,
            revision: row.int(5)?,
            groups: self.0.get(&id.0).cloned().unwrap_or_default(),
        })
    }
}
