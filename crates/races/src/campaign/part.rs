//! What is done with a scenario in one round, and the parts of it that a worker does in one piece.

use std::ops::Range;

use steadfast_explore::{Draw, Found, Meter, Options, Reduction, Sample, Sampled, Unfinished};

use super::{Campaign, Explored};
use crate::catalogue::Subject;

/// What is done with a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// A search, of so many states or schedules.
    pub search: Option<(Reduction, u64)>,
    /// Random runs, unless the search tells all.
    pub drawn: Option<Drawn>,
}

/// Random runs of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Drawn {
    pub draw: Draw,
    /// Their numbers: what a run is follows from the seed and its number.
    pub runs: Range<u64>,
    /// Made as long as the search goes on and workers have nothing else to do, and worth as much as the search.
    pub aside: bool,
}

impl Plan {
    /// The same, with random runs from this number on beside the search.
    pub fn drawing_aside(self, from: u64) -> Plan {
        Plan { drawn: Some(Drawn { draw: Draw::Portfolio, runs: from..u64::MAX, aside: true }), ..self }
    }
}

/// What a worker does in one piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Search((Reduction, u64)),
    Runs(Draw, Range<u64>),
}

/// What came of a part.
#[derive(Debug)]
pub(super) enum Outcome {
    Searched(Explored),
    /// Of the runs of these numbers.
    Drawn(Range<u64>, Result<Sampled, Unfinished>),
}

impl Part {
    pub fn explore(self, subject: &dyn Subject, campaign: Campaign, meter: Meter) -> Outcome {
        let staged = subject.staged(campaign.store);
        match self {
            Part::Search((reduction, schedules_max)) => {
                let options = Options {
                    reduction,
                    stop_at_violation: true,
                    schedules_max,
                    meter,
                    ..Options::default()
                };
                Outcome::Searched(searched(staged.search(&options)))
            }
            Part::Runs(draw, runs) => {
                let wanted =
                    Sample { draw, seed: campaign.seed, runs: runs.clone(), meter, ..Sample::default() };
                Outcome::Drawn(runs, staged.sample(&wanted))
            }
        }
    }
}

fn searched(found: Result<Found, Unfinished>) -> Explored {
    let mut explored = Explored::default();
    match found {
        Ok(found) => {
            explored.schedules = found.schedules;
            explored.covered = found.skipped;
            explored.states = found.states;
            explored.transitions = found.transitions;
            explored.orders = found.orders;
            explored.steps = found.steps;
            explored.exhausted = found.exhausted;
            explored.full = found.full;
            explored.left = found.left;
            explored.violation = found.violation;
        }
        Err(run) => explored.gives_up(run),
    }
    explored
}
