//! Times, in all the forms in which answers have them.

use std::time::{SystemTime, UNIX_EPOCH};

/// A recorded time this near to its exchange is the time of the exchange.
const NEAR: f64 = 3600.0;

/// Whether both values are times that belong to their exchanges.
pub(super) fn same_time(recorded: &str, ours: &str, time: f64) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |now| now.as_secs_f64());
    let near = |value: Option<f64>, reference: f64| {
        value.is_some_and(|value| (value - reference).abs() < NEAR)
    };
    [seconds, milliseconds, http_date]
        .iter()
        .any(|read: &fn(&str) -> Option<f64>| near(read(recorded), time) && near(read(ours), now))
}

fn seconds(text: &str) -> Option<f64> {
    text.parse().ok()
}

fn milliseconds(text: &str) -> Option<f64> {
    seconds(text).map(|value| value / 1000.0)
}

/// An IMF-fixdate (RFC 9110, section 5.6.7) in Unix seconds.
fn http_date(text: &str) -> Option<f64> {
    let time = httpdate::parse_http_date(text).ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs_f64())
}
