//! Events as messages of syslog (RFC 5424).

use allmende_events::Event;
use allmende_types::EventKind;

use crate::Config;

/// Facility 13, log audit.
const FACILITY: u8 = 13;
/// What receivers take in without further settings; a line that is longer is cut.
const MAX_TEXT: usize = 8 * 1024 - 200;

/// The host that messages name: that of the public address, or none.
pub(super) fn host(config: &Config) -> String {
    let url = config.public_url.as_deref().and_then(|url| url.parse::<http::Uri>().ok());
    let host = url.as_ref().and_then(|url| url.host()).unwrap_or("-");
    // The longest that a message may have (section 6.2.4).
    host.chars().filter(char::is_ascii_graphic).take(255).collect()
}

/// The message of an event: its time, the host, `allmende` as the application, the kind as
/// the message's id, and the line of the event. Without the mark of the order of bytes, as
/// those who read JSON expect it.
pub(super) fn message(host: &str, event: &Event) -> Vec<u8> {
    let kind = event.fact.kind;
    let priority = FACILITY * 8 + severity(kind);
    let (at, line) = (event.fact.at.to_rfc3339(), event.to_json_within(MAX_TEXT));
    format!("<{priority}>1 {at} {host} allmende - {kind} - {line}").into_bytes()
}

/// A failed login is worth a notice, everything else is information.
fn severity(kind: EventKind) -> u8 {
    match kind {
        EventKind::LoginFailed | EventKind::LinkPasswordFailed => 5,
        _ => 6,
    }
}

#[cfg(test)]
mod tests {
    use allmende_events::EventId;
    use allmende_types::{NewEvent, Stream, Timestamp};

    use super::*;

    fn event(kind: EventKind) -> Event {
        let at = Timestamp::from_unix(1_800_000_000);
        Event { id: EventId(7), seq: 3, fact: NewEvent::new(Stream::Accounts, kind, at) }
    }

    #[test]
    fn a_message_is_one_of_rfc_5424() {
        let text = String::from_utf8(message("cloud.example.org", &event(EventKind::LoggedIn)));
        let line = event(EventKind::LoggedIn).to_json();
        let head = "<110>1 2027-01-15T08:00:00+00:00 cloud.example.org allmende - logged_in - ";
        assert_eq!(text.unwrap(), format!("{head}{line}"));
        assert!(message("-", &event(EventKind::LoginFailed)).starts_with(b"<109>1 "));
        // The id of a message has 32 characters at the most.
        assert!(EventKind::ALL.iter().all(|kind| kind.as_str().len() <= 32));
    }

    #[test]
    fn a_message_has_a_size_that_receivers_take() {
        let mut long = event(EventKind::ShareChanged);
        long.fact = long.fact.detail("note", "x".repeat(100_000));
        assert!(message(&"h".repeat(100), &long).len() < 8 * 1024);
    }

    #[test]
    fn the_host_is_that_of_the_public_address() {
        let mut config = Config::default();
        assert_eq!(host(&config), "-");
        config.public_url = Some("https://cloud.example.org:8443/".into());
        assert_eq!(host(&config), "cloud.example.org");
    }
}
