//! The sharing dialogs: making, changing, listing and leaving shares.

mod received;
mod refusals;
mod shown;

use allmende_files::{Entry, View};
use allmende_ocs::{
    Code, Nothing, OcsError, Reply,
    endpoints::{
        NoParameters,
        files_sharing::{
            Share as Told, ShareType,
            shares::{ById, ByPath, Change, MailAgain, NewShare as Asked, One, Query},
            token::Token,
        },
    },
};
use allmende_sharing::{
    Attributes, Caller, Expiry, Mails, NewShare, Notify, Recipient, Refusal, Share, ShareId,
    ShareKind, ShareUpdate, SharedNode, Slice, Upload, Whose,
};
use allmende_types::{NodeId, Permissions, SpacePath, UserId};

pub(super) use self::received::{accept, decline, deleted, pending, remote, restore};
pub(super) use self::refusals::refused;
use self::shown::Viewer;
use super::{Call, Outcome, unavailable};

/// A call on the shares of the one who calls.
struct Sharer<'a> {
    call: &'a Call<'a>,
    caller: Caller<'a>,
    view: View,
}

impl<'a> Sharer<'a> {
    /// Refuses where sharing is switched off.
    async fn of(call: &'a Call<'a>) -> Result<Self, OcsError> {
        let policy = call.inner.sharing.policy().await.map_err(refused)?;
        if !policy.enabled {
            return Err(refused(Refusal::SharingDisabled));
        }
        Self::even_without_sharing(call).await
    }

    async fn even_without_sharing(call: &'a Call<'a>) -> Result<Self, OcsError> {
        let (person, view) = (&call.who()?.person.id, call.view().await?);
        Ok(Self { call, caller: Caller { person, now: call.now() }, view })
    }

    /// What stands at a path of a request, which begins with a slash or does not.
    async fn at(&self, path: &str) -> Result<Entry, OcsError> {
        let path: SpacePath =
            path.trim_start_matches('/').parse().map_err(|_| refused(Refusal::NoSuchNode))?;
        self.view
            .resolve(&path)
            .await
            .map_err(unavailable)?
            .ok_or_else(|| refused(Refusal::NoSuchNode))
    }

    /// The entry of a share's node in the caller's own tree, if they see it there.
    async fn node(&self, id: NodeId) -> Result<Option<Entry>, OcsError> {
        Ok(self.view.stat(&[id]).await.map_err(unavailable)?.pop().flatten())
    }

    async fn tell(&self, shares: Vec<Share>) -> Result<Vec<Told>, OcsError> {
        Viewer { call: self.call, view: &self.view }.tell(shares).await
    }

    async fn tell_one(&self, share: Share) -> Result<Told, OcsError> {
        self.tell(vec![share]).await?.pop().ok_or_else(|| refused(Refusal::NoSuchShare))
    }
}

/// The number of a share in an address.
fn number(id: &str) -> Result<ShareId, OcsError> {
    id.parse().map_err(|_| refused(Refusal::NoSuchShare))
}

pub(super) async fn list(call: &Call<'_>, input: Query) -> Outcome<Vec<Told>> {
    let sharer = Sharer::of(call).await?;
    let at = match input.path.as_deref().filter(|path| !path.is_empty()) {
        Some(path) => Some(sharer.at(path).await?),
        None => None,
    };
    let (sharing, caller) = (&call.inner.sharing, sharer.caller);
    let shares = match &at {
        _ if input.shared_with_me => {
            sharing.shared_with(caller, at.as_ref().map(Entry::id), Slice::default()).await
        }
        Some(entry) if input.subfiles && !entry.is_folder() => {
            return Err(refused(Refusal::NotAFolder));
        }
        Some(folder) if input.subfiles => sharing.in_folder(caller, folder.id()).await,
        Some(entry) => {
            let whose = if input.reshares { Whose::Everybody } else { Whose::Own };
            sharing.of_nodes(caller, &[entry.id()], whose).await
        }
        None => sharing.made_by(caller, Slice::default()).await,
    };
    let mut shares = shares.map_err(refused)?;
    // Observed: people first, then groups, links and the rest; the oldest first of each.
    shares.sort_by_key(|share| share.kind().number());
    let mut told = sharer.tell(shares).await?;
    if input.include_tags {
        told.iter_mut().for_each(|share| share.tags = Some(Vec::new()));
    }
    Ok(Reply::new(told))
}

pub(super) async fn get(call: &Call<'_>, input: One) -> Outcome<Vec<Told>> {
    let sharer = Sharer::of(call).await?;
    let share = call.inner.sharing.share(sharer.caller, number(&input.id)?).await;
    let mut told = sharer.tell_one(share.map_err(refused)?).await?;
    told.tags = input.include_tags.then(Vec::new);
    Ok(Reply::new(vec![told]))
}

pub(super) async fn create(call: &Call<'_>, input: Asked) -> Outcome<Told> {
    let sharer = Sharer::of(call).await?;
    let path = input
        .path
        .as_deref()
        .filter(|path| !path.is_empty())
        .ok_or_else(|| refused(Refusal::NoPath))?;
    let entry = sharer.at(path).await?;
    let path = entry.path.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut new = NewShare::new(recipient(&input, sharer.caller.person, &path)?);
    // Observed: of a link's permissions, those that are none are passed over.
    let known = |bits: i64| match new.recipient {
        Recipient::Link => permissions(bits & i64::from(Permissions::ALL.bits())),
        _ => permissions(bits),
    };
    new.permissions = input.permissions.map(known).transpose()?;
    new.upload = input.public_upload.map(upload);
    new.password = input.password.as_ref().map(|secret| secret.expose().to_owned());
    new.password = new.password.filter(|password| !password.is_empty());
    new.expiry = input.expire_date.as_deref().map_or(Ok(Expiry::Default), expiry)?;
    new.note = input.note.unwrap_or_default();
    new.label = input.label.unwrap_or_default();
    if let Some(attributes) = &input.attributes {
        new.attributes = Attributes::parse(attributes).map_err(refused)?;
    }
    new.mail = input.send_mail.map(notify);
    let shared = SharedNode { id: entry.id(), path };
    let created = call.inner.sharing.create(sharer.caller, &shared, new).await.map_err(refused)?;
    let mut told = sharer.tell_one(created.share).await?;
    told.mail_send = 1;
    Ok(Reply::new(told))
}

pub(super) async fn update(call: &Call<'_>, input: Change) -> Outcome<Told> {
    let sharer = Sharer::of(call).await?;
    let id = number(&input.id)?;
    let share = call.inner.sharing.share(sharer.caller, id).await.map_err(refused)?;
    if input.is_empty() {
        // Whose share it is comes first: a recipient hears that, whatever they ask for.
        if share.received.is_some() {
            return Err(refused(Refusal::IncomingShare));
        }
        return Err(refused(Refusal::NothingToUpdate));
    }
    let entry = sharer.node(share.node).await?;
    if let Some(bits) = input.permissions
        && share.received.is_none()
        && share.kind() != ShareKind::Link
        && !fits(bits, entry.as_ref())
    {
        return Err(OcsError::bad_request("Failed to update share."));
    }
    let path = entry.and_then(|entry| entry.path).unwrap_or_default().to_string();
    let update = ShareUpdate {
        permissions: input.permissions.map(permissions).transpose()?,
        upload: input.public_upload.map(upload),
        password: input
            .password
            .as_ref()
            .map(|secret| Some(secret.expose().to_owned()).filter(|password| !password.is_empty())),
        expiry: (input.expire_date.as_deref().map(expiry).transpose())
            // Observed: 404 where a share is made, 400 where it is changed.
            .map_err(|error| OcsError::bad_request(error.message))?,
        note: input.note,
        label: input.label,
        hide_download: input.hide_download,
        attributes: (input.attributes.as_deref().map(Attributes::parse))
            .transpose()
            .map_err(refused)?,
        token: input.token.filter(|token| !token.is_empty()),
        download_limit: None,
        mail: input.send_mail.map(notify),
    };
    let share = if update.is_empty() {
        share
    } else {
        call.inner.sharing.update(sharer.caller, id, &path, update).await.map_err(refused)?
    };
    Ok(Reply::new(sharer.tell_one(share).await?))
}

pub(super) async fn delete(call: &Call<'_>, input: ById) -> Outcome<Nothing> {
    let sharer = Sharer::of(call).await?;
    let id = number(&input.id)?;
    call.inner.sharing.remove(sharer.caller, id).await.map_err(refused)?;
    Ok(Reply::new(Nothing))
}

/// The mail that told of a share, once more.
pub(super) async fn send_mail(call: &Call<'_>, input: MailAgain) -> Outcome<Nothing> {
    let sharer = Sharer::of(call).await?;
    let id = number(&input.id)?;
    let share = call.inner.sharing.share(sharer.caller, id).await.map_err(refused)?;
    if share.received.is_some() {
        return Err(refused(Refusal::IncomingShare));
    }
    if call.inner.sharing.options().mails == Mails::Off {
        return Err(OcsError::bad_request("This server sends no mails"));
    }
    let update = ShareUpdate { mail: Some(Notify::ByMail), ..ShareUpdate::default() };
    call.inner.sharing.update(sharer.caller, id, "", update).await.map_err(refused)?;
    Ok(Reply::new(Nothing))
}

pub(super) async fn inherited(call: &Call<'_>, input: ByPath) -> Outcome<Vec<Told>> {
    let sharer = Sharer::of(call).await?;
    let entry = sharer.at(&input.path).await?;
    let shares = call.inner.sharing.inherited(sharer.caller, entry.id()).await;
    let mut told = sharer.tell(shares.map_err(refused)?).await?;
    for share in &mut told {
        share.via_fileid = Some(share.item_source);
        share.via_path = Some(share.path.clone());
    }
    Ok(Reply::new(told))
}

/// A token that no link has yet.
pub(super) async fn token(call: &Call<'_>, _: NoParameters) -> Outcome<Token> {
    let token = call.inner.sharing.fresh_token().await.map_err(refused)?;
    Ok(Reply::new(Token { token }))
}

fn recipient(input: &Asked, sharer: &UserId, path: &str) -> Result<Recipient, OcsError> {
    let with = input.share_with.as_deref().unwrap_or_default();
    let unknown = || refused(Refusal::UnknownKind);
    match input.share_type.ok_or_else(unknown)? {
        ShareType::User => {
            let id = with.parse().map_err(|_| refused(Refusal::NoSuchPerson))?;
            Ok(Recipient::Person(id))
        }
        ShareType::Group => {
            let id = with.parse().map_err(|_| refused(Refusal::NoSuchGroup))?;
            Ok(Recipient::Group(id))
        }
        ShareType::Link => Ok(Recipient::Link),
        ShareType::Email => Ok(Recipient::Mail(with.to_owned())),
        ShareType::Remote => Ok(Recipient::Federated(with.to_owned())),
        ShareType::Team => Ok(Recipient::Team(with.to_owned())),
        ShareType::RemoteGroup => Ok(Recipient::FederatedGroup(with.to_owned())),
        // Observed: the same words for cards as for conversations.
        ShareType::Room | ShareType::Deck => {
            let text = format!(
                "Sharing /{sharer}/files/{path} failed because the back end does not support room shares"
            );
            Err(OcsError::new(Code::FORBIDDEN, text))
        }
        _ => Err(unknown()),
    }
}

/// Whether what is there can be shared with these permissions.
fn fits(bits: i64, entry: Option<&Entry>) -> bool {
    let file = entry.is_some_and(|entry| !entry.is_folder());
    let possible = if file { Permissions::ALL.for_file() } else { Permissions::ALL };
    bits != 0 && bits & !i64::from(possible.bits()) == 0
}

fn permissions(bits: i64) -> Result<Permissions, OcsError> {
    let known = u8::try_from(bits).ok().and_then(Permissions::from_bits);
    known.ok_or_else(|| refused(Refusal::InvalidPermissions))
}

fn upload(allowed: bool) -> Upload {
    if allowed { Upload::Allowed } else { Upload::Forbidden }
}

fn notify(wanted: bool) -> Notify {
    if wanted { Notify::ByMail } else { Notify::Not }
}

/// An empty date means that there is none.
fn expiry(date: &str) -> Result<Expiry, OcsError> {
    if date.is_empty() {
        return Ok(Expiry::Never);
    }
    // Some clients send a time behind the day.
    let day = date.get(..10).filter(|_| date.as_bytes().get(10).is_none_or(|c| b" T".contains(c)));
    match day.unwrap_or(date).parse() {
        Ok(day) => Ok(Expiry::On(day)),
        Err(_) => Err(refused(Refusal::InvalidDate)),
    }
}
