//! Recorded exchanges as they lie on the disk.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::failure::{Context as _, Result};
use crate::tree::Noise;

/// One file: the scenarios of one topic.
#[derive(Debug, Deserialize)]
pub(super) struct Topic {
    pub(super) scenarios: BTreeMap<String, Vec<Exchange>>,
}

/// One request and its whole answer.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Exchange {
    /// Its number within the scenario, from 1.
    pub(super) n: u32,
    /// Who sent it.
    #[serde(rename = "as")]
    pub(super) sender: String,
    pub(super) method: String,
    pub(super) path: String,
    /// When it was sent, in Unix seconds.
    pub(super) time: f64,
    pub(super) request_headers: Vec<(String, String)>,
    pub(super) request_body: Body,
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Body,
}

/// A body: as text, or what was kept of one that is binary or large.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    pub(super) text: Option<String>,
    pub(super) base64: Option<String>,
    pub(super) length: Option<usize>,
}

impl Body {
    /// The bytes, if all of them were kept.
    pub(super) fn bytes(&self) -> Result<Option<Vec<u8>>> {
        match (&self.text, &self.base64) {
            (Some(text), _) => Ok(Some(text.clone().into_bytes())),
            (None, Some(encoded)) => Ok(Some(STANDARD.decode(encoded).context("base64")?)),
            (None, None) => Ok(None),
        }
    }

    /// The bytes to send: where they were not kept, others of the same length.
    pub(super) fn to_send(&self) -> Result<Vec<u8>> {
        if let Some(bytes) = self.bytes()? {
            return Ok(bytes);
        }
        let length = self.length.context("a body with neither content nor length")?;
        Ok(Noise::new(length as u64).bytes(length))
    }

    /// The text, empty for a binary body.
    pub(super) fn as_text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }
}

impl Exchange {
    /// The first recorded header of the answer with that name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// All topics below a folder, by name.
pub(super) fn load(dir: &Path) -> Result<BTreeMap<String, Topic>> {
    let mut topics = BTreeMap::new();
    for entry in std::fs::read_dir(dir).context(dir.display())? {
        let path = entry.context(dir.display())?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let bytes = std::fs::read(&path).context(path.display())?;
        let topic = serde_json::from_slice(&bytes).context(path.display())?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        topics.insert(name, topic);
    }
    Ok(topics)
}
