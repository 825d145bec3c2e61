//! Texts with things in them: a template such as `{user} changed {file}`, and what its
//! placeholders stand for, in the form that desktop and mobile clients read. All values of
//! a thing are text; clients decode strictly.

use allmende_ocs::{Assoc, endpoints::notifications::RichObject};
use allmende_types::{NodeId, SpacePath};

use crate::pages::Language;

/// The language of a person: their own choice, else what their client accepts.
pub(crate) fn language(chosen: &str, headers: &http::HeaderMap) -> Language {
    if !chosen.is_empty() {
        return Language::accepted(Some(&chosen.replace('_', "-")));
    }
    let accepted = headers.get(http::header::ACCEPT_LANGUAGE);
    Language::accepted(accepted.and_then(|value| value.to_str().ok()))
}

/// A text in two languages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text {
    pub(super) english: &'static str,
    pub(super) german: &'static str,
}

impl Text {
    pub(super) const fn new(english: &'static str, german: &'static str) -> Self {
        Self { english, german }
    }

    pub(super) const fn of(self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::German => self.german,
        }
    }
}

fn object<const N: usize>(values: [(&str, &str); N]) -> RichObject {
    values.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
}

/// A person.
pub(super) fn person(id: &str, name: &str) -> RichObject {
    object([("type", "user"), ("id", id), ("name", name)])
}

/// A group.
pub(super) fn group(id: &str, name: &str) -> RichObject {
    object([("type", "user-group"), ("id", id), ("name", name)])
}

/// A circle.
pub(super) fn circle(id: &str, name: &str) -> RichObject {
    object([("type", "circle"), ("id", id), ("name", name)])
}

/// A word that stands out.
pub(super) fn highlight(id: &str, name: &str) -> RichObject {
    object([("type", "highlight"), ("id", id), ("name", name)])
}

/// A file or folder of the reader's; only its name, where they have no path to it.
pub(super) fn file(base: &str, id: NodeId, name: &str, path: Option<&SpacePath>) -> RichObject {
    let (id, link) = (id.to_string(), format!("{base}/f/{id}"));
    let path = path.map_or_else(|| name.to_owned(), ToString::to_string);
    object([("type", "file"), ("id", &id), ("name", name), ("path", &path), ("link", &link)])
}

/// A template in which each placeholder has become the name of what it stands for.
///
/// What is put in is not looked at again: a file called `{user}` stays one.
pub(super) fn plain(template: &str, things: &Assoc<RichObject>) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        let (before, tail) = rest.split_at(start);
        out.push_str(before);
        let end = tail.find('}').map_or(tail.len(), |end| end + 1);
        let (mark, after) = tail.split_at(end);
        let name = mark.trim_start_matches('{').trim_end_matches('}');
        match things.get(name).and_then(|thing| thing.get("name")) {
            Some(name) => out.push_str(name),
            None => out.push_str(mark),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_become_names_once() {
        let mut things = Assoc::default();
        things.push("user", person("alice", "{file}"));
        things.push("file", file("https://c", NodeId(7), "a.txt", None));
        assert_eq!(plain("{user} changed {file}", &things), "{file} changed a.txt");
        assert_eq!(plain("no {such} thing {", &things), "no {such} thing {");
    }
}
