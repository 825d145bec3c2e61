//! `/apps/notifications`: what clients poll to tell people what is new.
//!
//! The list may carry the header `X-Nextcloud-User-Status`, and may be 204 where nothing on the
//! server can notify anybody.

use serde::{Deserialize, Serialize};

use crate::endpoints::{NoParameters, endpoint};
use crate::{Assoc, Metadata, Nothing};

/// A thing in a text, by the name of its placeholder's properties: `type`, `id`, `name`, `link`, …
/// All values are text; clients with strict decoders insist on it.
pub type RichObject = Assoc<String>;

/// Something new.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Notification {
    /// The id.
    pub notification_id: u64,
    /// The application that it comes from.
    pub app: String,
    /// Whom it is for.
    pub user: String,
    /// When it came, as `2026-11-23T13:59:22+00:00`.
    pub datetime: String,
    /// The kind of thing that it is about.
    pub object_type: String,
    /// The id of that thing.
    pub object_id: String,
    /// What is new.
    pub subject: String,
    /// More about it, or empty.
    pub message: String,
    /// Where to look, or empty.
    pub link: String,
    /// The subject with placeholders such as `{user}`, or empty.
    #[serde(rename = "subjectRich")]
    pub subject_rich: String,
    /// What the placeholders of the subject stand for.
    #[serde(rename = "subjectRichParameters")]
    pub subject_rich_parameters: Assoc<RichObject>,
    /// The message with placeholders, or empty.
    #[serde(rename = "messageRich")]
    pub message_rich: String,
    /// What the placeholders of the message stand for.
    #[serde(rename = "messageRichParameters")]
    pub message_rich_parameters: Assoc<RichObject>,
    /// The absolute address of an icon, or empty.
    pub icon: String,
    /// Whether to disturb the person with it now.
    #[serde(rename = "shouldNotify")]
    pub should_notify: bool,
    /// What can be done about it.
    pub actions: Vec<Action>,
}

/// What can be done about a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// What it is called.
    pub label: String,
    /// The absolute address to call.
    pub link: String,
    /// How to call it.
    #[serde(rename = "type")]
    pub method: ActionMethod,
    /// Whether it is the first choice.
    #[serde(default)]
    pub primary: bool,
}

/// How an action is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ActionMethod {
    /// By the client, with GET.
    Get,
    /// By the client, with POST.
    Post,
    /// By the client, with PUT.
    Put,
    /// By the client, with DELETE.
    Delete,
    /// By a browser.
    Web,
}

endpoint! {
    /// `GET …/notifications`: all of one's notifications, the latest first.
    pub List = Metadata::get("/apps/notifications/api/v2/notifications")
        .also_at(&["/apps/notifications/api/v1/notifications"]),
    NoParameters => Vec<Notification>
}

/// A notification, by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ById {
    /// The id.
    pub id: u64,
}

endpoint! {
    /// `GET …/notifications/{id}`: one notification. 404 with the data `null` if it is gone.
    pub Get = Metadata::get("/apps/notifications/api/v2/notifications/{id}")
        .also_at(&["/apps/notifications/api/v1/notifications/{id}"]),
    ById => Notification
}

/// Notifications, by their ids.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ids {
    /// The ids; servers look at the first 200.
    #[serde(default)]
    pub ids: Vec<u64>,
}

endpoint! {
    /// `POST …/notifications/exists`: which of these are still there.
    pub Exists = Metadata::post("/apps/notifications/api/v2/notifications/exists"),
    Ids => Vec<u64>
}

endpoint! {
    /// `DELETE …/notifications/{id}`: takes one away; also succeeds if it is gone.
    pub Delete = Metadata::delete("/apps/notifications/api/v2/notifications/{id}")
        .also_at(&["/apps/notifications/api/v1/notifications/{id}"]),
    ById => Nothing
}

endpoint! {
    /// `DELETE …/notifications`: takes all away.
    pub DeleteAll = Metadata::delete("/apps/notifications/api/v2/notifications")
        .also_at(&["/apps/notifications/api/v1/notifications"]),
    NoParameters => Nothing
}

/// A device that wants to be told of notifications by a push proxy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Registration {
    /// The SHA-512, in hexadecimal digits, of what the proxy reaches the device by.
    #[serde(default)]
    pub push_token_hash: String,
    /// The RSA key of the device, in PEM: what it is told is encrypted with it.
    #[serde(default)]
    pub device_public_key: String,
    /// The address of the proxy.
    #[serde(default)]
    pub proxy_server: String,
}

/// What a device tells the proxy to prove that it belongs to this server and person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Registered {
    /// The RSA key of the person on this server, in PEM: what comes from the server is signed
    /// with its other half.
    pub public_key: String,
    /// What the server and the proxy call the device.
    pub device_identifier: String,
    /// The person's signature of that name, in Base64.
    pub signature: String,
}

/// Why a device was not registered, or what became of one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Refusal {
    /// `INVALID_PUSHTOKEN_HASH`, `INVALID_DEVICE_KEY`, `INVALID_PROXY_SERVER` or
    /// `INVALID_SESSION_TOKEN`.
    pub message: String,
}

impl Refusal {
    /// The hash is none.
    pub const TOKEN_HASH: &str = "INVALID_PUSHTOKEN_HASH";
    /// The key is none, or too short.
    pub const DEVICE_KEY: &str = "INVALID_DEVICE_KEY";
    /// Nothing is sent to this proxy.
    pub const PROXY: &str = "INVALID_PROXY_SERVER";
    /// The caller did not sign in with an app password.
    pub const SESSION: &str = "INVALID_SESSION_TOKEN";
}

endpoint! {
    /// `POST …/push`: registers the device of this app password. 201 if it was not known, or is
    /// reached otherwise now; 200 if it was. 400 with a [`Refusal`] as data.
    pub RegisterDevice = Metadata::post("/apps/notifications/api/v2/push"),
    Registration => Registered
}

endpoint! {
    /// `DELETE …/push`: forgets the device of this app password. 202 if there was one, else 200.
    /// 400 with a [`Refusal`] as data.
    pub RemoveDevice = Metadata::delete("/apps/notifications/api/v2/push"),
    NoParameters => Nothing
}
