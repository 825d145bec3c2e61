//! Whom one can share with.

use allmende_accounts::Person;
use allmende_ocs::{
    OcsError, Reply,
    endpoints::files_sharing::{
        ShareType,
        sharees::{
            ExactSharees, Kinds, Query, RecommendedLists, RecommendedSharees, Sharee, Sharees,
        },
    },
};
use allmende_sharing::{Caller, Found, Recipient, ShareKind, ShareeQuery};
use http::{HeaderValue, header};

use super::{Call, Outcome, shares::refused};

/// Hits per page where no number is asked for.
const PAGE: u32 = 200;

/// The kinds that are asked for; all that there are if none are named.
fn kinds(asked: &[ShareType]) -> Vec<ShareKind> {
    if asked.is_empty() {
        return ShareKind::ALL.to_vec();
    }
    asked.iter().filter_map(|kind| ShareKind::from_number(kind.number())).collect()
}

pub(super) async fn search(call: &Call<'_>, input: Query) -> Outcome<Sharees> {
    let page = input.page(PAGE)?;
    let caller = Caller { person: &call.who()?.person.id, now: call.now() };
    let mut query = ShareeQuery::new(input.search.clone());
    query.kinds = kinds(&input.share_types);
    (query.page, query.per_page) = (page.number, page.size);
    let found = call.inner.sharing.sharees(caller, &query).await.map_err(refused)?;
    let exact = Lists::of(&found.exact);
    let wide = Lists::of(&found.wide);
    let mut reply = Reply::new(Sharees {
        exact: ExactSharees {
            users: exact.users,
            groups: exact.groups,
            circles: exact.circles,
            remotes: exact.remotes,
            emails: exact.emails,
            ..ExactSharees::default()
        },
        users: wide.users,
        groups: wide.groups,
        circles: wide.circles,
        remotes: wide.remotes,
        emails: wide.emails,
        ..Sharees::default()
    });
    if found.more {
        let address =
            format!("{}/ocs/v2.php/apps/files_sharing/api/v1/sharees", call.origin.base_url());
        let next = input.link_to_next(&address, &input.share_types, page);
        if let Ok(next) = HeaderValue::from_str(&next) {
            reply = reply.with_header(header::LINK, next);
        }
    }
    Ok(reply)
}

pub(super) async fn recommended(call: &Call<'_>, input: Kinds) -> Outcome<RecommendedSharees> {
    if input.item_type.is_none() {
        return Err(OcsError::bad_request("Missing itemType"));
    }
    let caller = Caller { person: &call.who()?.person.id, now: call.now() };
    let found = call.inner.sharing.recommended(caller, &kinds(&input.share_types)).await;
    let mut lists = RecommendedLists::default();
    for one in found.map_err(refused)? {
        let count = Some(one.count);
        match &one.recipient {
            Recipient::Person(id) => {
                let person = Sharee::person(id.as_str(), &one.name, id.as_str(), None);
                lists.users.push(Sharee { count, ..person });
            }
            Recipient::Group(id) => {
                let group = Sharee::new(ShareType::Group, id.as_str(), &one.name);
                lists.groups.push(Sharee { count, ..group });
            }
            Recipient::Mail(address) => {
                lists.emails.push(Sharee { count, ..Sharee::email(address) });
            }
            _ => {}
        }
    }
    Ok(Reply::new(RecommendedSharees { exact: lists, ..RecommendedSharees::default() }))
}

struct Lists {
    users: Vec<Sharee>,
    groups: Vec<Sharee>,
    circles: Vec<Sharee>,
    remotes: Vec<Sharee>,
    emails: Vec<Sharee>,
}

impl Lists {
    fn of(found: &Found) -> Self {
        let person = |person: &Person| {
            let unique = person.email.as_deref().unwrap_or(person.id.as_str());
            Sharee::person(person.id.as_str(), &person.display_name, unique, None)
        };
        Self {
            users: found.people.iter().map(person).collect(),
            groups: (found.groups.iter())
                .map(|group| Sharee::new(ShareType::Group, group.id.as_str(), &group.display_name))
                .collect(),
            circles: (found.circles.iter())
                .map(|circle| Sharee::new(ShareType::Team, circle.id.as_str(), &circle.name))
                .collect(),
            remotes: (found.remotes.iter())
                .map(|remote| Sharee::remote(&remote.user, &remote.host, false))
                .collect(),
            emails: found.mails.iter().map(|address| Sharee::email(address)).collect(),
        }
    }
}
