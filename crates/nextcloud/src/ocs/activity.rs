//! Activity. Nothing is recorded yet: the list has an end and no entry before it.

use allmende_ocs::{
    Code, OcsError, Reply,
    endpoints::{
        NoParameters,
        activity::{Activity, Filter, Query},
    },
};

use super::{Call, Outcome};

pub(super) async fn list(_: &Call<'_>, query: Query) -> Outcome<Vec<Activity>> {
    let known = ["all", "self", "by", "filter", "files", "comments", "security"];
    if query.filter.as_deref().is_some_and(|filter| !known.contains(&filter)) {
        return Err(OcsError::new(Code::NOT_FOUND, ""));
    }
    Ok(Reply::new(Vec::new()).not_modified())
}

pub(super) async fn filters(call: &Call<'_>, _: NoParameters) -> Outcome<Vec<Filter>> {
    let icon = format!("{}/core/img/logo.svg", call.origin.base_url());
    let filter = |id: &str, name: &str, priority| Filter {
        id: id.into(),
        name: name.into(),
        icon: icon.clone(),
        priority,
    };
    Ok(Reply::new(vec![filter("all", "All activities", 0)]))
}
