//! A person's own app passwords, as the settings page of the original manages them.

use allmende_accounts::{
    Accounts, AppPassword, AppPasswordId, Authenticated, ErrorKind, FilesystemAccess,
    Method as Proven, NewAppPassword,
};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::{Web, fields, forged, not_logged_in, unavailable};
use crate::{auth, dav::Body, discovery};

/// For how many seconds a password that was given once more is enough.
const CONFIRMED: i64 = 30 * 60;

impl Web<'_> {
    /// `/settings/personal/authtokens[/wipe][/{id}]`.
    pub(super) async fn app_passwords(
        &self,
        rest: &str,
        request: Request<Body>,
    ) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let who = match self.inner.authenticate(&parts, self.origin).await {
            Ok(who) => who,
            Err(stranger) => return not_logged_in(&stranger),
        };
        if !auth::is_own(&self.inner.accounts, &who, &parts.headers, self.inner.session_cookie()) {
            return forged();
        }
        let accounts = auth::acting(self.inner, self.origin, &parts.headers, Some(&who));
        let person = &who.person.id;
        let id = |text: &str| text.parse().map(AppPasswordId).ok();
        match (parts.method.clone(), rest) {
            (Method::GET, "") => match accounts.app_passwords(person).await {
                Ok(all) => {
                    let all: Vec<Value> = all.iter().map(|one| shown(one, &who)).collect();
                    discovery::json(StatusCode::OK, &all)
                }
                Err(_) => unavailable(),
            },
            (Method::POST, "") => {
                // An app password must not beget others: revoking it would be in vain.
                if matches!(who.method, Proven::AppPassword { .. }) {
                    return discovery::empty(StatusCode::SERVICE_UNAVAILABLE);
                }
                if !self.is_confirmed(&who) {
                    let text = json!({ "message": "Password confirmation is required" });
                    return discovery::json(StatusCode::FORBIDDEN, &text);
                }
                let Ok(fields) = fields(Request::from_parts(parts, body)).await else {
                    return discovery::empty(StatusCode::BAD_REQUEST);
                };
                let name = fields.get("name").map_or("", String::as_str);
                self.create(&accounts, &who, name).await
            }
            (Method::DELETE, rest) => match id(rest) {
                Some(id) => done(accounts.revoke_app_password(person, id).await),
                None => discovery::json(StatusCode::NOT_FOUND, &[(); 0]),
            },
            (Method::POST, rest) => match rest.strip_prefix("wipe/").and_then(id) {
                Some(id) => done(accounts.mark_for_wipe(person, id).await),
                None => discovery::json(StatusCode::NOT_FOUND, &[(); 0]),
            },
            (Method::PUT, rest) => {
                let Some(id) = id(rest) else {
                    return discovery::json(StatusCode::NOT_FOUND, &[(); 0]);
                };
                let Ok(fields) = fields(Request::from_parts(parts, body)).await else {
                    return discovery::empty(StatusCode::BAD_REQUEST);
                };
                if let Some(name) = fields.get("name")
                    && let Err(error) = accounts.rename_app_password(person, id, name).await
                {
                    return done(Err(error));
                }
                if let Some(scope) = fields.get("scope") {
                    let scope: Value = serde_json::from_str(scope).unwrap_or_default();
                    let access = match scope["filesystem"].as_bool() {
                        Some(false) => FilesystemAccess::Denied,
                        _ => FilesystemAccess::Allowed,
                    };
                    return done(accounts.set_filesystem_access(person, id, access).await);
                }
                done(Ok(()))
            }
            _ => discovery::empty(StatusCode::METHOD_NOT_ALLOWED),
        }
    }

    /// Whether the person gave their password with this request or a short while ago.
    pub(super) fn is_confirmed(&self, who: &Authenticated) -> bool {
        let recent =
            |at: allmende_types::Timestamp| self.inner.now().unix() - at.unix() <= CONFIRMED;
        who.method == Proven::Password || who.confirmed.is_some_and(recent)
    }

    async fn create(
        &self,
        accounts: &Accounts,
        who: &Authenticated,
        name: &str,
    ) -> Response<Bytes> {
        let person = &who.person.id;
        let new = NewAppPassword::new(name);
        let made =
            accounts.create_app_password(person, person.as_str(), new, self.inner.now()).await;
        let Ok((id, secret)) = made else { return unavailable() };
        let Ok(all) = accounts.app_passwords(person).await else { return unavailable() };
        let device = all.iter().find(|one| one.id == id).map(|one| shown(one, who));
        let answer = json!({
            "token": secret.expose(),
            "loginName": person.as_str(),
            "deviceToken": device,
        });
        discovery::json(StatusCode::OK, &answer)
    }
}

fn shown(one: &AppPassword, who: &Authenticated) -> Value {
    let current = matches!(who.method, Proven::AppPassword { id, .. } if id == one.id);
    json!({
        "id": one.id.0,
        "name": one.name,
        "lastActivity": one.last_activity.unix(),
        "type": if one.wipe { 2 } else { 1 },
        "scope": { "filesystem": one.filesystem == FilesystemAccess::Allowed },
        "canDelete": !current,
        "canRename": true,
        "current": current,
    })
}

fn done(outcome: allmende_accounts::Result<()>) -> Response<Bytes> {
    match outcome {
        Ok(()) => discovery::json(StatusCode::OK, &[(); 0]),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            discovery::json(StatusCode::NOT_FOUND, &[(); 0])
        }
        Err(_) => unavailable(),
    }
}
