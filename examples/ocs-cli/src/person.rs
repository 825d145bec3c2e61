//! `ocs whoami`, `status` and `capabilities`.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use allmende_ocs::endpoints::NoParameters;
use allmende_ocs::endpoints::cloud::{capabilities, user};
use allmende_ocs::endpoints::user_status::{
    ClearMessage, CustomMessage, Get, NewPresence, OwnStatus, SetCustomMessage, SetPresence,
};
use allmende_ocs::{ClientError, Code};
use serde::Serialize;

use crate::account::Account;
use crate::arguments::Status;
use crate::failure::Failure;
use crate::output::{self, Output, printable};
use crate::session::Session;

#[derive(Serialize)]
struct Me {
    server: String,
    id: String,
    name: String,
    email: Option<String>,
    groups: Vec<String>,
    /// In bytes.
    used: i64,
    /// In bytes; none without a limit.
    limit: Option<i64>,
}

pub(crate) fn whoami(session: &Session, account: &Account, output: Output) -> Result<(), Failure> {
    let user = session.client.call::<user::Get>(&NoParameters {})?;
    let me = Me {
        server: account.server.clone(),
        id: user.id,
        name: user.display_name,
        email: user.email,
        groups: user.groups,
        used: user.quota.used,
        limit: Some(user.quota.quota).filter(|limit| *limit >= 0),
    };
    output.tell(&me, |me| {
        let bytes = |count: i64| output::size(count.max(0).unsigned_abs());
        let limit = me.limit.map(|limit| format!(" of {}", bytes(limit))).unwrap_or_default();
        let mut text =
            format!("{} ({}) at {}\n", printable(&me.name), printable(&me.id), me.server);
        if !me.groups.is_empty() {
            text += &format!("Groups: {}\n", printable(&me.groups.join(", ")));
        }
        text + &format!("Used: {}{limit}\n", bytes(me.used))
    })
}

pub(crate) fn status(session: &Session, wish: Status, output: Output) -> Result<(), Failure> {
    let client = &session.client;
    if let Some(presence) = wish.presence {
        client.call::<SetPresence>(&NewPresence { status_type: presence.into() })?;
    }
    if wish.clear {
        client.call::<ClearMessage>(&NoParameters {})?;
    }
    if wish.message.is_some() {
        client.call::<SetCustomMessage>(&CustomMessage {
            status_icon: wish.icon,
            message: wish.message,
            clear_at: wish.minutes.map(|minutes| now() + i64::from(minutes) * 60),
        })?;
    }
    let status = match client.call::<Get>(&NoParameters {}) {
        Ok(status) => Some(status),
        // It was never set.
        Err(Failure::Api(ClientError::Refused(refusal))) if refusal.code == Code::NOT_FOUND => None,
        Err(failure) => return Err(failure),
    };
    output.tell(&status, |status| status.as_ref().map_or("No status\n".to_owned(), line))
}

fn line(status: &OwnStatus) -> String {
    let mut text = format!("{:?}", status.status).to_lowercase();
    for part in [&status.icon, &status.message].into_iter().flatten() {
        text += " ";
        text += &printable(part);
    }
    text + "\n"
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

pub(crate) fn capabilities(session: &Session, output: Output) -> Result<(), Failure> {
    let told = session.client.call::<capabilities::Get>(&NoParameters {})?;
    let parts = serde_json::to_value(&told.capabilities)
        .map_err(|error| Failure::Malformed(error.to_string()))?;
    output.tell(&told, |told| {
        let mut text = format!("Version {}\n", printable(&told.version.string));
        for (name, part) in parts.as_object().into_iter().flatten() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{} {}", printable(name), printable(&part.to_string()));
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use allmende_ocs::endpoints::user_status::Presence;

    use super::*;

    #[test]
    fn a_status_is_a_line() {
        let mut status = OwnStatus::new("alice", Presence::Dnd);
        assert_eq!(line(&status), "dnd\n");
        status.icon = Some("☕".into());
        status.message = Some("back\nsoon".into());
        assert_eq!(line(&status), "dnd ☕ back\u{fffd}soon\n");
    }
}
