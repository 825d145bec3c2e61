//! `/cloud/…`: what the server can do, and who is there.

pub mod apps;
pub mod capabilities;
pub mod groups;
pub mod user;
pub mod users;

use serde::{Deserialize, Serialize};

/// Which people or groups to list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Query {
    /// Only those whose id or name (of people: or e-mail address) contains this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// At most so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Without the first so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
}
