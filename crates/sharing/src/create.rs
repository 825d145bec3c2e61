//! Making shares: everything is checked before anything is written.

use allmende_accounts::{circle_exists, group_exists, person_exists};
use allmende_share::{Recipient, RecipientFacts, Refusal, ShareId, ShareKind, Situation, Terms};
use allmende_sql::{Batch, Expect, Statement, params};
use allmende_storage::Node;
use allmende_types::{EventKind, NodeId, NodeShape, Timestamp, UserId};

use crate::{
    Caller, Error, ErrorKind, Mails, NewShare, Notify, Policy, Result, Share, Sharing,
    key::random_token,
    mail::{password_of, shared_with_you},
    news::Told,
    people::Known,
    share::Ask,
    spaces::SpaceOwner,
};

/// What is to be shared: a node that the caller found in their view.
#[derive(Debug, Clone)]
pub struct SharedNode {
    /// The node.
    pub id: NodeId,
    /// Its path in the caller's view, without a slash before it, for messages.
    pub path: String,
}

/// What came of [`Sharing::create`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Created {
    /// The share.
    pub share: Share,
    /// Whether it was made now. The same node shared with the same person or group by the
    /// same person once more is the share that there is.
    pub is_new: bool,
}

/// What the checks of a new share found out.
struct Draft {
    maker: Known,
    /// With the id of a person as it was chosen.
    recipient: Recipient,
    node: Node,
    owner: UserId,
    terms: Terms,
}

impl Sharing {
    /// Shares a node.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when the node or the caller is gone, and nearly
    /// every [`Refusal`], in the order in which the original refuses.
    pub async fn create(
        &self,
        caller: Caller<'_>,
        node: &SharedNode,
        mut new: NewShare,
    ) -> Result<Created> {
        let policy = self.policy().await?;
        let draft = self.check_new(caller, node, &new, &policy).await?;
        new.recipient = draft.recipient.clone();
        if let Some(standing) = self.standing(caller, draft.node.id, &new.recipient).await? {
            return match standing.kind() {
                ShareKind::Mail | ShareKind::Federated | ShareKind::FederatedGroup => {
                    Err(Refusal::Failed.into())
                }
                _ => Ok(Created { share: standing, is_new: false }),
            };
        }
        let password = new.password.as_deref().filter(|_| new.recipient.kind().has_token());
        let password = self.hash_share_password(password, &policy).await?;
        // Of 62^6 tokens and more, two in a row that are taken mean something else.
        for _ in 0..3 {
            let id = self.next_id().await?;
            let token = match new.recipient.kind().has_token() {
                true => Some(random_token(policy.token_length)?),
                false => None,
            };
            let (batch, insert) = self.batch_of(
                id,
                caller,
                &new,
                &draft,
                token.as_deref(),
                password.as_deref(),
                &policy,
            )?;
            let gone = match new.recipient {
                Recipient::Group(_) => Refusal::NoSuchGroup,
                Recipient::Team(_) => Refusal::NoSuchTeam,
                _ => Refusal::NoSuchPerson,
            };
            let mut meanings = vec![(insert, ErrorKind::Changed)];
            meanings.extend((0..insert).map(|at| (at, ErrorKind::Refused(gone.clone()))));
            match self.write_meaning(batch, meanings).await {
                Ok(_) => {
                    tracing::info!(person = %caller.person, share = %id, "a share was made");
                    let share = self.share_by_id(id).await?;
                    let share = share.ok_or_else(|| Error::not_found(format!("share {id}")))?;
                    return Ok(Created { share, is_new: true });
                }
                Err(met) if *met.kind() == ErrorKind::Changed => {
                    let standing = self.standing(caller, draft.node.id, &new.recipient).await?;
                    if let Some(share) = standing {
                        return Ok(Created { share, is_new: false });
                    }
                }
                Err(failed) => return Err(failed),
            }
        }
        Err(Error::unavailable("a share that could not be made"))
    }

    async fn check_new(
        &self,
        caller: Caller<'_>,
        shared: &SharedNode,
        new: &NewShare,
        policy: &Policy,
    ) -> Result<Draft> {
        let gone = || Error::not_found(format!("node {}", shared.id));
        let recipient = match &new.recipient {
            Recipient::Person(id) => Some(id),
            _ => None,
        };
        let people = [Some(caller.person), recipient].into_iter().flatten();
        let graph = self.graph(people, [shared.id], caller.now).await?;
        let maker = graph.people.get(caller.person).ok_or_else(gone)?;
        let node = graph.lineage.get(shared.id).ok_or_else(gone)?;
        let own = graph.is_own(caller.person, node.id);
        let owner = match graph.owner(node.id) {
            Some(SpaceOwner::Person(key)) => self.spelled(key).await?,
            // Nobody owns what lies in a team folder; the original names the sharer.
            Some(SpaceOwner::Team(_)) => maker.person.id.clone(),
            _ => return Err(gone()),
        };
        let facts = match &new.recipient {
            Recipient::Person(id) => match graph.people.get(id) {
                None => RecipientFacts::Unknown,
                Some(known) if id.key() == owner.key() => RecipientFacts::Owner(&known.member),
                Some(known) => RecipientFacts::Person(&known.member),
            },
            Recipient::Group(id) => match self.accounts().group(id).await? {
                Some(_) => RecipientFacts::Known,
                None => RecipientFacts::Unknown,
            },
            Recipient::Team(id) => match self.circle_to_share_with(caller, id).await? {
                Some(_) => RecipientFacts::Known,
                None => RecipientFacts::Unknown,
            },
            Recipient::Mail(address) if !is_address(address) => RecipientFacts::Unknown,
            _ => RecipientFacts::Known,
        };
        let situation = Situation {
            sharer: &maker.member,
            rights: graph.rights(caller.person, node.id),
            shape: shape(node),
            // The root of a team folder has a path, and can be shared.
            path: if node.parent.is_none() && own { "" } else { &shared.path },
            recipient: facts,
        };
        if node.parent.is_none() && !own && !policy.team_root_share {
            let name = shared.path.rsplit('/').next().unwrap_or_default().to_owned();
            return Err(Refusal::NotSharable { name }.into());
        }
        let terms = policy.admit(&new.request(), &situation, caller.now)?;
        if new.recipient.kind().has_token() {
            check_password(new.password.as_deref(), policy)?;
        }
        let recipient = match facts {
            RecipientFacts::Person(member) => Recipient::Person(member.id.clone()),
            _ => new.recipient.clone(),
        };
        let (maker, node) = (maker.clone(), node.clone());
        Ok(Draft { maker, recipient, node, owner, terms })
    }

    /// The share that the same act would make once more.
    async fn standing(
        &self,
        caller: Caller<'_>,
        node: NodeId,
        recipient: &Recipient,
    ) -> Result<Option<Share>> {
        let Some(key) = recipient.key() else { return Ok(None) };
        let find = concat!(
            "SELECT ",
            crate::rows::columns!(),
            " FROM shares s WHERE s.node = $1 AND s.kind = $2 AND s.recipient_key = $3 \
             AND s.initiator_key = $4 AND (s.expires IS NULL OR s.expires >= $5)"
        );
        let kind = recipient.kind().number();
        let row = params![node.get(), kind, key, caller.person.key(), caller.now.unix()];
        let rows = self.sql().read(Statement::new(find, row).point()).await?;
        rows.first().map(|row| crate::rows::share(row, &self.inner.options.key)).transpose()
    }

    pub(crate) async fn hash_share_password(
        &self,
        password: Option<&str>,
        policy: &Policy,
    ) -> Result<Option<String>> {
        check_password(password, policy)?;
        match password {
            Some(password) => Ok(Some(self.accounts().hash_password(password).await?)),
            None => Ok(None),
        }
    }

    #[allow(clippy::too_many_arguments, reason = "one row, from its only caller")]
    fn batch_of(
        &self,
        id: ShareId,
        caller: Caller<'_>,
        new: &NewShare,
        draft: &Draft,
        token: Option<&str>,
        password: Option<&str>,
        policy: &Policy,
    ) -> Result<(Batch, usize)> {
        let mut batch = Batch::new();
        batch.expect(person_exists(caller.person), Expect::ONE);
        match &new.recipient {
            Recipient::Person(id) => _ = batch.expect(person_exists(id), Expect::ONE),
            Recipient::Group(id) => _ = batch.expect(group_exists(id), Expect::ONE),
            Recipient::Team(id) => {
                let id = id.parse().map_err(|_| Refusal::NoSuchTeam)?;
                batch.expect(circle_exists(&id), Expect::ONE);
            }
            _ => {}
        }
        // A share that has ended, and was not cleared away yet, makes room.
        let end = "DELETE FROM shares WHERE node = $1 AND kind = $2 AND recipient_key = $3 \
                   AND initiator_key = $4 AND expires < $5";
        let (kind, key) = (new.recipient.kind(), new.recipient.key());
        let node = draft.node.id.get();
        let row =
            params![node, kind.number(), key.as_deref(), caller.person.key(), caller.now.unix()];
        batch.push(Statement::new(end, row));
        let key = &self.inner.options.key;
        let system = &self.inner.options.system;
        let lifetime = system.mail_password_lifetime.filter(|_| kind == ShareKind::Mail);
        let password_expires = lifetime.map(|life| caller.now.plus_seconds(life.into()).unix());
        let ask = match (kind.is_internal(), system.force_share_accept, system.enable_share_accept)
        {
            (true, true, _) => Ask::Everybody,
            (true, false, true) => Ask::WhoChose,
            _ => Ask::Nobody,
        };
        let insert = "INSERT INTO shares (id, kind, node, owner, owner_key, initiator, \
             initiator_key, recipient, recipient_key, permissions, created, expires, name, \
             token_hash, token, password, password_expires, label, note, hide_download, \
             attributes, download_limit, downloads, must_accept) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
             $18, $19, 0, $20, $21, 0, $22) ON CONFLICT DO NOTHING";
        let name = draft.node.name.as_ref().map_or_else(String::new, ToString::to_string);
        let owner = &draft.owner;
        let row = params![
            id.0,
            kind.number(),
            node,
            owner.as_str(),
            owner.key(),
            draft.maker.person.id.as_str(),
            caller.person.key(),
            new.recipient.id(),
            new.recipient.key(),
            draft.terms.permissions.bits(),
            caller.now.unix(),
            draft.terms.expires.map(Timestamp::unix),
            name.as_str(),
            token.map(|token| key.token_hash(token).to_vec()),
            token.map(|token| key.seal(token)).transpose()?,
            password,
            password_expires,
            new.label.as_str(),
            new.note.as_str(),
            new.attributes.as_json(),
            new.download_limit,
            ask.number()
        ];
        let insert = batch.expect(Statement::new(insert, row), Expect::ONE);
        let told =
            Told { id, recipient: &new.recipient, owner, node: Some(&draft.node), name: &name };
        told.append(&mut batch, EventKind::ShareCreated, caller);
        told.announce(&mut batch, ask, caller);
        let wanted = new.mail.map_or(system.enable_share_mail, |mail| mail == Notify::ByMail);
        let mail = wanted && self.inner.options.mails == Mails::Sent;
        if let (true, Recipient::Mail(address), Some(token)) = (mail, &new.recipient, token) {
            let reply_to =
                policy.reply_to_initiator.then(|| draft.maker.person.email.clone()).flatten();
            let shared = crate::mail::Shared {
                address,
                reply_to,
                sender: &draft.maker.person.display_name,
                language: &draft.maker.person.language,
                name: draft.node.name.as_ref().map_or("", |name| name.as_str()),
                note: &new.note,
                url: &format!("{}/s/{token}", self.inner.options.url),
                expires: draft.terms.expires,
            };
            batch.push(shared_with_you(&shared).queue(key, caller.now)?);
            // What was set is told, and not what was hashed.
            let set = new.password.as_deref().filter(|_| password.is_some());
            if let Some(set) = set.filter(|_| policy.send_password_by_mail) {
                batch.push(password_of(&shared, set).queue(key, caller.now)?);
            }
        }
        Ok((batch, insert))
    }
}

/// Whether a node is a file or a folder.
pub(crate) fn shape(node: &Node) -> NodeShape {
    if node.is_folder() { NodeShape::Folder } else { NodeShape::File }
}

pub(crate) fn check_password(password: Option<&str>, policy: &Policy) -> Result<()> {
    /// Bytes that are hashed at most.
    const MAX: usize = 1024;
    let Some(password) = password else { return Ok(()) };
    if password.len() > MAX {
        let text = "Password is too long. Please choose a shorter one.";
        return Err(Refusal::UnfitPassword(text.to_owned()).into());
    }
    policy
        .share_password
        .check(password)
        .map_err(|weak| Refusal::UnfitPassword(weak.to_string()))?;
    Ok(())
}

/// Whether a text has the shape of one mail address (RFC 5321, without quoted parts).
pub(crate) fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let word = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let label = |part: &str| {
        !part.is_empty()
            && part.len() <= 63
            && part.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    (1..=64).contains(&local.len())
        && !dots
        && local.chars().all(word)
        && domain.len() <= 253
        && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_shape() {
        for good in ["a@example.org", "a.b+c@xn--e1afmkfd.example", "o'neil@b", "ü@straße.de"] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "junk",
            "@b",
            "a@",
            "a@b..c",
            "a@-b",
            "a b@c",
            "a@b\r\nBcc: x@y",
            "a@b c",
            ".a@b",
            "a..b@c",
            "<a@b>",
            "a@b,c@d",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
