//! Request tokens: what a page must send along, so that another site cannot act in the
//! browser's name.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use crate::{
    Accounts, Result,
    entropy::{digest, same},
};

impl Accounts {
    /// A request token for a session's cookie, in the form `a:b`. Each is different, so
    /// that compressed pages do not give it away, and all are valid as long as the cookie.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) without randomness.
    pub fn request_token(&self, cookie: &str) -> Result<String> {
        let mut mask = [0; 32];
        self.inner().entropy.fill(&mut mask)?;
        let masked = xor(&secret(cookie), &mask);
        Ok(format!("{}:{}", BASE64.encode(masked), BASE64.encode(mask)))
    }

    /// Whether a request token was made for this cookie.
    #[must_use]
    pub fn check_request_token(&self, cookie: &str, token: &str) -> bool {
        let decode = |text: &str| {
            let mut bytes = [0; 32];
            let length = BASE64.decode_slice(text, &mut bytes).ok()?;
            (length == bytes.len()).then_some(bytes)
        };
        let parts = token.split_once(':').map(|(a, b)| (decode(a), decode(b)));
        let Some((Some(masked), Some(mask))) = parts else { return false };
        same(&xor(&masked, &mask), &secret(cookie))
    }
}

/// The cookie never leaves the browser but to us, so its hash needs no place of its own.
fn secret(cookie: &str) -> [u8; 32] {
    digest(&[b"request token", cookie.as_bytes()])
}

fn xor(a: &[u8; 32], b: &[u8; 32]) -> [u8; 32] {
    std::array::from_fn(|at| a[at] ^ b[at])
}
