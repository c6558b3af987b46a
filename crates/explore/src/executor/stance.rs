//! Where tasks stand, and the steps that they wait for, as numbers that are the same wherever they stand at the same.

use std::sync::Arc;

use super::{Act, Asked, Core, Name, Open, Pending, StepId, Task};
use crate::footprint::{Steady, Sum};
use crate::standing::{Awaited, Bonds, Heard};
use crate::world::World;

/// Where a task stands, as a number that tells what it waits for as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stance {
    /// The places of the task and of the one that started it among those of this run.
    pub task: usize,
    pub parent: Option<usize>,
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

/// Steps of one task that look the same are numbered as they were asked for.
pub(crate) fn distinct(mut number: u64, taken: impl Fn(u64) -> bool) -> u64 {
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
        Stance { task: place, parent: task.parent, number, bonds, heard: task.standing.heard }
    }

    /// Who waits for the result of a task, if somebody still does.
    fn awaited(&self, task: &Task) -> Option<Awaited> {
        let asker = task.standing.asker.as_ref().filter(|asker| asker.listens())?;
        let waits = self.tasks.get(asker.task).filter(|task| task.future.is_some())?;
        Some(Awaited { by: waits.standing.kind, about: asker.about })
    }

    fn steps_of(&self, place: usize) -> impl Iterator<Item = &Pending<W>> {
        let from = self.pending.partition_point(|pending| pending.task < place);
        self.pending[from..].iter().take_while(move |pending| pending.task == place)
    }

    /// How many steps look like this one that its task asked for before, and waits for.
    pub fn alike(&self, at: usize) -> usize {
        let Pending { task, asked: Asked { label, about, .. }, .. } = &self.pending[at];
        let before = self.steps_of(*task).take_while(|pending| pending.id != self.pending[at].id);
        before.filter(|pending| (&pending.asked.label, &pending.asked.about) == (label, about)).count()
    }

    /// The steps that a task waits for.
    pub fn waiting(&self, place: usize) -> Vec<Waiting<W>> {
        let stands = self.stands_of(&self.tasks[place]);
        let mut steps: Vec<Waiting<W>> = Vec::new();
        for pending in self.steps_of(place) {
            let number =
                distinct(pending.number(stands), |number| steps.iter().any(|step| step.number == number));
            let Asked { label, about, gate, act, kills, .. } = &pending.asked;
            let open = gate.as_ref().map(|gate| Arc::clone(&gate.open));
            let gate = gate.as_ref().map_or_else(Vec::new, |gate| gate.reads.clone());
            let (label, about, act) = (label.clone(), *about, Arc::clone(act));
            steps.push(Waiting { number, label, about, gate, open, act, kills: !kills.is_empty() });
        }
        steps
    }

    /// Whether the step that waits under this name has this number, and looks like no other of its task.
    pub fn is_numbered(&self, id: StepId, wanted: u64) -> bool {
        let Some(at) = self.find(id) else { return false };
        let task = self.pending[at].task;
        let stands = self.stands_of(&self.tasks[task]);
        let alike = self.steps_of(task).filter(|pending| pending.number(stands) == wanted);
        alike.map(|pending| pending.id).eq([id])
    }

    /// The step of this number, whichever task waits for it.
    pub fn find_numbered(&self, wanted: u64) -> Option<StepId> {
        let alive = self.tasks.iter().enumerate().filter(|(_, task)| task.future.is_some());
        for (place, task) in alive {
            let stands = self.stands_of(task);
            let mut numbers: Vec<u64> = Vec::new();
            for pending in self.steps_of(place) {
                let number = distinct(pending.number(stands), |number| numbers.contains(&number));
                if number == wanted {
                    return Some(pending.id);
                }
                numbers.push(number);
            }
        }
        None
    }

    pub(super) fn stands_of(&self, task: &Task) -> u64 {
        task.standing.number(self.awaited(task))
    }
}
