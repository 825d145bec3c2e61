//! `/core/getapppassword` and `/core/apppassword`: passwords for one device each.

use serde::{Deserialize, Serialize};

use crate::endpoints::{NoParameters, endpoint};
use crate::{Metadata, Nothing};

/// A new app password. It is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPassword {
    /// The password: 72 letters and digits.
    pub apppassword: String,
}

// A password must not end up in logs.
impl std::fmt::Debug for AppPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AppPassword(…)")
    }
}

endpoint! {
    /// `GET /core/getapppassword`: makes an app password, named after the `User-Agent`. Needs the
    /// real password; with an app password 403.
    pub Create = Metadata::get("/core/getapppassword").confirmed(),
    NoParameters => AppPassword
}

endpoint! {
    /// `GET /core/getapppassword-onetime`: turns the one-time password of a QR code into an app
    /// password. 403 with anything else.
    pub FromOneTime = Metadata::get("/core/getapppassword-onetime"),
    NoParameters => AppPassword
}

endpoint! {
    /// `DELETE /core/apppassword`: revokes the app password that this request uses, at logout.
    /// 403 "no app password in use" with the real password.
    pub Revoke = Metadata::delete("/core/apppassword"),
    NoParameters => Nothing
}

endpoint! {
    /// `POST /core/apppassword/rotate`: replaces the app password that this request uses by a new
    /// one. 403 with the real password.
    pub Rotate = Metadata::post("/core/apppassword/rotate"),
    NoParameters => AppPassword
}

/// The real password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Password {
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// When the password was confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// In seconds since 1970.
    #[serde(rename = "lastLogin")]
    pub last_login: i64,
}

endpoint! {
    /// `PUT /core/apppassword/confirm`: gives the real password, so that the app password of this
    /// request may do for a while what needs it. 403 for a wrong one.
    pub Confirm = Metadata::put("/core/apppassword/confirm"),
    Password => Confirmed
}
