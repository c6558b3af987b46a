//! Where tasks stand, and the steps that they wait for, as numbers that are the same wherever they stand at the same.

use std::sync::Arc;

use super::{Act, Asked, Core, Name, Open, Pending, StepId, Task};
use crate::standing::{Awaited, Bonds, Heard};
use crate::steady::{Steady, Sum};
use crate::world::World;

/// Where a task stands, as a number that tells what it waits for as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stance {
    /// The place of the task among those of this run.
    pub task: usize,
    pub number: u64,
    pub bonds: Bonds,
    pub heard: Heard,
}

/// A step that a task waits for, as a number, what its gate is read from, and what it does in whatever world.
pub(crate) struct Waiting<W: World> {
    pub number: u64,
    pub label: Name,
    pub about: u64,
    pub gate: Vec<W::Object>,
    pub open: Option<Open<W>>,
    pub act: Act<W>,
    /// Whether nodes die with it.
    pub kills: bool,
}

/// The first number that is not taken, of this one and those that follow from it.
pub(super) fn distinct(mut number: u64, taken: impl Fn(u64) -> bool) -> u64 {
    while taken(number) {
        number = Steady::of(&(number, "again"));
    }
    number
}

/// The number that a step has of this label, and about this, wherever a task stands at `stands` and waits for it.
pub(crate) fn step_number(stands: u64, label: &Name, about: u64) -> u64 {
    Steady::of(&(stands, label, about))
}

/// The number of where a task stands, from that of what it knows and those of the steps that it waits for.
pub(crate) fn stance_number(stands: u64, steps: impl Iterator<Item = u64>) -> u64 {
    let mut sum = Sum::default();
    steps.for_each(|step| sum.add(step));
    Steady::of(&(stands, sum))
}

impl<W: World> Core<W> {
    /// Where every task stands that is still there.
    pub fn stances(&self) -> Vec<Stance> {
        let alive = self.tasks.iter().enumerate().filter(|(_, task)| task.future.is_some());
        alive.map(|(place, task)| self.stance(place, task)).collect()
    }

    fn stance(&self, place: usize, task: &Task) -> Stance {
        let stands = self.stands_of(task);
        let number = stance_number(stands, self.steps_of(place).map(|pending| pending.number(stands)));
        let (node, kind, awaited) = (task.node_mark, task.standing.kind, self.awaited(task));
        let bonds = Bonds { stands, node, kind, awaited };
        Stance { task: place, number, bonds, heard: task.standing.heard }
    }

    /// Who waits for the result of a task, if somebody still does.
    fn awaited(&self, task: &Task) -> Option<Awaited> {
        let asker = task.standing.asker.as_ref().filter(|asker| asker.listens())?;
        let waits = self.tasks.get(asker.task).filter(|task| task.future.is_some())?;
        Some(Awaited { by: waits.standing.kind, about: asker.about })
    }

    /// The place of the task that started another one; none for those that the scenario starts.
    pub fn parent(&self, place: usize) -> Option<usize> {
        self.tasks[place].parent
    }

    pub(super) fn steps_of(&self, place: usize) -> impl Iterator<Item = &Pending<W>> {
        let from = self.pending.partition_point(|pending| pending.task < place);
        self.pending[from..].iter().take_while(move |pending| pending.task == place)
    }

    /// The steps that a task waits for.
    pub fn waiting(&self, place: usize) -> Vec<Waiting<W>> {
        let stands = self.stands_of(&self.tasks[place]);
        let waiting = |pending: &Pending<W>| {
            let Asked { label, about, gate, act, kills, .. } = &pending.asked;
            let open = gate.as_ref().map(|gate| Arc::clone(&gate.open));
            let gate = gate.as_ref().map_or_else(Vec::new, |gate| gate.reads.clone());
            let (number, label, act) = (pending.number(stands), label.clone(), Arc::clone(act));
            Waiting { number, label, about: *about, gate, open, act, kills: !kills.is_empty() }
        };
        self.steps_of(place).map(waiting).collect()
    }

    /// The number of the step that waits under this name.
    pub fn number(&self, id: StepId) -> Option<u64> {
        let pending = &self.pending[self.find(id)?];
        Some(pending.number(self.stands_of(&self.tasks[pending.task])))
    }

    /// The step of this number, whichever task waits for it.
    pub fn find_numbered(&self, wanted: u64) -> Option<StepId> {
        let alive = self.tasks.iter().enumerate().filter(|(_, task)| task.future.is_some());
        alive.into_iter().find_map(|(place, task)| {
            let stands = self.stands_of(task);
            let found = self.steps_of(place).find(|pending| pending.number(stands) == wanted)?;
            Some(found.id)
        })
    }

    pub(super) fn stands_of(&self, task: &Task) -> u64 {
        task.standing.number(self.awaited(task))
    }
}
