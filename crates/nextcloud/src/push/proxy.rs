//! The proxy: what it is sent, and what it answers.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde::Deserialize;

use super::message::Message;

/// What reaches push proxies.
///
/// Redirections are answers, and followed by nobody: a proxy is where the operator said.
#[async_trait]
pub trait PushProxy: std::fmt::Debug + Send + Sync + 'static {
    /// Sends a form (`application/x-www-form-urlencoded`) to an address with `POST`, and
    /// returns the answer, whatever its status; of its body the first 64 KiB are enough.
    ///
    /// # Errors
    /// When there is no answer.
    async fn post(&self, address: &str, form: String) -> Result<ProxyAnswer, ProxyUnreachable>;
}

/// What a proxy answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxyAnswer {
    /// The status.
    pub status: u16,
    /// How long it wants to be left alone: the header `Retry-After`, if it is a number.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Bytes,
}

/// A proxy did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the push proxy cannot be reached: {0}")]
pub struct ProxyUnreachable(pub String);

/// The form with the messages.
pub(super) fn form(messages: &[&Message]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for message in messages {
        // Texts alone: writing them cannot fail.
        let text = serde_json::to_string(message).unwrap_or_default();
        form.append_pair("notifications[]", &text);
    }
    form.finish()
}

/// What an answer means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is done with the messages, and does not know some of the devices.
    Done { unknown: Vec<String> },
    /// The same messages are wanted later.
    Later { after: Option<Duration> },
    /// It does not want them.
    Refused,
}

impl Verdict {
    /// What an answer to messages to these devices means.
    pub(super) fn of(answer: &ProxyAnswer, devices: &[&str]) -> Self {
        #[derive(Deserialize)]
        struct Body {
            #[serde(default)]
            unknown: Vec<String>,
        }
        let read = serde_json::from_slice::<Body>(&answer.body);
        // Of others it has nothing to say.
        let unknown = read.map(|body| body.unknown).unwrap_or_default();
        let unknown: Vec<String> =
            unknown.into_iter().filter(|one| devices.contains(&one.as_str())).collect();
        match answer.status {
            429 | 500..=599 => Self::Later { after: answer.retry_after },
            200..=299 => Self::Done { unknown },
            _ if !unknown.is_empty() => Self::Done { unknown },
            _ => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn verdict(status: u16, body: &'static str) -> Verdict {
        let body = Bytes::from_static(body.as_bytes());
        Verdict::of(&ProxyAnswer { status, body, ..ProxyAnswer::default() }, &["a", "b"])
    }

    #[test]
    fn answers_mean_done_later_or_refused() {
        let done = |unknown: &[&str]| Verdict::Done {
            unknown: unknown.iter().map(|one| (*one).to_owned()).collect(),
        };
        assert_eq!(verdict(200, ""), done(&[]));
        assert_eq!(verdict(200, r#"{"unknown":["a","else"],"failed":0}"#), done(&["a"]));
        assert_eq!(verdict(400, r#"{"unknown":["b"]}"#), done(&["b"]));
        assert_eq!(verdict(400, r#"{"unknown":["else"]}"#), Verdict::Refused);
        assert_eq!(verdict(200, r#"{"unknown":7}"#), done(&[]));
        for status in [301, 400, 403, 404] {
            assert_eq!(verdict(status, "<html>"), Verdict::Refused, "{status}");
        }
        for status in [429, 500, 503] {
            let later = Verdict::Later { after: None };
            assert_eq!(verdict(status, r#"{"unknown":["a"]}"#), later, "{status}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_names_devices_that_were_not_asked(status in 0u16..1000, body in ".{0,200}") {
            let answer = ProxyAnswer { status, body: body.into(), ..ProxyAnswer::default() };
            if let Verdict::Done { unknown } = Verdict::of(&answer, &["a"]) {
                prop_assert!(unknown.iter().all(|one| one == "a"));
            }
        }
    }
}
