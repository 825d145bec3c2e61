//! `/profile`: the page that a person shows to others.

use serde::{Deserialize, Serialize};

use crate::endpoints::endpoint;
use crate::{Metadata, Nothing};

/// A person, by the id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByUser {
    /// The id.
    #[serde(rename = "targetUserId")]
    pub user_id: String,
}

/// What a person shows of themselves; what they hide is `null`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Profile {
    /// The id.
    pub user_id: String,
    /// The postal address.
    pub address: Option<String>,
    /// A text about oneself.
    pub biography: Option<String>,
    /// The name for display.
    pub displayname: Option<String>,
    /// A line about oneself.
    pub headline: Option<String>,
    /// Whether the avatar is shown.
    #[serde(rename = "isUserAvatarVisible")]
    pub is_avatar_visible: bool,
    /// The organisation.
    pub organisation: Option<String>,
    /// The pronouns.
    pub pronouns: Option<String>,
    /// The role in the organisation.
    pub role: Option<String>,
    /// What can be done: write a mail, call, …
    pub actions: Vec<Action>,
    /// The time zone.
    pub timezone: String,
    /// How far its clocks are ahead of UTC now, in seconds.
    pub timezone_offset: i64,
}

/// Something that can be done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Action {
    /// The field that it comes from, for example `email`.
    pub id: String,
    /// Address of the icon.
    pub icon: String,
    /// What it is called, in the language of who asks.
    pub title: String,
    /// Where it leads, for example `mailto:…`.
    pub target: Option<String>,
}

endpoint! {
    /// `GET /profile/{targetUserId}`: a person's page. 404 with `null` if there is no such person,
    /// 400 with `null` if the person has none.
    pub Get = Metadata::get("/profile/{targetUserId}"),
    ByUser => Profile
}

/// Who may see a part of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewVisibility {
    /// The person's id; only one's own is accepted.
    pub target_user_id: String,
    /// The part, for example `phone`.
    pub param_id: String,
    /// `show`, `show_users_only` or `hide`.
    pub visibility: String,
}

endpoint! {
    /// `PUT /profile/{targetUserId}`: says who may see a part. 403 for that of somebody else, 400
    /// for a part that there is not.
    pub SetVisibility = Metadata::put("/profile/{targetUserId}").confirmed(),
    NewVisibility => Nothing
}
