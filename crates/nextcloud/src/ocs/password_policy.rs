//! What a password has to be: made up, and checked before it is set.

use allmende_ocs::{
    OcsError, Reply,
    endpoints::password_policy::{Context, Password, Verdict},
};

use super::{Call, Outcome, settings::Settings, unavailable};

/// Characters of a password that is made up, if the policy demands no more.
const LENGTH: usize = 20;
/// How often one is drawn until it fits by chance.
const DRAWS: usize = 100;

pub(super) async fn generate(call: &Call<'_>, _: Context) -> Outcome<Password> {
    let policy = Settings::of(call.inner).await?.password;
    let length = LENGTH.max(policy.min_length);
    for _ in 0..DRAWS {
        let secret = call.accounts.new_secret(length).map_err(unavailable)?;
        // Letters and digits come by chance, a special character does not.
        let mut password = secret.expose().to_owned();
        if policy.special {
            password.push('-');
        }
        if policy.check(&password).is_ok() {
            return Ok(Reply::new(Password { password, context: None }));
        }
    }
    Err(OcsError::server_error())
}

pub(super) async fn validate(call: &Call<'_>, input: Password) -> Outcome<Verdict> {
    let checked = Settings::of(call.inner).await?.password.check(&input.password);
    Ok(Reply::new(match checked {
        Ok(()) => Verdict { passed: true, reason: None },
        Err(weak) => Verdict { passed: false, reason: Some(weak.to_string()) },
    }))
}
