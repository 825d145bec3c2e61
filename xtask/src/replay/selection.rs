//! Which scenarios are replayed now.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::recording::{Exchange, Topic};
use crate::failure::{Context as _, Result, ensure, fail};

/// The list beside this file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Topics {
    built: BTreeSet<String>,
    waiting: BTreeMap<String, String>,
    #[serde(default)]
    later: Vec<Later>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Later {
    scenario: String,
    waits_for: String,
    reason: String,
}

/// The scenarios of one topic, sorted out.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// To replay, by topic.
    pub(super) topics: BTreeMap<String, Vec<(String, Vec<Exchange>)>>,
    /// What waits, one line each.
    pub(super) waiting: Vec<String>,
}

impl Topics {
    pub(super) fn read() -> Result<Self> {
        toml::from_str(include_str!("topics.toml")).context("topics.toml")
    }

    /// Sorts the recorded topics out; nothing may be unknown to the list.
    pub(super) fn choose(
        &self,
        recorded: BTreeMap<String, Topic>,
        only: &[String],
    ) -> Result<Chosen> {
        for name in self.built.iter().chain(self.waiting.keys()) {
            ensure!(recorded.contains_key(name), "topics.toml: no topic `{name}` is recorded");
        }
        for later in &self.later {
            let known = recorded.values().any(|t| t.scenarios.contains_key(&later.scenario));
            ensure!(known, "topics.toml: no scenario `{}` is recorded", later.scenario);
        }
        let mut chosen = Chosen::default();
        for (name, topic) in recorded {
            if let Some(waits_for) = self.waiting.get(&name) {
                let count = topic.scenarios.len();
                chosen.waiting.push(format!("{name} ({count} scenarios): {waits_for}"));
                continue;
            }
            if !self.built.contains(&name) {
                fail!("topics.toml does not say what to do with the topic `{name}`");
            }
            for (scenario, exchanges) in topic.scenarios {
                if let Some(later) = self.later.iter().find(|later| later.scenario == scenario) {
                    let Later { waits_for, reason, .. } = later;
                    chosen.waiting.push(format!("{scenario}: {waits_for}, {reason}"));
                } else if only.is_empty() || only.iter().any(|o| scenario.starts_with(o.as_str())) {
                    chosen.topics.entry(name.clone()).or_default().push((scenario, exchanges));
                }
            }
        }
        Ok(chosen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_topic_is_a_failure_and_a_later_scenario_is_told() {
        let topics: Topics = toml::from_str(
            "built = ['a']\n[waiting]\nb = 'issue 3'\n[[later]]\nscenario = 'a.y'\nwaits_for = 'issue 4'\nreason = 'r'\n",
        )
        .unwrap();
        let recorded = |names: &[&str]| -> BTreeMap<String, Topic> {
            names
                .iter()
                .map(|name| {
                    let scenarios = ["x", "y"].map(|s| (format!("{name}.{s}"), Vec::new())).into();
                    ((*name).to_owned(), Topic { scenarios })
                })
                .collect()
        };
        let chosen = topics.choose(recorded(&["a", "b"]), &[]).unwrap();
        assert_eq!(chosen.topics["a"].len(), 1);
        assert_eq!(chosen.waiting, ["a.y: issue 4, r", "b (2 scenarios): issue 3"]);
        assert!(topics.choose(recorded(&["a", "b", "c"]), &[]).is_err());
        assert!(topics.choose(recorded(&["a"]), &[]).is_err());
        assert!(topics.choose(recorded(&["a", "b"]), &["a.y".into()]).unwrap().topics.is_empty());
    }

    #[test]
    fn the_list_is_well_formed() {
        Topics::read().unwrap();
    }
}
