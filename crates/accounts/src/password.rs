//! Passwords that people chose: slow to check, and never many at once.

use std::sync::Arc;

use allmende_sql::{Batch, Expect, Statement, params};
use allmende_types::{EventKind, UserId};
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use crate::{Accounts, AccountsOptions, Error, ErrorKind, Result};

/// Bytes that a password may have: a limit to what one request makes the server hash.
const MAX_BYTES: usize = 1024;

/// What checking a password found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Wrong,
    Right,
    /// Right, and its hash was made in another way than new ones are.
    RightButOutdated,
}

#[derive(Debug)]
pub(crate) struct Hasher {
    argon2: Argon2<'static>,
    places: Arc<Semaphore>,
}

impl Hasher {
    pub(crate) fn new(options: &AccountsOptions) -> Result<Self> {
        let params = Params::new(options.hash_memory_kib, options.hash_passes, 1, None)
            .map_err(|e| Error::new(ErrorKind::Invalid, format!("options for hashing: {e}")))?;
        Ok(Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            places: Arc::new(Semaphore::new(options.hashes_at_once.max(1))),
        })
    }

    async fn hash(&self, password: &str, salt: [u8; 16]) -> Result<String> {
        let password = password.to_owned();
        self.work(move |argon2| {
            argon2.hash_password_with_salt(password.as_bytes(), &salt).map(|hash| hash.to_string())
        })
        .await?
        .map_err(|e| Error::new(ErrorKind::Unavailable, format!("hashing: {e}")))
    }

    /// Whether a password is the one of a hash. Without a hash it never is, and that takes
    /// as long to find out.
    pub(crate) async fn verify(&self, password: &str, hash: Option<&str>) -> Result<Verdict> {
        if password.len() > MAX_BYTES {
            return Ok(Verdict::Wrong);
        }
        let (password, hash) = (password.to_owned(), hash.map(str::to_owned));
        self.work(move |argon2| match hash {
            Some(hash) => verdict(argon2, password.as_bytes(), &hash),
            None => {
                let mut out = [0; 32];
                // The result is of no interest, and the salt has a fit length.
                let _ =
                    argon2.hash_password_into(password.as_bytes(), b"nobody's salt...", &mut out);
                Verdict::Wrong
            }
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>) -> T + Send + 'static,
    ) -> Result<T> {
        let failed =
            |e: &dyn std::fmt::Display| Error::new(ErrorKind::Unavailable, format!("hashing: {e}"));
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|e| failed(&e))?;
        let argon2 = self.argon2.clone();
        let task = tokio::task::spawn_blocking(move || {
            // Kept until the work is done, though the caller may have gone.
            let _place = place;
            work(&argon2)
        });
        task.await.map_err(|e| failed(&e))
    }
}

/// A hash tells the parameters that it was made with, and is checked with those.
fn verdict(argon2: &Argon2<'_>, password: &[u8], hash: &str) -> Verdict {
    let Ok(hash) = PasswordHash::new(hash) else { return Verdict::Wrong };
    if argon2.verify_password(password, &hash).is_err() {
        return Verdict::Wrong;
    }
    let costs = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
    let current = Algorithm::try_from(hash.algorithm.as_str()) == Ok(Algorithm::Argon2id)
        && hash.version == Some(Version::V0x13.into())
        && Params::try_from(&hash).is_ok_and(|params| costs(&params) == costs(argon2.params()));
    if current { Verdict::Right } else { Verdict::RightButOutdated }
}

impl Accounts {
    /// Gives a person another password, or none. Their browsers have to log in again, and
    /// the old password is void at once; app passwords stay.
    ///
    /// # Errors
    /// [`NoSuchPerson`](ErrorKind::NoSuchPerson),
    /// [`UnfitPassword`](ErrorKind::UnfitPassword).
    pub async fn set_password(&self, id: &UserId, password: Option<&str>) -> Result<()> {
        let hash = match password {
            Some(password) => Some(self.hash_new_password(password).await?),
            None => None,
        };
        let mut batch = Batch::new();
        self.change_password(&mut batch, id, hash);
        let meanings = [(0, ErrorKind::NoSuchPerson)];
        self.write(batch).await.map_err(|e| Error::of_batch(e, &meanings))?;
        tracing::info!(person = %id, "a password was changed");
        Ok(())
    }

    /// Adds the statements that give a person the password with a hash; the first finds the
    /// person.
    pub(crate) fn change_password(&self, batch: &mut Batch, id: &UserId, hash: Option<String>) {
        let set = "UPDATE people SET password = $2, generation = generation + 1 WHERE key = $1";
        batch.expect(Statement::new(set, params![id.key(), hash]), Expect::ONE);
        let end = "DELETE FROM browser_sessions WHERE person = $1";
        batch.push(Statement::new(end, params![id.key()]));
        self.tell(batch, EventKind::PasswordChanged, id);
    }

    /// Hashes a password that was just right anew, because new hashes are made in another
    /// way than `outdated`, which is stored of it. A change at the same time wins. Nothing
    /// else changes, and nobody is told: it is the same password.
    ///
    /// A failure is only logged: the next right login tries again.
    pub(crate) async fn rehash(&self, key: &str, password: &str, outdated: &str) {
        let renewed = async {
            let hash = self.hash_any_password(password).await?;
            let set = "UPDATE people SET password = $3 WHERE key = $1 AND password = $2";
            // Not through `write`: what is remembered of anybody stays true.
            let renew = Batch::from_iter([Statement::new(set, params![key, outdated, hash])]);
            self.sql().write(renew).await.map_err(Error::from)
        };
        if let Err(error) = renewed.await {
            tracing::warn!(%error, "an outdated hash of a password could not be renewed");
        }
    }

    pub(crate) async fn hash_new_password(&self, password: &str) -> Result<String> {
        if password.chars().count() < self.inner().options.password_min_chars.max(1) {
            return Err(Error::new(ErrorKind::UnfitPassword, "new password"));
        }
        self.hash_any_password(password).await
    }

    pub(crate) async fn hash_any_password(&self, password: &str) -> Result<String> {
        let inner = self.inner();
        if password.len() > MAX_BYTES {
            return Err(Error::new(ErrorKind::UnfitPassword, "new password"));
        }
        let mut salt = [0; 16];
        inner.entropy.fill(&mut salt)?;
        inner.hasher.hash(password, salt).await
    }
}
