use serde::{Deserialize, Serialize};

/// Files.
///
/// The lists of forbidden names are always written, the switches only where they are known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Files {
    /// Whether files have comments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comments: Option<bool>,
    /// A note for human readers.
    #[serde(rename = "$comment", skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The older name of [`forbidden_filenames`](Self::forbidden_filenames).
    pub blacklisted_files: Vec<String>,
    /// Names that no file may have.
    pub forbidden_filenames: Vec<String>,
    /// Names that no file may have before its first dot.
    pub forbidden_filename_basenames: Vec<String>,
    /// Characters that no name may have.
    pub forbidden_filename_characters: Vec<String>,
    /// Endings that no name may have, with their dots.
    pub forbidden_filename_extensions: Vec<String>,
    /// Whether uploads may come in chunks; the Android client reads it here.
    pub bigfilechunking: bool,
    /// Limits of uploads in chunks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunked_upload: Option<ChunkedUpload>,
    /// What can be converted into what.
    pub file_conversions: Vec<FileConversion>,
    /// Whether names that Windows cannot have are forbidden.
    pub windows_compatible_filenames: bool,
    /// Editing in a browser view of the client.
    #[serde(rename = "directEditing", skip_serializing_if = "Option::is_none")]
    pub direct_editing: Option<DirectEditing>,
    /// The version of file locks (`1.0`); its presence makes clients ask for locks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locking: Option<String>,
    /// Whether locks have types.
    #[serde(rename = "api-feature-lock-type", skip_serializing_if = "Option::is_none")]
    pub api_feature_lock_type: Option<bool>,
    /// Whether there is a trash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undelete: Option<bool>,
    /// Whether things in the trash can be deleted for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_from_trash: Option<bool>,
    /// Whether there are versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versioning: Option<bool>,
    /// Whether versions can have names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_labeling: Option<bool>,
    /// Whether versions can be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_deletion: Option<bool>,
    /// Whether files have addresses for those who may see them already.
    #[serde(rename = "privateLinks", skip_serializing_if = "Option::is_none")]
    pub private_links: Option<bool>,
}

/// Limits of uploads in chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ChunkedUpload {
    /// The largest chunk in bytes.
    pub max_size: u64,
    /// How many chunks may be under way at once.
    pub max_parallel_count: u32,
}

impl ChunkedUpload {
    /// Both limits.
    #[must_use]
    pub const fn new(max_size: u64, max_parallel_count: u32) -> Self {
        Self { max_size, max_parallel_count }
    }
}

/// A conversion that the server offers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FileConversion {
    /// The media type to convert from.
    pub from: String,
    /// The media type to convert to.
    pub to: String,
    /// The ending of the result, without a dot.
    pub extension: String,
    /// What to call the result.
    #[serde(rename = "displayName")]
    pub display_name: String,
}

/// Editing in a browser view of the client.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DirectEditing {
    /// The absolute address of the list of editors.
    pub url: String,
    /// The state of that list; clients ask again when it changes.
    pub etag: String,
    /// Whether a file can be named by its id.
    #[serde(rename = "supportsFileId", default)]
    pub supports_file_id: bool,
}

/// WebDAV. The desktop client reads most of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Dav {
    /// The version of uploads in chunks (`1.0`); without it everything is sent in one piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunking: Option<String>,
    /// Whether chunks also work on public shares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_shares_chunking: Option<bool>,
    /// Whether SEARCH knows the time of creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_supports_creation_time: Option<bool>,
    /// Whether SEARCH knows the time of upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_supports_upload_time: Option<bool>,
    /// Whether SEARCH knows the time of the last activity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_supports_last_activity: Option<bool>,
    /// The version of bulk uploads (`1.0`); without it files are sent one by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bulkupload: Option<String>,
    /// Whether people can say that they are away.
    #[serde(rename = "absence-supported", skip_serializing_if = "Option::is_none")]
    pub absence_supported: Option<bool>,
    /// Whether they can name somebody in their place.
    #[serde(rename = "absence-replacement", skip_serializing_if = "Option::is_none")]
    pub absence_replacement: Option<bool>,
    /// Whether chunks must come one after the other.
    #[serde(rename = "chunkingParallelUploadDisabled", skip_serializing_if = "Option::is_none")]
    pub chunking_parallel_upload_disabled: Option<bool>,
    /// HTTP status codes after which an upload in chunks begins anew.
    #[serde(
        rename = "httpErrorCodesThatResetFailingChunkedUploads",
        skip_serializing_if = "Option::is_none"
    )]
    pub resetting_status_codes: Option<Vec<u16>>,
    /// A pattern of names that are refused.
    #[serde(rename = "invalidFilenameRegex", skip_serializing_if = "Option::is_none")]
    pub invalid_filename_regex: Option<String>,
}

/// Checksums of uploads. Without them the desktop client sends SHA-1.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Checksums {
    /// The kinds that are understood, for example `SHA256`.
    pub supported_types: Vec<String>,
    /// The kind to send.
    pub preferred_upload_type: String,
}
