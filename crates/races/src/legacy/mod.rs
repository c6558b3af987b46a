//! Protocols that history has shown to be wrong, arranged from small steps, and the races that showed it.
//!
//! They are judged, like the shipped operations, by what must be true of rows and guests. That the explorer finds every
//! one of them says what it can be trusted with. [`audit`] is the seed's audit over the shipped rows; the rest runs
//! over a small Nova of its own.

mod arranged;
pub mod audit;
pub mod nova;
mod program;
pub mod seed;

pub use arranged::{Arranged, Legacy, Repair};

/// Every historic race, in the order of the catalogue.
#[must_use]
pub fn all() -> Vec<Legacy> {
    vec![seed::LEGACY]
}
