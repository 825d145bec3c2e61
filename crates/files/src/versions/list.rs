//! The versions of a file, and their contents.

use allmende_storage::Node;
use allmende_types::Name;
use allmende_types::SpacePath;

use super::{Author, Marks, Standing, Version};
use crate::{Entry, Result, View, permissions::Action};

impl View {
    /// All contents that a file has or had, in the order of their numbers; the one that it
    /// has is among them. Three queries, and one more for each 500 versions.
    ///
    /// # Errors
    /// [`NotAFile`](crate::ErrorKind::NotAFile), [`Forbidden`](crate::ErrorKind::Forbidden),
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn versions(&self, entry: &Entry) -> Result<Vec<Version>> {
        let marks = self.readable_marks(entry).await?;
        let nodes = match marks.place {
            Some(place) => self.files().version_nodes(place.folder).await?,
            None => Vec::new(),
        };
        let ids: Vec<_> = nodes.iter().map(|node| node.id).collect();
        let noted = self.files().marks(&ids).await?;
        let kept = nodes.into_iter().zip(noted);
        let mut all: Vec<Version> =
            kept.filter_map(|(node, marks)| Self::overwritten(entry, node, marks)).collect();
        all.sort_by_key(|version| version.number);
        let mut number = entry.node.modified.unix();
        let mut at = all.partition_point(|version| version.number < number);
        while all.get(at).is_some_and(|version| version.number == number) {
            (number, at) = (number + 1, at + 1);
        }
        let (author, label) = named(entry, marks);
        let standing = Standing::Current;
        let file = (entry.node.space, entry.id());
        all.insert(at, Version { number, entry: entry.clone(), author, label, standing, file });
        Ok(all)
    }

    /// The overwritten content of a file with this number, if there is one. Two queries
    /// where there is none, and one more where there is.
    ///
    /// # Errors
    /// As of [`View::versions`].
    pub async fn version(&self, entry: &Entry, number: i64) -> Result<Option<Version>> {
        let Some(place) = self.readable_marks(entry).await?.place else { return Ok(None) };
        let path = SpacePath::root().join(Name::new(&number.to_string())?);
        let node = self.files().tree().resolve_below(place.folder, &path).await?;
        let Some(node) = node else { return Ok(None) };
        let marks = self.files().marks(&[node.id]).await?.pop().unwrap_or_default();
        Ok(Self::overwritten(entry, node, marks))
    }

    /// Who wrote the contents of files that the person sees: their owners, where nobody else
    /// was noted; none for strangers, and of any where versions are not kept. One query.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn authors(&self, entries: &[Entry]) -> Result<Vec<Option<allmende_types::UserId>>> {
        if self.files().options().versions.is_none() {
            return Ok(vec![None; entries.len()]);
        }
        let ids: Vec<_> = entries.iter().map(Entry::id).collect();
        let noted = self.files().marks(&ids).await?;
        let author = |(entry, marks): (&Entry, Marks)| {
            if entry.is_folder() { None } else { named(entry, marks).0 }
        };
        Ok(entries.iter().zip(noted).map(author).collect())
    }

    /// What is noted at a file that the person may read.
    async fn readable_marks(&self, entry: &Entry) -> Result<Marks> {
        entry.must_be_file()?;
        Action::Read.check(entry)?;
        Ok(self.files().marks(&[entry.id()]).await?.pop().unwrap_or_default())
    }

    fn overwritten(entry: &Entry, node: Node, marks: Marks) -> Option<Version> {
        let number = node.name.as_ref()?.as_str().parse().ok().filter(|_| !node.is_folder())?;
        let (author, label) = named(entry, marks);
        // It is the file, with another content: under its name, with its permissions.
        let node = Node { name: entry.node.name.clone(), parent: entry.node.parent, ..node };
        let file = (entry.node.space, entry.id());
        let entry = Entry { node, ..entry.clone() };
        Some(Version { number, entry, author, label, standing: Standing::Overwritten, file })
    }
}

/// Who wrote a content of a file, and what it is called.
fn named(entry: &Entry, marks: Marks) -> (Option<allmende_types::UserId>, Option<Box<str>>) {
    let author = match marks.author {
        Author::Owner => Some((*entry.owner).clone()),
        Author::Nobody => None,
        Author::Person(person) => Some(person),
    };
    (author, marks.label)
}
