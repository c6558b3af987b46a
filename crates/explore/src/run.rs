//! One run of a scenario, step by step, whoever chooses the steps.

use std::collections::BTreeSet;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use crate::clock::STEPS_MAX;
use crate::event::{Answers, Deed, Event, Place, Waypoint};
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
    /// It is not as a search foretold: a step touches more than it names, a task says too little of where it stands, or
    /// a world leaves something out of its digest.
    Strays,
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.why {
            Why::TooLong => write!(f, "TooLong: it does not end within {} steps", self.path.len()),
            Why::Circles => f.write_str("Circles: it goes on for ever"),
            Why::Strays => f.write_str(
                "Strays: it is not as it was foretold; a step touches more than it names, a task says too little of \
                 where it stands, or a world leaves something out of its digest",
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

/// A step that was asked for while its gate was shut.
pub(crate) struct Shut {
    pub id: StepId,
    pub marks: Marks,
}

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
    pub fn begin(scenario: &'a S, limits: &'a Limits, origin: &Arc<S::World>) -> Self {
        Run::begin_with(scenario, limits, origin, None)
    }

    /// The same, with no other tasks than these, and those that they start.
    pub fn begin_with(
        scenario: &'a S,
        limits: &'a Limits,
        origin: &Arc<S::World>,
        tasks: Option<&[u64]>,
    ) -> Self {
        assert!(limits.steps_max <= STEPS_MAX, "runs of at most {STEPS_MAX} steps can be explored");
        let core = Core::shared(Arc::clone(origin));
        scenario.start(&Handle(Arc::clone(&core)));
        let left_out = tasks.map(|tasks| lock(&core).leave_out(tasks));
        drop(left_out);
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

    /// The world as it is now, whatever happens to it in this run.
    pub fn held(&self) -> Arc<S::World> {
        Arc::clone(&lock(&self.core).world)
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

    /// The numbers of the tasks that are still there.
    pub fn alive(&self) -> Vec<u64> {
        lock(&self.core).alive()
    }

    /// The numbers of all tasks that others started, each with that of whoever started it; none if one of them touched
    /// the world since the last step began, so that others may know of it.
    pub fn families(&self) -> Option<Vec<[u64; 2]>> {
        lock(&self.core).families()
    }

    /// Leaves a step out that concerns none of the tasks of this run.
    pub fn leave_out(&mut self) {
        self.depth += 1;
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
        lock(&self.core).number(id) == Some(number)
    }

    /// The tasks that the scenario starts, each with its node.
    pub fn actors(&self) -> Vec<(String, String)> {
        lock(&self.core).actors()
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
        let core = lock(&self.core);
        core.world.is_whole().then(|| Rc::new(Place::of(Arc::clone(&core.world))))
    }

    /// Puts a world in the place of the one that there is.
    pub fn put(&self, world: &Arc<S::World>) {
        lock(&self.core).world = Arc::clone(world);
    }

    /// Goes on as an earlier run did from a waypoint. Its steps answer as they did then, in a world that nobody looks
    /// at before another one is put in its place; where that is not enough they are done again, in the world as it
    /// was. Answers whether it was enough.
    pub fn recall(&mut self, id: StepId, at: &Waypoint<S::World>, answers: &Answers) -> bool {
        let Some(answers) = answers.enough().filter(|_| at.is_some()) else {
            at.iter().for_each(|place| self.put(&place.world));
            self.repeat(id);
            return false;
        };
        for (id, deed) in answers {
            let at = self.next(*id);
            self.resume(take(&self.core, at), &deed.answer);
        }
        self.depth += 1;
        true
    }

    /// A number for a step that waits, with its name: it does the same wherever it has it, in the same world.
    pub fn number(&self, id: StepId) -> u64 {
        Steady::of(&(id, lock(&self.core).number(id)))
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
        let mut event = self.event(id);
        self.look(&mut event, id, &mut watch);
        while let Some(next) = self.follower(id) {
            self.look(&mut event, next, &mut watch);
        }
        // Steps that go together are one: nobody sees what is between them.
        if event.changes {
            event.wrong = self.judged().err();
        }
        self.over(event)
    }

    /// Does a step as it was done where it met the same: `after` is the world that it left then.
    pub fn again(
        &mut self,
        id: StepId,
        deed: &Rc<Deed>,
        (after, wrong): (&Arc<S::World>, &Option<String>),
    ) -> Event {
        let mut event = self.event(id);
        let at = self.next(id);
        let taken = take(&self.core, at);
        self.put(after);
        let sequel = self.go_on(taken, &deed.answer);
        event.wrong = if sequel.touched.is_empty() { wrong.clone() } else { self.judged().err() };
        event.answers.add(id, Rc::clone(deed), !sequel.touched.is_empty());
        self.goes_on(&mut event, (deed.marks.clone(), deed.changes), &sequel);
        self.over(event)
    }

    /// A step before it is done.
    fn event(&self, id: StepId) -> Event {
        let core = lock(&self.core);
        let born = core.pending[core.find(id).expect("a step is done while it waits")].born;
        Event {
            id,
            born,
            marks: Marks::default(),
            changes: false,
            wrong: None,
            answers: Answers::default(),
            company: Vec::new(),
        }
    }

    /// A step is over.
    fn over(&mut self, event: Event) -> Event {
        if let Some(message) = event.wrong.as_ref().filter(|_| self.wrong.is_none()) {
            self.wrong = Some(Wrong { message: message.clone(), after: Some(self.depth) });
        }
        self.hash = Steady::of(&(self.hash, event.id, event.marks.digest()));
        self.depth += 1;
        event
    }

    /// Does one of the steps of an event.
    fn look(&mut self, event: &mut Event, id: StepId, watch: &mut Option<Watch<'_, S>>) {
        let shown = watch.as_ref().map(|_| self.show(id));
        let Granted { footprint, answer, sequel } = self.grant(id);
        let (marks, changes) = (Marks::of(&footprint), footprint.changes());
        if self.keeps {
            let deed = Deed { answer, marks: marks.clone(), changes };
            event.answers.add(id, Rc::new(deed), !sequel.touched.is_empty());
        }
        self.goes_on(event, (marks, changes), &sequel);
        if let (Some(watch), Some(mut shown)) = (watch, shown) {
            if let Some(label) = footprint.label {
                label.clone_into(&mut shown.label);
            }
            watch(shown, &footprint.and_writes(sequel.touched));
        }
    }

    /// Notes what a step touched, and whom it concerned.
    fn goes_on(
        &self,
        event: &mut Event,
        (marks, changes): (Marks, bool),
        sequel: &Sequel<<S::World as World>::Object>,
    ) {
        let Sequel { doer, ran, died, told, touched, gate_reads, killed, .. } = sequel;
        event.changes |= changes || !touched.is_empty();
        event.touched(marks);
        let marks = &mut event.marks;
        touched.iter().for_each(|object| marks.write(object));
        gate_reads.iter().for_each(|object| marks.read(object));
        let core = lock(&self.core);
        for (task, node) in core.marked([doer].into_iter().chain(ran).chain(told)) {
            marks.wakes(task);
            marks.runs_on(node);
            event.company.push(task);
        }
        event.company.extend(core.marked(died.iter()).map(|(task, _)| task));
        killed.iter().for_each(|node| marks.kills(*node));
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
            self.wrong = self.at_rest().err().map(|message| Wrong { message, after: None });
        }
        self.wrong.take()
    }

    /// Judges the world as one in which nothing is left to happen.
    pub fn at_rest(&self) -> Result<(), String> {
        self.world(|world| self.scenario.at_rest(world))
    }
}

impl<S: Scenario> Drop for Run<'_, S> {
    fn drop(&mut self) {
        finish(&self.core);
    }
}
