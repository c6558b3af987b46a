//! Which steps of a run came before which, for reasons: sets of steps by their place in the run.

/// The longest run whose steps a [`Clock`] can tell apart.
pub const STEPS_MAX: usize = 512;

const WORDS: usize = STEPS_MAX / 64;

/// A set of steps of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Clock([u64; WORDS]);

impl Clock {
    pub fn has(&self, step: usize) -> bool {
        self.0[step / 64] & (1 << (step % 64)) != 0
    }

    pub fn add(&mut self, step: usize) {
        self.0[step / 64] |= 1 << (step % 64);
    }

    pub fn join(&mut self, other: &Clock) {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word |= other);
    }

    pub fn is_disjoint(&self, other: &Clock) -> bool {
        self.0.iter().zip(other.0).all(|(word, other)| word & other == 0)
    }
}
