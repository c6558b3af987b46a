//! Goes through scenarios, several at a time, and tells what came of each. For a given number of states or schedules
//! what comes out does not depend on how many workers there are: each scenario is explored by one of them.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use steadfast_explore::{Draw, Ends, Explorable, Meter, Options, Reduction, Sample, Unfinished, Violation};

use crate::catalogue::{Engine, Kind, Subject};

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
    /// Random runs.
    pub sampled: u64,
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

    /// How much was tried: states, schedules or random runs.
    #[must_use]
    pub fn extent(&self) -> u64 {
        self.states.max(self.schedules + self.covered).max(self.sampled)
    }

    /// Takes what came of a further round: more random runs, or a search from the start that went further, unless the
    /// deadline cut it short.
    fn goes_on(&mut self, round: Explored, draws: bool) {
        if draws {
            self.sampled += round.sampled;
            self.steps += round.steps;
            self.ends.append(&round.ends);
            self.violation = round.violation;
            self.unfinished = round.unfinished;
        } else if round.is_done() || round.extent() >= self.extent() {
            *self = round;
        }
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

/// How many states, schedules or runs each scenario has in the first round of a campaign that is bounded by time.
const FIRST_ROUND: u64 = 20_000;

/// How many times further each next round goes, with the scenarios that are left.
const NEXT_ROUND: u64 = 50;

/// How much of a time is for search.
const SEARCHED: f64 = 0.9;

/// How many runs each of those is sampled with, in each round, that are left after the search.
const SAMPLES: u64 = 1_000;

/// How often a deadline is looked at, and progress told.
const INTERVAL: Duration = Duration::from_millis(250);

/// What a search that was not exhausted is sampled with beside it, for each ten states or schedules of the budget.
const SAMPLES_PER_TEN: u64 = 2;

/// The most that is sampled beside a search.
const SAMPLES_MAX: u64 = 100_000;

/// Explores each subject. Within a time the small ones come first: each round goes further with those that were not
/// exhausted, and what no search can hold is sampled for the rest of it. Answers what came of each, as far as somebody
/// wanted to hear it.
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
        Budget::Schedules(_) => round(&all, campaign, None, &Meter::default(), 0, watch),
        Budget::Time(time) => within(time, &all, campaign, watch),
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
    let (mut schedules, mut drawn, mut meter) = (FIRST_ROUND, 0, Meter::default());
    while !left.is_empty() && Instant::now() < deadline {
        let further: Vec<usize> = left.iter().copied().filter(|place| !explored[*place].full).collect();
        // Whatever a search has not exhausted is sampled at the end, while there is time.
        let draws = campaign.strategy == Strategy::Auto && (further.is_empty() || Instant::now() >= searched);
        let places = if draws { left.clone() } else { further };
        if places.is_empty() {
            break;
        }
        let (strategy, until) = match campaign.strategy {
            Strategy::Auto if draws => (Strategy::Draw(Draw::Portfolio), deadline),
            Strategy::Auto => (Strategy::SearchAlone, searched),
            Strategy::SearchAlone | Strategy::Search(_) | Strategy::Draw(_) => (campaign.strategy, deadline),
        };
        let runs = if draws { SAMPLES } else { schedules };
        // Each round of random runs has others.
        let seed = campaign.seed.wrapping_add(drawn);
        let campaign = Campaign { strategy, budget: Budget::Schedules(runs), seed, ..campaign };
        meter = meter.anew();
        let subjects: Vec<&dyn Subject> = places.iter().map(|place| all[*place]).collect();
        let done = all.len() - places.len();
        let outcomes = round(&subjects, campaign, Some(until), &meter, done, &mut Aside(watch))?;
        for (place, outcome) in places.into_iter().zip(outcomes) {
            explored[place].goes_on(outcome, draws);
            if explored[place].is_done() && watch.explored(place, &explored[place]).is_break() {
                return None;
            }
        }
        left.retain(|place| !explored[*place].is_done());
        if draws {
            drawn += 1;
        } else {
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

/// Explores each of some subjects, several at a time.
fn round(
    subjects: &[&dyn Subject],
    campaign: Campaign,
    deadline: Option<Instant>,
    meter: &Meter,
    before: usize,
    watch: &mut dyn Watch,
) -> Option<Vec<Explored>> {
    let next = AtomicUsize::new(0);
    let (done, arrives) = mpsc::channel();
    let mut explored: Vec<Option<Explored>> = subjects.iter().map(|_| None).collect();
    let heard = thread::scope(|scope| {
        for _ in 0..campaign.workers.clamp(1, subjects.len().max(1)) {
            let (next, meter, done) = (&next, meter.clone(), done.clone());
            scope.spawn(move || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(subject) = subjects.get(place) else { return };
                    // Whoever listens does so until the last worker is done.
                    let _ = done.send((place, explore(*subject, campaign, &meter)));
                }
            });
        }
        drop(done);
        let (mut shown, mut heard) = (0, ControlFlow::Continue(()));
        loop {
            match arrives.recv_timeout(INTERVAL) {
                Ok((place, one)) => explored[place] = Some(one),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break heard,
            }
            while let Some(Some(one)) = explored.get(shown).filter(|_| heard.is_continue()) {
                heard = watch.explored(shown, one);
                shown += 1;
            }
            if heard.is_break() || deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                meter.stop();
            }
            watch.progress(before + explored.iter().flatten().count(), meter);
        }
    });
    let all = explored.into_iter().map(|one| one.expect("every scenario was explored")).collect();
    heard.is_continue().then_some(all)
}

/// Explores one scenario.
#[must_use]
pub fn explore(subject: &dyn Subject, campaign: Campaign, meter: &Meter) -> Explored {
    let staged = subject.staged(campaign.store);
    let mut explored = Explored::default();
    let reduction = match (campaign.strategy, subject.kind()) {
        (Strategy::Auto | Strategy::SearchAlone, Kind::Shipped) => Some(Reduction::States),
        (Strategy::Auto | Strategy::SearchAlone, Kind::Legacy) => Some(Reduction::SourceDpor),
        (Strategy::Search(reduction), _) => Some(reduction),
        (Strategy::Draw(_), _) => None,
    };
    let schedules = match campaign.budget {
        Budget::Schedules(schedules) => schedules,
        Budget::Time(_) => u64::MAX,
    };
    if let Some(reduction) = reduction {
        searched(staged.as_ref(), (reduction, schedules), meter, &mut explored);
    }
    if explored.is_done() || meter.is_stopped() {
        return explored;
    }
    let (draw, runs) = match campaign.strategy {
        Strategy::SearchAlone | Strategy::Search(_) => return explored,
        Strategy::Auto => {
            (Draw::Portfolio, (schedules / 10).saturating_mul(SAMPLES_PER_TEN).min(SAMPLES_MAX))
        }
        Strategy::Draw(draw) => (draw, schedules),
    };
    let wanted =
        Sample { draw, seed: campaign.seed, runs: 0..runs, meter: meter.clone(), ..Sample::default() };
    match staged.sample(&wanted) {
        Ok(sampled) => {
            explored.sampled = sampled.schedules;
            explored.ends = sampled.ends;
            explored.steps += sampled.steps;
            explored.violation = sampled.violation.map(|(_, violation)| violation);
        }
        Err(run) => explored.gives_up(run),
    }
    explored
}

fn searched(
    staged: &dyn Explorable,
    (reduction, schedules_max): (Reduction, u64),
    meter: &Meter,
    explored: &mut Explored,
) {
    let meter = meter.clone();
    let options = Options { reduction, stop_at_violation: true, schedules_max, meter, ..Options::default() };
    match staged.search(&options) {
        Ok(found) => {
            explored.schedules = found.schedules;
            explored.covered = found.skipped;
            explored.states = found.states;
            explored.transitions = found.transitions;
            explored.steps = found.steps;
            explored.exhausted = found.exhausted;
            explored.full = found.full;
            explored.left = found.left;
            explored.violation = found.violation;
        }
        Err(run) => explored.gives_up(run),
    }
}
