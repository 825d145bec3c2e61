//! `ocs share`, `shares`, `unshare`, `received` and `people`.

use std::str::FromStr;

use allmende_ocs::endpoints::files_sharing::sharees::{self, Sharee};
use allmende_ocs::endpoints::files_sharing::shares::{ById, Create, Delete, List, NewShare, Query};
use allmende_ocs::endpoints::files_sharing::{Share, ShareType};
use serde::Serialize;

use crate::arguments;
use crate::failure::Failure;
use crate::output::{self, Output};
use crate::path::RemotePath;
use crate::session::Session;

/// What servers give on one page, at most.
const PEOPLE: i64 = 50;

/// What may be done with a share, as the sum of the protocol's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Permissions(pub(crate) u32);

const NAMES: [(&str, u32); 5] =
    [("read", 1), ("update", 2), ("create", 4), ("delete", 8), ("share", 16)];

impl FromStr for Permissions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all: u32 = NAMES.iter().map(|(_, bit)| bit).sum();
        if text == "all" {
            return Ok(Self(all));
        }
        if let Ok(number) = text.parse() {
            return match number {
                1.. if number <= all => Ok(Self(number)),
                _ => Err(format!("{number} is not between 1 and {all}")),
            };
        }
        let mut sum = 0;
        for word in text.split(',') {
            let named = NAMES.iter().find(|(name, _)| *name == word.trim());
            sum |= named.ok_or_else(|| format!("there is no permission `{word}`"))?.1;
        }
        Ok(Self(sum))
    }
}

impl Permissions {
    fn names(self) -> String {
        let held = NAMES.iter().filter(|(_, bit)| self.0 & bit != 0);
        held.map(|(name, _)| *name).collect::<Vec<_>>().join(",")
    }
}

pub(crate) fn share(
    session: &Session,
    wish: arguments::Share,
    output: Output,
) -> Result<(), Failure> {
    let made = session.client.call::<Create>(&request(wish))?;
    output.tell(&made, |made| match &made.url {
        Some(url) => format!("{}\n", output::printable(url)),
        None => rows(std::slice::from_ref(made), Side::Made),
    })
}

pub(crate) fn made(
    session: &Session,
    path: Option<&RemotePath>,
    output: Output,
) -> Result<(), Failure> {
    let query =
        Query { reshares: path.is_some(), path: path.map(ToString::to_string), ..Query::default() };
    let shares = session.client.call::<List>(&query)?;
    output.tell(&shares, |shares| rows(shares, Side::Made))
}

pub(crate) fn received(session: &Session, output: Output) -> Result<(), Failure> {
    let query = Query { shared_with_me: true, ..Query::default() };
    let shares = session.client.call::<List>(&query)?;
    output.tell(&shares, |shares| rows(shares, Side::Received))
}

pub(crate) fn end(session: &Session, id: String) -> Result<(), Failure> {
    session.client.call::<Delete>(&ById { id }).map(|_| ())
}

/// Somebody to share with.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Found {
    kind: &'static str,
    id: String,
    name: String,
}

pub(crate) fn people(session: &Session, search: String, output: Output) -> Result<(), Failure> {
    let query = sharees::Query {
        search,
        item_type: Some("file".into()),
        per_page: Some(PEOPLE),
        share_types: vec![ShareType::User, ShareType::Group],
        lookup: Some(false),
        ..sharees::Query::default()
    };
    let hits = session.client.call::<sharees::Search>(&query)?;
    let lists = [hits.exact.users, hits.users, hits.exact.groups, hits.groups];
    let found: Vec<Found> = lists.into_iter().flatten().map(Found::from).collect();
    output.tell(&found, |found| {
        let rows: Vec<_> = found
            .iter()
            .map(|one| [one.kind.to_owned(), one.id.clone(), one.name.clone()])
            .collect();
        output::table(["KIND", "ID", "NAME"], &rows)
    })
}

impl From<Sharee> for Found {
    fn from(sharee: Sharee) -> Self {
        let kind = kind(sharee.value.share_type);
        Self { kind, id: sharee.value.share_with, name: sharee.label }
    }
}

fn request(wish: arguments::Share) -> NewShare {
    let (share_type, share_with) = match wish.recipient {
        arguments::Recipient { with: Some(user), .. } => (ShareType::User, Some(user)),
        arguments::Recipient { group: Some(group), .. } => (ShareType::Group, Some(group)),
        arguments::Recipient { .. } => (ShareType::Link, None),
    };
    NewShare {
        path: Some(wish.path.to_string()),
        share_type: Some(share_type),
        share_with,
        permissions: wish.permissions.map(|permissions| permissions.0.into()),
        password: wish.password.map(Into::into),
        expire_date: wish.expires,
        note: wish.note,
        label: wish.label,
        ..NewShare::default()
    }
}

/// On which side of a share who asks is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Made,
    Received,
}

fn rows(shares: &[Share], side: Side) -> String {
    let rows: Vec<_> = shares
        .iter()
        .map(|share| {
            let (path, other) = match side {
                Side::Made => (&share.path, recipient(share)),
                Side::Received => (&share.file_target, share.uid_owner.clone()),
            };
            [
                share.id.clone(),
                kind(share.share_type).to_owned(),
                other,
                Permissions(share.permissions).names(),
                share
                    .expiration
                    .as_deref()
                    .and_then(|day| day.split(' ').next())
                    .unwrap_or_default()
                    .to_owned(),
                path.clone(),
            ]
        })
        .collect();
    let other = if side == Side::Made { "WITH" } else { "FROM" };
    output::table(["ID", "KIND", other, "PERMISSIONS", "UNTIL", "PATH"], &rows)
}

fn recipient(share: &Share) -> String {
    let link = share.url.clone();
    link.or_else(|| share.share_with.clone()).unwrap_or_default()
}

fn kind(share_type: ShareType) -> &'static str {
    match share_type {
        ShareType::User => "person",
        ShareType::Group => "group",
        ShareType::Link => "link",
        ShareType::Email => "mail",
        ShareType::Remote => "remote",
        ShareType::RemoteGroup => "remote group",
        ShareType::Team => "team",
        ShareType::Room => "conversation",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_words_or_a_number() {
        for (text, number) in [("read", 1), ("read,update", 3), ("share, read", 17), ("31", 31)] {
            assert_eq!(text.parse(), Ok(Permissions(number)), "{text}");
        }
        assert_eq!("all".parse(), Ok(Permissions(31)));
        for text in ["", "0", "32", "read,fly", "-1"] {
            assert!(text.parse::<Permissions>().is_err(), "{text}");
        }
        assert_eq!(Permissions(19).names(), "read,update,share");
    }

    #[test]
    fn a_share_is_asked_for_as_it_was_wished() {
        let wish = arguments::Share {
            path: "a b/".parse().unwrap(),
            recipient: arguments::Recipient { with: None, group: None, link: true },
            permissions: Some(Permissions(1)),
            password: Some("secret".into()),
            expires: Some("2027-01-31".into()),
            label: None,
            note: None,
        };
        let request = request(wish);
        assert_eq!(
            serde_json::to_value(&request).unwrap(),
            serde_json::json!({
                "path": "/a b", "shareType": 3, "permissions": 1,
                "password": "secret", "expireDate": "2027-01-31"
            })
        );
    }

    #[test]
    fn a_share_is_a_row() {
        let share = Share {
            id: "7".into(),
            share_with: Some("bob".into()),
            permissions: 1,
            expiration: Some("2027-01-05 23:59:59".into()),
            path: "/a".into(),
            file_target: "/from alice".into(),
            uid_owner: "alice".into(),
            ..Share::default()
        };
        let shares = [share];
        assert_eq!(
            rows(&shares, Side::Made),
            "ID  KIND    WITH  PERMISSIONS  UNTIL       PATH\n\
             7   person  bob   read         2027-01-05  /a\n"
        );
        assert_eq!(
            rows(&shares, Side::Received).lines().last(),
            Some("7   person  alice  read         2027-01-05  /from alice")
        );
    }
}
