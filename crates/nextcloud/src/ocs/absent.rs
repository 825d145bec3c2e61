//! What there is not, and clients ask for at their start: they take "none" better than an
//! error, and hide what belongs to it.

use allmende_ocs::{
    Code, OcsError, Reply, Value,
    endpoints::{
        NoParameters,
        assistance::{Available, Languages, TaskTypes},
        files::{
            direct_editing::{Creating, Making, Offer, Opening, Place, Templates},
            templates::Creator,
        },
        references::{Many, One, Reference, References, Text},
        teams::{ByKind, ByResource, Teams},
    },
};

use super::{Call, Outcome};

/// There is no editor in web views.
pub(super) async fn editors(_: &Call<'_>, _: NoParameters) -> Outcome<Offer> {
    Ok(Reply::new(Offer::default()))
}

pub(super) async fn editor_templates(_: &Call<'_>, _: Making) -> Outcome<Templates> {
    Err(OcsError::new(Code::NOT_FOUND, "No such editor"))
}

pub(super) async fn edit(_: &Call<'_>, _: Opening) -> Outcome<Place> {
    Err(OcsError::new(Code::FORBIDDEN, "No editor can open this file"))
}

pub(super) async fn make(_: &Call<'_>, _: Creating) -> Outcome<Place> {
    Err(OcsError::new(Code::FORBIDDEN, "No editor can make this file"))
}

pub(super) async fn templates(_: &Call<'_>, _: NoParameters) -> Outcome<Vec<Creator>> {
    Ok(Reply::new(Vec::new()))
}

pub(super) async fn task_types(_: &Call<'_>, _: NoParameters) -> Outcome<TaskTypes> {
    Ok(Reply::new(TaskTypes::default()))
}

pub(super) async fn pictures(_: &Call<'_>, _: NoParameters) -> Outcome<Available> {
    Ok(Reply::new(Available::default()))
}

pub(super) async fn translations(_: &Call<'_>, _: NoParameters) -> Outcome<Languages> {
    Ok(Reply::new(Languages::default()))
}

/// No address is looked up: what stands behind it is nobody's business but the reader's.
fn unresolved(addresses: impl IntoIterator<Item = String>) -> Outcome<References> {
    let references = addresses.into_iter().map(|address| (address, None::<Reference>)).collect();
    Ok(Reply::new(References { references }))
}

pub(super) async fn extract(_: &Call<'_>, _: Text) -> Outcome<References> {
    unresolved([])
}

pub(super) async fn resolve_one(_: &Call<'_>, input: One) -> Outcome<References> {
    unresolved([input.reference])
}

pub(super) async fn resolve(_: &Call<'_>, input: Many) -> Outcome<References> {
    let limit = input.limit.unwrap_or(1) as usize;
    unresolved(input.references.into_iter().take(limit))
}

pub(super) async fn reference_providers(_: &Call<'_>, _: NoParameters) -> Outcome<Vec<Value>> {
    Ok(Reply::new(Vec::new()))
}

pub(super) async fn teams(_: &Call<'_>, _: ByResource) -> Outcome<Teams> {
    Ok(Reply::new(Teams::default()))
}

pub(super) async fn collections(_: &Call<'_>, _: ByKind) -> Outcome<Vec<Value>> {
    Ok(Reply::new(Vec::new()))
}
