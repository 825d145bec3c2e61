//! The endpoints, one module per group of operations.
//!
//! Each module holds the group's data types and one empty type per operation that implements
//! [`Endpoint`](crate::Endpoint). The documentation of an operation names its failures; those of
//! the protocol itself (997, 998, 412, 503) are common to all.

pub mod activity;
pub mod app_config;
pub mod assistance;
pub mod circles;
pub mod cloud;
pub mod config;
pub mod core;
pub mod dashboard;
pub mod direct_link;
pub mod download_limit;
pub mod files;
pub mod files_lock;
pub mod files_sharing;
pub mod group_folders;
pub mod hovercard;
pub mod identity_proof;
pub mod notifications;
pub mod openproject;
pub mod password_policy;
pub mod person;
pub mod preferences;
pub mod profile;
pub mod recommendations;
pub mod references;
pub mod reminders;
pub mod search;
pub mod teams;
pub mod user_status;

/// Declares one operation: its documentation, name, metadata, request and response.
macro_rules! endpoint {
    ($(#[$attribute:meta])* pub $name:ident = $metadata:expr, $request:ty => $response:ty) => {
        $(#[$attribute])*
        #[derive(Debug)]
        pub enum $name {}

        impl $crate::Endpoint for $name {
            const METADATA: $crate::Metadata = $metadata;
            type Request = $request;
            type Response = $response;
        }
    };
}

pub(crate) use endpoint;

use serde::{Deserialize, Serialize};

/// A request without parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NoParameters {}
