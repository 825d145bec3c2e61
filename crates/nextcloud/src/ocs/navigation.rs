//! The menu of a client: which apps there are.

use allmende_ocs::{
    Reply,
    endpoints::core::navigation::{Addresses, Entry},
};

use super::{Call, Outcome};

pub(super) async fn apps(call: &Call<'_>, input: Addresses) -> Outcome<Vec<Entry>> {
    let base = if input.absolute { call.origin.base_url() } else { String::new() };
    Ok(Reply::new(vec![Entry {
        id: "files".into(),
        order: 0,
        href: format!("{base}/apps/files/"),
        icon: format!("{base}/core/img/logo.svg"),
        kind: "link".into(),
        name: "Files".into(),
        app: Some("files".into()),
        default: true,
        ..Entry::default()
    }]))
}

/// There are no pages of settings.
pub(super) async fn settings(_: &Call<'_>, _: Addresses) -> Outcome<Vec<Entry>> {
    Ok(Reply::new(Vec::new()))
}
