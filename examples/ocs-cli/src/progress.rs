//! The bar that a person sees while a long transfer runs.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shorter transfers are over before one could read.
const WORTH_SHOWING: u64 = 1 << 20;

/// A bar on standard error; none if that is no terminal, or for little.
pub(crate) fn bar(bytes: Option<u64>) -> ProgressBar {
    let bar = match bytes {
        Some(bytes) if bytes < WORTH_SHOWING => return ProgressBar::hidden(),
        Some(bytes) => ProgressBar::new(bytes),
        None => ProgressBar::no_length(),
    };
    let template = match bytes {
        Some(_) => "{bar:30} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left",
        None => "{spinner} {bytes}, {bytes_per_sec}",
    };
    let style = ProgressStyle::with_template(template);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_draw_target(ProgressDrawTarget::stderr());
    bar
}
