//! Maps from hashes.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Hashes are not hashed again.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only numbers are hashed");
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// A map from hashes.
pub(crate) type ByHash<T> = HashMap<u64, T, BuildHasherDefault<Hashed>>;
