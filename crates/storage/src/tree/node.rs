//! What a node is.

use allmende_types::{
    BlobId, Checksums, ETag, Epoch, Name, NodeId, Revision, SpaceId, Timestamp, UserId,
};

/// A file or a folder as it is at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub id: NodeId,
    /// The space it lies in.
    pub space: SpaceId,
    /// The folder it lies in; none for the root of a space.
    pub parent: Option<NodeId>,
    /// Its name; none for the root of a space.
    pub name: Option<Name>,
    /// What it is.
    pub kind: NodeKind,
    /// Bytes of content; for a folder, of everything below it.
    pub size: u64,
    /// The space's epoch.
    pub epoch: Epoch,
    /// When the content was last changed; for a folder, the highest below it.
    pub revision: Revision,
    /// The time of the last change, as the client told it. Each change below a folder
    /// lifts the folder's to the time of its batch, if that is later.
    pub modified: Timestamp,
    /// The time at which the client says the file was created.
    pub created: Option<Timestamp>,
    /// The time at which the node with its present content came to this server.
    pub uploaded: Timestamp,
}

impl Node {
    /// The entity tag: changes whenever the content (of anything below) does.
    #[must_use]
    pub fn etag(&self) -> ETag {
        ETag::of_node(self.epoch, self.id, self.revision)
    }

    /// Whether it is a folder.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        matches!(self.kind, NodeKind::Folder)
    }

    /// The content, if it is a file.
    #[must_use]
    pub fn content(&self) -> Option<&Content> {
        match &self.kind {
            NodeKind::File(content) => Some(content),
            NodeKind::Folder => None,
        }
    }
}

/// File or folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// A file with its content.
    File(Content),
    /// A folder.
    Folder,
}

/// What a file contains.
///
/// One blob, or several in a row: a chunked upload's parts stay the blobs they are, so
/// that its last step only commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The id of the content: of its blob if there is one segment, of the list of segments
    /// if there are more, none if the file is empty.
    pub id: Option<BlobId>,
    /// How many segments there are.
    pub segments: u32,
    /// The media type.
    pub media_type: Box<str>,
    /// The checksums that are known of it.
    pub checksums: Checksums,
}

/// A blob as a part of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// The blob.
    pub blob: BlobId,
    /// Its length in bytes.
    pub size: u64,
}

/// How many children a folder has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChildCount {
    /// Files directly inside.
    pub files: u64,
    /// Folders directly inside.
    pub folders: u64,
}

/// Whose stored property it is: everybody's, or one person's (favourites, and the dead
/// properties of the original).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PropertyOwner {
    /// Of the node itself, the same for all.
    Everyone,
    /// Of one person.
    Person(UserId),
}

/// The name of a stored property.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PropertyKey {
    /// The namespace URI, possibly empty.
    pub namespace: Box<str>,
    /// The local name.
    pub name: Box<str>,
}

/// A stored property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// Its name.
    pub key: PropertyKey,
    /// Its value: for WebDAV, the element itself as an XML fragment with all namespace
    /// declarations that it needs.
    pub value: Box<str>,
}
