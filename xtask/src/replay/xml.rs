//! XML bodies, compared by structure: prefixes, blanks and the order of properties are free.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};

use super::differences::Differences;
use super::relations::Relations;
use crate::failure::{Context as _, Result};

/// A multistatus (RFC 4918, section 13).
#[derive(Debug)]
pub(super) struct Multistatus {
    pub(super) responses: Vec<Response>,
}

/// What one says about one resource.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) href: String,
    /// The status of the whole, where it has no properties.
    status: Option<String>,
    /// By name: the status and the value.
    properties: BTreeMap<String, (String, Value)>,
}

impl Response {
    /// The text of the property with that local name.
    pub(super) fn text(&self, local: &str) -> Option<&str> {
        let end = format!("}}{local}");
        let (_, (_, value)) = self.properties.iter().find(|(name, _)| name.ends_with(&end))?;
        value.children.is_empty().then_some(value.text.as_str())
    }
}

/// An element's content, with its attributes of a namespace as if they were elements.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Value {
    text: String,
    children: Vec<(String, Value)>,
}

fn name(node: Node<'_, '_>) -> String {
    let tag = node.tag_name();
    format!("{{{}}}{}", tag.namespace().unwrap_or_default(), tag.name())
}

fn value(node: Node<'_, '_>) -> Value {
    let mut children: Vec<(String, Value)> =
        node.children().filter(Node::is_element).map(|child| (name(child), value(child))).collect();
    let text = node.text().unwrap_or_default();
    // Blanks between elements carry nothing; within a text they do.
    let text = if children.is_empty() { text } else { text.trim() };
    children.extend(node.attributes().filter_map(|attribute| {
        let namespace = attribute.namespace()?;
        let text = attribute.value().to_owned();
        let name = format!("@{{{namespace}}}{}", attribute.name());
        Some((name, Value { text, children: Vec::new() }))
    }));
    Value { text: text.to_owned(), children }
}

fn dav<'a, 'input>(
    node: Node<'a, 'input>,
    local: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(move |child| child.has_tag_name(("DAV:", local)))
}

fn first_text(node: Node<'_, '_>, local: &'static str) -> Option<String> {
    dav(node, local).next().map(|child| child.text().unwrap_or_default().to_owned())
}

impl Multistatus {
    pub(super) fn parse(body: &str) -> Result<Self> {
        let document = Document::parse(body).context("not XML")?;
        let root = document.root_element();
        if !root.has_tag_name(("DAV:", "multistatus")) {
            crate::failure::fail!("{} is not a multistatus", name(root));
        }
        let mut responses = Vec::new();
        for node in dav(root, "response") {
            let mut response = Response {
                href: first_text(node, "href").context("a response without href")?,
                status: first_text(node, "status"),
                properties: BTreeMap::new(),
            };
            for propstat in dav(node, "propstat") {
                let status = first_text(propstat, "status").context("a propstat without status")?;
                for property in dav(propstat, "prop").flat_map(|prop| prop.children()) {
                    if property.is_element() {
                        let entry = (status.clone(), value(property));
                        response.properties.insert(name(property), entry);
                    }
                }
            }
            responses.push(response);
        }
        Ok(Self { responses })
    }
}

/// Compares two XML bodies; of an error only its kind, since its words are free.
pub(super) fn compare(
    recorded: &str,
    ours: &str,
    time: f64,
    relations: &mut Relations,
    differences: &mut Differences<'_>,
) -> Result<()> {
    let own = match Document::parse(ours) {
        Ok(own) => own,
        Err(error) => {
            differences.add("body", format!("not XML: {error}"));
            return Ok(());
        }
    };
    // The recorded server repeats control characters of a name in its errors; then its body is
    // no XML, and all that can be asked of ours is that it is.
    let Ok(theirs) = Document::parse(recorded) else { return Ok(()) };
    let (theirs, own) = (theirs.root_element(), own.root_element());
    if name(theirs) != name(own) {
        differences.add("body", format!("{} instead of {}", name(own), name(theirs)));
    } else if theirs.has_tag_name(("DAV:", "multistatus")) {
        let theirs = Multistatus::parse(recorded).context("recorded")?;
        match Multistatus::parse(ours) {
            Ok(own) => compare_multistatus(&theirs, &own, time, relations, differences),
            Err(failure) => differences.add("body", failure.to_string()),
        }
    } else if theirs.has_tag_name(("DAV:", "error")) {
        let kind = |node: Node<'_, '_>| {
            node.children()
                .find(|child| child.has_tag_name(("http://sabredav.org/ns", "exception")))
                .and_then(|child| child.text())
                .unwrap_or_default()
                .to_owned()
        };
        if kind(theirs) != kind(own) {
            differences.add("exception", format!("{} instead of {}", kind(own), kind(theirs)));
        }
    } else {
        compare_values("body", &value(theirs), &value(own), time, relations, differences);
    }
    Ok(())
}

fn compare_multistatus(
    theirs: &Multistatus,
    own: &Multistatus,
    time: f64,
    relations: &mut Relations,
    differences: &mut Differences<'_>,
) {
    let first = |set: &Multistatus| set.responses.first().map(|response| response.href.clone());
    if first(theirs) != first(own) {
        // The desktop client takes the first for the folder itself.
        differences.add("first href", format!("{:?} instead of {:?}", first(own), first(theirs)));
    }
    let find = |set: &Multistatus, href: &str| {
        set.responses.iter().position(|response| response.href == href)
    };
    for response in &own.responses {
        if find(theirs, &response.href).is_none() {
            differences.add(&response.href, "is listed but was not".into());
        }
    }
    for response in &theirs.responses {
        let Some(at) = find(own, &response.href) else {
            differences.add(&response.href, "is not listed".into());
            continue;
        };
        let ours = &own.responses[at];
        if response.status != ours.status {
            let text = format!("{:?} instead of {:?}", ours.status, response.status);
            differences.add(&format!("{} status", response.href), text);
        }
        compare_properties(response, ours, time, relations, differences);
    }
}

fn compare_properties(
    theirs: &Response,
    ours: &Response,
    time: f64,
    relations: &mut Relations,
    differences: &mut Differences<'_>,
) {
    for name in ours.properties.keys() {
        if !theirs.properties.contains_key(name) {
            differences.add(&format!("{} {name}", theirs.href), "is answered but was not".into());
        }
    }
    for (name, (status, value)) in &theirs.properties {
        let place = format!("{} {name}", theirs.href);
        match ours.properties.get(name) {
            None => differences.add(&place, "is not answered".into()),
            Some((own_status, _)) if own_status != status => {
                differences.add(&place, format!("{own_status} instead of {status}"));
            }
            Some((_, own)) => compare_values(&place, value, own, time, relations, differences),
        }
    }
}

fn compare_values(
    place: &str,
    theirs: &Value,
    ours: &Value,
    time: f64,
    relations: &mut Relations,
    differences: &mut Differences<'_>,
) {
    if let Err(text) = relations.compare(place, &theirs.text, &ours.text, time) {
        differences.add(place, text);
    }
    let names = |value: &Value| -> Vec<String> {
        let mut names: Vec<_> = value.children.iter().map(|(name, _)| name.clone()).collect();
        names.sort();
        names
    };
    if names(theirs) != names(ours) {
        differences.add(place, format!("{:?} instead of {:?}", names(ours), names(theirs)));
        return;
    }
    // Elements of the same name keep their order; those of different names need not.
    let mut taken = vec![false; ours.children.len()];
    for (name, child) in &theirs.children {
        let at =
            ours.children.iter().zip(&taken).position(|((own, _), taken)| own == name && !taken);
        if let Some(at) = at {
            taken[at] = true;
            let place = format!("{place} {name}");
            compare_values(&place, child, &ours.children[at].1, time, relations, differences);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differences(recorded: &str, ours: &str) -> Vec<String> {
        let mut list = Vec::new();
        let mut found = Differences::new("s", 1, &mut list);
        compare(recorded, ours, 0.0, &mut Relations::default(), &mut found).unwrap();
        list.into_iter()
            .map(|difference| format!("{}: {}", difference.place, difference.text))
            .collect()
    }

    fn multistatus(inner: &str) -> String {
        format!(
            "<d:multistatus xmlns:d='DAV:'><d:response><d:href>/x</d:href><d:propstat><d:prop>\
             {inner}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>\
             </d:multistatus>"
        )
    }

    #[test]
    fn order_and_prefixes_are_free_but_values_are_not() {
        let recorded = multistatus("<d:a>1</d:a><d:b/>");
        let reordered = multistatus("<x:b xmlns:x='DAV:'/><d:a>1</d:a>");
        assert_eq!(differences(&recorded, &reordered), Vec::<String>::new());
        let changed = multistatus("<d:a>2</d:a><d:c/>");
        assert_eq!(
            differences(&recorded, &changed),
            [
                "/x {DAV:}c: is answered but was not",
                "/x {DAV:}a: \"2\" instead of \"1\"",
                "/x {DAV:}b: is not answered",
            ]
        );
    }

    #[test]
    fn attributes_count_too() {
        let one = multistatus("<d:a d:b='1' c='2'>x</d:a>");
        let free = multistatus("<d:a d:b='1' c='3'>x</d:a>");
        assert_eq!(differences(&one, &free), Vec::<String>::new());
        let changed = multistatus("<d:a d:b='2'>x</d:a>");
        let expected = ["/x {DAV:}a @{DAV:}b: \"2\" instead of \"1\""];
        assert_eq!(differences(&one, &changed), expected);
    }

    #[test]
    fn of_an_error_the_kind_counts() {
        let error = |kind: &str, words: &str| {
            format!(
                "<d:error xmlns:d='DAV:' xmlns:s='http://sabredav.org/ns'>\
                 <s:exception>{kind}</s:exception><s:message>{words}</s:message></d:error>"
            )
        };
        assert!(differences(&error("A", "one"), &error("A", "two")).is_empty());
        assert_eq!(differences(&error("A", ""), &error("B", "")), ["exception: B instead of A"]);
        assert_eq!(differences(&error("A", ""), "rubbish").len(), 1);
    }
}
