//! Notifications. Nothing sends any yet, so the honest answer is that there are none.

use allmende_ocs::{
    Code, Nothing, OcsError, Reply, Value,
    endpoints::{
        NoParameters,
        notifications::{ById, Ids, Notification},
    },
};
use http::{HeaderName, HeaderValue};

use super::{Call, Outcome};

const PRESENCE: HeaderName = HeaderName::from_static("x-nextcloud-user-status");

pub(super) async fn list(_: &Call<'_>, _: NoParameters) -> Outcome<Vec<Notification>> {
    // Clients that see `offline` or `dnd` keep silent.
    Ok(Reply::new(Vec::new()).with_header(PRESENCE, HeaderValue::from_static("online")))
}

pub(super) async fn get(_: &Call<'_>, _: ById) -> Outcome<Notification> {
    Err(OcsError::new(Code::NOT_FOUND, "").with_data(Value::Null))
}

pub(super) async fn exists(_: &Call<'_>, _: Ids) -> Outcome<Vec<u64>> {
    Ok(Reply::new(Vec::new()))
}

pub(super) async fn delete(_: &Call<'_>, _: ById) -> Outcome<Nothing> {
    Ok(Reply::new(Nothing))
}

pub(super) async fn delete_all(_: &Call<'_>, _: NoParameters) -> Outcome<Nothing> {
    Ok(Reply::new(Nothing))
}
