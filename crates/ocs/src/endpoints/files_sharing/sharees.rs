//! `/apps/files_sharing/api/v1/sharees`: whom one can share with.

use serde::{Deserialize, Serialize};

use super::share::{RecipientStatus, ShareType};
use crate::endpoints::endpoint;
use crate::shape::filled_in;
use crate::{Metadata, OcsError, OrEmpty};

/// Whom to look for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Query {
    /// A part of the name; everybody if empty.
    pub search: String,
    /// What is to be shared: `file` or `folder`. Servers want it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_type: Option<String>,
    /// The page, from 1.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "filled_in")]
    pub page: Option<i64>,
    /// Hits per page.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "filled_in")]
    pub per_page: Option<i64>,
    /// The kinds of share to look for; all if empty.
    #[serde(rename = "shareType", skip_serializing_if = "Vec::is_empty")]
    pub share_types: Vec<ShareType>,
    /// Whether to ask the public directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lookup: Option<bool>,
}

/// A page of hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The number, from 1.
    pub number: u32,
    /// At most so many hits of each kind.
    pub size: u32,
}

impl Page {
    /// How many hits come before this page.
    #[must_use]
    pub const fn offset(self) -> u64 {
        (self.number as u64 - 1) * self.size as u64
    }
}

impl Query {
    /// The page that is asked for, with at most `most` hits.
    ///
    /// # Errors
    /// 400 "Missing itemType", "Invalid perPage argument" or "Invalid page".
    ///
    /// ```
    /// use allmende_ocs::endpoints::files_sharing::sharees::Query;
    ///
    /// let query = Query { item_type: Some("file".into()), page: Some(2), ..Query::default() };
    /// assert_eq!(query.page(25).unwrap().offset(), 25);
    /// assert_eq!(Query::default().page(25).unwrap_err().message, "Missing itemType");
    /// ```
    pub fn page(&self, most: u32) -> Result<Page, OcsError> {
        if self.item_type.as_deref().is_none_or(str::is_empty) {
            return Err(OcsError::bad_request("Missing itemType"));
        }
        let positive = |number: Option<i64>, default: u32| match number {
            None => Some(default),
            Some(number) if number <= 0 => None,
            Some(number) => Some(u32::try_from(number).unwrap_or(u32::MAX)),
        };
        let size = positive(self.per_page, most)
            .ok_or_else(|| OcsError::bad_request("Invalid perPage argument"))?;
        let number = positive(self.page, 1).ok_or_else(|| OcsError::bad_request("Invalid page"))?;
        Ok(Page { number, size: size.min(most) })
    }

    /// The value of the header `Link` that leads to the page after `page`, for an answer that has
    /// more; `address` is that of this endpoint, `share_types` are the kinds that were looked for.
    #[must_use]
    pub fn link_to_next(&self, address: &str, share_types: &[ShareType], page: Page) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("search", &self.search);
        query.append_pair("itemType", self.item_type.as_deref().unwrap_or_default());
        for (at, share_type) in share_types.iter().enumerate() {
            query.append_pair(&format!("shareType[{at}]"), &share_type.number().to_string());
        }
        query.append_pair("perPage", &page.size.to_string());
        query.append_pair("page", &page.number.saturating_add(1).to_string());
        format!("<{address}?{}>; rel=\"next\"", query.finish())
    }
}

/// Somebody, or some, to share with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Sharee {
    /// How often one shared with them; in [`Recommended`] only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The name.
    pub label: String,
    /// More about them; of people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subline: Option<String>,
    /// The class of an icon, `icon-user`; of people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// What tells them from others of the same name; of remote people and e-mail addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// The name without the server; of remote people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// More about a team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_with_description: Option<String>,
    /// What to send when sharing.
    pub value: ShareeValue,
    /// Something unique about them, such as the e-mail address; of people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_with_display_name_unique: Option<String>,
    /// The status, `[]` if there is none; of people.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "crate::shape::present")]
    pub status: Option<OrEmpty<RecipientStatus>>,
}

/// What to send when sharing with somebody.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ShareeValue {
    /// The kind of share.
    pub share_type: ShareType,
    /// Whom to share with.
    pub share_with: String,
    /// The name of the other server; of remote people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Whether that server is trusted; of remote people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_trusted_server: Option<bool>,
}

impl Sharee {
    /// A sharee with a name only, as groups are.
    #[must_use]
    pub fn new(share_type: ShareType, share_with: &str, label: &str) -> Self {
        Self {
            label: label.to_owned(),
            value: ShareeValue {
                share_type,
                share_with: share_with.to_owned(),
                ..ShareeValue::default()
            },
            ..Self::default()
        }
    }

    /// A person of this server.
    #[must_use]
    pub fn person(id: &str, name: &str, unique: &str, status: Option<RecipientStatus>) -> Self {
        Self {
            subline: Some(
                status.as_ref().and_then(|status| status.message.clone()).unwrap_or_default(),
            ),
            icon: Some("icon-user".to_owned()),
            share_with_display_name_unique: Some(unique.to_owned()),
            status: Some(OrEmpty(status)),
            ..Self::new(ShareType::User, id, name)
        }
    }

    /// An e-mail address.
    #[must_use]
    pub fn email(address: &str) -> Self {
        Self { uuid: Some(address.to_owned()), ..Self::new(ShareType::Email, address, address) }
    }

    /// A person of another server, by the two halves of the cloud id.
    #[must_use]
    pub fn remote(user: &str, server: &str, is_trusted_server: bool) -> Self {
        let cloud_id = format!("{user}@{server}");
        let mut sharee = Self::new(ShareType::Remote, &cloud_id, &format!("{user} ({server})"));
        sharee.uuid = Some(user.to_owned());
        sharee.name = Some(user.to_owned());
        sharee.value.server = Some(server.to_owned());
        sharee.value.is_trusted_server = Some(is_trusted_server);
        sharee
    }
}

/// Hits whose name is what was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ExactSharees {
    /// People of this server.
    pub users: Vec<Sharee>,
    /// Groups of this server.
    pub groups: Vec<Sharee>,
    /// People of other servers.
    pub remotes: Vec<Sharee>,
    /// Groups of other servers.
    pub remote_groups: Vec<Sharee>,
    /// E-mail addresses.
    pub emails: Vec<Sharee>,
    /// Teams.
    pub circles: Vec<Sharee>,
    /// Conversations.
    pub rooms: Vec<Sharee>,
}

/// Whom one can share with. Every list is always there, since older clients fall over one that
/// is not.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Sharees {
    /// Hits whose name is what was looked for.
    pub exact: ExactSharees,
    /// People of this server.
    pub users: Vec<Sharee>,
    /// Groups of this server.
    pub groups: Vec<Sharee>,
    /// People of other servers.
    pub remotes: Vec<Sharee>,
    /// Groups of other servers.
    pub remote_groups: Vec<Sharee>,
    /// E-mail addresses.
    pub emails: Vec<Sharee>,
    /// Hits in the public directory.
    pub lookup: Vec<Sharee>,
    /// Teams.
    pub circles: Vec<Sharee>,
    /// Conversations.
    pub rooms: Vec<Sharee>,
    /// Whether the public directory can be asked.
    #[serde(rename = "lookupEnabled")]
    pub lookup_enabled: bool,
}

endpoint! {
    /// `GET …/sharees`: looks for people and others to share with. A page that has more leads on
    /// by the header `Link` ([`Query::link_to_next`]).
    pub Search = Metadata::get("/apps/files_sharing/api/v1/sharees"),
    Query => Sharees
}

/// Which kinds to recommend.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Kinds {
    /// What is to be shared: `file` or `folder`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_type: Option<String>,
    /// The kinds of share; all if empty.
    #[serde(rename = "shareType", skip_serializing_if = "Vec::is_empty")]
    pub share_types: Vec<ShareType>,
}

/// Those whom one shared with most, [`exact`](Self::exact); the other lists are empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RecommendedSharees {
    /// The hits.
    pub exact: RecommendedLists,
    /// Empty.
    pub users: Vec<Sharee>,
    /// Empty.
    pub groups: Vec<Sharee>,
    /// Empty.
    pub remotes: Vec<Sharee>,
    /// Empty.
    pub remote_groups: Vec<Sharee>,
    /// Empty.
    pub emails: Vec<Sharee>,
}

/// The lists of [`RecommendedSharees`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RecommendedLists {
    /// People of this server.
    pub users: Vec<Sharee>,
    /// Groups of this server.
    pub groups: Vec<Sharee>,
    /// People of other servers.
    pub remotes: Vec<Sharee>,
    /// Groups of other servers.
    pub remote_groups: Vec<Sharee>,
    /// E-mail addresses.
    pub emails: Vec<Sharee>,
}

endpoint! {
    /// `GET …/sharees_recommended`: whom one shared with most, each with
    /// [`count`](Sharee::count).
    pub Recommended = Metadata::get("/apps/files_sharing/api/v1/sharees_recommended"),
    Kinds => RecommendedSharees
}
