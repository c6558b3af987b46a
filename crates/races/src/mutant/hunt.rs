//! Looks for a scenario that catches a mutant.

use std::panic::{AssertUnwindSafe, catch_unwind};

use steadfast_explore::{Meter, Sample, StepId, sample};

use super::Mutant;
use crate::fault::Fault;
use crate::scenario;
use crate::scenario::generated::{self, Op};
use crate::stage::Race;

/// How a mutant was caught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caught {
    pub scenario: String,
    /// The number of the random run.
    pub run: u64,
    /// What went wrong.
    pub message: String,
    /// The steps of the run; none of one that was given up, or in which a body did not believe what it read.
    pub path: Vec<StepId>,
}

/// Runs a scenario at random with the mutant in place, up to so many times, until something goes wrong: also a run that
/// has no end, and a body that does not believe what it reads.
#[must_use]
pub fn caught_in(mutant: Mutant, race: &Race, runs: u64) -> Option<Caught> {
    let meter = Meter::default();
    let wanted = Sample { runs: 0..runs, meter: meter.clone(), ..Sample::default() };
    let staged = race.staged(Some(mutant));
    let sampled = catch_unwind(AssertUnwindSafe(|| sample(&staged, &wanted)));
    let (run, message, path) = match sampled {
        Ok(Ok(sampled)) => {
            let (run, violation) = sampled.violation?;
            (run, violation.message, violation.path)
        }
        Ok(Err(run)) => (meter.schedules(), run.to_string(), Vec::new()),
        Err(_) => (meter.schedules(), "a body does not believe what it reads".to_owned(), Vec::new()),
    };
    Some(Caught { scenario: race.name.to_string(), run, message, path })
}

/// The pairs with an operation that is wrong.
#[must_use]
pub fn concerned(mutant: Mutant) -> Vec<Race> {
    let concerned = |race: &Race| race.operations().iter().any(|op| mutant.operations().contains(op));
    generated::pairs().into_iter().filter(concerned).collect()
}

/// Goes through the scenarios, the likely ones first, with a few runs of each: the races that somebody wrote, then
/// pairs with an operation that is wrong, alone and with something that goes wrong, then triples.
#[must_use]
pub fn hunt(mutant: Mutant, runs: u64) -> Option<Caught> {
    let written = scenario::all().into_iter().cloned();
    let pairs = concerned(mutant);
    let faulty = Fault::ALL.into_iter().flat_map(|fault| generated::with_fault(&pairs, fault));
    let within =
        |race: &Race| race.operations().iter().filter(|op| mutant.operations().contains(op)).count() > 1;
    let triples = generated::triples().into_iter().filter(within);
    let wrong = Op::ALL.into_iter().filter(|op| mutant.operations().contains(op));
    let alone = wrong.map(|op| generated::of(vec![op], Vec::new()));
    let mut likely = written.chain(alone).chain(pairs.clone()).chain(faulty).chain(triples);
    likely.find_map(|race| caught_in(mutant, &race, runs))
}
