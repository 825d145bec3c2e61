//! Telling how far a long work has come.

/// Who watches a long work. `()` does not.
pub trait Watch: Send + Sync {
    /// A part of the work begins.
    fn begin(&self, part: &'static str) {
        let _ = part;
    }

    /// So many more things, and so many more bytes, are done.
    fn done(&self, things: u64, bytes: u64) {
        let _ = (things, bytes);
    }
}

impl Watch for () {}
