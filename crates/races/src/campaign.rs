//! Goes through many races within bounds, and tells what came of each.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use steadfast_explore::{Draw, Found, Options, Overrun, Sample, Violation, sample, search};

use crate::fault::Fault;
use crate::scenario::generated::Op;
use crate::stage::Race;

/// How much is tried of each race.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Up to how many orders are tried one by one. More exhaust more races, and take longer on those that are too large
    /// anyhow.
    pub schedules_max: u64,
    /// How many random runs there are of a race that was not exhausted.
    pub samples: u64,
}

/// What a race is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Written,
    Single,
    Pair,
    Triple,
    Larger,
}

/// What came of one race.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explored {
    pub name: String,
    pub kind: Kind,
    pub operations: Vec<Op>,
    pub faults: Vec<Fault>,
    /// Complete runs, and runs that another order covers.
    pub schedules: u64,
    pub skipped: u64,
    pub steps: u64,
    /// Whether every order was tried or covered. Otherwise it was sampled as well.
    pub exhausted: bool,
    pub sampled: u64,
    pub violation: Option<Violation>,
}

/// Goes through the races on all cores. What comes of each, and in which order it is told, does not depend on how many
/// there are.
#[must_use]
pub fn campaign(races: &[Race], bounds: Bounds) -> Vec<Explored> {
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
    campaign_with(races, bounds, workers)
}

/// The same, on so many cores.
///
/// # Panics
/// When a scene cannot be set.
#[must_use]
pub fn campaign_with(races: &[Race], bounds: Bounds, workers: usize) -> Vec<Explored> {
    let next = AtomicUsize::new(0);
    let (done, explored) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..workers.max(1) {
            let (next, done) = (&next, done.clone());
            scope.spawn(move || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(race) = races.get(place) else { return };
                    done.send((place, explore(race, bounds))).expect("the results are awaited");
                }
            });
        }
    });
    drop(done);
    let mut explored: Vec<_> = explored.into_iter().collect();
    explored.sort_by_key(|(place, _)| *place);
    explored.into_iter().map(|(_, explored)| explored).collect()
}

/// Tries the orders of one race, and samples it if there are too many.
#[must_use]
pub fn explore(race: &Race, bounds: Bounds) -> Explored {
    let staged = race.staged(None);
    let options =
        Options { stop_at_violation: true, schedules_max: bounds.schedules_max, ..Options::default() };
    let found = search(&staged, &options)
        .unwrap_or_else(|overrun| Found { violation: Some(circles(overrun)), ..Found::default() });
    let Found { schedules, skipped, steps, exhausted, violation, .. } = found;
    let mut explored = Explored {
        name: race.name.to_string(),
        kind: kind(race),
        operations: race.operations().to_vec(),
        faults: race.faults().to_vec(),
        schedules,
        skipped,
        steps,
        exhausted,
        sampled: 0,
        violation,
    };
    if explored.exhausted || explored.violation.is_some() {
        return explored;
    }
    let options = Sample { draw: Draw::Pos, runs: 0..bounds.samples, ..Sample::default() };
    match sample(&staged, &options) {
        Ok(sampled) => {
            explored.sampled = sampled.schedules;
            explored.steps += sampled.steps;
            explored.violation = sampled.violation.map(|(_, violation)| violation);
        }
        Err(overrun) => explored.violation = Some(circles(overrun)),
    }
    explored
}

fn circles(overrun: Overrun) -> Violation {
    Violation { message: "it goes round in circles".to_owned(), path: overrun.path }
}

fn kind(race: &Race) -> Kind {
    match race.operations().len() {
        0 => Kind::Written,
        1 => Kind::Single,
        2 => Kind::Pair,
        3 => Kind::Triple,
        _ => Kind::Larger,
    }
}
