//! What the acts of this crate tell: events for the log, notifications for people.

use std::net::IpAddr;

use allmende_events::{
    NewNotification, NotificationKind, Object, append, dismiss, notify, withdraw,
};
use allmende_sql::Batch;
use allmende_storage::Node;
use allmende_types::{
    EventKind, EventNode, NewEvent, NodeShape, Origin, Principal, Stream, Timestamp, UserId,
};

use crate::{Caller, Recipient, Share, ShareId, TeamFolderId, TransferRequest, share::Ask};

/// An event of this crate.
pub(crate) fn event(kind: EventKind, caller: Caller<'_>) -> NewEvent {
    let by = Principal::Person(caller.person.clone());
    NewEvent::new(Stream::Sharing, kind, caller.now).by(by)
}

/// An event of what a visitor does with a link, for who made it.
pub(crate) fn of_link(
    kind: EventKind,
    link: &Share,
    from: Option<IpAddr>,
    now: Timestamp,
) -> NewEvent {
    let origin = Origin { address: from, agent: None };
    NewEvent::new(Stream::Sharing, kind, now)
        .by(Principal::Link(link.id.0))
        .from(origin)
        .detail("share", link.id.to_string())
        .to([Principal::Person(link.initiator.clone())])
}

/// The node of an event.
pub(crate) fn about(node: &Node) -> EventNode {
    EventNode {
        space: node.space,
        node: node.id,
        parent: node.parent,
        name: node.name.as_ref().map_or("", |name| name.as_str()).into(),
        shape: if node.is_folder() { NodeShape::Folder } else { NodeShape::File },
        from: None,
    }
}

/// What an event tells of a share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told<'a> {
    pub(crate) id: ShareId,
    pub(crate) recipient: &'a Recipient,
    pub(crate) owner: &'a UserId,
    pub(crate) node: Option<&'a Node>,
    pub(crate) name: &'a str,
}

impl<'a> Told<'a> {
    pub(crate) fn of(share: &'a Share, node: Option<&'a Node>) -> Self {
        let Share { id, recipient, owner, name, .. } = share;
        Self { id: *id, recipient, owner, node, name }
    }

    /// Adds the event of an act on the share, for its recipients and whose it is.
    pub(crate) fn append(&self, batch: &mut Batch, kind: EventKind, caller: Caller<'_>) {
        let mut news = event(kind, caller)
            .detail("share", self.id.to_string())
            .detail("type", self.recipient.kind().number().to_string())
            .to(audience(self.recipient))
            .to([Principal::Person(self.owner.clone())]);
        if let Some(with) = self.recipient.id() {
            news = news.detail("with", with);
        }
        if let Some(node) = self.node {
            news = news.about(about(node));
        }
        append(batch, &news);
    }

    /// Tells the recipients of a new share.
    pub(crate) fn announce(&self, batch: &mut Batch, ask: Ask, caller: Caller<'_>) {
        let kind = match (self.recipient, ask) {
            (Recipient::Person(_) | Recipient::Group(_) | Recipient::Team(_), Ask::Everybody) => {
                NotificationKind::PendingShare
            }
            (Recipient::Person(_), _) => NotificationKind::IncomingShare,
            (Recipient::Group(_), _) => NotificationKind::IncomingGroupShare,
            (Recipient::Team(_), _) => NotificationKind::IncomingCircleShare,
            _ => return,
        };
        for to in audience(self.recipient) {
            let mut news = NewNotification::new(to, kind, object(self.id));
            news.at = caller.now;
            news.actor = Some(Principal::Person(caller.person.clone()));
            news.node = self.node.map(|node| node.id);
            news.details.insert("name".into(), self.name.to_owned());
            if let Recipient::Group(id) = self.recipient {
                news.details.insert("group".into(), id.to_string());
            }
            notify(batch, &news);
        }
    }

    /// Tells who made the share what its recipient made of it.
    pub(crate) fn answer(
        &self,
        batch: &mut Batch,
        initiator: &UserId,
        kind: NotificationKind,
        caller: Caller<'_>,
    ) {
        let to = Principal::Person(initiator.clone());
        let mut news = NewNotification::new(to, kind, object(self.id));
        news.at = caller.now;
        news.actor = Some(Principal::Person(caller.person.clone()));
        news.node = self.node.map(|node| node.id);
        news.details.insert("name".into(), self.name.to_owned());
        notify(batch, &news);
    }
}

/// Who receives a share, of those who are told things.
fn audience(recipient: &Recipient) -> Vec<Principal> {
    match recipient {
        Recipient::Person(id) => vec![Principal::Person(id.clone())],
        Recipient::Group(id) => vec![Principal::Group(id.clone())],
        Recipient::Team(id) => id.parse().map(Principal::Circle).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn object(id: ShareId) -> Object {
    Object::new("files_sharing", "local_share", &id.to_string())
}

/// Takes back what was told of a share that is gone.
pub(crate) fn forget_share(batch: &mut Batch, id: ShareId) {
    withdraw(batch, &object(id));
}

/// A recipient has dealt with a share.
pub(crate) fn seen(batch: &mut Batch, id: ShareId, person: &UserId) {
    dismiss(batch, &object(id), person);
}

/// Adds the event of an act on a team folder.
pub(crate) fn team(batch: &mut Batch, kind: EventKind, id: TeamFolderId, caller: Caller<'_>) {
    append(batch, &event(kind, caller).detail("folder", id.to_string()));
}

fn offer_object(request: &TransferRequest) -> Object {
    Object::new("files", "transfer", &request.id.to_string())
}

/// Tells a person what is offered to them.
pub(crate) fn offer(batch: &mut Batch, request: &TransferRequest, now: Timestamp) {
    let to = Principal::Person(request.to.clone());
    let mut news =
        NewNotification::new(to, NotificationKind::TransferRequested, offer_object(request));
    news.at = now;
    news.actor = Some(Principal::Person(request.from.clone()));
    news.node = Some(request.node);
    news.details.insert("name".into(), request.name.clone());
    notify(batch, &news);
}

/// Takes back an offer; if it was taken, tells who made it.
pub(crate) fn end_offer(batch: &mut Batch, request: &TransferRequest, done: Option<Timestamp>) {
    withdraw(batch, &offer_object(request));
    if let Some(now) = done {
        let to = Principal::Person(request.from.clone());
        let mut news =
            NewNotification::new(to, NotificationKind::TransferDone, offer_object(request));
        news.at = now;
        news.actor = Some(Principal::Person(request.to.clone()));
        news.details.insert("name".into(), request.name.clone());
        notify(batch, &news);
    }
}
