//! `/apps/user_status`: whether people are there, and what they say about it.

use serde::{Deserialize, Serialize};

use crate::endpoints::{NoParameters, endpoint};
use crate::{Metadata, Nothing};

/// Whether somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// There.
    Online,
    /// There, but not at the device.
    Away,
    /// There, but not to be disturbed.
    Dnd,
    /// There, but busy.
    Busy,
    /// There, but shown to others as [`Offline`](Self::Offline).
    Invisible,
    /// Not there.
    Offline,
}

impl Presence {
    /// What others are told.
    #[must_use]
    pub fn as_others_see_it(self) -> Self {
        match self {
            Self::Invisible => Self::Offline,
            other => other,
        }
    }
}

/// One's own status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnStatus {
    /// One's id.
    pub user_id: String,
    /// The message.
    #[serde(default)]
    pub message: Option<String>,
    /// The id of a predefined message.
    #[serde(default)]
    pub message_id: Option<String>,
    /// Whether the message is predefined.
    #[serde(default)]
    pub message_is_predefined: bool,
    /// An emoji.
    #[serde(default)]
    pub icon: Option<String>,
    /// When the message goes away, in seconds since 1970.
    #[serde(default)]
    pub clear_at: Option<i64>,
    /// Whether one is there.
    pub status: Presence,
    /// Whether one has said so oneself.
    #[serde(default)]
    pub status_is_user_defined: bool,
}

impl OwnStatus {
    /// A status without a message, said by oneself.
    #[must_use]
    pub fn new(user_id: &str, status: Presence) -> Self {
        Self {
            user_id: user_id.to_owned(),
            message: None,
            message_id: None,
            message_is_predefined: false,
            icon: None,
            clear_at: None,
            status,
            status_is_user_defined: true,
        }
    }
}

/// Somebody else's status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicStatus {
    /// The person's id.
    pub user_id: String,
    /// The message.
    #[serde(default)]
    pub message: Option<String>,
    /// An emoji.
    #[serde(default)]
    pub icon: Option<String>,
    /// When the message goes away, in seconds since 1970.
    #[serde(default)]
    pub clear_at: Option<i64>,
    /// Whether the person is there; never [`Invisible`](Presence::Invisible).
    pub status: Presence,
}

impl From<OwnStatus> for PublicStatus {
    fn from(own: OwnStatus) -> Self {
        Self {
            user_id: own.user_id,
            message: own.message,
            icon: own.icon,
            clear_at: own.clear_at,
            status: own.status.as_others_see_it(),
        }
    }
}

endpoint! {
    /// `GET …/user_status`: one's own status. 404 "No status for the current user" until it is
    /// set for the first time, which clients take calmly.
    pub Get = Metadata::get("/apps/user_status/api/v1/user_status"),
    NoParameters => OwnStatus
}

/// A new presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPresence {
    /// The presence.
    #[serde(rename = "statusType")]
    pub status_type: Presence,
}

endpoint! {
    /// `PUT …/user_status/status`: says whether one is there. 400 for an unknown presence.
    pub SetPresence = Metadata::put("/apps/user_status/api/v1/user_status/status"),
    NewPresence => OwnStatus
}

/// A predefined message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PredefinedMessage {
    /// Its id.
    pub message_id: String,
    /// When it goes away, in seconds since 1970; a field left empty arrives as 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clear_at: Option<i64>,
}

endpoint! {
    /// `PUT …/user_status/message/predefined`: chooses a predefined message. 400 for an unknown
    /// one, and for a time that has passed.
    pub SetPredefinedMessage =
        Metadata::put("/apps/user_status/api/v1/user_status/message/predefined"),
    PredefinedMessage => OwnStatus
}

/// A message of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CustomMessage {
    /// An emoji.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_icon: Option<String>,
    /// The message, of at most 80 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When it goes away, in seconds since 1970; a field left empty arrives as 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clear_at: Option<i64>,
}

endpoint! {
    /// `PUT …/user_status/message/custom`: writes a message. 400 for one that is too long, for an
    /// icon that is no emoji, and for a time that has passed.
    pub SetCustomMessage = Metadata::put("/apps/user_status/api/v1/user_status/message/custom"),
    CustomMessage => OwnStatus
}

endpoint! {
    /// `DELETE …/user_status/message`: takes the message away.
    pub ClearMessage = Metadata::delete("/apps/user_status/api/v1/user_status/message"),
    NoParameters => Nothing
}

/// A predefined message, by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByMessage {
    /// The id.
    #[serde(rename = "messageId")]
    pub message_id: String,
}

endpoint! {
    /// `DELETE …/user_status/revert/{messageId}`: goes back to the status before that message, if
    /// it is still the present one.
    pub Revert = Metadata::delete("/apps/user_status/api/v1/user_status/revert/{messageId}"),
    ByMessage => Nothing
}

/// A predefined message with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predefined {
    /// The id: `meeting`, `commuting`, `be-right-back`, `remote-work`, `sick-leave`, `vacationing`.
    pub id: String,
    /// An emoji.
    pub icon: String,
    /// The message in the person's language.
    pub message: String,
    /// When it goes away; never if absent.
    #[serde(rename = "clearAt")]
    pub clear_at: Option<ClearAt>,
}

/// When a message goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "time", rename_all = "kebab-case")]
pub enum ClearAt {
    /// After so many seconds.
    Period(u64),
    /// At the end of something.
    EndOf(Span),
}

/// Something that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Span {
    /// The day.
    Day,
    /// The week.
    Week,
}

endpoint! {
    /// `GET …/predefined_statuses`: the predefined messages.
    pub ListPredefined = Metadata::get("/apps/user_status/api/v1/predefined_statuses"),
    NoParameters => Vec<Predefined>
}

/// Which statuses to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Page {
    /// At most so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Without the first so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
}

endpoint! {
    /// `GET …/statuses`: the statuses of others, the latest first.
    pub List = Metadata::get("/apps/user_status/api/v1/statuses"),
    Page => Vec<PublicStatus>
}

/// A person, by the id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByUser {
    /// The id.
    #[serde(rename = "userId")]
    pub user_id: String,
}

endpoint! {
    /// `GET …/statuses/{userId}`: the status of somebody. 404 if there is none.
    pub GetOf = Metadata::get("/apps/user_status/api/v1/statuses/{userId}"),
    ByUser => PublicStatus
}

/// A sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// [`Online`](Presence::Online) or [`Away`](Presence::Away).
    pub status: Presence,
}

endpoint! {
    /// `PUT …/heartbeat`: a sign of life. 204 if nothing changed, 400 for another presence.
    pub Heartbeat = Metadata::put("/apps/user_status/api/v1/heartbeat"),
    Beat => Option<OwnStatus>
}
