//! What becomes of each mutant: the scenario that catches it, or why it does what the shipped code does.

mod caught;
mod equivalent;

use super::Mutant;
use caught::CAUGHT;
use equivalent::EQUIVALENT;

/// What becomes of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// This scenario catches it.
    Caught(&'static str),
    /// It comes to what the shipped code comes to, for this reason.
    Equivalent(&'static str),
}

/// What becomes of this mutant; none if nobody knows.
#[must_use]
pub fn fate(mutant: Mutant) -> Option<Fate> {
    let name = mutant.name();
    let told = |table: &'static [(&str, &'static str)]| {
        table.iter().find(|(known, _)| *known == name).map(|(_, told)| *told)
    };
    told(CAUGHT).map(Fate::Caught).or_else(|| told(EQUIVALENT).map(Fate::Equivalent))
}

/// The names of the mutants of which something is known.
pub fn known() -> impl Iterator<Item = &'static str> {
    CAUGHT.iter().chain(EQUIVALENT).map(|(name, _)| *name)
}
