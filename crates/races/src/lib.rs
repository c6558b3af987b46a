//! Steadfast under the explorer: the shipped operations, unchanged, over a simulated world.

pub mod legacy;
pub mod mutant;
pub mod scenario;
mod site;
mod stage;
mod verdict;
mod world;

pub use site::{Site, Touched};
pub use stage::{Race, Staged};
