//! A comment in a listing.

use std::collections::HashMap;

use allmende_comments::Comment;
use allmende_types::{Timestamp, UserId};
use allmende_webdav::Result;
use allmende_webdav_proto::{PropName, multistatus::PropsWriter};

use super::unavailable;
use crate::dav::home::Home;

pub(super) const MESSAGE: PropName = PropName::oc("message");
const ID: PropName = PropName::oc("id");
const PARENT: PropName = PropName::oc("parentId");
const TOPMOST: PropName = PropName::oc("topmostParentId");
const REPLIES: PropName = PropName::oc("childrenCount");
const LAST_REPLY: PropName = PropName::oc("latestChildDateTime");
const VERB: PropName = PropName::oc("verb");
const ACTOR_KIND: PropName = PropName::oc("actorType");
const ACTOR: PropName = PropName::oc("actorId");
const ACTOR_NAME: PropName = PropName::oc("actorDisplayName");
const OBJECT_KIND: PropName = PropName::oc("objectType");
const OBJECT: PropName = PropName::oc("objectId");
const CREATED: PropName = PropName::oc("creationDateTime");
const UNREAD: PropName = PropName::oc("isUnread");
const MENTIONS: PropName = PropName::oc("mentions");
const REFERENCE: PropName = PropName::oc("referenceId");
const REACTIONS: PropName = PropName::oc("reactions");
pub(super) const TYPE: PropName = PropName::dav("resourcetype");

/// What a report shows of each comment.
pub(super) const ALL: [PropName; 17] = [
    ID,
    PARENT,
    TOPMOST,
    REPLIES,
    LAST_REPLY,
    VERB,
    ACTOR_KIND,
    ACTOR,
    ACTOR_NAME,
    MESSAGE,
    OBJECT_KIND,
    OBJECT,
    CREATED,
    UNREAD,
    MENTIONS,
    REFERENCE,
    REACTIONS,
];

/// Who is called so, of those who wrote comments or are mentioned in them.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<String, String>);

impl Names {
    /// The names of a page of comments: one query.
    pub(super) async fn of(home: &Home, comments: &[Comment]) -> Result<Self> {
        let mut people: Vec<UserId> = Vec::new();
        for comment in comments {
            people.extend(comment.author.clone());
            people.extend(comment.mentions().filter_map(|who| who.id.parse().ok()));
        }
        people.sort_unstable();
        people.dedup();
        let known = home.sharing.accounts().people_by_id(&people).await.map_err(unavailable)?;
        let known = known.into_iter().flatten();
        Ok(Self(known.map(|person| (person.id.key(), person.display_name)).collect()))
    }

    fn get(&self, id: &str) -> &str {
        self.0.get(&id.to_ascii_lowercase()).map_or("", String::as_str)
    }
}

/// Writes a property of a comment.
pub(super) fn write(
    comment: &Comment,
    names: &Names,
    name: &PropName,
    props: &mut PropsWriter<'_>,
) {
    /// Who wrote what people wrote who are gone.
    const GONE: &str = "deleted_users";
    let author = comment.author.as_ref().map(UserId::as_str);
    let time = |time: Option<Timestamp>| time.map_or_else(String::new, Timestamp::to_http_date);
    match name {
        _ if *name == ID => props.found(name, |xml| xml.number(comment.id.0)),
        // Observed: 0 stands for none.
        _ if *name == PARENT => {
            props.found(name, |xml| xml.number(comment.parent.map_or(0, |id| id.0)));
        }
        _ if *name == TOPMOST => {
            props.found(name, |xml| xml.number(comment.topmost.map_or(0, |id| id.0)));
        }
        _ if *name == REPLIES => props.found(name, |xml| xml.number(comment.replies)),
        _ if *name == LAST_REPLY => props.found_text(name, &time(comment.last_reply)),
        _ if *name == VERB => props.found_text(name, &comment.verb),
        _ if *name == ACTOR_KIND => props.found_text(name, author.map_or(GONE, |_| "users")),
        _ if *name == ACTOR => props.found_text(name, author.unwrap_or(GONE)),
        _ if *name == ACTOR_NAME => props.found_text(name, author.map_or("", |id| names.get(id))),
        _ if *name == MESSAGE => props.found_text(name, &comment.message),
        _ if *name == OBJECT_KIND => props.found_text(name, "files"),
        _ if *name == OBJECT => props.found(name, |xml| xml.number(comment.node.0)),
        _ if *name == CREATED => props.found_text(name, &time(Some(comment.created))),
        _ if *name == UNREAD => {
            props.found_text(name, if comment.unread { "true" } else { "false" });
        }
        _ if *name == MENTIONS => props.found(name, |xml| {
            let [one, kind, id, shown] =
                ["mention", "mentionType", "mentionId", "mentionDisplayName"].map(PropName::oc);
            for who in comment.mentions() {
                xml.element(&one, |xml| {
                    xml.text_element(&kind, "user");
                    xml.text_element(&id, who.id);
                    xml.text_element(&shown, names.get(who.id));
                });
            }
        }),
        // There are neither references nor reactions, and clients know by that.
        _ if *name == REFERENCE || *name == REACTIONS || *name == TYPE => {
            props.found_text(name, "");
        }
        _ => props.missing(name),
    }
}
