//! What a search is asked, and what it answers: through the orders of steps, or among states.

use crate::executor::StepId;
use crate::meter::Meter;
use crate::orders::search_orders;
use crate::run::{Limits, Unfinished, Wrong};
use crate::states::search_states;
use crate::world::Scenario;

/// Which orders need not be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    /// Every order is tried.
    Nothing,
    /// Orders that differ from a tried one only in steps that touch nothing in common are given up half-way.
    SleepSets,
    /// Only orders are begun in which some race goes the other way.
    SourceDpor,
    /// Each state is come to once, and every step is tried there. Only for worlds that say what their objects hold.
    States,
}

/// How many states one search holds at most, if it is not said. Each takes some 200 bytes with the ways to it and the
/// worlds and standpoints that it is made of, so these are about 2 GB: a scenario that has more is left unfinished
/// before it takes all memory.
const STATES_MAX: u64 = 10_000_000;

/// How to search.
#[derive(Debug, Clone)]
pub struct Options {
    pub reduction: Reduction,
    /// End with the first violation.
    pub stop_at_violation: bool,
    /// How many runs to try at most, or how many states to come to.
    pub schedules_max: u64,
    /// How many states are held at most, whatever is asked for. Places have 32 bits, which is as far as it can be
    /// raised: each state and each step between two of them has one.
    pub states_max: u64,
    pub limits: Limits,
    pub meter: Meter,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            reduction: Reduction::SourceDpor,
            stop_at_violation: false,
            schedules_max: u64::MAX,
            states_max: STATES_MAX,
            limits: Limits::default(),
            meter: Meter::default(),
        }
    }
}

/// A run that came out wrong: all of it if it did so at rest, otherwise up to the step after which it was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub message: String,
    pub path: Vec<StepId>,
}

/// What a search came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// Complete runs; among states, worlds in which nothing is left to happen.
    pub schedules: u64,
    /// Runs that were given up because another order covers them; among states, runs that something was learnt from, or
    /// that showed what was foretold.
    pub skipped: u64,
    /// Steps that were done, those of the common beginnings of runs included; among states, those of its runs and those
    /// that were done in a world of their own.
    pub steps: u64,
    /// Those of them that were not done, but answered as they were before, or left out because they concern none of the
    /// tasks that are left.
    pub recalled: u64,
    /// Those of them that were left out: no task went on from them.
    pub left_out: u64,
    /// States that were come to, where the search knows them apart.
    pub states: u64,
    /// Steps between states that are known, most of them without doing them again.
    pub transitions: u64,
    /// In how many orders these steps lead through the states, if the search is exhausted, and none otherwise: as many
    /// runs would be needed without knowing states apart. Tasks that stand at the same count as one; what is more than
    /// the number holds is as much as it holds.
    pub orders: u128,
    /// The longest run.
    pub depth: usize,
    /// Whether every order was tried or covered.
    pub exhausted: bool,
    /// What was known to be left when the search ended: steps that other orders begin with; among states, those that
    /// were not gone on from, and steps that need a run. There may be more behind them.
    pub left: u64,
    /// Whether the search ended because it holds no more states ([`Options::states_max`]): a longer one would come no
    /// further.
    pub full: bool,
    /// The first violation, and how many runs came out wrong.
    pub violation: Option<Violation>,
    pub violations: u64,
}

/// Who hears of each complete run: its last state, and what was wrong.
pub type Listener<'a, W> = &'a mut dyn FnMut(&W, Option<&Wrong>);

/// Tries every order.
///
/// # Errors
/// When a run does not end.
pub fn search<S: Scenario>(scenario: &S, options: &Options) -> Result<Found, Unfinished> {
    search_and_tell(scenario, options, &mut |_, _| {})
}

/// Tries every order, and tells of each run.
///
/// # Errors
/// When a run does not end.
pub fn search_and_tell<S: Scenario>(
    scenario: &S,
    options: &Options,
    tell: Listener<'_, S::World>,
) -> Result<Found, Unfinished> {
    match options.reduction {
        Reduction::Nothing | Reduction::SleepSets | Reduction::SourceDpor => {
            search_orders(scenario, options, tell)
        }
        Reduction::States => search_states(scenario, options, tell),
    }
}
