//! "Edit locally": a token that leads the desktop client to a file.

use allmende_accounts::FieldUpdate;
use allmende_ocs::{
    Code, OcsError, Reply,
    endpoints::files::open_local::{File, Proof, Token},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Call, Outcome, unavailable};

/// Where a person's tokens are kept: a field that no profile shows.
const FIELD: &str = ".open_local";
/// Characters of a token.
const LENGTH: usize = 128;
/// Seconds for which it is good.
const LIFETIME: i64 = 600;
/// Tokens of a person at a time; the oldest goes first.
const MOST: usize = 16;

/// A token that was made. Of the token itself only the digest is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    token: String,
    path: String,
    expires: i64,
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The tokens that are still good.
async fn kept(call: &Call<'_>) -> Result<Vec<Kept>, OcsError> {
    let fields = call.accounts.profile(&call.who()?.person.id).await.map_err(unavailable)?;
    let field = fields.iter().find(|field| field.name == FIELD);
    let mut all: Vec<Kept> =
        field.and_then(|field| serde_json::from_str(&field.value).ok()).unwrap_or_default();
    all.retain(|kept| kept.expires > call.now().unix());
    Ok(all)
}

async fn keep(call: &Call<'_>, all: &[Kept]) -> Result<(), OcsError> {
    let value = serde_json::to_string(all).map_err(unavailable)?;
    let update = FieldUpdate { value: Some(value), scope: None };
    let id = &call.who()?.person.id;
    call.accounts.set_profile_field(id, FIELD, update).await.map_err(unavailable)
}

pub(super) async fn create(call: &Call<'_>, input: File) -> Outcome<Token> {
    let secret = call.accounts.new_secret(LENGTH).map_err(unavailable)?;
    let (path, expires) = (digest(&input.path), call.now().unix() + LIFETIME);
    let mut all = kept(call).await?;
    if all.len() >= MOST {
        all.remove(0);
    }
    all.push(Kept { token: digest(secret.expose()), path: path.clone(), expires });
    keep(call, &all).await?;
    let id = call.who()?.person.id.to_string();
    Ok(Reply::new(Token::new(&id, path, expires, secret.expose().to_owned())))
}

pub(super) async fn validate(call: &Call<'_>, input: Proof) -> Outcome<Token> {
    let missing = || OcsError::new(Code::NOT_FOUND, "");
    let (token, path) = (digest(&input.token), digest(&input.path));
    let mut all = kept(call).await?;
    let at = all.iter().position(|kept| kept.token == token && kept.path == path);
    let used = all.remove(at.ok_or_else(missing)?);
    keep(call, &all).await?;
    let id = call.who()?.person.id.to_string();
    Ok(Reply::new(Token::new(&id, used.path, used.expires, input.token)))
}
