//! The conditions of a request, evaluated on what is there now.

use allmende_types::SpacePath;
use allmende_webdav_proto::{
    Href,
    headers::{IfHeader, IfTest},
    precondition::{Conditions, IfOutcome, IfState, Outcome, ResourceState, evaluate, evaluate_if},
};

use crate::{
    backend::{Backend, Entry, Expect, Resource, Target, WriteContext},
    error::{Error, Result},
    handler::Call,
    lock::{Lock, LockToken},
};

/// What a request finds at a path, after its conditions were found to hold.
#[derive(Debug)]
pub(crate) struct Checked<R> {
    pub(crate) path: SpacePath,
    pub(crate) seen: Option<R>,
    /// Whether a condition rests on what was seen.
    pub(crate) expect: Expect,
    pub(crate) tokens: Vec<LockToken>,
    /// The client has this state already (304).
    pub(crate) unmodified: Option<Unmodified>,
}

/// The client of a conditional GET has what it asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unmodified;

impl<R: Resource> Checked<R> {
    /// The resource, which the method needs.
    pub(crate) fn entry(&self) -> Result<Entry<R>> {
        match &self.seen {
            Some(resource) => Ok(Entry { path: self.path.clone(), resource: resource.clone() }),
            None => Err(Error::not_found(&self.path)),
        }
    }

    /// The place that the method writes to.
    pub(crate) fn target(&self) -> Target<R> {
        Target { path: self.path.clone(), seen: self.seen.clone(), expect: self.expect }
    }

    pub(crate) fn context<'a, B: Backend>(&'a self, call: &'a Call<'_, B>) -> WriteContext<'a> {
        WriteContext { headers: call.headers(), tokens: &self.tokens }
    }
}

/// Evaluates all conditional headers of a request (RFC 9110, section 13; RFC 4918, section
/// 10.4) on the resource at `path`.
pub(crate) async fn check<B: Backend>(
    call: &Call<'_, B>,
    path: SpacePath,
) -> Result<Checked<B::Resource>> {
    let seen = call.backend.resolve(&path).await?;
    let state = seen.as_ref().map(state_of);
    let conditions = Conditions::from_headers(call.headers())?;
    let current = state.as_ref().and_then(|state| state.etag.clone());
    let unmodified = match evaluate(&call.parts.method, state.as_ref(), &conditions) {
        Outcome::Proceed => None,
        Outcome::NotModified => Some(Unmodified),
        Outcome::Failed { header } => {
            let message = "The precondition of this request does not hold";
            return Err(Error::precondition(header, message).with_etag(current));
        }
    };
    let (tokens, etags) = check_if(call, &path).await.map_err(|error| error.with_etag(current))?;
    let bound = !conditions.is_empty() || etags == InIf::ETags;
    let expect = if bound { Expect::AsSeen } else { Expect::Any };
    Ok(Checked { path, seen, expect, tokens, unmodified })
}

fn state_of<R: Resource>(resource: &R) -> ResourceState {
    ResourceState { etag: resource.etag(), last_modified: Some(resource.last_modified()) }
}

/// What an `If` header tests.
#[derive(PartialEq, Eq)]
enum InIf {
    ETags,
    NoETags,
}

/// Evaluates `If`, and returns the lock tokens that it submits.
async fn check_if<B: Backend>(
    call: &Call<'_, B>,
    path: &SpacePath,
) -> Result<(Vec<LockToken>, InIf)> {
    let Some(header) = IfHeader::from_headers(call.headers())? else {
        return Ok((Vec::new(), InIf::NoETags));
    };
    let tags: Vec<Option<String>> =
        header.resources().into_iter().map(|tag| tag.map(str::to_owned)).collect();
    // A tag outside of this tree names nothing that could be looked up: no etag, no lock.
    let paths: Vec<Option<SpacePath>> = (tags.iter())
        .map(|tag| match tag {
            None => Some(path.clone()),
            Some(tag) => (Href::from_encoded(tag.as_str()).decoded_path().ok())
                .and_then(|decoded| call.mount.locate_decoded(&decoded).ok()),
        })
        .collect();
    let known: Vec<&SpacePath> = paths.iter().flatten().collect();
    let mut locks = call.backend.locks(&known).await?.into_iter();
    let mut states: Vec<(&Option<String>, IfState)> = Vec::with_capacity(tags.len());
    for (tag, path) in tags.iter().zip(&paths) {
        let state = match path {
            None => IfState::default(),
            Some(path) => {
                let resource = call.backend.resolve(path).await?;
                let covering: Vec<Lock> = locks.next().unwrap_or_default();
                let tokens = covering.into_iter().map(|lock| lock.token.as_str().to_owned());
                let etag = resource.and_then(|resource| resource.etag());
                IfState { etag, tokens: tokens.collect() }
            }
        };
        states.push((tag, state));
    }
    let look_up = |tag: Option<&str>| {
        let state = states.iter().find(|(known, _)| known.as_deref() == tag);
        state.map(|(_, state)| state.clone()).unwrap_or_default()
    };
    match evaluate_if(&header, look_up) {
        IfOutcome::Holds { submitted } => {
            let tokens = submitted.into_iter().map(LockToken::new).collect();
            let tests = header.lists.iter().flat_map(|list| &list.conditions);
            let etags = tests.into_iter().any(|test| matches!(test.test, IfTest::ETag(_)));
            Ok((tokens, if etags { InIf::ETags } else { InIf::NoETags }))
        }
        IfOutcome::Failed => Err(Error::precondition(
            "If",
            "Failed to find a valid token/etag combination in the If header",
        )),
    }
}
