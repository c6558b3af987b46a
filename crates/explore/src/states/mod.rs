//! Search through states: each is come to once, and every step that can happen there is taken.
//!
//! Orders grow much faster than states: most of them come to where others have been. A state is what every object of
//! the world holds, and where every task stands ([`crate::Handle::stands_at`] says how little of what a task heard
//! still counts).
//!
//! A run cannot go back: futures cannot be copied. But a step has two halves. What it does to the world follows from
//! what it reads there, so it is enough that the code does it once in a world that holds the same; worlds can be
//! copied, so no run is needed for that. How tasks go on follows from where they stand and from what the step answered,
//! so it is enough that a run goes on from it once. What was learnt is looked up wherever the step meets the same
//! again.
//!
//! Such a run begins at the start, recalls the steps that its tasks depend on, and leaves out the rest. Other runs do
//! every step, to each world in which nothing is left to happen and to a sample of all states: whether they come to
//! what was foretold is checked, so a step that touches more than it names is found out.
//!
//! A task is calm from when it says that the order of what it hears does not matter ([`crate::Handle::waits_at`]) until
//! it runs again: what it hears meanwhile is added up, and needs no run.

mod death;
mod deed;
mod lead;
mod learnt;
mod list;
mod live;
mod moved;
mod space;
mod standpoints;
mod ways;
mod worlds;

use std::sync::Arc;

use crate::by_hash::ByHash;
use crate::executor::{Answer, StepId, lock};
use crate::footprint::Footprint;
use crate::run::{Run, Unfinished, Why};
use crate::search::{Found, Listener, Options, Violation};
use crate::steady::Steady;
use crate::world::{Scenario, World};
use deed::{Deed, Deeds, Done};
use learnt::{Learnt, Lesson, Needs, Taking};
use live::Live;
use moved::Moved;
use space::{Space, StateAt};
use standpoints::{Await, TaskAt};
use ways::{AllWays, orders};
use worlds::PlaceAt;

/// How many states the meter counts at a time.
const STATES_PER_COUNT: usize = 1_024;

/// Of so many states, a run does every step to one, to see whether it comes to what was foretold.
const STATES_PER_PROOF: StateAt = 1_024;

/// What is left to be done.
#[derive(Debug, Clone, Copy)]
enum Left {
    /// A state whose steps were not taken yet.
    State(StateAt),
    /// A step that needed a run when its state was gone through.
    Step(Taking),
}

struct States<'a, 't, S: Scenario> {
    scenario: &'a S,
    options: &'a Options,
    /// The world before any task started.
    origin: Arc<S::World>,
    space: Space<S::World>,
    deeds: Deeds,
    /// What steps left just now that led to a world which others had come to: by the world before and the step.
    fresh: ByHash<Arc<S::World>>,
    learnt: Learnt,
    left: Vec<Left>,
    ways: AllWays,
    /// The name of each step in the last run that did it.
    names: ByHash<StepId>,
    live: Option<Live<'a, S>>,
    found: Found,
    tell: Listener<'t, S::World>,
}

/// Takes every step in every state.
///
/// # Errors
/// When it goes round in circles, or for longer than a run may, or when a run does not come to what was foretold.
///
/// # Panics
/// When steps are to be joined: what they read and write is known of each by itself.
pub(crate) fn search_states<S: Scenario>(
    scenario: &S,
    options: &Options,
    tell: Listener<'_, S::World>,
) -> Result<Found, Unfinished> {
    assert!(options.limits.merges.is_empty(), "steps are joined in searches through orders");
    let origin = Arc::new(scenario.world());
    let run = Run::begin(scenario, &options.limits, &origin);
    let mut states = States {
        scenario,
        options,
        space: Space::of(run.held()),
        origin,
        deeds: Deeds::default(),
        fresh: ByHash::default(),
        learnt: Learnt::default(),
        left: Vec::new(),
        ways: AllWays::default(),
        names: ByHash::default(),
        live: None,
        found: Found::default(),
        tell,
    };
    states.begin(run);
    let (mut counted, mut leaves) = (0, options.meter.leaves());
    while let Some(left) = states.left.pop() {
        match left {
            Left::State(state) => states.expand(state)?,
            Left::Step(taking) => states.take(taking)?,
        }
        if states.space.states.len() >= counted + STATES_PER_COUNT {
            counted = states.space.states.len();
            options.meter.count_states(STATES_PER_COUNT as u64);
            leaves.so_many(states.left.len() as u64);
        }
        let held = states.space.states.len() as u64;
        let enough = held > options.schedules_max || options.meter.is_stopped();
        let stop = options.stop_at_violation && states.found.violation.is_some();
        states.found.full = held > options.states_max && !states.left.is_empty();
        if enough || stop || states.found.full {
            break;
        }
    }
    options.meter.count_states((states.space.states.len() - counted) as u64);
    states.found.exhausted = states.left.is_empty();
    states.found.left = states.left.len() as u64;
    states.found.states = states.space.states.len() as u64;
    if states.found.exhausted {
        match orders(states.space.states.next(), &states.ways) {
            Ok(orders) => states.found.orders = orders,
            Err(state) => {
                let path = states.prove(state)?.path().to_vec();
                return Err(Unfinished { path, why: Why::Circles });
            }
        }
    }
    Ok(states.found)
}

impl<'a, S: Scenario> States<'a, '_, S> {
    fn begin(&mut self, run: Run<'a, S>) {
        let mut live = Live::new(run);
        let tasks = live.look(&mut self.space).to_vec();
        let (state, _) = self.space.state(0, tasks, None);
        live.state = Some(state);
        self.live = Some(live);
        self.left.push(Left::State(state));
    }

    /// Judges a state, and takes every step that can happen there. Of those that need a run one is taken at once: the
    /// others may need none any more when their turn comes.
    fn expand(&mut self, state: StateAt) -> Result<(), Unfinished> {
        if state.is_multiple_of(STATES_PER_PROOF) {
            self.prove(state)?;
        }
        self.judge(state)?;
        let open = self.open(state)?;
        if open.is_empty() {
            self.rest(state)?;
        }
        let mut unknown = Vec::new();
        for taking in open {
            match self.after(taking) {
                Some((place, tasks)) => drop(self.come_to(taking, place, tasks)?),
                None => unknown.push(taking),
            }
        }
        let last = unknown.pop();
        self.left.extend(unknown.into_iter().map(Left::Step));
        last.map_or(Ok(()), |taking| self.learn(taking))
    }

    /// Takes a step that needed a run before.
    fn take(&mut self, taking: Taking) -> Result<(), Unfinished> {
        match self.after(taking) {
            Some((place, tasks)) => self.come_to(taking, place, tasks).map(drop),
            None => self.learn(taking),
        }
    }

    /// Judges a world that was come to for the first time.
    fn judge(&mut self, state: StateAt) -> Result<(), Unfinished> {
        let place = self.space.states[state].place;
        if std::mem::replace(&mut self.space.worlds.places[place].judged, true) {
            return Ok(());
        }
        if self.space.worlds.places[place].world.is_none() {
            self.live_in(state)?;
        }
        let judged = match &self.space.worlds.places[place].world {
            Some(world) => self.scenario.always(world),
            None => self.live_in(state)?.run.judged(),
        };
        self.note((state, None), judged)
    }

    /// The steps that can happen in a state. Tasks that stand at the same do the same: one of them is enough.
    fn open(&mut self, state: StateAt) -> Result<Vec<Taking>, Unfinished> {
        let mut tasks = self.space.states[state].tasks.to_vec();
        tasks.dedup();
        let mut open = Vec::new();
        for task in tasks {
            for nth in 0..self.space.standpoints[task].steps.len() {
                let Await { step, calm, .. } = self.space.standpoints[task].steps[nth];
                let taking = Taking { state, task, step, calm };
                if self.is_open(taking, nth)? {
                    open.push(taking);
                }
            }
        }
        Ok(open)
    }

    fn is_open(&mut self, Taking { state, task, step, .. }: Taking, nth: usize) -> Result<bool, Unfinished> {
        let place = self.space.states[state].place;
        let Await { gate: reads, open, .. } = &self.space.standpoints[task].steps[nth];
        let known = open.is_none().then_some(true);
        if let Some(known) = known.or_else(|| self.learnt.is_open(&self.space.worlds, place, step, reads)) {
            return Ok(known);
        }
        let open =
            match (&self.space.worlds.places[place].world, &self.space.standpoints[task].steps[nth].open) {
                (Some(world), Some(open)) => open(world),
                _ => {
                    let live = self.live_in(state)?;
                    live.run.find(step).is_some_and(|id| live.run.is_open(id))
                }
            };
        let reads = &self.space.standpoints[task].steps[nth].gate;
        self.learnt.gate(&self.space.worlds, place, (step, open), reads);
        Ok(open)
    }

    /// The world and the tasks after a step, if no run is needed to know.
    fn after(&mut self, taking: Taking) -> Option<(PlaceAt, Vec<TaskAt>)> {
        let done = self.done(taking)?;
        self.learnt.after(&mut self.space, taking, done)
    }

    /// What a step does to the world of a state: as it was seen to, or as it does in that world now.
    fn done(&mut self, taking: Taking) -> Option<Done> {
        let Taking { state, task, step, .. } = taking;
        let place = self.space.states[state].place;
        let known = self.deeds.of(&mut self.space.worlds, place, step);
        if known.is_some_and(|done| self.space.worlds.places[done.place].world.is_some()) {
            return known;
        }
        let Some(mut world) = self.space.worlds.places[place].world.clone() else { return known };
        let (answer, footprint) = lock(self.space.standpoints.act(task, step))(Arc::make_mut(&mut world));
        self.found.steps += 1;
        let seen =
            known.unwrap_or_else(|| self.see(taking, (answer.number, Some(answer)), &footprint, &world));
        if !self.space.worlds.keep(seen.place, &world) {
            self.fresh.insert(Steady::of(&(place, step)), world);
        }
        Some(seen)
    }

    /// A step was seen to do something: `world` is what it left.
    fn see(
        &mut self,
        Taking { state, step, .. }: Taking,
        (number, answer): (u64, Option<Answer>),
        footprint: &Footprint<<S::World as World>::Object>,
        world: &S::World,
    ) -> Done {
        assert!(!footprint.everything, "a step among states says what it touches");
        let place = self.space.states[state].place;
        let (needs, changes) =
            self.space.worlds.effect((place, world), (&footprint.reads, &footprint.writes));
        let deed = Deed { number, answer, changes };
        self.deeds.add(&mut self.space.worlds, (place, step), needs, deed)
    }

    /// A step leads to a state.
    fn come_to(&mut self, from: Taking, place: PlaceAt, tasks: Vec<TaskAt>) -> Result<StateAt, Unfinished> {
        let (state, new) = self.space.state(place, tasks, Some((from.state, from.step)));
        self.found.transitions += 1;
        self.ways.push((from.state, state));
        if new {
            self.left.push(Left::State(state));
            let depth = self.space.states[state].depth as usize;
            self.found.depth = self.found.depth.max(depth);
            if depth > self.options.limits.steps_max {
                let path = self.prove(from.state)?.path().to_vec();
                return Err(Unfinished { path, why: Why::TooLong });
            }
        }
        self.judge_fresh(from, place)?;
        Ok(state)
    }

    /// What a step did just now is judged by what it left itself: how it came there may count, and not only where.
    /// Where tasks touched more as they went on, the step was not over yet.
    fn judge_fresh(&mut self, from: Taking, place: PlaceAt) -> Result<(), Unfinished> {
        let before = self.space.states[from.state].place;
        let fresh = self.fresh.remove(&Steady::of(&(before, from.step)));
        let Some(world) = fresh.filter(|_| {
            self.deeds.of(&mut self.space.worlds, before, from.step).is_some_and(|done| done.place == place)
        }) else {
            return Ok(());
        };
        let judged = self.scenario.always(&world);
        self.note((from.state, Some(from.step)), judged)
    }

    /// A run goes on from a step as none did where it met the same.
    fn learn(&mut self, taking: Taking) -> Result<(), Unfinished> {
        let Taking { state, step, .. } = taking;
        let mut live = self.live_with(taking)?;
        let id = live.run.find(step).ok_or_else(|| self.strays(state))?;
        let taken = live.take(id);
        self.found.steps += 1;
        let (done, sequel) = match self.done(taking) {
            Some(done) if self.put(&live, done.place) => {
                let place = self.space.states[state].place;
                let answer = self.deeds.answer(&self.space.worlds, place, step);
                (done, live.run.go_on(taken, answer.expect("whoever keeps worlds keeps answers")))
            }
            known => {
                let (answer, footprint) = live.run.act(&taken);
                let see = |world: &S::World| self.see(taking, (answer.number, None), &footprint, world);
                (known.unwrap_or_else(|| live.run.world(see)), live.run.go_on(taken, &answer))
            }
        };
        let before = std::mem::take(&mut live.stances);
        live.look(&mut self.space);
        // Whoever touches something knows what it held, so it depends on that also where it only adds to a sum.
        let touched = |world: &S::World| {
            self.space.worlds.effect((done.place, world), (&sequel.touched, &sequel.touched))
        };
        let (objects, changes) = live.run.world(touched);
        let moved = Moved { sequel: &sequel, before: &before, live: &live };
        let (hears, company, went) = moved.learn(&mut self.space, &mut self.learnt);
        let needs = Needs { objects, dying: sequel.killed, company, hears };
        self.learnt.add(&self.space, (taking, done), needs, Lesson { changes, went });
        let after = self.learnt.after(&mut self.space, taking, done);
        let (place, tasks) = after.ok_or_else(|| self.strays(state))?;
        self.space.worlds.keep(place, &live.run.held());
        let after = self.come_to(taking, place, tasks)?;
        if !live.has(&self.space.came(state, after)) {
            return Err(self.strays(state));
        }
        live.state = live.state.filter(|at| *at == state).map(|_| after);
        let partial = self.space.worlds.places[place].world.is_none();
        let judged = if partial { live.run.judged() } else { Ok(()) };
        self.live = Some(live);
        self.note((after, None), judged)
    }

    /// Puts the world of a place into a run. Answers whether there is one.
    fn put(&self, live: &Live<'a, S>, place: PlaceAt) -> bool {
        let world = &self.space.worlds.places[place].world;
        world.iter().for_each(|world| live.run.put(world));
        world.is_some()
    }

    /// Nothing can happen any more.
    fn rest(&mut self, state: StateAt) -> Result<(), Unfinished> {
        let place = self.space.states[state].place;
        if std::mem::replace(&mut self.space.worlds.places[place].rested, true) {
            return Ok(());
        }
        let live = self.prove(state)?;
        let (wrong, world) = (live.run.rest(), live.run.held());
        (self.tell)(&world, wrong.as_ref());
        self.found.schedules += 1;
        self.note((state, None), wrong.map_or(Ok(()), |wrong| Err(wrong.message)))
    }

    /// Something may be wrong with a state, or with what a step leaves there.
    fn note(
        &mut self,
        (state, step): (StateAt, Option<u64>),
        judged: Result<(), String>,
    ) -> Result<(), Unfinished> {
        let Err(message) = judged else { return Ok(()) };
        self.found.violations += 1;
        if self.found.violation.is_none() {
            let live = self.prove(state)?;
            let last = step.and_then(|step| live.run.find(step));
            let path = live.path().iter().copied().chain(last).collect();
            self.found.violation = Some(Violation { message, path });
        }
        Ok(())
    }
}
