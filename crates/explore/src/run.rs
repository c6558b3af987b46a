//! One run of a scenario, step by step, whoever chooses the steps.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::clock::STEPS_MAX;
use crate::executor::{
    Answer, Core, Granted, Pending, Sequel, Shared, Shown, Stance, StepId, Taken, Waiting, act, finish,
    go_on, grant, lock, resume, settle, take,
};
use crate::footprint::{Footprint, Marks};
use crate::handle::Handle;
use crate::steady::Steady;
use crate::world::{Scenario, World};

/// Steps that go together: when a task did the first and waits for the second, nothing comes between.
pub type Merges = BTreeSet<(String, String)>;

/// How runs are run, whoever chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The longest run: one that is not over by then is given up.
    pub steps_max: usize,
    pub merges: Merges,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { steps_max: 400, merges: Merges::new() }
    }
}

/// The steps of a run, in order, as a person reads them.
pub type Trace = Vec<Shown>;

/// A run that was given up: the steps that it did until then, no more than are allowed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    pub path: Vec<StepId>,
    pub why: Why,
}

/// Why a run was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It did not end within [`Limits::steps_max`].
    TooLong,
    /// It came back to where it had been.
    Circles,
    /// It is not as a search for states foretold: a step touches more than it names, or a task says too little of where
    /// it stands.
    Strays,
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.why {
            Why::TooLong => write!(f, "TooLong: it does not end within {} steps", self.path.len()),
            Why::Circles => f.write_str("Circles: it goes on for ever"),
            Why::Strays => f.write_str(
                "Strays: it is not as it was foretold; a step touches more than it names, or a task says too little of \
                 where it stands",
            ),
        }
    }
}

/// What is wrong with a run, and after how many steps it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub message: String,
    /// The step after which it was wrong; none for what is wrong only at rest.
    pub after: Option<usize>,
}

/// A step that can happen now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    pub id: StepId,
    pub fault: bool,
    /// Which kind of step it is, in whatever run.
    pub sort: u64,
}

/// A step that was done.
#[derive(Debug)]
pub(crate) struct Event {
    pub id: StepId,
    /// How many steps had been done when it was asked for.
    pub born: usize,
    pub marks: Marks,
    /// Whether it may have changed the world.
    pub changes: bool,
    pub answers: Answers,
}

/// What a step and those that go together with it answered, in order: enough for a later run to come to the same place
/// without doing them. None where tasks touched the world as they ran on: what they learnt of it is in no answer.
#[derive(Debug)]
pub(crate) struct Answers(Option<Vec<(StepId, Answer)>>);

impl Default for Answers {
    fn default() -> Self {
        Answers(Some(Vec::new()))
    }
}

impl Answers {
    fn add(&mut self, id: StepId, answer: Answer, touchers: &[Option<usize>]) {
        if let Some(answers) = self.0.as_mut().filter(|_| touchers.is_empty()) {
            answers.push((id, answer));
        } else {
            self.0 = None;
        }
    }
}

/// A step that was asked for while its gate was shut.
pub(crate) struct Shut {
    pub id: StepId,
    pub marks: Marks,
}

/// A point of a run that another one can come back to: the world there, which points share between which nothing
/// changed; none where a clone is no world of its own.
pub(crate) type Waypoint<W> = Option<Arc<W>>;

/// Who looks on while steps are done: at how each looks, and what it touched.
type Watch<'a, S> = &'a mut dyn FnMut(Shown, &Footprint<<<S as Scenario>::World as World>::Object>);

/// A run under way.
pub(crate) struct Run<'a, S: Scenario> {
    scenario: &'a S,
    limits: &'a Limits,
    core: Shared<S::World>,
    /// Every step so far: two runs that differ in any step, or in what it touched, differ in it.
    pub hash: u64,
    pub wrong: Option<Wrong>,
    /// Choices so far: a pair of steps that go together counts once.
    pub depth: usize,
    /// Whether what steps answer is kept for later runs.
    keeps: bool,
}

impl<'a, S: Scenario> Run<'a, S> {
    pub fn begin(scenario: &'a S, limits: &'a Limits, origin: &S::World) -> Self {
        assert!(limits.steps_max <= STEPS_MAX, "runs of at most {STEPS_MAX} steps can be explored");
        let core = Core::shared(origin.clone());
        scenario.start(&Handle(Arc::clone(&core)));
        settle(&core);
        Run { scenario, limits, core, hash: 0, wrong: None, depth: 0, keeps: false }
    }

    /// The steps that can happen now, in an order that depends on nothing but the steps so far.
    pub fn choices(&self) -> Vec<Choice> {
        let core = lock(&self.core);
        let choice = |pending: &Pending<S::World>| Choice {
            id: pending.id,
            fault: pending.asked.fault,
            sort: core.sort_of(pending),
        };
        core.open().map(choice).collect()
    }

    /// The names of the same steps.
    pub fn open(&self) -> Vec<StepId> {
        lock(&self.core).open().map(|pending| pending.id).collect()
    }

    /// The steps that were asked for since the last one was done, and must wait.
    pub fn shut(&self) -> Vec<Shut> {
        let core = lock(&self.core);
        let new = core.pending.iter().filter(|pending| pending.born == self.depth);
        let shut = new.filter(|pending| !pending.is_open(&core.world));
        let gate = |pending: &Pending<S::World>| {
            let mut marks = Marks::default();
            pending.asked.gate.iter().flat_map(|gate| &gate.reads).for_each(|object| marks.read(object));
            Shut { id: pending.id, marks }
        };
        shut.map(gate).collect()
    }

    /// How the waiting step looks.
    pub fn show(&self, id: StepId) -> Shown {
        let core = lock(&self.core);
        core.show(&core.pending[core.find(id).expect("a step is shown while it waits")])
    }

    /// What the gate of a waiting step is read from.
    pub fn gate(&self, id: StepId) -> Vec<<S::World as World>::Object> {
        let core = lock(&self.core);
        let asked = &core.pending[core.find(id).expect("a step is asked of while it waits")].asked;
        asked.gate.as_ref().map_or_else(Vec::new, |gate| gate.reads.clone())
    }

    pub fn world<T>(&self, ask: impl FnOnce(&S::World) -> T) -> T {
        ask(&lock(&self.core).world)
    }

    fn grant(&mut self, id: StepId) -> Granted<S::World> {
        let at = self.next(id);
        grant(&self.core, at)
    }

    /// The place of a step among those that wait, which is to be the next one.
    fn next(&self, id: StepId) -> usize {
        let mut core = lock(&self.core);
        // Steps that go together count as one.
        core.done = self.depth + 1;
        core.find(id).expect("a step is granted while it waits")
    }

    /// Where every task stands that is still there.
    pub fn stances(&self) -> Vec<Stance> {
        lock(&self.core).stances()
    }

    /// The task that started another one, unless the scenario did.
    pub fn parent(&self, task: usize) -> Option<usize> {
        lock(&self.core).parent(task)
    }

    /// The steps that a task waits for.
    pub fn waiting(&self, task: usize) -> Vec<Waiting<S::World>> {
        lock(&self.core).waiting(task)
    }

    /// The step of this number, if a task waits for it.
    pub fn find(&self, number: u64) -> Option<StepId> {
        lock(&self.core).find_numbered(number)
    }

    /// Whether the step that waits under this name has this number.
    pub fn is_numbered(&self, id: StepId, number: u64) -> bool {
        lock(&self.core).is_numbered(id, number)
    }

    /// Whether a step that waits can happen.
    pub fn is_open(&self, id: StepId) -> bool {
        let core = lock(&self.core);
        core.find(id).is_some_and(|at| core.pending[at].is_open(&core.world))
    }

    /// The turn of a step comes.
    pub fn take(&mut self, id: StepId) -> Taken<S::World> {
        let at = self.next(id);
        self.depth += 1;
        take(&self.core, at)
    }

    /// Does to the world what a step does.
    pub fn act(&self, taken: &Taken<S::World>) -> (Answer, Footprint<<S::World as World>::Object>) {
        act(&self.core, taken)
    }

    /// Lets the tasks go on from what a step answers, now or before. The world stays as it is, unless they touch it.
    pub fn go_on(&self, taken: Taken<S::World>, answer: &Answer) -> Sequel<<S::World as World>::Object> {
        go_on(&self.core, taken, answer)
    }

    /// The same, where nobody wants to know what came of it.
    pub fn resume(&self, taken: Taken<S::World>, answer: &Answer) {
        resume(&self.core, taken, answer);
    }

    /// Judges the world as it is.
    pub fn judged(&self) -> Result<(), String> {
        self.world(|world| self.scenario.always(world))
    }

    /// Does a step that an earlier run did at this very place: it was looked at then.
    pub fn repeat(&mut self, id: StepId) {
        let mut next = Some(id);
        while let Some(id) = next {
            drop(self.grant(id));
            next = self.follower(id);
        }
        self.depth += 1;
    }

    /// Keeps what steps answer from now on.
    pub fn keep_answers(&mut self) {
        self.keeps = true;
    }

    /// Where the run is now.
    pub fn waypoint(&self) -> Waypoint<S::World> {
        self.world(|world| world.is_whole().then(|| Arc::new(world.clone())))
    }

    /// Puts a world in the place of the one that there is.
    pub fn put(&self, world: &S::World) {
        lock(&self.core).world.clone_from(world);
    }

    /// Goes on as an earlier run did from a waypoint. Its steps answer as they did then, in a world that nobody looks
    /// at before another one is put in its place; where that is not enough they are done again, in the world as it
    /// was. Answers whether it was enough.
    pub fn recall(&mut self, id: StepId, at: &Waypoint<S::World>, answers: &Answers) -> bool {
        let Some(answers) = answers.0.as_ref().filter(|answers| at.is_some() && !answers.is_empty()) else {
            at.iter().for_each(|world| self.put(world));
            self.repeat(id);
            return false;
        };
        for (id, answer) in answers {
            let at = self.next(*id);
            self.resume(take(&self.core, at), answer);
        }
        self.depth += 1;
        true
    }

    /// Does a step, judges what came of it, and answers what it touched.
    pub fn step(&mut self, id: StepId) -> Event {
        self.done(id, None)
    }

    /// The same, with each footprint shown to `watch`.
    pub fn watched(&mut self, id: StepId, watch: Watch<'_, S>) -> Event {
        self.done(id, Some(watch))
    }

    fn done(&mut self, id: StepId, mut watch: Option<Watch<'_, S>>) -> Event {
        let born = {
            let core = lock(&self.core);
            core.pending[core.find(id).expect("a step is done while it waits")].born
        };
        let mut answers = Answers::default();
        let (mut marks, mut changes) = self.look(id, &mut watch, &mut answers);
        while let Some(next) = self.follower(id) {
            let (more, changed) = self.look(next, &mut watch, &mut answers);
            marks.join(&more);
            changes |= changed;
        }
        // Steps that go together are one: nobody sees what is between them.
        if changes && self.wrong.is_none() {
            let wrong = |message| Wrong { message, after: Some(self.depth) };
            self.wrong = self.judged().err().map(wrong);
        }
        self.hash = Steady::of(&(self.hash, id, marks.digest()));
        self.depth += 1;
        Event { id, born, marks, changes, answers }
    }

    /// Does a step. Answers what it touched, and whether it may have changed the world.
    fn look(&mut self, id: StepId, watch: &mut Option<Watch<'_, S>>, answers: &mut Answers) -> (Marks, bool) {
        let shown = watch.as_ref().map(|_| self.show(id));
        let Granted { footprint, answer, sequel } = self.grant(id);
        let Sequel { doer, ran, told, touched, touchers, gate_reads, killed } = sequel;
        let footprint = footprint.and_writes(touched);
        if self.keeps {
            answers.add(id, answer, &touchers);
        }
        let mut marks = Marks::of(&footprint);
        gate_reads.iter().for_each(|object| marks.read(object));
        for (task, node) in lock(&self.core).marked([doer].into_iter().chain(ran).chain(told)) {
            marks.wakes(task);
            marks.runs_on(node);
        }
        killed.into_iter().for_each(|node| marks.kills(node));
        if let (Some(watch), Some(mut shown)) = (watch, shown) {
            if let Some(label) = footprint.label {
                label.clone_into(&mut shown.label);
            }
            watch(shown, &footprint);
        }
        (marks, footprint.changes())
    }

    /// The step that goes together with the one that a task did just now, if there is one.
    fn follower(&self, done: StepId) -> Option<StepId> {
        if self.limits.merges.is_empty() {
            return None;
        }
        let core = lock(&self.core);
        let last = core.last.as_ref().filter(|(task, _)| *task == done.task).map(|(_, label)| label)?;
        let follows = |pending: &&Pending<S::World>| {
            let pair = || (last.to_string(), pending.asked.label.to_string());
            pending.id.task == done.task && self.limits.merges.contains(&pair())
        };
        core.open().find(follows).map(|pending| pending.id)
    }

    /// Ends a run that came to rest. Answers what is wrong.
    pub fn rest(&mut self) -> Option<Wrong> {
        if self.wrong.is_none() {
            let judged = self.world(|world| self.scenario.at_rest(world));
            self.wrong = judged.err().map(|message| Wrong { message, after: None });
        }
        self.wrong.take()
    }
}

impl<S: Scenario> Drop for Run<'_, S> {
    fn drop(&mut self) {
        finish(&self.core);
    }
}

/// Runs the tasks to rest in one fixed order: how a scenario gets the world that it begins with.
///
/// # Errors
/// When the run does not end within `steps_max`.
pub fn rehearse<W: World>(
    world: W,
    steps_max: usize,
    start: impl FnOnce(&Handle<W>),
) -> Result<W, Unfinished> {
    let core = Core::shared(world);
    start(&Handle(Arc::clone(&core)));
    settle(&core);
    let mut path = Vec::new();
    loop {
        let Some(id) = lock(&core).open().next().map(|pending| pending.id) else {
            finish(&core);
            return Ok(lock(&core).world.clone());
        };
        if path.len() >= steps_max {
            finish(&core);
            return Err(Unfinished { path, why: Why::TooLong });
        }
        path.push(id);
        let at = lock(&core).find(id).expect("it waits");
        grant(&core, at);
    }
}

/// What the steps of a path look like.
///
/// # Panics
/// When the path is not one of this scenario.
pub fn trace<S: Scenario>(scenario: &S, path: &[StepId]) -> Trace {
    let limits = Limits::default();
    let mut run = Run::begin(scenario, &limits, &scenario.world());
    let mut trace = Trace::new();
    path.iter().for_each(|id| drop(run.watched(*id, &mut |shown, _| trace.push(shown))));
    trace
}

/// The tasks that a scenario starts, each with its node.
#[must_use]
pub fn actors<S: Scenario>(scenario: &S) -> Vec<(String, String)> {
    let limits = Limits::default();
    let run = Run::begin(scenario, &limits, &scenario.world());
    lock(&run.core).actors()
}

/// Does one run so many times, and nothing beside it: looks at no footprint, judges nothing, and tries no other order.
/// What a step costs here, nothing that explores can cost less. Answers how many steps were done.
///
/// # Errors
/// When the run does not end within its limits.
pub fn pace<S: Scenario>(scenario: &S, limits: &Limits, times: u64) -> Result<u64, Unfinished> {
    let origin = scenario.world();
    let (mut first, mut path) = (Run::begin(scenario, limits, &origin), Vec::new());
    while let Some(id) = first.open().first().copied() {
        if path.len() >= limits.steps_max {
            return Err(Unfinished { path, why: Why::TooLong });
        }
        first.repeat(id);
        path.push(id);
    }
    for _ in 0..times {
        let mut run = Run::begin(scenario, limits, &origin);
        path.iter().for_each(|id| run.repeat(*id));
    }
    Ok(times * path.len() as u64)
}
