//! Rows of `shares`.

use allmende_sql::Row;
use allmende_types::{NodeId, Permissions, Timestamp, UserId};

use crate::{
    Answer, Attributes, Error, LinkKey, Received, Recipient, Result, Share, ShareId, ShareKind,
    share::Ask,
};

/// The columns that [`share`] reads, of the table named `s`.
macro_rules! columns {
    () => {
        "s.id, s.kind, s.node, s.owner, s.initiator, s.recipient, s.permissions, s.created, \
         s.expires, s.name, s.token, CASE WHEN s.password IS NULL THEN 0 ELSE 1 END, \
         s.password_expires, s.label, s.note, s.hide_download, s.attributes, s.download_limit, \
         s.downloads, s.must_accept"
    };
}
pub(crate) use columns;

/// How many columns there are.
pub(crate) const COLUMNS: usize = 20;

/// The columns of a received share: those of the share, and what its recipient made of it,
/// from `share_places` named `p`.
macro_rules! received_columns {
    () => {
        concat!($crate::rows::columns!(), ", p.state, p.parent, p.name")
    };
}
pub(crate) use received_columns;

/// The states of `share_places`; null is what the share says.
pub(crate) const ACCEPTED: i64 = 0;
pub(crate) const LEFT: i64 = 2;

pub(crate) fn share(row: Row<'_>, key: &LinkKey) -> Result<Share> {
    let text = |column| Ok::<_, Error>(row.text(column)?.to_owned());
    let time = |column| Ok::<_, Error>(row.opt_int(column)?.map(Timestamp::from_unix));
    let count = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    let bits = u8::try_from(row.int(6)?).ok().and_then(Permissions::from_bits);
    Ok(Share {
        id: ShareId(row.int(0)?),
        recipient: recipient(row.int(1)?, row.opt_text(5)?)?,
        node: NodeId(row.int(2)?),
        owner: person(row.text(3)?)?,
        initiator: person(row.text(4)?)?,
        permissions: bits.ok_or_else(|| Error::unavailable("stored permissions"))?,
        created: Timestamp::from_unix(row.int(7)?),
        expires: time(8)?,
        name: text(9)?,
        token: row.opt_blob(10)?.and_then(|sealed| key.open(sealed)),
        has_password: row.flag(11)?,
        password_expires: time(12)?,
        label: text(13)?,
        note: text(14)?,
        hide_download: row.flag(15)?,
        attributes: Attributes::parse(row.opt_text(16)?.unwrap_or_default())
            .map_err(|e| Error::unavailable(format!("stored attributes: {e}")))?,
        download_limit: row.opt_int(17)?.map(count),
        downloads: count(row.int(18)?),
        received: None,
        ask: match row.int(19)? {
            0 => Ask::Nobody,
            1 => Ask::Everybody,
            _ => Ask::WhoChose,
        },
    })
}

/// A share with what its recipient made of it. `asked` is whether this recipient chose to
/// be asked.
pub(crate) fn received(row: Row<'_>, key: &LinkKey, asked: bool) -> Result<Share> {
    let mut share = share(row, key)?;
    let state = match row.opt_int(COLUMNS)? {
        Some(ACCEPTED) => Answer::Accepted,
        Some(_) => Answer::Left,
        None => match share.ask {
            Ask::Everybody => Answer::Pending,
            Ask::WhoChose if asked => Answer::Pending,
            _ => Answer::Accepted,
        },
    };
    share.received = Some(Received {
        state,
        parent: row.opt_int(COLUMNS + 1)?.map(NodeId),
        name: row.opt_text(COLUMNS + 2)?.map(str::to_owned),
    });
    Ok(share)
}

pub(crate) fn recipient(kind: i64, id: Option<&str>) -> Result<Recipient> {
    let bad = |what: String| Error::unavailable(format!("a stored share: {what}"));
    let kind = ShareKind::from_number(kind).ok_or_else(|| bad(format!("kind {kind}")))?;
    let text = || id.map(str::to_owned).ok_or_else(|| bad("no recipient".to_owned()));
    Ok(match kind {
        ShareKind::Person => Recipient::Person(person(&text()?)?),
        ShareKind::Group => Recipient::Group(text()?.parse().map_err(|e| bad(format!("{e}")))?),
        ShareKind::Link => Recipient::Link,
        ShareKind::Mail => Recipient::Mail(text()?),
        ShareKind::Federated => Recipient::Federated(text()?),
        ShareKind::Team => Recipient::Team(text()?),
        ShareKind::FederatedGroup => Recipient::FederatedGroup(text()?),
        ShareKind::Room => Recipient::Room(text()?),
        other => return Err(bad(format!("kind {}", other.number()))),
    })
}

/// A person's id as it is stored.
pub(crate) fn person(text: &str) -> Result<UserId> {
    text.parse().map_err(|e| Error::unavailable(format!("stored person: {e}")))
}
