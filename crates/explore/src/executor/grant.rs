//! How the tasks of a run come forward, one step at a time.

use std::sync::Arc;
use std::task::Context;

use super::{Answer, Core, Effect, Name, Pending, Shared, Spawned, TaskFuture, lock};
use crate::footprint::{Footprint, Steady};
use crate::world::World;

/// What a granted step did.
pub(crate) struct Granted<W: World> {
    pub footprint: Footprint<W::Object>,
    /// What its own gate was read from, and the gates of the steps that were given up with it.
    pub gate_reads: Vec<W::Object>,
    /// The tasks that ran on in consequence, or were told something.
    pub woke: Vec<u64>,
    /// The places of the tasks that touched something as they ran on.
    pub touchers: Vec<Option<usize>>,
    /// The marks of the nodes that those tasks run on.
    pub nodes: Vec<u64>,
    /// The marks of the nodes that died.
    pub killed: Vec<u64>,
    /// What it answered, if answers are kept.
    pub answer: Option<Answer>,
}

/// Runs every woken task until each waits for a step or has ended. Answers which ones ran.
pub(crate) fn settle<W: World>(core: &Shared<W>, woke: &mut Vec<usize>) {
    let ready = Arc::clone(&lock(core).ready);
    loop {
        let Some(place) = ready.next() else { return };
        let taken = {
            let mut core = lock(core);
            core.current = Some(place);
            let task = &mut core.tasks[place];
            task.future.take().map(|future| (future, task.waker.clone()))
        };
        let Some((mut future, waker)) = taken else { continue };
        if !woke.contains(&place) {
            woke.push(place);
        }
        let poll = future.as_mut().poll(&mut Context::from_waker(&waker));
        if poll.is_pending() {
            lock(core).tasks[place].future = Some(future);
        } else {
            // Dropped outside the lock: its own steps unregister themselves.
            drop(future);
        }
        lock(core).current = None;
    }
}

/// Does one step, and lets the tasks that it concerns run on.
pub(crate) fn grant<W: World>(core: &Shared<W>, at: usize) -> Granted<W> {
    let (footprint, gate_reads, dropped, waker, killed, task, answer) = {
        let mut core = lock(core);
        let keeps = core.keeps;
        let Pending { id, task, asked, waker, .. } = core.pending.remove(at);
        let Effect { footprint, spawned, number, kept } = asked.body.does(&mut core.world, keeps);
        core.given_up.clear();
        core.touched.clear();
        core.told.clear();
        let dropped =
            core.goes_on((task, Steady::of(&(&asked.label, asked.about, number))), spawned, &asked.kills);
        core.last = Some((id.task, footprint.label.map_or(asked.label, Name::from)));
        let gate_reads = asked.gate.map_or_else(Vec::new, |gate| gate.reads);
        let killed = asked.kills.iter().map(Steady::of).collect();
        (footprint, gate_reads, dropped, waker, killed, task, kept.map(|kept| Answer { kept, number }))
    };
    drop(dropped);
    waker.wake();
    let mut woke = vec![task];
    settle(core, &mut woke);
    let mut core = lock(core);
    let (touchers, touched): (Vec<_>, Vec<_>) = core.touched.drain(..).unzip();
    let footprint = footprint.and_writes(touched);
    let mut gate_reads = gate_reads;
    gate_reads.append(&mut core.given_up);
    woke.append(&mut core.told);
    let nodes = woke.iter().map(|place| core.tasks[*place].node_mark).collect();
    let woke = woke.into_iter().map(|place| core.tasks[place].id).collect();
    Granted { footprint, gate_reads, woke, touchers, nodes, killed, answer }
}

/// Answers a step as an earlier run was answered at this very place, and lets the tasks that it concerns run on. The
/// world stays as it is.
pub(crate) fn recall<W: World>(core: &Shared<W>, at: usize, answer: &Answer) {
    let (dropped, waker) = {
        let mut core = lock(core);
        let Pending { task, asked, waker, .. } = core.pending.remove(at);
        let spawned = asked.body.recalls(&*answer.kept);
        let heard = Steady::of(&(&asked.label, asked.about, answer.number));
        (core.goes_on((task, heard), spawned, &asked.kills), waker)
    };
    drop(dropped);
    waker.wake();
    settle(core, &mut Vec::new());
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
