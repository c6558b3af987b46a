//! How the tasks of a run come forward, one step at a time.

use std::sync::Arc;
use std::task::{Context, Waker};

use super::{Answer, Asked, Core, Gate, Name, Pending, Shared, Spawned, StepId, TaskFuture, lock};
use crate::footprint::Footprint;
use crate::steady::Steady;
use crate::world::World;

/// A step whose turn has come.
pub(crate) struct Taken<W: World> {
    /// The place of the task that asked for it.
    task: usize,
    id: StepId,
    waker: Waker,
    asked: Asked<W>,
}

/// What came of a step once it had its answer.
pub(crate) struct Sequel<O> {
    /// The place of the task that asked for it.
    pub doer: usize,
    /// The places of the tasks that ran on in consequence.
    pub ran: Vec<usize>,
    /// The places of the tasks that died.
    pub died: Vec<usize>,
    /// The places of the tasks that were told something, whether or not they were there to hear it.
    pub told: Vec<usize>,
    /// What tasks touched as they ran on, and the places of those tasks.
    pub touched: Vec<O>,
    pub touchers: Vec<Option<usize>>,
    /// What its own gate was read from, and the gates of the steps that were given up with it.
    pub gate_reads: Vec<O>,
    /// The marks of the nodes that died.
    pub killed: Vec<u64>,
}

/// What a granted step did.
pub(crate) struct Granted<W: World> {
    pub footprint: Footprint<W::Object>,
    pub answer: Answer,
    pub sequel: Sequel<W::Object>,
}

/// Runs every woken task until each waits for a step or has ended, and notes which ones ran.
pub(crate) fn settle<W: World>(core: &Shared<W>) {
    let ready = Arc::clone(&lock(core).ready);
    while let Some(place) = ready.next() {
        let (mut future, waker) = {
            let mut core = lock(core);
            let task = &mut core.tasks[place];
            let Some(future) = task.future.take() else { continue };
            task.standing.runs();
            let waker = task.waker.clone();
            core.current = Some(place);
            if !core.ran.contains(&place) {
                core.ran.push(place);
            }
            (future, waker)
        };
        let poll = future.as_mut().poll(&mut Context::from_waker(&waker));
        // One that ended is dropped here, before the lock is taken: its own steps unregister themselves.
        let waits = poll.is_pending().then_some(future);
        let mut core = lock(core);
        core.tasks[place].future = waits;
        core.current = None;
    }
}

/// Takes a step out of those that wait.
pub(crate) fn take<W: World>(core: &Shared<W>, at: usize) -> Taken<W> {
    let Pending { id, task, asked, waker, .. } = lock(core).pending.remove(at);
    Taken { task, id, waker, asked }
}

/// Does to the world what a step does.
pub(crate) fn act<W: World>(core: &Shared<W>, taken: &Taken<W>) -> (Answer, Footprint<W::Object>) {
    lock(&taken.asked.act)(Arc::make_mut(&mut lock(core).world))
}

/// What is left of a step that was answered.
pub(crate) struct Answered<W: World> {
    task: usize,
    gate: Option<Gate<W>>,
    kills: Vec<Name>,
}

/// Lets the tasks run on that a step concerns, from what it answered now or before. The world stays as it is, unless
/// they touch it.
pub(crate) fn resume<W: World>(core: &Shared<W>, taken: Taken<W>, answer: &Answer) -> Answered<W> {
    let Taken { task, waker, asked, .. } = taken;
    let Asked { label, about, gate, kills, goes_on, .. } = asked;
    let spawned = goes_on(answer);
    let dropped = {
        let mut core = lock(core);
        core.given_up.clear();
        core.touched.clear();
        core.told.clear();
        core.ran.clear();
        core.died.clear();
        let heard = Steady::of(&(&label, about, answer.heard));
        core.goes_on((task, heard), spawned, &kills)
    };
    drop(dropped);
    waker.wake();
    settle(core);
    Answered { task, gate, kills }
}

/// The same, and what came of it.
pub(crate) fn go_on<W: World>(core: &Shared<W>, taken: Taken<W>, answer: &Answer) -> Sequel<W::Object> {
    let Answered { task, gate, kills } = resume(core, taken, answer);
    let mut core = lock(core);
    let (touchers, touched): (Vec<_>, Vec<_>) = core.touched.drain(..).unzip();
    let mut gate_reads = gate.map_or_else(Vec::new, |gate| gate.reads);
    gate_reads.append(&mut core.given_up);
    let (ran, told) = (std::mem::take(&mut core.ran), std::mem::take(&mut core.told));
    let died = std::mem::take(&mut core.died);
    let killed = kills.iter().map(Steady::of).collect();
    Sequel { doer: task, ran, died, told, touched, touchers, gate_reads, killed }
}

/// Does one step, and lets the tasks run on that it concerns.
pub(crate) fn grant<W: World>(core: &Shared<W>, at: usize) -> Granted<W> {
    let taken = take(core, at);
    let (answer, footprint) = act(core, &taken);
    let last = (taken.id.task, footprint.label.map_or_else(|| taken.asked.label.clone(), Name::from));
    let sequel = go_on(core, taken, &answer);
    lock(core).last = Some(last);
    Granted { footprint, answer, sequel }
}

impl<W: World> Core<W> {
    /// A task hears what came of its step. Answers the tasks that die with it, to be dropped.
    fn goes_on(
        &mut self,
        (task, heard): (usize, u64),
        spawned: Option<Spawned>,
        kills: &[Name],
    ) -> Vec<TaskFuture> {
        self.hears(task, heard);
        if let Some(spawned) = spawned {
            self.current = Some(task);
            self.add_task(spawned);
            self.current = None;
        }
        self.kill(kills)
    }
}

/// Ends a run: drops every task, outside the lock.
pub(crate) fn finish<W: World>(core: &Shared<W>) {
    let tasks = std::mem::take(&mut lock(core).tasks);
    drop(tasks);
}
