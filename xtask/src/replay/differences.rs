//! Differences that were found, and those that are kept on purpose.

use std::fmt;

use serde::Deserialize;

use crate::failure::{Context as _, Result};

/// One place in one answer that is not as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) scenario: String,
    pub(super) n: u32,
    /// `status`, `header NAME`, `body…`, or a resource and its property.
    pub(super) place: String,
    pub(super) text: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} #{} {}: {}", self.scenario, self.n, self.place, self.text)
    }
}

/// Collects the differences of one exchange.
#[derive(Debug)]
pub(super) struct Differences<'a> {
    scenario: &'a str,
    n: u32,
    list: &'a mut Vec<Difference>,
}

impl<'a> Differences<'a> {
    pub(super) fn new(scenario: &'a str, n: u32, list: &'a mut Vec<Difference>) -> Self {
        Self { scenario, n, list }
    }

    pub(super) fn add(&mut self, place: &str, text: String) {
        let (scenario, n, place) = (self.scenario.to_owned(), self.n, place.to_owned());
        self.list.push(Difference { scenario, n, place, text });
    }
}

/// The list beside this file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deviations {
    #[serde(default)]
    deviation: Vec<Deviation>,
}

/// What is kept for one reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deviation {
    reason: String,
    /// `SCENARIO [#N] PLACE`.
    covers: Vec<Cover>,
}

/// A pattern for differences.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Cover {
    scenario: String,
    n: Option<u32>,
    place: String,
}

impl TryFrom<String> for Cover {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (scenario, rest) = text.split_once(' ').ok_or(format!("`{text}` names no place"))?;
        let numbered = rest.strip_prefix('#').and_then(|rest| rest.split_once(' '));
        let (n, place) = match numbered {
            Some((n, place)) => (Some(n.parse().map_err(|e| format!("`{text}`: {e}"))?), place),
            None => (None, rest),
        };
        Ok(Self { scenario: scenario.to_owned(), n, place: place.to_owned() })
    }
}

/// The differences sorted by whether they are kept on purpose.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) unlisted: Vec<Difference>,
    pub(super) kept: usize,
    /// Entries that covered nothing.
    pub(super) stale: Vec<String>,
}

impl Deviations {
    pub(super) fn read() -> Result<Self> {
        toml::from_str(include_str!("deviations.toml")).context("deviations.toml")
    }

    /// Judges what was found in the scenarios that were replayed.
    pub(super) fn judge(&self, found: Vec<Difference>, replayed: &[String]) -> Judged {
        let covers: Vec<(&Cover, &str)> = self
            .deviation
            .iter()
            .flat_map(|group| group.covers.iter().map(|cover| (cover, group.reason.as_str())))
            .collect();
        let mut used = vec![false; covers.len()];
        let mut unlisted = Vec::new();
        let mut kept = 0;
        for difference in found {
            let mut listed = false;
            for ((cover, _), used) in covers.iter().zip(&mut used) {
                if cover.covers(&difference) {
                    listed = true;
                    *used = true;
                }
            }
            if listed {
                kept += 1;
            } else {
                unlisted.push(difference);
            }
        }
        let replays =
            |cover: &Cover| replayed.iter().any(|scenario| matches(&cover.scenario, scenario));
        let stale = (covers.into_iter().zip(used))
            .filter(|((cover, _), used)| !used && replays(cover))
            .map(|((cover, reason), _)| {
                let n = cover.n.map(|n| format!(" #{n}")).unwrap_or_default();
                format!("{}{n} {}: {reason}", cover.scenario, cover.place)
            })
            .collect();
        Judged { unlisted, kept, stale }
    }
}

impl Cover {
    fn covers(&self, difference: &Difference) -> bool {
        matches(&self.scenario, &difference.scenario)
            && self.n.is_none_or(|n| n == difference.n)
            && matches(&self.place, &difference.place)
    }
}

/// Whether a text is as the pattern says; `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(n: u32, place: &str) -> Difference {
        Difference { scenario: "a.b".into(), n, place: place.into(), text: String::new() }
    }

    #[test]
    fn unlisted_differences_and_stale_entries_are_told() {
        let deviations: Deviations = toml::from_str(
            "[[deviation]]\nreason='r'\ncovers=['a.* * {x}y']\n\
             [[deviation]]\nreason='s'\ncovers=['a.b #2 status', 'other status']\n",
        )
        .unwrap();
        let found = vec![difference(1, "/f {x}y"), difference(1, "status")];
        let judged = deviations.judge(found, &["a.b".to_owned()]);
        assert_eq!(judged.unlisted, [difference(1, "status")]);
        assert_eq!(judged.kept, 1);
        assert_eq!(judged.stale, ["a.b #2 status: s"]);
    }

    #[test]
    fn patterns() {
        assert!(matches("a*c*e", "abcde") && matches("*", "") && matches("ab", "ab"));
        assert!(!matches("a*c", "abcd") && !matches("ab", "abc") && !matches("b*", "ab"));
    }

    #[test]
    fn the_list_is_well_formed() {
        Deviations::read().unwrap();
    }
}
