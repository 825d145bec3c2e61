//! Changing shares.

use allmende_sql::{Batch, Expect, Statement, Value, params};
use allmende_types::{EventKind, Permissions, Timestamp};

use crate::{
    Caller, Error, ErrorKind, Notify, Recipient, Refusal, Result, Share, ShareId, ShareKind,
    ShareUpdate, Sharing,
    create::{Sharer, check_password, check_texts, rule},
    news::Told,
};

/// Bytes of a token that its maker chose.
const MAX_TOKEN: usize = 32;

impl Sharing {
    /// Changes a share: all that is named, or nothing.
    ///
    /// Who made it and whose the node is may change it; in a team folder, every member who
    /// may share.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) for who has nothing to do with it,
    /// [`Refusal::IncomingShare`] for its recipients, [`Refusal::NothingToUpdate`], and those
    /// of [`Sharing::create`].
    pub async fn update(
        &self,
        caller: Caller<'_>,
        id: ShareId,
        path: &str,
        update: ShareUpdate,
    ) -> Result<Share> {
        let policy = self.policy().await?;
        if !policy.enabled {
            return Err(Refusal::SharingDisabled.into());
        }
        let (share, role) = self.share_for(caller, id).await?;
        match role {
            Role::Manager => {}
            Role::Recipient => return Err(Refusal::IncomingShare.into()),
        }
        if update.is_empty() {
            return Err(Refusal::NothingToUpdate.into());
        }
        let gone = || Error::not_found(format!("share {id}"));
        let graph = self.graph([caller.person, &share.initiator], [share.node], caller.now).await?;
        let node = graph.lineage.get(share.node).ok_or_else(gone)?;
        let maker = graph.people.get(caller.person).ok_or_else(gone)?;
        let kind = share.kind();
        if kind.has_token() && !policy.may_link(&maker.groups) {
            return Err(gone());
        }
        let mut row = Row { set: Vec::new(), params: params![id.0] };
        let rights = graph.rights(caller.person, node.id);
        let sharer = Sharer { rights, policy: &policy, node, path };
        let uploads = update.upload.is_some() && kind.has_token();
        if update.permissions.is_some() || uploads {
            let asked = match (kind.has_token(), update.permissions) {
                (true, asked) => sharer.link_permissions(asked, update.upload)?,
                (false, asked) => asked.unwrap_or(share.permissions) | Permissions::READ,
            };
            // Taking away is allowed to who has less by now; giving is not.
            if !share.permissions.contains(asked) {
                sharer.admit(asked)?;
            }
            let asked = if node.is_folder() { asked } else { asked.for_file() };
            row.column("permissions", asked.bits());
        }
        if let Some(expiry) = update.expiry {
            let expires = rule(&policy, kind).for_update(expiry, caller.now)?;
            row.column("expires", expires.map(Timestamp::unix));
        }
        check_texts(
            update.label.as_deref().unwrap_or_default(),
            update.note.as_deref().unwrap_or_default(),
        )?;
        if let Some(label) = &update.label {
            row.column("label", label.as_str());
        }
        if let Some(note) = &update.note {
            row.column("note", note.as_str());
        }
        if let Some(hidden) = update.hide_download {
            row.column("hide_download", hidden);
        }
        if let Some(attributes) = &update.attributes {
            row.column("attributes", attributes.as_json());
            row.column("download", attributes.download());
        }
        if let Some(limit) = update.download_limit {
            row.column("download_limit", limit);
            row.column("downloads", 0);
        }
        let mut fresh_token = None;
        if let Some(token) = update.token.as_deref().filter(|token| !token.is_empty()) {
            if !policy.custom_tokens {
                return Err(Refusal::CustomTokensDisabled.into());
            }
            let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
            if !kind.has_token() || token.len() > MAX_TOKEN || !token.bytes().all(fits) {
                return Err(Refusal::InvalidToken.into());
            }
            if share.token.as_deref() != Some(token) {
                row.column("token_hash", self.inner.options.key.token_hash(token).to_vec());
                row.column("token", self.inner.options.key.seal(token)?);
                fresh_token = Some(token.to_owned());
            }
        }
        if let (true, Some(password)) = (kind.has_token(), &update.password) {
            match password.as_deref().filter(|password| !password.is_empty()) {
                None if share.has_password && policy.needs_password(&maker.groups) => {
                    return Err(Refusal::FailedUpdate.into());
                }
                None => row.column("password", Value::Null),
                Some(password) => {
                    check_password(Some(password), &policy)?;
                    // Last of the checks, for it is the slow one.
                    let hash = self.hash_share_password(Some(password), &policy).await?;
                    row.column("password", hash);
                    let life = self.inner.options.system.mail_password_lifetime;
                    let life = life.filter(|_| kind == ShareKind::Mail);
                    let end = life.map(|life| caller.now.plus_seconds(life.into()).unix());
                    row.column("password_expires", end);
                }
            }
        }
        let mut batch = Batch::new();
        if !row.set.is_empty() {
            let sql = format!("UPDATE shares SET {} WHERE id = $1", row.set.join(", "));
            batch.expect(Statement::new(sql, row.params), Expect::ONE);
            Told::of(&share, Some(node)).append(&mut batch, EventKind::ShareChanged, caller);
        }
        let told = update.mail == Some(Notify::ByMail);
        let token = fresh_token.as_deref().or(share.token.as_deref());
        if let (true, Recipient::Mail(address), Some(token)) = (told, &share.recipient, token) {
            let reply_to = policy.reply_to_initiator.then(|| maker.person.email.clone()).flatten();
            let mail = crate::mail::shared_with_you(&crate::mail::Shared {
                address,
                reply_to,
                sender: &maker.person.display_name,
                name: node.name.as_ref().map_or("", |name| name.as_str()),
                note: update.note.as_deref().unwrap_or(&share.note),
                url: &format!("{}/s/{token}", self.inner.options.url),
                expires: share.expires,
            });
            batch.push(mail.queue(caller.now));
        }
        // An update of the row finds it gone, or finds the token taken by another link.
        let taken = fresh_token.is_some();
        match self.write(batch).await {
            Err(failed) if taken && is_constraint(&failed) => Err(Refusal::TokenTaken.into()),
            Err(failed) if *failed.kind() == ErrorKind::Changed => Err(gone()),
            Err(failed) => Err(failed),
            Ok(_) => self.share_by_id(id).await?.ok_or_else(gone),
        }
    }
}

/// What somebody is to a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// They may see, change and remove it.
    Manager,
    /// They receive it.
    Recipient,
}

/// Columns to set.
struct Row {
    set: Vec<String>,
    params: Vec<Value>,
}

impl Row {
    fn column(&mut self, name: &str, value: impl Into<Value>) {
        self.params.push(value.into());
        self.set.push(format!("{name} = ${}", self.params.len()));
    }
}

fn is_constraint(failed: &Error) -> bool {
    let source = std::error::Error::source(failed);
    let sql = source.and_then(|source| source.downcast_ref::<allmende_sql::Error>());
    sql.is_some_and(|sql| sql.kind() == allmende_sql::ErrorKind::Constraint)
}
