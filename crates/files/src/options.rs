//! What an embedder may choose.

use std::time::Duration;

use allmende_types::NamePolicy;

use crate::{Algorithm, TrashPolicy, versions::VersionOptions};

/// The settings of a [`Files`](crate::Files) service.
///
/// ```
/// use allmende_files::FilesOptions;
///
/// let options = FilesOptions { default_quota: Some(5 << 30), ..FilesOptions::default() };
/// assert!(options.validate().is_ok());
/// ```
#[derive(Debug, Clone)]
pub struct FilesOptions {
    /// Which names may be given. `case_insensitive` must be what the tree was made with.
    pub names: NamePolicy,
    /// The quota in bytes of a home that is made; unlimited if none.
    pub default_quota: Option<u64>,
    /// How long after its last part an unfinished upload is kept.
    pub upload_lifetime: Duration,
    /// The most parts that one upload has: their list is held in memory.
    pub upload_parts: usize,
    /// The hash that is computed while parts of an upload arrive, so that its last step
    /// need not read them again; none to save the work. Clients tell a checksum with the
    /// last step only, nearly always of this kind.
    pub upload_hash: Option<Algorithm>,
    /// The longest lease of a lock. A client that wants more, or no end, gets this.
    pub lock_timeout: Duration,
    /// How long one body may take to arrive. What takes longer is refused at its end.
    pub transfer_limit: Duration,
    /// For how long fresh blob ids of one lease are handed out.
    pub lease_use: Duration,
    /// The age at which a lease of blob ids is looked through for blobs that no file
    /// references. Must exceed `lease_use + transfer_limit` where several processes work
    /// on one store. Where this process is the only one, it may be zero: the service
    /// knows which of its own leases are at work.
    pub orphan_age: Duration,
    /// How long a content that no file references any more is kept, so that downloads
    /// under way can finish.
    pub purge_delay: Duration,
    /// What becomes of what people remove.
    pub trash: TrashPolicy,
    /// How often the [`Collector`](crate::Collector) works.
    pub collect_every: Duration,
    /// How versions of files are kept; none to keep none.
    pub versions: Option<VersionOptions>,
}

/// Settings that contradict one another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("orphan_age is neither zero nor longer than lease_use and transfer_limit together")]
pub struct InvalidOptions;

impl Default for FilesOptions {
    fn default() -> Self {
        const HOUR: Duration = Duration::from_secs(3600);
        Self {
            names: NamePolicy::default(),
            default_quota: None,
            upload_lifetime: HOUR * 24,
            upload_parts: 100_000,
            upload_hash: Some(Algorithm::Sha1),
            lock_timeout: HOUR * 24,
            transfer_limit: HOUR * 24,
            lease_use: HOUR,
            orphan_age: HOUR * 26,
            purge_delay: HOUR,
            trash: TrashPolicy::default(),
            collect_every: Duration::from_secs(300),
            versions: Some(VersionOptions::default()),
        }
    }
}

impl FilesOptions {
    /// Checks that the ages fit together.
    ///
    /// # Errors
    /// When another process's blobs could be taken for orphans while they arrive.
    pub fn validate(&self) -> Result<(), InvalidOptions> {
        let busy = self.lease_use.saturating_add(self.transfer_limit);
        if self.orphan_age.is_zero() || self.orphan_age > busy {
            Ok(())
        } else {
            Err(InvalidOptions)
        }
    }
}

/// A length of time in the whole seconds in which the stores reckon.
pub(crate) fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
