//! Random runs. They prove nothing, and find most faults fast.
//!
//! Run number `k` depends on the seed and on `k` alone, so it does not matter who runs it. Things that go wrong are not
//! drawn as a step among others, or nearly all would happen at the start: their place in the run is drawn, and there
//! the next of them happens.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::event::Event;
use crate::executor::StepId;
use crate::footprint::Marks;
use crate::meter::Meter;
use crate::run::{Choice, Limits, Run, Unfinished, Why, Wrong};
use crate::search::Violation;
use crate::steady::Steady;
use crate::world::{Scenario, World};

/// How the next step is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draw {
    /// Each step that can happen is as likely as any other.
    Walk,
    /// Partial order sampling: each waiting step has a random priority, drawn anew when a step that it races with is
    /// done.
    Pos,
    /// Each task has a random priority; at `changes` random places the highest one falls below all others. To compare
    /// with: with too few changes it never finds what takes more.
    Pct { changes: u32 },
    /// Of ten runs nine by partial order sampling, and a walk: what depends on few steps, it finds sooner.
    Portfolio,
}

/// What to sample.
#[derive(Debug, Clone)]
pub struct Sample {
    pub draw: Draw,
    pub seed: u64,
    /// The numbers of the runs: one of them that is run alone is the same run.
    pub runs: std::ops::Range<u64>,
    pub stop_at_violation: bool,
    /// Run each schedule again, and compare every step of it.
    pub twice: bool,
    pub limits: Limits,
    pub meter: Meter,
}

impl Default for Sample {
    fn default() -> Self {
        Sample {
            draw: Draw::Portfolio,
            seed: 1,
            runs: 0..1_000,
            stop_at_violation: true,
            twice: false,
            limits: Limits::default(),
            meter: Meter::default(),
        }
    }
}

/// What random runs came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sampled {
    pub schedules: u64,
    pub steps: u64,
    /// The first violation, and the number of the run that came to it.
    pub violation: Option<(u64, Violation)>,
    pub violations: u64,
    /// Schedules that were not the same the second time.
    pub unsteady: Vec<u64>,
    pub ends: Ends,
}

/// The worlds in which random runs came to rest: how often each, by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ends(BTreeMap<u64, u64>);

impl Ends {
    fn add(&mut self, end: u64) {
        *self.0.entry(end).or_default() += 1;
    }

    /// Those of more runs.
    pub fn append(&mut self, more: &Ends) {
        for (end, times) in &more.0 {
            *self.0.entry(*end).or_default() += times;
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// How many of them one run alone came to. In about as many of all runs, one more would come to a new end (Good and
    /// Turing).
    #[must_use]
    pub fn once(&self) -> usize {
        self.0.values().filter(|times| **times == 1).count()
    }
}

/// How many runs are made to learn which steps touch what, before the first one counts.
const LESSONS: u64 = 10;

/// A small generator of numbers (SplitMix64): the same seed gives the same runs everywhere.
#[derive(Debug)]
struct Draws(u64);

impl Draws {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = bound.max(1) as u64;
        usize::try_from(self.number() % bound).expect("it is below a usize")
    }
}

/// What is known of a scenario before it is sampled: the same for whoever samples it.
#[derive(Debug, Default)]
struct Lessons {
    /// What a sort of step touched when it was last seen.
    marks: BTreeMap<u64, Marks>,
    /// How long a run is.
    depth: usize,
}

/// Runs random schedules.
///
/// # Errors
/// When a run does not end within its limits.
pub fn sample<S: Scenario>(scenario: &S, sample: &Sample) -> Result<Sampled, Unfinished> {
    let origin = Arc::new(scenario.world());
    let mut sampler = Sampler { scenario, sample, origin, lessons: Lessons::default() };
    for lesson in 0..LESSONS {
        let mut marks = BTreeMap::new();
        let run = sampler.once(Draw::Walk, u64::MAX - lesson, &mut |choice, event| {
            marks.insert(choice.sort, event.marks.clone());
        })?;
        sampler.lessons.depth = sampler.lessons.depth.max(run.path.len());
        sampler.lessons.marks.append(&mut marks);
    }
    let mut sampled = Sampled::default();
    for number in sample.runs.clone() {
        if sample.meter.is_stopped() {
            break;
        }
        let run = sampler.once(draw_of(sample.draw, number), number, &mut |_, _| {})?;
        sampled.schedules += 1;
        sampled.steps += run.path.len() as u64;
        sample.meter.count_run();
        sampled.ends.add(run.end);
        if sample.twice && sampler.again(&run.path) != run.hash {
            sampled.unsteady.push(number);
        }
        if let Some(Wrong { message, .. }) = run.wrong {
            sampled.violations += 1;
            let violation = Violation { message, path: run.path };
            sampled.violation.get_or_insert((number, violation));
            if sample.stop_at_violation {
                break;
            }
        }
    }
    Ok(sampled)
}

fn draw_of(draw: Draw, number: u64) -> Draw {
    match (draw, number % 10) {
        (Draw::Portfolio, 0..9) => Draw::Pos,
        (Draw::Portfolio, _) => Draw::Walk,
        (Draw::Walk | Draw::Pos | Draw::Pct { .. }, _) => draw,
    }
}

/// Every step of a run, what each touched, and the state at its end.
fn whole<S: Scenario>(run: &Run<'_, S>) -> u64 {
    Steady::of(&(run.hash, run.world(World::digest)))
}

/// A run that was made.
struct Made {
    path: Vec<StepId>,
    /// The digest of its last world.
    end: u64,
    /// See [`whole`]; only of runs that are made twice.
    hash: u64,
    wrong: Option<Wrong>,
}

struct Sampler<'a, S: Scenario> {
    scenario: &'a S,
    sample: &'a Sample,
    origin: Arc<S::World>,
    lessons: Lessons,
}

impl<S: Scenario> Sampler<'_, S> {
    fn once(
        &self,
        draw: Draw,
        number: u64,
        learn: &mut dyn FnMut(Choice, &Event),
    ) -> Result<Made, Unfinished> {
        let mut run = Run::begin(self.scenario, &self.sample.limits, &self.origin);
        let mut chooser = Chooser::new(draw, &self.lessons, Steady::of(&(self.sample.seed, number)));
        let mut path = Vec::new();
        loop {
            let choices = run.choices();
            if choices.is_empty() {
                let end = run.world(World::digest);
                let hash = if self.sample.twice { whole(&run) } else { 0 };
                return Ok(Made { path, end, hash, wrong: run.rest() });
            }
            if path.len() >= self.sample.limits.steps_max {
                return Err(Unfinished { path, why: Why::TooLong });
            }
            let choice = chooser.choose(&choices, path.len());
            let event = run.step(choice.id);
            path.push(choice.id);
            chooser.done(&event);
            learn(choice, &event);
        }
    }

    /// Runs the same steps again. Answers the hash of what came of it.
    fn again(&self, path: &[StepId]) -> u64 {
        let mut run = Run::begin(self.scenario, &self.sample.limits, &self.origin);
        path.iter().for_each(|id| drop(run.step(*id)));
        whole(&run)
    }
}

/// Draws the steps of one run.
struct Chooser<'a> {
    draw: Draw,
    draws: Draws,
    lessons: &'a Lessons,
    /// Where the next thing goes wrong.
    fault_at: usize,
    /// The priorities of waiting steps, with the sorts that they are of, or of tasks.
    priorities: BTreeMap<StepId, (u64, u64)>,
    tasks: BTreeMap<u64, u64>,
    changes: Vec<usize>,
}

impl<'a> Chooser<'a> {
    fn new(draw: Draw, lessons: &'a Lessons, seed: u64) -> Self {
        let mut draws = Draws(seed);
        let fault_at = draws.below(lessons.depth + 1);
        let changes = match draw {
            Draw::Pct { changes } => (0..changes).map(|_| draws.below(lessons.depth)).collect(),
            Draw::Walk | Draw::Pos | Draw::Portfolio => Vec::new(),
        };
        let (priorities, tasks) = (BTreeMap::new(), BTreeMap::new());
        Chooser { draw, draws, lessons, fault_at, priorities, tasks, changes }
    }

    fn choose(&mut self, choices: &[Choice], place: usize) -> Choice {
        let (faults, steps): (Vec<Choice>, Vec<Choice>) = choices.iter().partition(|choice| choice.fault);
        let due = place >= self.fault_at && !faults.is_empty();
        if due || steps.is_empty() {
            self.fault_at = place + 1 + self.draws.below(self.lessons.depth + 1);
            return faults[self.draws.below(faults.len())];
        }
        match self.draw {
            Draw::Walk | Draw::Portfolio => steps[self.draws.below(steps.len())],
            Draw::Pos => self.by_step(&steps),
            Draw::Pct { .. } => self.by_task(&steps, place),
        }
    }

    fn by_step(&mut self, steps: &[Choice]) -> Choice {
        for step in steps {
            let (draws, sort) = (&mut self.draws, step.sort);
            self.priorities.entry(step.id).or_insert_with(|| (draws.number(), sort));
        }
        *steps.iter().max_by_key(|step| self.priorities[&step.id]).expect("there is a step")
    }

    fn by_task(&mut self, steps: &[Choice], place: usize) -> Choice {
        for step in steps {
            let draws = &mut self.draws;
            // Those that fall lie below all that were drawn.
            self.tasks.entry(step.id.task).or_insert_with(|| draws.number() | 1 << 32);
        }
        let highest = |tasks: &BTreeMap<u64, u64>| {
            *steps.iter().max_by_key(|step| tasks[&step.id.task]).expect("there is a step")
        };
        if self.changes.contains(&place) {
            let falls = highest(&self.tasks).id.task;
            self.tasks.insert(falls, (self.lessons.depth.saturating_sub(place)) as u64);
        }
        highest(&self.tasks)
    }

    fn done(&mut self, event: &Event) {
        self.priorities.remove(&event.id);
        if self.draw != Draw::Pos {
            return;
        }
        let (draws, lessons) = (&mut self.draws, self.lessons);
        for (priority, sort) in self.priorities.values_mut() {
            if lessons.marks.get(sort).is_some_and(|marks| marks.meets(&event.marks)) {
                *priority = draws.number();
            }
        }
    }
}
