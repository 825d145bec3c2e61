//! What `allmende-files` reads.

use allmende_files::{Retention, SyncState};

/// The state in a client's sync token: what is accepted is written as it reads back.
pub fn sync_state(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(state) = text.parse::<SyncState>() else { return };
    assert_eq!(state.to_string().parse(), Ok(state));
}

/// An obligation to keep: what is accepted is written as it reads back, and keeps nothing
/// longer than it may.
pub fn retention(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(retention) = text.parse::<Retention>() else { return };
    assert_eq!(retention.to_string().parse(), Ok(retention));
    if let Retention::Bounded { at_least: Some(least), at_most: Some(most) } = retention {
        assert!(least <= most);
    }
}
