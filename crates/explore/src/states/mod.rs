//! Search through states: each is come to once, and every step that can happen there is taken.
//!
//! Orders grow much faster than states: most of them come to where others have been. A state is what every object of
//! the world holds, and where every task stands ([`crate::Handle::stands_at`] says how little of what a task heard
//! still counts).
//!
//! A run cannot go back: futures cannot be copied. But what a step does follows from where its task stands and from
//! what it reads, so it is enough that a run of the code does it once. What was learnt there is looked up wherever the
//! step meets the same again, and a run is made only for what nobody has seen. Each such run begins at the start, and
//! goes as the one before it did for as long as their ways are the same. Whether it comes to the state that was foretold
//! is checked: a step that touches more than it names is found out.

mod death;
mod learnt;
mod live;
mod space;

use std::collections::BTreeMap;

use crate::executor::{Stance, StepId};
use crate::footprint::Footprint;
use crate::run::{Apart, Overrun, Run, Wrong, trace};
use crate::search::{Found, Listener, Options, Violation};
use crate::world::{Scenario, World};
use death::{Deaths, Moves};
use learnt::{Change, Learnt, Lesson, Mourning, Needs, Taking};
use live::Live;
use space::{ByHash, ObjectAt, Space, State, TaskAt, holds};

/// How many states are gone through between two looks at whether to stop.
const STATES_PER_LOOK: usize = 1_024;

struct States<'a, 't, S: Scenario> {
    scenario: &'a S,
    options: &'a Options,
    /// The world before any task started.
    origin: S::World,
    space: Space<S::World>,
    learnt: Learnt,
    /// States whose steps were not taken yet.
    left: Vec<usize>,
    /// Which state comes after which.
    ways: Vec<(usize, usize)>,
    /// The name of each step in the last run that did it.
    names: ByHash<StepId>,
    live: Option<Live<'a, S>>,
    found: Found,
    tell: Listener<'t, S::World>,
}

/// Takes every step in every state.
///
/// # Errors
/// When it goes round in circles.
pub(crate) fn search_states<S: Scenario>(
    scenario: &S,
    options: &Options,
    tell: Listener<'_, S::World>,
) -> Result<Found, Overrun> {
    let origin = scenario.world();
    let run = Run::begin(scenario, &options.limits, &origin);
    let mut states = States {
        scenario,
        options,
        space: Space::of(run.world(S::World::clone)),
        origin,
        learnt: Learnt::default(),
        left: Vec::new(),
        ways: Vec::new(),
        names: ByHash::default(),
        live: None,
        found: Found::default(),
        tell,
    };
    states.begin(run);
    let mut counted = 0;
    while let Some(state) = states.left.pop() {
        states.go_on(state)?;
        if states.space.states.len() >= counted + STATES_PER_LOOK {
            counted = states.space.states.len();
            options.meter.count(STATES_PER_LOOK as u64);
        }
        let enough = options.meter.is_stopped() || states.space.states.len() as u64 > options.schedules_max;
        let stop = options.stop_at_violation && states.found.violation.is_some();
        if enough || stop {
            break;
        }
    }
    options.meter.count((states.space.states.len() - counted) as u64);
    states.found.exhausted = states.left.is_empty();
    states.found.states = states.space.states.len() as u64;
    if states.found.exhausted
        && let Some(state) = states.circle()
    {
        states.live_at(state);
        let path = states.live.map_or_else(Vec::new, |live| live.path());
        return Err(Overrun { path });
    }
    Ok(states.found)
}

impl<'a, S: Scenario> States<'a, '_, S> {
    fn begin(&mut self, run: Run<'a, S>) {
        let stances = run.stances();
        let tasks = self.space.tasks(&stances, |task| run.waiting(task));
        let (state, _) = self.space.state(0, tasks, None);
        self.live = Some(Live::new(run, state));
        self.left.push(state);
    }

    /// Judges a state, and takes every step that can happen there. Those that nobody has seen come last: the run that
    /// is made to judge does the first of them, and the one that does the last is in the state that is next.
    fn go_on(&mut self, state: usize) -> Result<(), Overrun> {
        self.judge(state);
        let open = self.open(state);
        if open.is_empty() {
            self.rest(state);
        }
        let mut unknown = Vec::new();
        for taking in open {
            match self.learnt.after(&mut self.space, taking) {
                Some((place, tasks)) => self.come_to(taking, place, tasks),
                None => unknown.push(taking),
            }
        }
        unknown.into_iter().try_for_each(|taking| self.learn(taking))
    }

    /// A world that was come to by steps that were seen elsewhere is looked at in a run.
    fn judge(&mut self, state: usize) {
        let place = self.space.states[state].place;
        if !std::mem::replace(&mut self.space.places[place].judged, true) {
            let wrong = self.live_at(state).run.judged();
            self.note(wrong);
        }
    }

    /// The steps that can happen in a state. Tasks that stand at the same do the same: one of them is enough.
    fn open(&mut self, state: usize) -> Vec<Taking> {
        let mut tasks = self.space.states[state].tasks.to_vec();
        tasks.dedup();
        let mut open = Vec::new();
        for task in tasks {
            for nth in 0..self.space.standpoints[task].steps.len() {
                let taking = Taking { state, task, step: self.space.standpoints[task].steps[nth].step };
                if self.is_open(taking, nth) {
                    open.push(taking);
                }
            }
        }
        open
    }

    fn is_open(&mut self, Taking { state, task, step }: Taking, nth: usize) -> bool {
        let place = self.space.states[state].place;
        let reads = &self.space.standpoints[task].steps[nth].gate;
        let known = reads.is_empty().then_some(true);
        if let Some(known) = known.or_else(|| self.learnt.is_open(&self.space, place, step, reads)) {
            return known;
        }
        let live = self.live_at(state);
        let open = live.run.find(step).is_some_and(|id| live.run.is_open(id));
        let reads = &self.space.standpoints[task].steps[nth].gate;
        self.learnt.gate(&self.space, place, (step, open), reads);
        open
    }

    /// A step that was seen elsewhere leads to a state.
    fn come_to(&mut self, from: Taking, place: usize, tasks: Vec<TaskAt>) {
        let (state, new) = self.space.state(place, tasks, Some((from.state, from.step)));
        self.found.transitions += 1;
        self.ways.push((from.state, state));
        if new {
            self.left.push(state);
        }
    }

    /// A run does a step that was never done where it meets the same.
    fn learn(&mut self, taking: Taking) -> Result<(), Overrun> {
        let Taking { state, step, .. } = taking;
        self.live_at(state);
        let mut live = self.live.take().expect("a run was just made");
        let id = live.run.find(step).expect("a state has the same steps whichever way it was come to");
        if live.len() >= self.options.limits.steps_max {
            return Err(Overrun { path: live.path() });
        }
        let before = live.run.stances();
        let apart = live.learn(step, id);
        self.found.steps += 1;
        let after = live.run.stances();
        let place = self.space.states[state].place;
        let (objects, changes) = self.effect(place, &apart.footprint, &live.run);
        let (company, left, came) = self.moved(&apart, &before, &after, &live.run);
        let needs = Needs { objects, dying: apart.dying, company };
        self.learnt.add(&self.space, taking, needs, Lesson { changes, left, came });
        let (place, tasks) = self.learnt.after(&mut self.space, taking).expect("it was just learnt");
        self.space.places[place].judged = true;
        let wrong = live.run.wrong.take();
        let (after, new) = self.space.state(place, tasks, Some((state, step)));
        self.found.transitions += 1;
        self.found.depth = self.found.depth.max(live.len());
        self.ways.push((state, after));
        if new {
            self.left.push(after);
        }
        live.state = after;
        self.live = Some(live);
        self.note(wrong);
        Ok(())
    }

    /// The objects that a step depended on, and how it changed which.
    fn effect(
        &mut self,
        place: usize,
        footprint: &Footprint<<S::World as World>::Object>,
        run: &Run<'a, S>,
    ) -> (Vec<ObjectAt>, Vec<(ObjectAt, Change)>) {
        assert!(!footprint.everything, "a step among states says what it touches");
        let mut needs: Vec<ObjectAt> =
            footprint.reads.iter().map(|object| self.space.object(object)).collect();
        let mut changes: Vec<(ObjectAt, Change)> = Vec::new();
        for name in &footprint.writes {
            let object = self.space.object(name);
            if changes.iter().any(|(known, _)| *known == object) {
                continue;
            }
            let (old, new) = (self.space.holds(place, object), run.world(|world| holds(world, name)).number);
            if self.space.is_sum(object) {
                changes.push((object, Change::Add(new.wrapping_sub(old))));
            } else {
                needs.push(object);
                changes.push((object, Change::Set(new)));
            }
        }
        needs.sort_unstable();
        needs.dedup();
        (needs, changes)
    }

    /// Where the tasks stood that moved, and where they stand now. Of those that died with nodes nothing is left, and
    /// what that meant to others is learnt of each of them, unless one of them touched the world: then it belongs to the
    /// step.
    fn moved(
        &mut self,
        Apart { doer, touchers, dying, .. }: &Apart<<S::World as World>::Object>,
        before: &[Stance],
        after: &[Stance],
        run: &Run<'a, S>,
    ) -> (bool, Vec<TaskAt>, Vec<TaskAt>) {
        let moves = Moves::of(before, after);
        let others = before.iter().filter(|at| at.task != *doer);
        let deaths = Deaths::of(dying, others.map(|at| at.bonds));
        let mut mourners = BTreeMap::new();
        let mut left = Vec::new();
        for at in before.iter().filter(|at| at.task == *doer || !deaths.is_dead(&at.bonds)) {
            let loss = deaths.loss(&at.bonds);
            let stood = self.space.standpoint(at, || unreachable!("whoever leaves a standpoint stood there"));
            if at.task != *doer && !loss.is_none() {
                mourners.insert(at.task, (stood, loss, Vec::new()));
            } else if !moves.stays(at) {
                left.push(stood);
            }
        }
        let mut came = Vec::new();
        for at in after {
            let stands = |space: &mut Space<S::World>| space.standpoint(at, || run.waiting(at.task));
            match moves.source(at.task).and_then(|task| mourners.get_mut(&task)) {
                Some((.., came)) => came.push(stands(&mut self.space)),
                None if !moves.stays(at) => came.push(stands(&mut self.space)),
                None => {}
            }
        }
        let touchers: Vec<Option<usize>> =
            touchers.iter().flatten().map(|task| moves.source(*task)).collect();
        // Nobody knows who started a task that is gone already.
        let touches = |task: usize| touchers.contains(&Some(task)) || touchers.contains(&None);
        let company = mourners.keys().any(|task| touches(*task));
        for (task, (stood, loss, stands)) in mourners {
            if company {
                left.push(stood);
                came.extend_from_slice(&stands);
            }
            let mourning = if touches(task) { Mourning::Touches } else { Mourning::Stands(stands) };
            self.learnt.mourns(stood, loss, mourning);
        }
        (company, left, came)
    }

    /// Nothing can happen any more.
    fn rest(&mut self, state: usize) {
        let place = self.space.states[state].place;
        if std::mem::replace(&mut self.space.places[place].rested, true) {
            return;
        }
        self.live_at(state);
        let live = self.live.as_mut().expect("a run was just made");
        let wrong = live.run.rest();
        live.run.world(|world| (self.tell)(world, wrong.as_ref()));
        self.found.schedules += 1;
        self.note(wrong);
    }

    fn note(&mut self, wrong: Option<Wrong>) {
        let Some(Wrong { message, .. }) = wrong else { return };
        self.found.violations += 1;
        let path = self.live.as_ref().map_or_else(Vec::new, |live| live.path());
        self.found.violation.get_or_insert(Violation { message, path });
    }

    /// A run that is in a state: the one that there is, or a new one that is led there.
    ///
    /// # Panics
    /// When it comes to another state than was foretold.
    fn live_at(&mut self, state: usize) -> &mut Live<'a, S> {
        if self.live.as_ref().is_none_or(|live| live.state != state) {
            let live = self.led_to(state);
            self.live = Some(live);
        }
        self.live.as_mut().expect("it is there")
    }

    fn led_to(&mut self, state: usize) -> Live<'a, S> {
        let way = self.space.way_to(state);
        let mut live = Live::new(Run::begin(self.scenario, &self.options.limits, &self.origin), state);
        let (shared, recalled) = self.live.take().map_or((0, 0), |earlier| live.follow(earlier, &way));
        for step in &way[shared..] {
            let known = self.names.get(step).copied().filter(|id| live.run.is_numbered(*id, *step));
            let id = known.or_else(|| live.run.find(*step));
            let id = id.unwrap_or_else(|| self.strays(&live.path()));
            self.names.insert(*step, id);
            live.repeat(*step, id);
        }
        self.found.steps += way.len() as u64;
        self.found.recalled += recalled;
        self.found.skipped += 1;
        let stances = live.run.stances();
        let tasks = self.space.tasks(&stances, |task| live.run.waiting(task));
        let State { place, tasks: foretold, .. } = &self.space.states[state];
        let differs = live.run.world(|world| self.space.differs(*place, world).map(ToString::to_string));
        if differs.is_some() || **foretold != *tasks {
            self.strays(&live.path());
        }
        live
    }

    /// A run did not come to the state that was foretold.
    fn strays(&self, path: &[StepId]) -> ! {
        let steps = trace(self.scenario, path);
        let steps: Vec<String> =
            steps.iter().map(|shown| format!("  {} {} {}", shown.node, shown.task, shown.label)).collect();
        panic!(
            "a step touches more than it names, or a task says too little of where it stands; after these steps \
             something is not as it was where they were seen before:\n{}",
            steps.join("\n")
        );
    }

    /// A state that can be come to again from itself, if there is one.
    fn circle(&self) -> Option<usize> {
        let count = self.space.states.len();
        let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
        let mut before = vec![0usize; count];
        for (from, to) in &self.ways {
            after[*from].push(*to);
            before[*to] += 1;
        }
        let mut first: Vec<usize> = (0..count).filter(|state| before[*state] == 0).collect();
        while let Some(state) = first.pop() {
            for to in &after[state] {
                before[*to] -= 1;
                if before[*to] == 0 {
                    first.push(*to);
                }
            }
        }
        (0..count).find(|state| before[*state] > 0)
    }
}
