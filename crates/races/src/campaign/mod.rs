//! Goes through scenarios, several at a time, and tells what came of each.
//!
//! Workers take parts: the search of a scenario is one, and so many of its random runs are one. For a given number of
//! states or schedules what comes out does not depend on how many workers there are.

mod board;
mod part;
mod round;

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use steadfast_explore::{Draw, Ends, Meter, Reduction, Sampled, Unfinished, Violation};

use crate::catalogue::{Engine, Kind, Subject};
use board::RUNS;
use part::{Drawn, Plan};
use round::{Round, round};

/// How a scenario is explored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// Every state of ours, every order of a historic protocol that can differ; what is too large is sampled beside.
    Auto,
    /// The same, and nothing beside.
    SearchAlone,
    /// By this search alone.
    Search(Reduction),
    /// By random runs alone.
    Draw(Draw),
}

/// How much is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// So many states or schedules of each scenario.
    Schedules(u64),
    /// So long, all scenarios together.
    Time(Duration),
}

/// What to explore, and how.
#[derive(Debug, Clone, Copy)]
pub struct Campaign {
    pub strategy: Strategy,
    pub budget: Budget,
    pub store: Engine,
    pub seed: u64,
    pub workers: usize,
}

/// What came of one scenario.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Explored {
    /// Complete runs of the search, and those given up because others cover them.
    pub schedules: u64,
    pub covered: u64,
    /// States that were come to, and steps between them, where states are told apart.
    pub states: u64,
    pub transitions: u64,
    /// In how many orders these steps lead through the states: see [`steadfast_explore::Found::orders`].
    pub orders: u128,
    /// Random runs.
    pub sampled: u64,
    /// The number of the first random run that nobody has begun, where going on would tell more.
    pub drawn_to: u64,
    /// Steps that the code did.
    pub steps: u64,
    /// Whether every state was come to, or every order tried or covered.
    pub exhausted: bool,
    /// What the search knew to be left when it ended: see [`steadfast_explore::Found::left`].
    pub left: u64,
    /// Whether the search came to as many states as it holds: a longer one would come no further.
    pub full: bool,
    /// Where random runs came to rest.
    pub ends: Ends,
    pub violation: Option<Violation>,
    /// The violation is that a run was given up.
    pub unfinished: bool,
}

impl Explored {
    /// Whether going on would tell nothing more.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.exhausted || self.violation.is_some()
    }

    /// How far the search went: states or schedules.
    fn searched(&self) -> u64 {
        self.states.max(self.schedules + self.covered)
    }

    /// Takes what came of a further round: more random runs, and a search from the start that went further, unless the
    /// deadline cut it short.
    fn goes_on(&mut self, round: Explored) {
        let before = std::mem::replace(self, round);
        self.sampled += before.sampled;
        self.drawn_to = self.drawn_to.max(before.drawn_to);
        self.steps += before.steps;
        self.ends.append(&before.ends);
        if !self.exhausted && self.searched() < before.searched() {
            let Explored { schedules, covered, states, transitions, left, full, .. } = before;
            let further = std::mem::take(self);
            *self = Explored { schedules, covered, states, transitions, left, full, ..further };
        }
    }

    /// Takes what came of random runs, the next ones.
    fn draws(&mut self, outcome: Result<Sampled, Unfinished>) {
        match outcome {
            Ok(sampled) => {
                self.sampled += sampled.schedules;
                self.steps += sampled.steps;
                self.ends.append(&sampled.ends);
                self.violation = sampled.violation.map(|(_, violation)| violation);
            }
            Err(run) => self.gives_up(run),
        }
    }

    /// Takes what came of random runs that were counted by themselves.
    fn and_drawn(&mut self, drawn: Explored) {
        self.sampled += drawn.sampled;
        self.steps += drawn.steps;
        self.ends.append(&drawn.ends);
        self.violation = drawn.violation;
        self.unfinished = drawn.unfinished;
    }

    fn gives_up(&mut self, run: Unfinished) {
        self.unfinished = true;
        self.violation = Some(Violation { message: run.to_string(), path: run.path });
    }
}

/// Who looks on while scenarios are explored.
pub trait Watch {
    /// A scenario is done with: each in its turn, and in that of its round where time is the budget.
    fn explored(&mut self, _place: usize, _explored: &Explored) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// So many scenarios are done with.
    fn progress(&mut self, _done: usize, _meter: &Meter) {}
}

/// Nobody looks on.
impl Watch for () {}

/// How many states, schedules or runs each scenario has in the first round of a campaign that is bounded by time. What
/// has more is searched from the start in the next one: few are searched in vain, and none of them far.
const FIRST_ROUND: u64 = 2_000;

/// How many times further each next round goes, with the scenarios that are left.
const NEXT_ROUND: u64 = 1_000;

/// How much of a time is for search.
const SEARCHED: f64 = 0.9;

/// How many runs each of those is sampled with, in each round, that are left after the search.
const SAMPLES: u64 = 1_000;

/// How many parts of runs each worker has at least in such a round.
const PARTS: u64 = 4;

/// What a search that was not exhausted is sampled with beside it, for each ten states or schedules of the budget.
const SAMPLES_PER_TEN: u64 = 2;

/// The most that is sampled beside a search.
const SAMPLES_MAX: u64 = 100_000;

/// Explores each subject. Within a time the small ones come first: each round goes further with those that were not
/// exhausted, workers that have nothing to search draw random runs beside, and what no search can hold is sampled for
/// the rest of it. Answers what came of each, as far as somebody wanted to hear it.
///
/// # Panics
/// When a worker does.
#[must_use]
pub fn campaign(
    subjects: &[Box<dyn Subject>],
    campaign: Campaign,
    watch: &mut dyn Watch,
) -> Option<Vec<Explored>> {
    let all: Vec<&dyn Subject> = subjects.iter().map(AsRef::as_ref).collect();
    match campaign.budget {
        Budget::Schedules(schedules) => {
            let plans = all.iter().map(|subject| campaign.strategy.plan(subject.kind(), schedules, 0));
            let plans = all.iter().copied().zip(plans).collect();
            round(Round { plans, campaign, deadline: None, before: 0 }, &Meter::default(), watch)
        }
        Budget::Time(time) => within(time, &all, campaign, watch),
    }
}

impl Strategy {
    /// What is done with a scenario, whose random runs go on from number `drawn`.
    fn plan(self, kind: Kind, schedules: u64, drawn: u64) -> Plan {
        let reduction = match kind {
            Kind::Shipped => Reduction::States,
            Kind::Legacy => Reduction::SourceDpor,
        };
        let beside = (schedules / 10).saturating_mul(SAMPLES_PER_TEN).min(SAMPLES_MAX);
        let runs = |draw, count: u64| Drawn { draw, runs: drawn..drawn.saturating_add(count), aside: false };
        match self {
            Strategy::Auto => {
                Plan { search: Some((reduction, schedules)), drawn: Some(runs(Draw::Portfolio, beside)) }
            }
            Strategy::SearchAlone => Plan { search: Some((reduction, schedules)), drawn: None },
            Strategy::Search(reduction) => Plan { search: Some((reduction, schedules)), drawn: None },
            Strategy::Draw(draw) => Plan { search: None, drawn: Some(runs(draw, schedules)) },
        }
    }
}

/// Goes further round by round until a time is over. Whoever looks on hears of a scenario after the round in which it
/// was done with, and of those that were not at the end.
fn within(
    time: Duration,
    all: &[&dyn Subject],
    campaign: Campaign,
    watch: &mut dyn Watch,
) -> Option<Vec<Explored>> {
    let begun = Instant::now();
    let (searched, deadline) = (begun + time.mul_f64(SEARCHED), begun + time);
    let mut left: Vec<usize> = (0..all.len()).collect();
    let mut explored: Vec<Explored> = all.iter().map(|_| Explored::default()).collect();
    let (mut schedules, mut meter) = (FIRST_ROUND, Meter::default());
    while !left.is_empty() && Instant::now() < deadline {
        let further: Vec<usize> = left.iter().copied().filter(|place| !explored[*place].full).collect();
        let auto = campaign.strategy == Strategy::Auto;
        // Whatever a search has not exhausted is sampled at the end, while there is time.
        let draws = auto && (further.is_empty() || Instant::now() >= searched);
        let places = if draws { left.clone() } else { further };
        if places.is_empty() {
            break;
        }
        // Few scenarios have more runs each, so that every worker has some.
        let samples = SAMPLES.max(PARTS * RUNS * campaign.workers as u64 / places.len() as u64);
        let plan = |place: &usize| {
            let (kind, drawn) = (all[*place].kind(), explored[*place].drawn_to);
            let plan = match campaign.strategy {
                Strategy::Auto if draws => Strategy::Draw(Draw::Portfolio).plan(kind, samples, drawn),
                Strategy::Auto => Strategy::SearchAlone.plan(kind, schedules, drawn).drawing_aside(drawn),
                other => other.plan(kind, schedules, drawn),
            };
            (all[*place], plan)
        };
        meter = meter.anew();
        let plans = places.iter().map(plan).collect();
        let deadline = Some(if auto && !draws { searched } else { deadline });
        let before = all.len() - places.len();
        let outcomes = round(Round { plans, campaign, deadline, before }, &meter, &mut Aside(watch))?;
        for (place, outcome) in places.into_iter().zip(outcomes) {
            explored[place].goes_on(outcome);
            if explored[place].is_done() && watch.explored(place, &explored[place]).is_break() {
                return None;
            }
        }
        left.retain(|place| !explored[*place].is_done());
        if !draws {
            schedules = schedules.saturating_mul(NEXT_ROUND);
        }
    }
    let told = left.iter().try_for_each(|place| watch.explored(*place, &explored[*place]));
    told.is_continue().then_some(explored)
}

/// Looks on at a round of several: only at how far it has come.
struct Aside<'a>(&'a mut dyn Watch);

impl Watch for Aside<'_> {
    fn progress(&mut self, done: usize, meter: &Meter) {
        self.0.progress(done, meter);
    }
}
