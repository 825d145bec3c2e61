//! A share as one person is told about it: its maker, its recipient, or another one who may
//! manage it.

use std::collections::{HashMap, HashSet};

use allmende_files::{Entry, MountKind, View};
use allmende_ocs::{
    OcsError,
    endpoints::files_sharing::{ItemType, REDACTED, Share as Told, ShareType},
};
use allmende_sharing::{Recipient, Share, ShareFacts, ShareKind};
use allmende_storage::Node;
use allmende_types::{CircleId, NodeId, Permissions, Timestamp};

use super::super::{Call, unavailable};
use super::refusals::refused;

/// Who is told.
pub(super) struct Viewer<'a> {
    pub(super) call: &'a Call<'a>,
    pub(super) view: &'a View,
}

impl Viewer<'_> {
    /// Shares with all that clients show of them: a constant number of queries.
    pub(super) async fn tell(&self, shares: Vec<Share>) -> Result<Vec<Told>, OcsError> {
        let facts = self.call.inner.sharing.facts(shares).await.map_err(refused)?;
        let mut ids: Vec<NodeId> = facts.iter().map(|facts| facts.share.node).collect();
        ids.sort_unstable();
        ids.dedup();
        let seen = self.view.stat(&ids).await.map_err(unavailable)?;
        let seen: HashMap<NodeId, Entry> =
            seen.into_iter().flatten().map(|entry| (entry.id(), entry)).collect();
        let circles = self.circles(&facts).await?;
        let base = self.call.origin.base_url();
        let tell = |mut facts: ShareFacts| {
            if let Recipient::Team(id) = &facts.share.recipient
                && facts.share.received.is_some()
                && !circles.contains(id)
            {
                facts.recipient_name.clone_from(id);
            }
            let entry = seen.get(&facts.share.node);
            // A node that went away meanwhile takes its shares along.
            facts.node.clone().map(|node| self.told(facts, &node, entry, &base))
        };
        Ok(facts.into_iter().filter_map(tell).collect())
    }

    /// Those of the circles by which something was received that the person may know of: a
    /// personal one is its owner's alone.
    async fn circles(&self, facts: &[ShareFacts]) -> Result<HashSet<String>, OcsError> {
        let received = facts.iter().filter(|facts| facts.share.received.is_some());
        let circles: Vec<CircleId> = received
            .filter_map(|facts| match &facts.share.recipient {
                Recipient::Team(id) => id.parse().ok(),
                _ => None,
            })
            .collect();
        let me = &self.call.who()?.person.id;
        let found = self.call.inner.accounts.circles_by_id(me, &circles).await;
        let found = found.map_err(unavailable)?.into_iter().flatten();
        Ok(found.map(|circle| circle.id.to_string()).collect())
    }

    fn told(&self, facts: ShareFacts, node: &Node, entry: Option<&Entry>, base: &str) -> Told {
        let share = &facts.share;
        let recipient = share.received.is_some();
        let kind = share.kind();
        let place = match entry.and_then(|entry| entry.path.as_ref()) {
            Some(place) => place.to_string(),
            // Where it lies in another one's tree is not for those who received it.
            None if recipient => share.name.clone(),
            None => facts.path.as_ref().map(ToString::to_string).unwrap_or_default(),
        };
        let path = format!("/{place}");
        let target = if recipient { path.clone() } else { format!("/{}", share.name) };
        let may = entry.map_or(share.permissions, |entry| entry.permissions);
        // Nothing can be made in a file.
        let may =
            if node.is_folder() { may.bits() } else { may.bits() & !Permissions::CREATE.bits() };
        let mount = entry.and_then(|entry| entry.mount.as_ref()).map(|mount| mount.kind);
        let (mount_type, storage_id) = match mount {
            Some(MountKind::Team { folder }) => ("group", format!("team::{folder}")),
            Some(_) => ("shared", format!("shared::{path}")),
            None => ("", format!("home::{}", share.owner)),
        };
        let media_type = match (node.is_folder(), entry) {
            (true, _) => "httpd/unix-directory",
            (false, Some(entry)) => entry.media_type().unwrap_or_default(),
            (false, None) => node.content().map_or("", |content| &content.media_type),
        };
        let id = number(node.id);
        let mut told = Told {
            id: share.id.to_string(),
            share_type: ShareType::from_number(kind.number().into()),
            uid_owner: share.initiator.to_string(),
            displayname_owner: facts.initiator_name,
            permissions: share.permissions.bits().into(),
            can_edit: !recipient,
            can_delete: !recipient || kind == ShareKind::Person,
            stime: share.created.unix(),
            expiration: share.expires.map(moment),
            uid_file_owner: share.owner.to_string(),
            note: share.note.clone(),
            label: share.label.clone(),
            displayname_file_owner: facts.owner_name,
            path,
            item_type: if node.is_folder() { ItemType::Folder } else { ItemType::File },
            item_permissions: may.into(),
            is_mount_root: entry.is_some_and(Entry::is_mount_root),
            mount_type: mount_type.to_owned(),
            mimetype: media_type.to_owned(),
            has_preview: allmende_previews::renders(media_type),
            storage_id,
            storage: u64::try_from(node.space.0).unwrap_or_default(),
            item_source: id,
            file_source: id,
            file_parent: node.parent.map(number).unwrap_or_default(),
            file_target: target,
            item_size: node.size,
            item_mtime: node.modified.unix(),
            share_with: share.recipient.id().map(str::to_owned),
            share_with_displayname: facts.recipient_name,
            share_with_displayname_unique: facts.recipient_unique,
            hide_download: share.hide_download.into(),
            attributes: share.attributes.as_json().map(str::to_owned),
            ..Told::default()
        };
        if matches!(kind, ShareKind::Federated | ShareKind::FederatedGroup) {
            told.is_trusted_server = Some(false);
        }
        if kind.has_token() {
            self.add_link(&mut told, share, base);
        }
        told
    }

    /// What links and shares by mail tell beside the rest, to those who may manage them.
    fn add_link(&self, told: &mut Told, share: &Share, base: &str) {
        let secret = share.has_password.then(|| REDACTED.to_owned());
        if share.kind() == ShareKind::Link {
            told.share_with = secret.clone();
            told.share_with_displayname = "(Shared link)".to_owned();
            told.url = share.token.as_ref().map(|token| format!("{base}/s/{token}"));
        } else {
            told.password_expiration_time = Some(share.password_expires.map(moment).into());
        }
        told.token.clone_from(&share.token);
        told.password = Some(secret.into());
        told.send_password_by_talk = Some(false);
    }
}

pub(super) fn number(id: NodeId) -> u64 {
    u64::try_from(id.get()).unwrap_or_default()
}

/// A time as this interface writes it: `2027-01-05 23:59:59`.
pub(super) fn moment(time: Timestamp) -> String {
    let text = time.to_rfc3339();
    text.get(..19).map_or_else(|| text.clone(), |text| text.replace('T', " "))
}
