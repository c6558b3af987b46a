//! The races: each is a scene, its actors and what it is about. The rules of PROTOCOL §4 come by their letter.

mod alone;
mod claims;
mod devices;
mod evacuation;
pub mod generated;
pub mod grown;
mod moves;
mod operators;
mod progress;
mod runners;
mod sanitizing;

pub use alone::operations;

use crate::stage::Race;

/// The races by what they are about, in the order in which they are read.
pub const EVACUATION: &[Race] = evacuation::RACES;
pub const MOVES: &[Race] = moves::RACES;
pub const CLAIMS: &[Race] = claims::RACES;
pub const RUNNERS: &[Race] = runners::RACES;
pub const PROGRESS: &[Race] = progress::RACES;
pub const OPERATORS: &[Race] = operators::RACES;
pub const DEVICES: &[Race] = devices::RACES;
pub const SANITIZING: &[Race] = sanitizing::RACES;

/// Every race.
#[must_use]
pub fn all() -> Vec<&'static Race> {
    [EVACUATION, MOVES, CLAIMS, RUNNERS, PROGRESS, OPERATORS, DEVICES, SANITIZING]
        .into_iter()
        .flatten()
        .collect()
}

/// The race of this name: one that was written, or one that is generated from the operations and faults it names.
#[must_use]
pub fn find(name: &str) -> Option<Race> {
    let written = all().into_iter().find(|race| race.name == name);
    written.cloned().or_else(|| generated::named(name))
}
