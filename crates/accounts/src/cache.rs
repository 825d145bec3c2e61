//! What is remembered for a moment, so that not every request asks the database, and for
//! some minutes, so that not every request pays for the slow hash.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use allmende_types::Timestamp;

use crate::{AccountsOptions, Authenticated, Credentials, Entropy, Result, entropy::digest};

/// Entries of each kind. When there are more, all are forgotten: they come back by
/// themselves.
const ENTRIES: usize = 10_000;

/// Credentials as they are remembered: a hash with a key that dies with the process.
pub(crate) type CredentialKey = [u8; 32];

#[derive(Debug)]
pub(crate) struct Cache {
    key: [u8; 32],
    trust: i64,
    proof: i64,
    /// Rises with each change of people, groups or credentials through this handle. What
    /// was read under an older number is void.
    version: AtomicU64,
    answers: Mutex<HashMap<CredentialKey, Answer>>,
    proofs: Mutex<HashMap<CredentialKey, Proof>>,
}

#[derive(Debug)]
struct Answer {
    version: u64,
    since: Timestamp,
    who: Arc<Authenticated>,
}

/// A password that the slow hash has confirmed.
#[derive(Debug, Clone)]
pub(crate) struct Proof {
    /// The key of the person's id.
    pub(crate) person: String,
    /// The generation of the password.
    pub(crate) generation: i64,
    since: Timestamp,
}

impl Cache {
    pub(crate) fn new(options: &AccountsOptions, entropy: &dyn Entropy) -> Result<Self> {
        let mut key = [0; 32];
        entropy.fill(&mut key)?;
        Ok(Self {
            key,
            trust: options.trust_seconds,
            proof: options.proof_seconds,
            version: AtomicU64::new(0),
            answers: Mutex::default(),
            proofs: Mutex::default(),
        })
    }

    pub(crate) fn key(&self, credentials: &Credentials<'_>) -> CredentialKey {
        let (kind, login, secret): (&[u8], _, _) = match credentials {
            Credentials::Basic { login, secret } => (b"basic", *login, *secret),
            Credentials::Bearer(secret) => (b"bearer", "", *secret),
            Credentials::Session(cookie) => (b"session", "", *cookie),
        };
        digest(&[&self.key, kind, login.as_bytes(), secret.as_bytes()])
    }

    /// To be asked before the database is read.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    pub(crate) fn renew_when_dropped(&self) -> impl Drop + '_ {
        struct Renew<'a>(&'a AtomicU64);
        impl Drop for Renew<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Release);
            }
        }
        Renew(&self.version)
    }

    pub(crate) fn answer(&self, key: &CredentialKey, now: Timestamp) -> Option<Arc<Authenticated>> {
        let answers = lock(&self.answers);
        let answer = answers.get(key)?;
        let fresh = within(answer.since, self.trust, now) && answer.version == self.version();
        fresh.then(|| Arc::clone(&answer.who))
    }

    pub(crate) fn remember(
        &self,
        key: CredentialKey,
        version: u64,
        who: &Arc<Authenticated>,
        now: Timestamp,
    ) {
        if self.trust > 0 {
            let answer = Answer { version, since: now, who: Arc::clone(who) };
            insert(&mut lock(&self.answers), key, answer);
        }
    }

    pub(crate) fn proof(&self, key: &CredentialKey, now: Timestamp) -> Option<Proof> {
        let proof = lock(&self.proofs).get(key).cloned();
        proof.filter(|proof| within(proof.since, self.proof, now))
    }

    pub(crate) fn remember_proof(
        &self,
        key: CredentialKey,
        person: String,
        generation: i64,
        now: Timestamp,
    ) {
        insert(&mut lock(&self.proofs), key, Proof { person, generation, since: now });
    }

    pub(crate) fn forget_proof(&self, key: &CredentialKey) {
        lock(&self.proofs).remove(key);
    }
}

/// Whether it is at most so many seconds ago. A clock that was set back makes void.
fn within(since: Timestamp, seconds: i64, now: Timestamp) -> bool {
    (0..=seconds).contains(&now.unix().saturating_sub(since.unix()))
}

fn insert<T>(map: &mut HashMap<CredentialKey, T>, key: CredentialKey, value: T) {
    if map.len() >= ENTRIES {
        map.clear();
    }
    map.insert(key, value);
}

/// Entries are put in and taken out whole, so a panic elsewhere leaves the map sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
