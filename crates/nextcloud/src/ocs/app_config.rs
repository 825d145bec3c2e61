//! The configuration, by the original's keys: the policy that administrators set.

use allmende_ocs::{
    Nothing, OcsError, OcsRequest, PathParams, Reply, ServerEndpoint,
    endpoints::{
        NoParameters,
        app_config::{
            ByApp, ByKey, Data, NewValue, Query, Set, invalid_app, key_not_settable,
            not_authorised, unlimited_quota_forbidden,
        },
    },
    incomplete,
};
use allmende_sharing::{Caller, ConfigRefusal, Delegation, Error, ErrorKind};
use bytes::Bytes;
use http::Response;

use super::{Call, Outcome, people::apply_default_quota, settings::Settings, unavailable};
use crate::delegation;

pub(super) async fn apps(call: &Call<'_>, _: NoParameters) -> Outcome<Data<Vec<String>>> {
    let config = call.inner.sharing.config().await.map_err(unavailable)?;
    let apps: Vec<String> = config.apps().map(str::to_owned).collect();
    Ok(Reply::new(apps.into()))
}

pub(super) async fn keys(call: &Call<'_>, input: ByApp) -> Outcome<Data<Vec<String>>> {
    let config = call.inner.sharing.config().await.map_err(unavailable)?;
    let keys: Vec<String> = config.keys(&input.app).map(str::to_owned).collect();
    Ok(Reply::new(keys.into()))
}

pub(super) async fn get(call: &Call<'_>, input: Query) -> Outcome<Data<String>> {
    let config = call.inner.sharing.config().await.map_err(unavailable)?;
    let value = config.get(&input.app, &input.key).map(str::to_owned);
    Ok(Reply::new(value.or(input.default_value).unwrap_or_default().into()))
}

/// Sets a value. Who may not hears that before anything is said about the request.
pub(super) async fn set(
    call: &Call<'_>,
    request: &OcsRequest,
    params: &PathParams,
) -> Response<Bytes> {
    let (app, key) = (params.get("app"), params.get("key"));
    let may = may_set(call, app.unwrap_or_default(), key.unwrap_or_default()).await;
    let outcome = match (may, Set::read_request(request, params)) {
        (Err(error), _) => Err(error),
        (Ok(()), Ok(input)) => store(call, input).await,
        (Ok(()), Err(_)) => return incomplete(),
    };
    Set::write_response(request, outcome)
}

/// Administrators may set everything, and the groups that the settings of sharing were
/// handed to the keys of these.
async fn may_set(call: &Call<'_>, app: &str, key: &str) -> Result<(), OcsError> {
    let who = call.who()?;
    let sharing = app == "core" && key.starts_with("shareapi_");
    let may = who.administrator
        || sharing && delegation::holds(call.inner, who, Delegation::SharingSettings).await?;
    if may { Ok(()) } else { Err(not_authorised()) }
}

async fn store(call: &Call<'_>, input: NewValue) -> Outcome<Nothing> {
    let NewValue { app, key, value } = input;
    if (app.as_str(), key.as_str(), value.as_str()) == ("files", "default_quota", "none")
        && !Settings::of(call.inner).await?.admits_unlimited_quota()
    {
        return Err(unlimited_quota_forbidden());
    }
    let caller = Caller { person: &call.who()?.person.id, now: call.now() };
    let set = call.inner.sharing.set_config(caller, &app, &key, &value).await;
    set.map_err(refused)?;
    changed(call, &app, &key).await
}

pub(super) async fn delete(call: &Call<'_>, input: ByKey) -> Outcome<Nothing> {
    let caller = Caller { person: &call.who()?.person.id, now: call.now() };
    let removed = call.inner.sharing.remove_config(caller, &input.app, &input.key).await;
    removed.map_err(refused)?;
    changed(call, &input.app, &input.key).await
}

/// What a change brings with it: the stores of files know a limit for each home.
async fn changed(call: &Call<'_>, app: &str, key: &str) -> Outcome<Nothing> {
    if (app, key) == ("files", "default_quota") {
        apply_default_quota(call.inner).await?;
    }
    Ok(Reply::new(Nothing))
}

fn refused(error: Error) -> OcsError {
    match error.kind() {
        ErrorKind::Config(ConfigRefusal::InvalidApp) => invalid_app(),
        ErrorKind::Config(ConfigRefusal::ProtectedKey) => key_not_settable(),
        // The original fails with 500 here, and nothing of its server did.
        ErrorKind::Config(refusal) => OcsError::bad_request(refusal.to_string()),
        _ => unavailable(error),
    }
}
