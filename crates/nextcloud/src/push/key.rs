//! The key pair of a person, with which the server signs what it sends to their devices.

use allmende_sharing::{KeyPair, Sharing};
use allmende_types::UserId;
use rsa::{
    PrivateKey,
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _, LineEnding},
};
use sha2::Sha512;

use super::PushError;

/// Bits of a person's key: what clients and proxies know to verify.
const BITS: usize = 2048;

/// The key pair of a person.
///
/// The private key signs and never decrypts, with blinding by the numbers of the system
/// (RUSTSEC-2023-0071 was about decryption, in versions before 0.10).
#[derive(Debug)]
pub(crate) struct PersonKey {
    private: PrivateKey,
    /// The public key, in PEM.
    pub(crate) public: String,
}

impl PersonKey {
    /// The key pair of a person, if they have one.
    pub(crate) async fn find(
        sharing: &Sharing,
        person: &UserId,
    ) -> Result<Option<Self>, PushError> {
        sharing.key_pair(person).await?.map(Self::read).transpose()
    }

    /// The key pair of a person, which is made if they have none.
    pub(crate) async fn of(sharing: &Sharing, person: &UserId) -> Result<Self, PushError> {
        if let Some(known) = Self::find(sharing, person).await? {
            return Ok(known);
        }
        // A search for primes takes a fraction of a second.
        let made = tokio::task::spawn_blocking(make).await;
        let made = made.map_err(|e| PushError::Key(e.to_string()))??;
        Self::read(sharing.keep_key_pair(person, &made).await?)
    }

    fn read(pair: KeyPair) -> Result<Self, PushError> {
        let private = PrivateKey::from_pkcs8_der(&pair.private);
        let private = private.map_err(|e| PushError::Key(e.to_string()))?;
        Ok(Self { private, public: pair.public })
    }

    /// The signature of a message: RSASSA-PKCS1-v1_5 with SHA-512 (RFC 8017, section 8.2).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, PushError> {
        let signed = self.private.pkcs1v15_sign::<Sha512>(message);
        signed.map_err(|e| PushError::Key(e.to_string()))
    }
}

fn make() -> Result<KeyPair, PushError> {
    let failed = |e: &dyn std::fmt::Display| PushError::Key(e.to_string());
    let private = PrivateKey::new(&mut getrandom::SysRng, BITS).map_err(|e| failed(&e))?;
    let public = private.to_public_key().to_public_key_pem(LineEnding::LF);
    let public = public.map_err(|e| failed(&e))?;
    let private = private.to_pkcs8_der().map_err(|e| failed(&e))?;
    Ok(KeyPair { public, private: private.as_bytes().to_vec() })
}
