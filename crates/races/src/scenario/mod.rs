//! The races: each is a scene, its actors and what it is about. The rules of PROTOCOL §4 come by their letter.

mod alone;
mod claims;
mod evacuation;
mod progress;
mod runners;

pub use alone::operations;

use crate::stage::Race;

/// Every race, in the order in which they are read.
#[must_use]
pub fn all() -> Vec<&'static Race> {
    [evacuation::RACES, claims::RACES, runners::RACES, progress::RACES].into_iter().flatten().collect()
}
