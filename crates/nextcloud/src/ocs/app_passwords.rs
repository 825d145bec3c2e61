//! App passwords, by which clients sign in without the password.

use allmende_accounts::{ErrorKind, Method as Proven, NewAppPassword};
use allmende_ocs::{
    Code, Nothing, OcsError, Reply,
    endpoints::{
        NoParameters,
        core::app_password::{AppPassword, Confirmed, Password},
    },
};
use http::header;

use super::{Call, Outcome, code, unavailable};
use crate::auth::{self, Stranger};

/// `GET /core/getapppassword`: for a client that has the real password.
pub(super) async fn create(call: &Call<'_>, _: NoParameters) -> Outcome<AppPassword> {
    let who = call.who()?;
    if matches!(who.method, Proven::AppPassword { .. }) {
        return Err(OcsError::password_confirmation_required());
    }
    let name = call.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let new = NewAppPassword::new(name.unwrap_or("unknown"));
    let id = &who.person.id;
    let made = call.accounts.create_app_password(id, id.as_str(), new, call.now()).await;
    let (_, secret) = made.map_err(unavailable)?;
    Ok(Reply::new(AppPassword { apppassword: secret.expose().to_owned() }))
}

/// `GET /core/getapppassword-onetime`: one-time passwords are not handed out here, so none
/// can be changed for another.
pub(super) async fn from_one_time(call: &Call<'_>, _: NoParameters) -> Outcome<AppPassword> {
    call.who()?;
    Err(OcsError::new(Code::FORBIDDEN, "could not get one-time app password"))
}

/// `DELETE /core/apppassword`: a client signs out for good.
pub(super) async fn revoke(call: &Call<'_>, _: NoParameters) -> Outcome<Nothing> {
    let who = call.who()?;
    let Proven::AppPassword { id, .. } = who.method else {
        return Err(OcsError::new(Code::FORBIDDEN, "no app password in use"));
    };
    call.accounts.revoke_app_password(&who.person.id, id).await.map_err(unavailable)?;
    Ok(Reply::new(Nothing))
}

/// `POST /core/apppassword/rotate`: a new secret in place of the old one.
pub(super) async fn rotate(call: &Call<'_>, _: NoParameters) -> Outcome<AppPassword> {
    let who = call.who()?;
    let Proven::AppPassword { id, .. } = who.method else {
        return Err(OcsError::new(Code::FORBIDDEN, "no app password in use"));
    };
    let rotated = call.accounts.rotate_app_password(&who.person.id, id).await;
    let secret = rotated.map_err(|error| match error.kind() {
        ErrorKind::NotFound => OcsError::new(Code::FORBIDDEN, "could not get app password"),
        _ => unavailable(error),
    })?;
    Ok(Reply::new(AppPassword { apppassword: secret.expose().to_owned() }))
}

/// `PUT /core/apppassword/confirm`: the real password once more.
pub(super) async fn confirm(call: &Call<'_>, input: Password) -> Outcome<Confirmed> {
    let (who, now) = (call.who()?, call.now());
    let (accounts, client) = (&call.accounts, call.origin.client);
    match accounts.confirm_password(who, &input.password, client, now).await {
        Ok(()) => Ok(Reply::new(Confirmed { last_login: now.unix() })),
        Err(error) => Err(match auth::stranger(error).await {
            Stranger::Unknown(error) => unavailable(error),
            Stranger::TooMany { .. } => code(Code::TOO_MANY_REQUESTS),
            _ => code(Code::FORBIDDEN),
        }),
    }
}
