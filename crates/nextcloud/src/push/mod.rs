//! Notifications to devices through a push proxy: the notifications application's protocol.
//!
//! A device registers its public key with the server, and with a proxy what the makers of its
//! system reach it by. The server sends the proxy messages that only the device can read, and
//! that it knows by the signature to be from its server: the proxy learns that there is
//! something, and not what. Each message names one notification; the device then asks the
//! server for the rest, with its own credentials.
//!
//! What is to be sent stands in the [outbox](allmende_events::Push) since the act; see
//! [`Nextcloud::push`](crate::Nextcloud::push).

mod device;
mod key;
mod message;
mod proxy;
mod rests;
mod round;

pub(crate) use device::{device_key, identifier, is_token_hash, same_address};
pub(crate) use key::PersonKey;
pub use proxy::{ProxyAnswer, ProxyUnreachable, PushProxy};
pub(crate) use rests::Rests;
pub use round::{PushError, Pushed};

/// The proxy of the clients' makers, which their clients from the app stores use.
pub const PUSH_PROXY: &str = "https://push-notifications.nextcloud.com";
