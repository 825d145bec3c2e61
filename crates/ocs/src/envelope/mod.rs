//! The envelope around every answer: `{"ocs":{"meta":{…},"data":…}}`, in two versions and two
//! forms.

#[cfg(feature = "server")]
mod conditional;
#[cfg(feature = "client")]
mod read;
#[cfg(feature = "server")]
mod reply;
#[cfg(feature = "server")]
mod write;

#[cfg(test)]
#[cfg(all(feature = "client", feature = "server"))]
mod tests;

use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};

#[cfg(feature = "server")]
pub(crate) use conditional::apply as apply_conditions;
#[cfg(feature = "server")]
pub use conditional::{etag_of, is_current};
#[cfg(feature = "client")]
pub use read::Document;
#[cfg(feature = "server")]
pub use reply::Reply;
#[cfg(feature = "server")]
pub(crate) use write::NO_CACHE;

use crate::Code;

/// The protocol version, chosen by the path: `/ocs/v1.php` or `/ocs/v2.php`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Version {
    /// Success is 100; the HTTP status is 200 for almost every failure, too.
    V1,
    /// Success is 200; the HTTP status tells the truth.
    #[default]
    V2,
}

impl Version {
    /// The path below the server's root: `/ocs/v1.php` or `/ocs/v2.php`.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::V1 => "/ocs/v1.php",
            Self::V2 => "/ocs/v2.php",
        }
    }

    /// Splits a request path into its version and the rest, which begins with `/`.
    #[must_use]
    pub fn split_path(path: &str) -> Option<(Self, &str)> {
        [Self::V1, Self::V2].into_iter().find_map(|version| {
            let rest = path.strip_prefix(version.prefix())?;
            rest.starts_with('/').then_some((version, rest))
        })
    }

    /// The code that means success.
    #[must_use]
    pub const fn ok(self) -> Code {
        match self {
            Self::V1 => Code::OK_V1,
            Self::V2 => Code::OK_V2,
        }
    }
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Format {
    /// XML, the default of the protocol.
    #[default]
    Xml,
    /// JSON.
    Json,
}

impl Format {
    /// Chooses the form: the parameter `format` if it is known, else the first
    /// `application/json` or `application/xml` of the `Accept` headers, else XML.
    ///
    /// ```
    /// use allmende_ocs::Format;
    /// use http::HeaderMap;
    ///
    /// assert_eq!(Format::negotiate(Some("json"), &HeaderMap::new()), Format::Json);
    /// assert_eq!(Format::negotiate(None, &HeaderMap::new()), Format::Xml);
    /// ```
    #[must_use]
    pub fn negotiate(parameter: Option<&str>, headers: &HeaderMap) -> Self {
        match parameter {
            Some("json") => return Self::Json,
            Some("xml") => return Self::Xml,
            _ => {}
        }
        headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .find_map(|range| {
                let media = range.split(';').next().unwrap_or_default().trim();
                if media.eq_ignore_ascii_case("application/json") {
                    Some(Self::Json)
                } else if media.eq_ignore_ascii_case("application/xml") {
                    Some(Self::Xml)
                } else {
                    None
                }
            })
            .unwrap_or_default()
    }

    /// The value of the parameter `format`.
    #[must_use]
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Json => "json",
        }
    }

    /// The `Content-Type` of answers. Some clients compare it literally.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Xml => "application/xml; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// How answers are wrapped: version and form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Envelope {
    /// The protocol version.
    pub version: Version,
    /// The form.
    pub format: Format,
}

/// Whether the request was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It was.
    Ok,
    /// It was not; the code and the message say why.
    Failure,
}

/// The head of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Meta {
    /// Success or failure.
    pub status: Status,
    /// The code.
    pub statuscode: Code,
    /// `OK`, or what went wrong.
    #[serde(default)]
    pub message: String,
    /// Version 1 only: how many items there are in all, as decimal text; usually empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totalitems: Option<String>,
    /// Version 1 only: how many items a page has, as decimal text; usually empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub itemsperpage: Option<String>,
}
