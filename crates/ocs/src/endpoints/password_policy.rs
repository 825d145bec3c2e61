//! `/apps/password_policy`: what a password has to be.

use serde::{Deserialize, Serialize};

use crate::Metadata;
use crate::endpoints::endpoint;

/// For what the password is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Context {
    /// `account` or `sharing`; `account` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
}

/// A password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Password {
    /// The password.
    pub password: String,
    /// See [`Context::context`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
}

// A password must not end up in logs.
impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

endpoint! {
    /// `GET …/generate`: makes up a password that fits.
    pub Generate = Metadata::get("/apps/password_policy/api/v1/generate"),
    Context => Password
}

/// Whether a password fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether.
    pub passed: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

endpoint! {
    /// `POST …/validate`: says whether a password fits. A verdict of "no" is a success, too.
    pub Validate = Metadata::post("/apps/password_policy/api/v1/validate"),
    Password => Verdict
}
