//! Systematic search through the orders of steps, each run from the start: up to the point where it is to go another
//! way than the one before, it is answered as that one was.
//!
//! With [`Reduction::SourceDpor`] only those orders are tried that can differ: when a step is found to race with an
//! earlier one, the other way round is left to be tried at the point before the earlier one (source sets, after Abdulla
//! and others), and a step that was tried at a point sleeps below its siblings until something meets it.
//!
//! What a step touches may follow from what it reads, so it can be something else once another step came first. Where a
//! step sleeps, it is known what it touches there, and that counts for it from then on: whoever meets it only there
//! must still be tried before it.
//!
//! Steps can also disable each other: a gate shuts, an alternative is given up, a node dies. Such a pair is a race
//! although one of the two never happens, so there are more rules. A step that was open and is no longer is lost: it is
//! to be tried at the point where it was, and after whatever else could have come before the step that took it away. A
//! step whose gate is shut when it is asked for is to be tried wherever it could have come earlier. Whoever gives up a
//! step with a shut gate has read what the gate is read from.

use crate::clock::Clock;
use crate::executor::StepId;
use crate::footprint::Marks;
use crate::meter::Meter;
use crate::run::{Event, Limits, Run, Unfinished, Waypoint, Why, Wrong};
use crate::states::search_states;
use crate::world::{Scenario, World};

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

/// How many runs a search makes before it says again what is left.
const RUNS_PER_COUNT: u64 = 1_000;

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
    /// Those of them that were not done again, but answered as an earlier run was.
    pub recalled: u64,
    /// States that were come to, where the search knows them apart.
    pub states: u64,
    /// Steps between states that are known, most of them without doing them again.
    pub transitions: u64,
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

/// A step, and what it touches where it stands.
#[derive(Debug, Clone)]
struct Known {
    id: StepId,
    marks: Marks,
}

/// A point of the present run at which a step was chosen.
struct Node<W> {
    /// The steps that can happen here.
    open: Vec<StepId>,
    chosen: StepId,
    /// Steps to try here after the chosen one.
    left: Vec<StepId>,
    /// Steps that need not be tried here: they lead to orders that are tried from elsewhere.
    asleep: Vec<Known>,
    /// Steps that were done here and put off again.
    known: Vec<Known>,
    /// Steps that the chosen one took away.
    lost: Vec<Known>,
    /// The chosen step, once it was done here, and the steps before it that it depends on.
    event: Option<(Event, Clock)>,
    /// What was wrong after the chosen step, and not before.
    wrong: Option<Wrong>,
    waypoint: Waypoint<W>,
}

impl<W: World> Node<W> {
    fn event(&self) -> &(Event, Clock) {
        self.event.as_ref().expect("the steps before the last point were done")
    }

    /// Whether a step is tried here anyhow, or need not be.
    fn covers(&self, id: StepId) -> bool {
        self.chosen == id || self.left.contains(&id) || self.asleep.iter().any(|asleep| asleep.id == id)
    }

    /// What a step touches here, if it was ever done here.
    fn touches(&self, id: StepId) -> Option<&Known> {
        self.asleep.iter().chain(&self.known).find(|known| known.id == id)
    }

    fn try_also(&mut self, id: StepId) {
        if self.open.contains(&id) && !self.covers(id) {
            self.left.push(id);
        }
    }
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
    if options.reduction == Reduction::States {
        return search_states(scenario, options, tell);
    }
    let mut search = Search { scenario, options, nodes: Vec::new(), found: Found::default() };
    let (origin, mut leaves) = (scenario.world(), options.meter.leaves());
    for runs in 1_u64.. {
        search.run(&origin, tell)?;
        options.meter.count_run();
        if runs % RUNS_PER_COUNT == 0 {
            leaves.so_many(search.left());
        }
        let all = search.found.schedules + search.found.skipped >= options.schedules_max;
        let enough = all || options.meter.is_stopped();
        let stop = enough || (options.stop_at_violation && search.found.violation.is_some());
        let more = search.backtrack();
        if stop || !more {
            search.found.exhausted = !more;
            search.found.left = search.left();
            break;
        }
    }
    Ok(search.found)
}

struct Search<'a, S: Scenario> {
    scenario: &'a S,
    options: &'a Options,
    /// The choices of the present run, from its start.
    nodes: Vec<Node<S::World>>,
    found: Found,
}

impl<S: Scenario> Search<'_, S> {
    /// Runs once: along the points that stand, then on with the first choice at each new one. Steps along points
    /// that stand were judged by the run that first did them: what was wrong then is wrong with this run as well.
    fn run(&mut self, origin: &S::World, tell: Listener<'_, S::World>) -> Result<(), Unfinished> {
        let mut run = Run::begin(self.scenario, &self.options.limits, origin);
        run.keep_answers();
        self.come_back(&mut run);
        let inherited = run.wrong.is_some();
        let mut next = match self.nodes.last() {
            None => Some(run.open()),
            Some(_) => self.step(&mut run),
        };
        let skipped = loop {
            let Some(open) = next else { break true };
            if open.is_empty() {
                break false;
            }
            if run.depth >= self.options.limits.steps_max {
                return Err(Unfinished { path: self.path(), why: Why::TooLong });
            }
            if !self.point(open, &run) {
                break true;
            }
            next = self.step(&mut run);
        };
        self.found.depth = self.found.depth.max(run.depth);
        if skipped {
            self.found.skipped += 1;
            return Ok(());
        }
        self.found.schedules += 1;
        let known = run.wrong.is_some();
        let wrong = run.rest();
        run.world(|world| tell(world, wrong.as_ref()));
        match wrong {
            Some(_) if inherited => self.found.violations += 1,
            Some(wrong) if !known => self.note(wrong),
            Some(_) | None => {}
        }
        Ok(())
    }

    /// Something is wrong with a run, after the steps chosen so far.
    fn note(&mut self, Wrong { message, .. }: Wrong) {
        self.found.violations += 1;
        let path = self.path();
        self.found.violation.get_or_insert(Violation { message, path });
    }

    /// Leads a run to the last point.
    fn come_back(&mut self, run: &mut Run<'_, S>) {
        let Some((last, before)) = self.nodes.split_last() else { return };
        for node in before {
            let (event, _) = node.event();
            let recalled = run.recall(node.chosen, &node.waypoint, &event.answers);
            self.found.recalled += u64::from(recalled);
            run.wrong = run.wrong.take().or_else(|| node.wrong.clone());
        }
        last.waypoint.iter().for_each(|world| run.put(world));
        self.found.steps += before.len() as u64;
    }

    fn path(&self) -> Vec<StepId> {
        self.nodes.iter().map(|node| node.chosen).collect()
    }

    /// A new point, with a first step to try there; false if all that can happen there sleeps.
    fn point(&mut self, open: Vec<StepId>, run: &Run<'_, S>) -> bool {
        let asleep = self.still_asleep(&open);
        let awake = |id: &&StepId| !asleep.iter().any(|sleeper| sleeper.id == **id);
        let Some(chosen) = open.iter().find(awake).copied() else { return false };
        let mut left: Vec<StepId> = match self.options.reduction {
            Reduction::SourceDpor => Vec::new(),
            Reduction::Nothing | Reduction::SleepSets | Reduction::States => {
                open.iter().filter(awake).skip(1).copied().collect()
            }
        };
        left.reverse();
        let (known, lost) = (Vec::new(), Vec::new());
        let waypoint = self.waypoint(run);
        self.nodes.push(Node { open, chosen, left, asleep, known, lost, event: None, wrong: None, waypoint });
        true
    }

    /// Where a run is after the last point.
    fn waypoint(&self, run: &Run<'_, S>) -> Waypoint<S::World> {
        let before = self.nodes.last().filter(|before| !before.event().0.changes);
        before.map_or_else(|| run.waypoint(), |before| before.waypoint.clone())
    }

    /// What slept at the point before, or was tried there already, sleeps on unless the step in between meets it.
    fn still_asleep(&self, open: &[StepId]) -> Vec<Known> {
        let Some(before) = self.nodes.last() else { return Vec::new() };
        let (event, _) = before.event();
        let sleeps_on = |sleeper: &&Known| !sleeper.marks.meets(&event.marks) && open.contains(&sleeper.id);
        before.asleep.iter().filter(sleeps_on).cloned().collect()
    }

    /// Does the step chosen at the last point. Answers what can happen after it; nothing if the run ends here because
    /// another step is to be tried at this point first.
    fn step(&mut self, run: &mut Run<'_, S>) -> Option<Vec<StepId>> {
        let at = self.nodes.len() - 1;
        let known = run.wrong.is_some();
        let mut event = run.step(self.nodes[at].chosen);
        self.found.steps += 1;
        // Noted before the step may be put off: it is this one that is wrong.
        self.nodes[at].wrong = run.wrong.clone().filter(|_| !known);
        if let Some(wrong) = self.nodes[at].wrong.clone() {
            self.note(wrong);
        }
        let open = run.open();
        if self.options.reduction != Reduction::SourceDpor {
            self.nodes[at].event = Some((event, Clock::default()));
            return Some(open);
        }
        let before = self.nodes[..at].iter().filter_map(|node| node.touches(event.id));
        before.for_each(|known| event.marks.join(&known.marks));
        let mut clock = self.races(at, (event.id, event.born, &event.marks));
        self.nodes[at].event = Some((event, clock));
        if !self.lose(at, &open) {
            return None;
        }
        clock.add(at);
        self.races_with_lost(at, &clock);
        for shut in run.shut() {
            self.races(at + 1, (shut.id, at + 1, &shut.marks));
        }
        Some(open)
    }

    /// Notes which steps the one just done took away. What such a step touches must be known, so one that was never
    /// done here is tried first; then this answers false.
    fn lose(&mut self, at: usize, open: &[StepId]) -> bool {
        let node = &mut self.nodes[at];
        node.lost.clear();
        let lost = node.open.iter().filter(|id| **id != node.chosen && !open.contains(id));
        for id in lost.copied().collect::<Vec<_>>() {
            let Some(known) = node.touches(id).cloned() else {
                let (event, _) = node.event.take().expect("it was just done");
                node.left.retain(|left| *left != id);
                node.left.push(event.id);
                node.known.push(Known { id: event.id, marks: event.marks });
                node.chosen = id;
                return false;
            };
            node.try_also(id);
            node.lost.push(known);
        }
        true
    }

    /// A step that was taken away could have come after the one just done, and before the one that took it away.
    /// `clock` holds the step just done and all that it depends on.
    fn races_with_lost(&mut self, at: usize, clock: &Clock) {
        for earlier in (0..at).filter(|earlier| !clock.has(*earlier)) {
            let (event, _) = self.nodes[at].event();
            let met = self.nodes[earlier].lost.iter().filter(|lost| lost.marks.meets(&event.marks));
            for id in met.map(|lost| lost.id).collect::<Vec<_>>() {
                self.reverse(earlier, at + 1, id, clock);
            }
        }
    }

    /// Finds the earlier steps that a step which comes at `place` races with, and leaves the other way round to
    /// be tried. Answers all the steps that it depends on.
    fn races(&mut self, place: usize, (id, born, marks): (StepId, usize, &Marks)) -> Clock {
        let mut clock = Clock::default();
        if let Some(cause) = born.checked_sub(1) {
            clock.join(&self.nodes[cause].event().1);
            clock.add(cause);
        }
        for earlier in (0..place).rev() {
            if clock.has(earlier) {
                continue;
            }
            let (other, before) = self.nodes[earlier].event();
            if other.marks.meets(marks) {
                let before = *before;
                self.reverse(earlier, place, id, &clock);
                clock.join(&before);
                clock.add(earlier);
            }
        }
        clock
    }

    /// Leaves a step to be tried at the point before `earlier`, from which `id` can come first. `clock` holds the steps
    /// after `earlier` that `id` depends on.
    fn reverse(&mut self, earlier: usize, place: usize, id: StepId, clock: &Clock) {
        // The steps after the earlier one that do not depend on it, and `id`: those of them that can come first.
        let mut between = Clock::default();
        let mut first: Option<StepId> = None;
        for step in earlier + 1..place {
            let (event, before) = self.nodes[step].event();
            if before.has(earlier) {
                continue;
            }
            if before.is_disjoint(&between) {
                if self.nodes[earlier].covers(event.id) {
                    return;
                }
                first.get_or_insert(event.id);
            }
            between.add(step);
        }
        let direct = clock.is_disjoint(&between);
        if direct && self.nodes[earlier].covers(id) {
            return;
        }
        let wanted = if direct { id } else { first.expect("what a step depends on comes before it") };
        self.nodes[earlier].try_also(wanted);
    }

    /// How many steps are left to be tried: the chosen one of the last point, if it is still to be done, and others.
    fn left(&self) -> u64 {
        let chosen = u64::from(self.nodes.last().is_some_and(|last| last.event.is_none()));
        self.nodes.iter().map(|node| node.left.len() as u64).sum::<u64>() + chosen
    }

    /// Goes back to the last point with a step left to try. Answers whether there is one.
    fn backtrack(&mut self) -> bool {
        while let Some(mut node) = self.nodes.pop() {
            // A point whose step was put off stands, with another step to be done.
            if let Some((event, _)) = node.event.take() {
                let Some(next) = node.left.pop() else { continue };
                if self.options.reduction != Reduction::Nothing {
                    node.asleep.push(Known { id: event.id, marks: event.marks });
                }
                node.chosen = next;
            }
            self.nodes.push(node);
            return true;
        }
        false
    }
}
