//! [`PutFile`].

use allmende_sql::{Expect, Statement, params};
use allmende_storage::{
    ChangeKind, Content, Error, ErrorKind, Node, NodeKind, PropertyOwner, PutFile, Result, Segment,
};
use allmende_types::{BlobId, Timestamp};

use super::{
    delta::{Bytes, Delta},
    draft::{Draft, content_guards, expect, expected_revision, fail},
    report::Source,
    view::View,
};
use crate::{
    error::column,
    ids::content_id,
    row::{FILE, columns},
};

const INSERT: &str = concat!(
    "INSERT INTO nodes (id, parent, key, name, kind, size, revision, modified, created, \
     uploaded, content, segments, media_type, checksums) \
     VALUES ($1, $2, $3, $4, $5, $6, (SELECT revision FROM spaces WHERE id = $7), \
     $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (parent, key) DO NOTHING RETURNING ",
    columns!("")
);
const UPDATE: &str = concat!(
    "UPDATE nodes SET size = $2, revision = (SELECT revision FROM spaces WHERE id = $3), \
     modified = $4, created = COALESCE($5, created), uploaded = $6, content = $7, \
     segments = $8, media_type = $9, checksums = $10 WHERE id = $1 RETURNING ",
    columns!("")
);
const SEGMENT: &str = "INSERT INTO segments (content, ord, blob, size) VALUES ($1, $2, $3, $4)";

impl Draft<'_> {
    pub(super) fn put_file(&mut self, op: &PutFile) -> Result<(Source, Option<Source>)> {
        let place = self.place(&op.target)?;
        if place.standing.as_ref().is_some_and(Node::is_folder) {
            return fail(ErrorKind::NotAFile, &op.target);
        }
        expect(&op.target, place.standing.as_ref())?;
        self.guard(&op.guards(place.id()))?;
        let size = content_size(&op.segments)?;
        let bytes = Bytes::instead_of(size, place.standing.as_ref());
        let size = column(size, "the size of a file")?;
        let delta = Delta { bytes: size, plus: None, minus: place.id() };
        self.charge(&place.parent, delta, bytes)?;
        let content = self.content(op)?;
        if place.standing.is_none() {
            self.check_depth(place.parent.id, 1)?;
        }
        let revision = expected_revision(&op.target);
        let replaced = place.standing.as_ref().map(|node| self.old(node, revision));
        let told = op.told(place.standing.as_ref(), self.now);
        self.propagate_since(&place.parent, delta, bytes, told);

        let id = content.id.map(BlobId::to_bytes);
        let checksums = (!content.checksums.is_empty()).then(|| content.checksums.to_string());
        let created = op.created.map(Timestamp::unix);
        let (space, modified, now) = (place.parent.space.0, op.modified.unix(), self.now.unix());
        let (node, statement, kind) = if let Some(old) = &place.standing {
            self.drop_content(old.id);
            let values = params![
                old.id.0,
                size,
                space,
                modified,
                created,
                now,
                id,
                content.segments,
                &*content.media_type,
                checksums
            ];
            (old.clone(), Statement::new(UPDATE, values), ChangeKind::Changed)
        } else {
            let node = Node {
                id: self.fresh_id()?,
                parent: Some(place.parent.id),
                name: Some(op.target.name.clone()),
                ..place.parent.clone()
            };
            let spelling = self.spelling(&op.target);
            let values = params![
                node.id.0,
                place.parent.id.0,
                spelling.key,
                spelling.name,
                FILE,
                size,
                space,
                modified,
                created,
                now,
                id,
                content.segments,
                &*content.media_type,
                checksums
            ];
            (node, Statement::new(INSERT, values), ChangeKind::Created)
        };
        let statement = self.body.expect(statement, Expect::ONE);
        self.update_properties(node.id, &PropertyOwner::Everyone, &op.properties);
        self.note(node.space, node.id, &kind);
        let source = self.source(statement, &node);
        let kind = NodeKind::File(content);
        let node = View::changed(Node { kind, size: bytes.added, modified: op.modified, ..node });
        if place.standing.is_some() {
            self.teller.changed(&node);
        } else {
            self.teller.created(&node);
        }
        self.view.place(node, self.policy);
        Ok((source, replaced))
    }

    /// Guards that the blobs may be used, and writes down the list of several.
    fn content(&mut self, op: &PutFile) -> Result<Content> {
        for guard in content_guards(&op.segments) {
            self.body.expect(guard, Expect::None);
        }
        let id = match op.segments.as_slice() {
            [] => None,
            [one] => Some(one.blob),
            several => {
                let id = content_id()?;
                for (ord, segment) in several.iter().enumerate() {
                    let size = column(segment.size, "the size of a segment")?;
                    let (content, blob) = (id.to_bytes(), segment.blob.to_bytes());
                    let ord = i64::try_from(ord).unwrap_or(i64::MAX);
                    self.body.push(Statement::new(SEGMENT, params![content, ord, blob, size]));
                }
                Some(id)
            }
        };
        let segments = u32::try_from(op.segments.len())
            .map_err(|_| Error::new(ErrorKind::Invalid, "too many segments"))?;
        let (media_type, checksums) = (op.media_type.clone(), op.checksums.clone());
        Ok(Content { id, segments, media_type, checksums })
    }
}

fn content_size(segments: &[Segment]) -> Result<u64> {
    let sum = segments.iter().try_fold(0u64, |sum, segment| match segment.size {
        0 => None,
        size => sum.checked_add(size),
    });
    sum.ok_or_else(|| Error::new(ErrorKind::Invalid, "a segment is empty or the sum too large"))
}
