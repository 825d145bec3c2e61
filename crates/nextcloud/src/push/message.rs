//! One message to one device.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rsa::PublicKey;
use serde::Serialize;
use serde_json::json;

use super::{PersonKey, PushError};

/// Bytes that fit into one block of PKCS#1 v1.5 with a key of 2048 bits.
const MOST: usize = 245;

/// What a device is told, before it is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// A notification has come.
    Told { id: i64, app: String, kind: String, object: String, subject: String },
    /// A notification is gone.
    Gone(i64),
    /// All are gone.
    AllGone,
}

impl Content {
    /// The text, which fits into one block: a long subject is cut off, and what the subject
    /// is about is left out where even that is too long; the device asks for it anyway.
    fn text(&self) -> String {
        let (id, app, kind, object, subject) = match self {
            Self::Gone(id) => return json!({ "nid": id, "delete": true }).to_string(),
            Self::AllGone => return json!({ "delete-all": true }).to_string(),
            Self::Told { id, app, kind, object, subject } => (id, app, kind, object, subject),
        };
        let told = |app: &str, kind: &str, object: &str, subject: &str| {
            json!({ "nid": id, "app": app, "subject": subject, "type": kind, "id": object })
                .to_string()
        };
        let whole = told(app, kind, object, subject);
        if whole.len() <= MOST {
            return whole;
        }
        let (app, kind, object) = match told(app, kind, object, "…").len() {
            0..=MOST => (app.as_str(), kind.as_str(), object.as_str()),
            _ => ("", "", ""),
        };
        let whole = told(app, kind, object, subject);
        if whole.len() <= MOST {
            return whole;
        }
        // The longest beginning that fits.
        let room = MOST - told(app, kind, object, "…").len();
        let ends = subject.char_indices().map(|(at, _)| at).take_while(|at| *at <= room);
        let mut ends: Vec<usize> = ends.collect();
        while let Some(end) = ends.pop() {
            let cut = told(app, kind, object, &format!("{}…", &subject[..end]));
            if cut.len() <= MOST {
                return cut;
            }
        }
        told(app, kind, object, "…")
    }

    /// Whether the device makes it known, or does it in silence.
    fn kind(&self) -> &'static str {
        match self {
            Self::Told { .. } => "alert",
            Self::Gone(_) | Self::AllGone => "background",
        }
    }
}

/// A message, as the proxy reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    pub(super) device_identifier: String,
    pub(super) push_token_hash: String,
    /// The content, encrypted for the device.
    subject: String,
    /// The person's signature of the encrypted content.
    signature: String,
    priority: &'static str,
    r#type: &'static str,
}

impl Message {
    /// A message to a device, whose key this is.
    pub(super) fn seal(
        content: &Content,
        device: &allmende_events::PushDevice,
        key: &PublicKey,
        person: &PersonKey,
    ) -> Result<Self, PushError> {
        let sealed = key.pkcs1v15_encrypt(content.text().as_bytes());
        let sealed = sealed.map_err(|e| PushError::Key(e.to_string()))?;
        Ok(Self {
            device_identifier: device.identifier.clone(),
            push_token_hash: device.token_hash.clone(),
            signature: STANDARD.encode(person.sign(&sealed)?),
            subject: STANDARD.encode(sealed),
            priority: "normal",
            r#type: content.kind(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn told(object: &str, subject: &str) -> Content {
        Content::Told {
            id: 7,
            app: "files_sharing".into(),
            kind: "local_share".into(),
            object: object.into(),
            subject: subject.into(),
        }
    }

    #[test]
    fn contents_have_the_form_that_clients_read() {
        let text = told("17", "Alice shared a.txt with you").text();
        let read: Value = serde_json::from_str(&text).unwrap();
        let expected = json!({
            "nid": 7, "app": "files_sharing", "subject": "Alice shared a.txt with you",
            "type": "local_share", "id": "17",
        });
        assert_eq!(read, expected);
        assert_eq!(Content::Gone(7).text(), r#"{"delete":true,"nid":7}"#);
        assert_eq!(Content::AllGone.text(), r#"{"delete-all":true}"#);
    }

    proptest! {
        #[test]
        fn every_content_fits_into_a_block(
            subject in prop_oneof![".{0,400}", "[\"\\\\\u{0}\u{1f}ä🗑]{0,300}"],
            object in prop_oneof!["[a-z0-9]{0,20}", ".{0,300}"],
        ) {
            let text = told(&object, &subject).text();
            prop_assert!(text.len() <= MOST, "{text}");
            let read: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&read["nid"], &json!(7));
            let shown = read["subject"].as_str().unwrap();
            let whole = shown == subject;
            let cut = shown.strip_suffix('…').is_some_and(|start| subject.starts_with(start));
            prop_assert!(whole || cut, "{text}");
            // Room is not wasted.
            prop_assert!(whole || text.len() > MOST - 12 || read["app"] == "", "{text}");
        }
    }
}
