//! LOCK (RFC 4918, section 9.10).

use allmende_types::SpacePath;
use allmende_webdav_proto::{
    LockScope, MultistatusWriter,
    headers::{Depth, IfHeader, LockTimeout, LockTokenHeader, Timeout},
    lock::lock_response,
    multistatus::{MultistatusOptions, StatusNote},
    request::Lockinfo,
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderName, Response, StatusCode};

use crate::{
    backend::{Backend, Entry, Expect, Kind, Put, Remove, Resource, Target, WriteContext},
    body::DavBody,
    condition::{Checked, check},
    error::{Error, ErrorKind, Result},
    handler::Call,
    lock::{Lock, LockDepth, LockRequest, LockToken},
    respond,
};

const LOCK_TOKEN: HeaderName = HeaderName::from_static("lock-token");

pub(super) async fn lock<B: Backend>(call: &Call<'_, B>, body: Bytes) -> Result<Response<DavBody>> {
    if body.is_empty() {
        return refresh(call).await;
    }
    let wish = Lockinfo::parse(&body, &call.options().xml)?;
    let depth = match Depth::from_headers(call.headers())? {
        None | Some(Depth::Infinity) => LockDepth::Infinity,
        Some(Depth::Zero) => LockDepth::Zero,
        Some(_) => {
            return Err(Error::new(ErrorKind::BadRequest, "LOCK takes Depth 0 or infinity"));
        }
    };
    let timeout = timeout(call);
    let checked = check(call, call.creatable()?).await?;
    let (target, status, told) = match &checked.seen {
        Some(_) => (checked.entry()?, StatusCode::OK, HeaderMap::new()),
        None => {
            let (target, told) = reserve(call, &checked, wish.scope).await?;
            (target, StatusCode::CREATED, told)
        }
    };
    let request = LockRequest {
        target: target.clone(),
        scope: wish.scope,
        depth,
        owner: wish.owner,
        timeout,
        context: checked.context(call),
    };
    match call.backend.lock(request).await {
        Ok(lock) => {
            let mut response = locked(call, status, &lock);
            let token = LockTokenHeader::new(lock.token.as_str())?.to_string();
            response.headers_mut().extend(told);
            respond::set(response.headers_mut(), LOCK_TOKEN, &token);
            if status == StatusCode::CREATED
                && let Some(etag) = target.resource.etag()
            {
                let etag = etag.to_string();
                respond::set(response.headers_mut(), http::header::ETAG, &etag);
            }
            Ok(response)
        }
        Err(error) => {
            if status == StatusCode::CREATED {
                give_up(call, target).await;
            }
            conflict(call, &checked.path, error)
        }
    }
}

/// Makes the empty resource that a lock of an unmapped URL stands on (RFC 4918, section
/// 7.3), unless a lock above it is known to stand in the way. The headers are what the backend
/// tells of it.
async fn reserve<B: Backend>(
    call: &Call<'_, B>,
    checked: &Checked<B::Resource>,
    scope: LockScope,
) -> Result<(Entry<B::Resource>, HeaderMap)> {
    let covering = call.backend.locks(&[&checked.path]).await?;
    let in_the_way =
        |lock: &&Lock| scope == LockScope::Exclusive || lock.scope == LockScope::Exclusive;
    let roots: Vec<SpacePath> =
        (covering.iter().flatten().filter(in_the_way)).map(|lock| lock.root.clone()).collect();
    if !roots.is_empty() {
        let href = |path: &SpacePath| call.mount.href(path, Kind::File);
        return Err(Error::locked(roots).conflicting(href));
    }
    let target = Target { path: checked.path.clone(), seen: None, expect: Expect::AsSeen };
    let put = Put {
        target,
        body: Box::pin(stream::empty()),
        length: Some(0),
        content_type: None,
        context: checked.context(call),
    };
    let written = call.backend.put(put).await?;
    let entry = Entry { path: checked.path.clone(), resource: written.resource };
    Ok((entry, written.headers))
}

/// Takes the empty resource away again, if nobody wrote to it.
async fn give_up<B: Backend>(call: &Call<'_, B>, source: Entry<B::Resource>) {
    let headers = HeaderMap::new();
    let context = WriteContext { headers: &headers, tokens: &[] };
    let remove = Remove { source, expect: Expect::AsSeen, context };
    if let Err(error) = call.backend.remove(remove).await {
        tracing::debug!(error = &error as &dyn std::error::Error, "an empty file is left");
    }
}

/// Renews the lock whose token is in the `If` header (RFC 4918, section 9.10.2). Its depth
/// and scope stay.
async fn refresh<B: Backend>(call: &Call<'_, B>) -> Result<Response<DavBody>> {
    let header = IfHeader::from_headers(call.headers())?;
    let mut tokens: Vec<LockToken> =
        header.iter().flat_map(IfHeader::tokens).map(LockToken::new).collect();
    tokens.dedup();
    let [token] = tokens.as_slice() else {
        let message = "A LOCK without body renews the one lock that its If header names";
        return Err(Error::new(ErrorKind::BadRequest, message));
    };
    let timeout = timeout(call);
    let checked = check(call, call.existing()?).await?;
    let entry = checked.entry()?;
    match call.backend.refresh_lock(&entry.path, token, timeout).await? {
        Some(lock) => Ok(locked(call, StatusCode::OK, &lock)),
        None => Err(Error::precondition("If", "No lock of this name covers the resource")),
    }
}

/// How long the lock lasts: the first wish that can be read, within what is offered.
fn timeout<B: Backend>(call: &Call<'_, B>) -> LockTimeout {
    let options = call.options();
    let wish = Timeout::from_headers(call.headers()).first();
    let seconds = match wish {
        Some(LockTimeout::Infinite) => options.max_lock,
        Some(LockTimeout::Seconds(seconds)) => seconds,
        None => options.default_lock,
    };
    LockTimeout::Seconds(seconds.clamp(1, options.max_lock.max(1)))
}

fn locked<B: Backend>(call: &Call<'_, B>, status: StatusCode, lock: &Lock) -> Response<DavBody> {
    let body = lock_response(&[lock.to_active(call.mount)]);
    respond::xml(status, DavBody::full(body))
}

/// What a lock that cannot be granted is told: 423, or a multistatus that names the members
/// in the way if only those are (RFC 4918, section 9.10.3).
fn conflict<B: Backend>(
    call: &Call<'_, B>,
    path: &SpacePath,
    error: Error,
) -> Result<Response<DavBody>> {
    let href = |path: &SpacePath| call.mount.href(path, Kind::File);
    let roots = error.locked_roots();
    let inside = |root: &SpacePath| root.starts_with(path) && root != path;
    if roots.is_empty() || !roots.iter().all(inside) {
        return Err(if error.kind() == ErrorKind::Locked {
            error.conflicting(href)
        } else {
            error
        });
    }
    let mut writer = MultistatusWriter::new(Vec::new(), MultistatusOptions::default());
    for root in roots {
        writer.status_response(&href(root), StatusCode::LOCKED, &StatusNote::default());
    }
    let own = call.mount.href(path, Kind::Collection);
    writer.status_response(&own, StatusCode::FAILED_DEPENDENCY, &StatusNote::default());
    Ok(respond::xml(StatusCode::MULTI_STATUS, DavBody::full(writer.finish())))
}
