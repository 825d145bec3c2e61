//! `/person/check`: the oldest way to find out whether a password is right.

use serde::{Deserialize, Serialize};

use crate::endpoints::endpoint;
use crate::{Access, Metadata};

/// Who somebody says to be.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Credentials {
    /// The login name.
    pub login: String,
    /// The password.
    pub password: String,
}

// A password must not end up in logs.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("login", &self.login).finish_non_exhaustive()
    }
}

/// Who somebody is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The person.
    pub person: Person,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The id.
    pub personid: String,
}

endpoint! {
    /// `POST /person/check`: 101 without a name and a password, 102 if they are wrong.
    pub Check = Metadata::post("/person/check").access(Access::Public),
    Credentials => Known
}
