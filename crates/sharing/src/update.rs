//! Changing shares.

use allmende_share::{
    Change, PasswordChange, Recipient, RecipientFacts, Refusal, ShareId, ShareKind, SharedAs,
    Situation,
};
use allmende_sql::{Batch, Expect, Statement, Value, params};
use allmende_types::{EventKind, Timestamp};

use crate::{
    Caller, Error, ErrorKind, Mails, Notify, Policy, Result, Share, ShareUpdate, Sharing,
    create::{check_password, shape},
    mail::{Shared, password_of, shared_with_you},
    news::Told,
    people::Known,
};

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
        let graph = self.graph([caller.person], [share.node], caller.now).await?;
        let node = graph.lineage.get(share.node).ok_or_else(gone)?;
        let maker = graph.people.get(caller.person).ok_or_else(gone)?;
        let situation = Situation {
            sharer: &maker.member,
            rights: graph.rights(caller.person, node.id),
            shape: shape(node),
            path,
            recipient: RecipientFacts::Known,
        };
        let as_it_is = SharedAs {
            kind: share.kind(),
            permissions: share.permissions,
            has_password: share.has_password,
        };
        let change = update.change();
        let terms = match policy.admit_change(&change, as_it_is, &situation, caller.now) {
            Err(Refusal::NoSuchShare) => return Err(gone()),
            terms => terms?,
        };
        let mut row = Row { set: Vec::new(), params: params![id.0] };
        if let Some(permissions) = terms.permissions {
            row.column("permissions", permissions.bits());
        }
        if let Some(expires) = terms.expires {
            row.column("expires", expires.map(Timestamp::unix));
        }
        let token = self.set_columns(&mut row, &share, &update)?;
        self.set_password(&mut row, caller, &share, &update, &policy).await?;
        let mut batch = Batch::new();
        if !row.set.is_empty() {
            let sql = format!("UPDATE shares SET {} WHERE id = $1", row.set.join(", "));
            batch.expect(Statement::new(sql, row.params), Expect::ONE);
            Told::of(&share, Some(node)).append(&mut batch, EventKind::ShareChanged, caller);
        }
        let shown = token.as_deref().or(share.token.as_deref());
        let note = update.note.as_deref().unwrap_or(&share.note);
        let name = node.name.as_ref().map_or("", |name| name.as_str());
        let letter = Letter { policy: &policy, maker, share: &share, token: shown, name, note };
        if update.mail == Some(Notify::ByMail) {
            self.write_to(&mut batch, caller, &letter, About::Share)?;
        }
        let password = update.password.as_ref().and_then(Option::as_deref);
        let password = password.filter(|text| !text.is_empty() && policy.send_password_by_mail);
        if let Some(password) = password {
            self.write_to(&mut batch, caller, &letter, About::Password(password))?;
        }
        // An update of the row finds it gone, or finds the token taken by another link.
        match self.write(batch).await {
            Err(failed) if token.is_some() && is_constraint(&failed) => {
                Err(Refusal::TokenTaken.into())
            }
            Err(failed) if *failed.kind() == ErrorKind::Changed => Err(gone()),
            Err(failed) => Err(failed),
            Ok(_) => self.share_by_id(id).await?.ok_or_else(gone),
        }
    }

    /// The columns that nothing has to admit; says the new token, if there is one.
    fn set_columns(
        &self,
        row: &mut Row,
        share: &Share,
        update: &ShareUpdate,
    ) -> Result<Option<String>> {
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
        }
        if let Some(limit) = update.download_limit {
            row.column("download_limit", limit);
            row.column("downloads", 0);
        }
        let token = update.token.as_deref().filter(|token| !token.is_empty());
        let Some(token) = token.filter(|token| share.token.as_deref() != Some(token)) else {
            return Ok(None);
        };
        row.column("token_hash", self.inner.options.key.token_hash(token).to_vec());
        row.column("token", self.inner.options.key.seal(token)?);
        Ok(Some(token.to_owned()))
    }

    async fn set_password(
        &self,
        row: &mut Row,
        caller: Caller<'_>,
        share: &Share,
        update: &ShareUpdate,
        policy: &Policy,
    ) -> Result<()> {
        let (true, Some(password)) = (share.kind().has_token(), &update.password) else {
            return Ok(());
        };
        let Some(password) = password.as_deref().filter(|password| !password.is_empty()) else {
            row.column("password", Value::Null);
            return Ok(());
        };
        check_password(Some(password), policy)?;
        let hash = self.hash_share_password(Some(password), policy).await?;
        row.column("password", hash);
        let life = self.inner.options.system.mail_password_lifetime;
        let life = life.filter(|_| share.kind() == ShareKind::Mail);
        row.column(
            "password_expires",
            life.map(|life| caller.now.plus_seconds(life.into()).unix()),
        );
        Ok(())
    }

    /// Mails the recipient of a share by mail.
    fn write_to(
        &self,
        batch: &mut Batch,
        caller: Caller<'_>,
        letter: &Letter<'_>,
        about: About<'_>,
    ) -> Result<()> {
        let Letter { policy, maker, share, token, name, note } = letter;
        let (Recipient::Mail(address), Some(token), Mails::Sent) =
            (&share.recipient, token, self.inner.options.mails)
        else {
            return Ok(());
        };
        let shared = Shared {
            address,
            reply_to: policy.reply_to_initiator.then(|| maker.person.email.clone()).flatten(),
            sender: &maker.person.display_name,
            language: &maker.person.language,
            name,
            note,
            url: &format!("{}/s/{token}", self.inner.options.url),
            expires: share.expires,
        };
        let mail = match about {
            About::Share => shared_with_you(&shared),
            About::Password(password) => password_of(&shared, password),
        };
        batch.push(mail.queue(&self.inner.options.key, caller.now)?);
        Ok(())
    }
}

/// What a mail about a share is made of.
struct Letter<'a> {
    policy: &'a Policy,
    maker: &'a Known,
    share: &'a Share,
    token: Option<&'a str>,
    name: &'a str,
    note: &'a str,
}

/// What the mail says.
#[derive(Clone, Copy)]
enum About<'a> {
    Share,
    Password(&'a str),
}

impl ShareUpdate {
    /// What of it the policy has to admit.
    #[allow(clippy::field_reassign_with_default, reason = "the struct is non-exhaustive")]
    fn change(&self) -> Change {
        let mut change = Change::default();
        change.permissions = self.permissions;
        change.upload = self.upload;
        change.password = match self.password.as_ref().map(Option::as_deref) {
            None => PasswordChange::Keep,
            Some(None | Some("")) => PasswordChange::Remove,
            Some(Some(_)) => PasswordChange::Replace,
        };
        change.expiry = self.expiry;
        change.note = self.note.clone();
        change.label = self.label.clone();
        change.token = self.token.clone();
        change
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
