//! Numbers for values: what searches compare, and know things by.

use std::hash::{Hash, Hasher};

/// A hash that is the same in every run, and on every machine of one byte order: seeds, tokens and hashes of runs rest
/// on it.
#[derive(Debug, Clone, Copy)]
pub struct Steady(u64);

impl Default for Steady {
    fn default() -> Self {
        Steady(0x51_7c_c1_b7_27_22_0a_95)
    }
}

impl Steady {
    /// The hash of one value.
    #[must_use]
    pub fn of(value: &(impl Hash + ?Sized)) -> u64 {
        let mut hasher = Steady::default();
        value.hash(&mut hasher);
        hasher.finish()
    }

    fn take(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for Steady {
    fn finish(&self) -> u64 {
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        mixed ^ (mixed >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            self.take(u64::from_le_bytes(word.try_into().expect("a chunk of eight")));
        }
        let rest = words.remainder();
        if !rest.is_empty() {
            self.take(rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.take(u64::from(value));
    }

    fn write_u16(&mut self, value: u16) {
        self.take(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.take(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.take(value);
    }

    fn write_usize(&mut self, value: usize) {
        self.take(value as u64);
    }
}

/// The sum of hashes: the same in whatever order they are added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Sum(u64);

impl Sum {
    pub fn add(&mut self, hash: u64) {
        self.0 = self.0.wrapping_add(hash);
    }

    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }

    #[must_use]
    pub fn with(self, other: Sum) -> Sum {
        Sum(self.0.wrapping_add(other.0))
    }

    #[must_use]
    pub fn without(self, other: Sum) -> Sum {
        Sum(self.0.wrapping_sub(other.0))
    }

    /// Takes back what was added.
    pub fn subtract(&mut self, hash: u64) {
        self.0 = self.0.wrapping_sub(hash);
    }
}
