//! PROPPATCH (RFC 4918, section 9.2).

use allmende_webdav_proto::{
    MultistatusWriter, PropName,
    multistatus::{MultistatusOptions, StatusNote},
    request::{PropUpdate, Proppatch},
};
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

use crate::{
    backend::{Backend, Patch, Patched, Resource},
    body::DavBody,
    condition::check,
    error::{Error, Result},
    handler::Call,
    respond,
};

pub(super) async fn proppatch<B: Backend>(
    call: &Call<'_, B>,
    body: Bytes,
) -> Result<Response<DavBody>> {
    let changes = Proppatch::parse(&body, &call.options().xml)?.updates;
    let checked = check(call, call.existing()?).await?;
    let target = checked.entry()?;
    let href = call.mount.href(&target.path, target.resource.kind());
    let mut refused = refusals(call, &changes);
    if refused.is_empty() {
        let context = checked.context(call);
        let patch = Patch { target, expect: checked.expect, changes: &changes, context };
        if let Patched::Refused(all) = call.backend.patch_properties(patch).await? {
            refused = all;
        }
    }
    let mut writer = MultistatusWriter::new(Vec::new(), MultistatusOptions::default());
    writer.reserve_prefixes(&changes.iter().map(|c| c.name().clone()).collect::<Vec<_>>());
    writer.response(&href, |out| {
        for (name, at) in last_of_each(&changes) {
            let failure = refused.iter().find(|(failed, _)| changes[*failed].name() == name);
            match (failure, &changes[at]) {
                (Some((_, error)), _) => {
                    out.status(name, error.status());
                    out.note(error.status(), note(error));
                }
                (None, _) if !refused.is_empty() => {
                    out.status(name, StatusCode::FAILED_DEPENDENCY);
                }
                (None, PropUpdate::Remove(_)) => {
                    out.status(name, call.options().removed_property);
                }
                (None, PropUpdate::Set(_)) => out.found(name, |_| {}),
            }
        }
    });
    let mut response = respond::xml(StatusCode::MULTI_STATUS, DavBody::full(writer.finish()));
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Brief,Prefer"));
    Ok(response)
}

/// The changes that the properties' providers do not admit.
pub(super) fn refusals<B: Backend>(
    call: &Call<'_, B>,
    changes: &[PropUpdate],
) -> Vec<(usize, Error)> {
    let providers = &call.handler.inner().providers;
    let refuse = |change: &PropUpdate| {
        for provider in providers {
            if let Some(slot) = provider.find(change.name()) {
                return provider.admit(slot, change).err();
            }
        }
        Some(Error::protected_property())
    };
    let each = changes.iter().enumerate();
    each.filter_map(|(at, change)| Some((at, refuse(change)?))).collect()
}

/// Each property once, with the last change of it.
fn last_of_each(changes: &[PropUpdate]) -> Vec<(&PropName, usize)> {
    let mut all: Vec<(&PropName, usize)> = Vec::with_capacity(changes.len());
    for (at, change) in changes.iter().enumerate() {
        match all.iter_mut().find(|(name, _)| *name == change.name()) {
            Some((_, last)) => *last = at,
            None => all.push((change.name(), at)),
        }
    }
    all
}

fn note(error: &Error) -> StatusNote {
    StatusNote {
        condition: error.conditions().first().cloned(),
        description: Some(error.message().to_owned()),
    }
}
