//! The devices that are told of notifications by a push proxy.

use allmende_accounts::Method as Proven;
use allmende_events::{PushDevice, Registered as Became};
use allmende_ocs::{
    Nothing, OcsError, Reply, Value,
    endpoints::{
        NoParameters,
        notifications::{Refusal, Registered, Registration},
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::StatusCode;

use super::super::{Call, Outcome, unavailable};
use crate::push::{PersonKey, device_key, identifier, is_token_hash, same_address};

/// `POST …/push`.
pub(in crate::ocs) async fn register(call: &Call<'_>, input: Registration) -> Outcome<Registered> {
    if !is_token_hash(&input.push_token_hash) {
        return Err(refused(Refusal::TOKEN_HASH));
    }
    if device_key(&input.device_public_key).is_none() {
        return Err(refused(Refusal::DEVICE_KEY));
    }
    let inner = call.inner;
    let proxies = &inner.options.push_proxies;
    let proxy = proxies.iter().find(|known| same_address(known, &input.proxy_server));
    let proxy = proxy.ok_or_else(|| refused(Refusal::PROXY))?;
    let (person, app_password) = (&call.who()?.person.id, app_password(call)?);
    let key = PersonKey::of(&inner.sharing, person).await.map_err(unavailable)?;
    let called = identifier(&inner.instance, person, app_password);
    let signature = key.sign(called.text.as_bytes()).map_err(unavailable)?;
    let device = PushDevice {
        person: person.clone(),
        app_password,
        identifier: called.name.clone(),
        token_hash: input.push_token_hash,
        public_key: input.device_public_key,
        proxy: proxy.trim_end_matches('/').to_owned(),
    };
    let became = inner.events.register_device(&device).await.map_err(unavailable)?;
    let reply = Reply::new(Registered {
        public_key: key.public,
        device_identifier: called.name,
        signature: STANDARD.encode(signature),
    });
    Ok(match became {
        Became::Changed => reply.with_status(StatusCode::CREATED),
        Became::Known => reply,
    })
}

/// `DELETE …/push`.
pub(in crate::ocs) async fn remove(call: &Call<'_>, _: NoParameters) -> Outcome<Nothing> {
    let (person, app_password) = (&call.who()?.person.id, app_password(call)?);
    let removed = call.inner.events.remove_device(person, app_password).await;
    let status = match removed.map_err(unavailable)? {
        true => StatusCode::ACCEPTED,
        false => StatusCode::OK,
    };
    Ok(Reply::new(Nothing).with_status(status))
}

/// The app password of the caller: what a device is known by, and ends with.
fn app_password(call: &Call<'_>) -> Result<i64, OcsError> {
    match call.who()?.method {
        Proven::AppPassword { id, .. } => Ok(id.0),
        _ => Err(refused(Refusal::SESSION)),
    }
}

fn refused(why: &'static str) -> OcsError {
    OcsError::bad_request("").with_data([("message", Value::from(why))].into_iter().collect())
}
