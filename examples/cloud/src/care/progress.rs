//! How far a long work has come, at the terminal.

use allmende_care::Watch;
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A line that says what is being done.
pub(super) struct Progress {
    bar: ProgressBar,
    bytes: AtomicU64,
}

impl Progress {
    /// Shown, unless the output is for machines. Only a terminal sees it.
    pub(super) fn new(json: bool) -> Self {
        let bar = if json { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        let style = ProgressStyle::with_template("{spinner} {prefix}: {pos}, {msg}, {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        Self { bar, bytes: AtomicU64::new(0) }
    }

    pub(super) fn end(self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for Progress {
    fn begin(&self, part: &'static str) {
        self.bar.set_prefix(part);
        self.bar.set_position(0);
        self.bytes.store(0, Relaxed);
    }

    fn done(&self, things: u64, bytes: u64) {
        self.bar.inc(things);
        let bytes = self.bytes.fetch_add(bytes, Relaxed) + bytes;
        self.bar.set_message(format!("{} MiB", bytes >> 20));
    }
}
