//! The form in which events leave an installation.

use std::collections::BTreeMap;

use allmende_types::{EventNode, NodeShape};
use serde::Serialize;

use crate::Event;

/// What a line has, in this order. Names and meanings never change; names may be added.
#[derive(Serialize)]
struct Line<'a> {
    id: i64,
    stream: String,
    seq: i64,
    at: String,
    kind: &'static str,
    actor: Option<String>,
    address: Option<String>,
    agent: Option<&'a str>,
    node: Option<Node<'a>>,
    details: &'a BTreeMap<Box<str>, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cut: Option<bool>,
}

#[derive(Serialize)]
struct Node<'a> {
    space: i64,
    id: i64,
    parent: Option<i64>,
    name: &'a str,
    r#type: &'static str,
    from: Option<Before<'a>>,
}

#[derive(Serialize)]
struct Before<'a> {
    parent: i64,
    name: &'a str,
}

impl Event {
    /// The event as one line of JSON, without the line's end.
    ///
    /// | name | value |
    /// |---|---|
    /// | `id` | the number of the event in the installation |
    /// | `stream` | `accounts`, `sharing`, `space:N` or `reads:N` |
    /// | `seq` | the number in the stream: 1, 2, 3 and so on, without gaps |
    /// | `at` | when, by RFC 3339 |
    /// | `kind` | what happened: the name of its [kind](allmende_types::EventKind::as_str) |
    /// | `actor` | `person:ID`, `link:N`, or null if the server or nobody known did it |
    /// | `address`, `agent` | where the request came from, or null |
    /// | `node` | what it is about, or null: `space`, `id`, `parent` (null for a root), `name`, `type` (`file` or `folder`), and `from`, the `parent` and `name` it had before, or null |
    /// | `details` | what else there is to know: an object of texts |
    ///
    /// All names are always there. What is read may have more of them.
    ///
    /// ```
    /// use allmende_events::{Event, EventId};
    /// use allmende_types::{EventKind, NewEvent, Stream, Timestamp};
    ///
    /// let at = Timestamp::from_unix(1_800_000_000);
    /// let fact = NewEvent::new(Stream::Accounts, EventKind::LoginFailed, at).detail("login", "x");
    /// let event = Event { id: EventId(7), seq: 3, fact };
    /// assert_eq!(
    ///     event.to_json(),
    ///     r#"{"id":7,"stream":"accounts","seq":3,"at":"2027-01-15T08:00:00+00:00","#.to_owned()
    ///         + r#""kind":"login_failed","actor":null,"address":null,"agent":null,"#
    ///         + r#""node":null,"details":{"login":"x"}}"#
    /// );
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        text(&self.line())
    }

    /// The same in at most so many bytes, where that can be: what is longer has no agent and
    /// no details, and says `"cut":true` at its end. Numbers, kind, actor and names stay,
    /// and need less than 4 KiB.
    #[must_use]
    pub fn to_json_within(&self, most: usize) -> String {
        let whole = self.to_json();
        if whole.len() <= most {
            return whole;
        }
        text(&Line { agent: None, details: &BTreeMap::new(), cut: Some(true), ..self.line() })
    }

    fn line(&self) -> Line<'_> {
        let fact = &self.fact;
        Line {
            id: self.id.0,
            stream: fact.stream.to_string(),
            seq: self.seq,
            at: fact.at.to_rfc3339(),
            kind: fact.kind.as_str(),
            actor: fact.actor.as_ref().map(ToString::to_string),
            address: fact.origin.address.map(|address| address.to_string()),
            agent: fact.origin.agent.as_deref(),
            node: fact.node.as_ref().map(node),
            details: &fact.details,
            cut: None,
        }
    }
}

fn node(node: &EventNode) -> Node<'_> {
    Node {
        space: node.space.0,
        id: node.node.0,
        parent: node.parent.map(|id| id.0),
        name: &node.name,
        r#type: match node.shape {
            NodeShape::File => "file",
            NodeShape::Folder => "folder",
        },
        from: node.from.as_ref().map(|(parent, name)| Before { parent: parent.0, name }),
    }
}

/// Numbers and texts can always be written; if they could not, the line would say so.
fn text(line: &Line<'_>) -> String {
    serde_json::to_string(line).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"))
}

#[cfg(test)]
mod tests {
    use allmende_types::{EventKind, NewEvent, NodeId, Origin, SpaceId, Stream, Timestamp};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::EventId;

    fn read(name: &str, agent: Option<&str>, details: &BTreeMap<String, String>) -> Event {
        let space = SpaceId(7);
        let about = EventNode {
            space,
            node: NodeId(20),
            parent: Some(NodeId(5)),
            name: name.into(),
            shape: NodeShape::File,
            from: Some((NodeId(4), "old".into())),
        };
        let mut fact = NewEvent::new(Stream::Reads(space), EventKind::FileRead, Timestamp::EPOCH);
        fact = fact.about(about).by(allmende_types::Principal::Link(3));
        let address = Some("2001:db8::1".parse().unwrap());
        fact.origin = Origin { address, agent: agent.map(Into::into) };
        fact.details = details.iter().map(|(k, v)| (k.as_str().into(), v.clone())).collect();
        Event { id: EventId(9), seq: 2, fact }
    }

    proptest! {
        #[test]
        fn a_line_reads_back(
            name in any::<String>(),
            agent in any::<Option<String>>(),
            details in prop::collection::btree_map(any::<String>(), any::<String>(), 0..4),
        ) {
            let event = read(&name, agent.as_deref(), &details);
            let line = event.to_json();
            prop_assert!(!line.contains(['\n', '\r']));
            let read: Value = serde_json::from_str(&line).unwrap();
            let from = json!({"parent": 4, "name": "old"});
            let node = json!({
                "space": 7, "id": 20, "parent": 5, "name": name, "type": "file", "from": from,
            });
            prop_assert_eq!(read, json!({
                "id": 9, "stream": "reads:7", "seq": 2, "at": "1970-01-01T00:00:00+00:00",
                "kind": "file_read", "actor": "link:3", "address": "2001:db8::1", "agent": agent,
                "node": node, "details": details,
            }));
        }
    }

    #[test]
    fn a_long_line_is_cut_and_says_so() {
        let details = BTreeMap::from([("a".to_owned(), "x".repeat(5000))]);
        // The longest name, of characters that take the most.
        let event = read(&"\u{1}".repeat(255), Some("agent"), &details);
        assert_eq!(event.to_json_within(8192), event.to_json());
        let cut = event.to_json_within(4096);
        assert!(cut.len() < 4096 && cut.ends_with(r#""details":{},"cut":true}"#), "{cut}");
        assert!(cut.contains(r#""agent":null"#) && cut.contains(r#""seq":2"#));
    }
}
