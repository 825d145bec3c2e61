//! The bytes of a file: those that are durable, and the changes that are not yet.

use crate::tree::Noise;

/// What a disk writes as a whole.
pub(super) const SECTOR: usize = 512;
/// What file systems write as a whole, mostly.
const PAGE: usize = 4096;

#[derive(Debug, Default)]
pub(super) struct Content {
    durable: Vec<u8>,
    pending: Vec<Pending>,
}

#[derive(Debug)]
struct Pending {
    line: usize,
    change: ContentChange,
}

#[derive(Debug)]
pub(super) enum ContentChange {
    Bytes { at: usize, bytes: Vec<u8> },
    Length(usize),
    Zeros { at: usize, length: usize },
}

/// How much of what was not flushed is there after the loss of power.
#[derive(Debug, Clone, Copy)]
pub(in crate::crash::power) enum Survival {
    Nothing,
    /// Names in their order up to some moment, and of the bytes so many per cent, each
    /// sector or page by itself.
    Some {
        percent: u64,
        grain: usize,
    },
}

impl Survival {
    pub(in crate::crash::power) fn random(noise: &mut Noise) -> Self {
        match noise.below(4) {
            0 => Self::Nothing,
            n => {
                let grain = if noise.below(3) == 0 { SECTOR } else { PAGE };
                Self::Some { percent: [20, 50, 90][usize::try_from(n - 1).unwrap_or(0)], grain }
            }
        }
    }
}

impl ContentChange {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Bytes { at, bytes } => put(to, *at, bytes),
            Self::Length(length) => to.resize(*length, 0),
            Self::Zeros { at, length } => {
                let end = (at + length).min(to.len());
                if *at < end {
                    to[*at..end].fill(0);
                }
            }
        }
    }
}

impl Content {
    pub(super) fn change(&mut self, line: usize, change: ContentChange) {
        self.pending.push(Pending { line, change });
    }

    /// What had ended when the flush began is durable now.
    pub(super) fn flush(&mut self, since: usize) {
        let pending = std::mem::take(&mut self.pending);
        let (done, left): (Vec<_>, Vec<_>) =
            pending.into_iter().partition(|pending| pending.line < since);
        self.pending = left;
        done.iter().for_each(|pending| pending.change.apply(&mut self.durable));
    }

    /// How many changes are not durable.
    pub(super) fn unflushed(&self) -> usize {
        self.pending.len()
    }

    /// The bytes that may be there if the power is lost now.
    pub(super) fn after_loss(&self, survival: Survival, noise: &mut Noise) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        let Survival::Some { percent, grain } = survival else { return bytes };
        for Pending { change, .. } in &self.pending {
            match change {
                ContentChange::Bytes { at, bytes: new } => {
                    let mut from = 0;
                    while from < new.len() {
                        // Up to the next border of a grain within the file.
                        let end = ((at + from) / grain + 1) * grain - at;
                        let end = end.min(new.len());
                        if noise.below(100) < percent {
                            put(&mut bytes, at + from, &new[from..end]);
                        }
                        from = end;
                    }
                }
                other if noise.below(100) < percent => other.apply(&mut bytes),
                _ => {}
            }
        }
        bytes
    }
}

/// Writes at an offset; what lies between the end and the offset becomes zeros.
fn put(to: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if to.len() < end {
        to.resize(end, 0);
    }
    to[at..end].copy_from_slice(bytes);
}
