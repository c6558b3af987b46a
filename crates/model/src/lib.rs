//! The nouns and the decisions of Steadfast.
//!
//! Everything here is pure and synchronous: no I/O, no clock, no randomness. A function that chooses takes
//! values and returns a verdict; whoever calls it reads and writes.

pub mod ids;
pub mod pci;
