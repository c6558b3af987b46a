//! Where tasks can stand, as numbers, and what they wait for there.

use std::sync::Arc;

use super::list::{At, List};
use super::worlds::{ObjectAt, Worlds};
use crate::by_hash::ByHash;
use crate::executor::{Act, Name, Open, Stance, Waiting, stance_number, step_number};
use crate::standing::{Bonds, Heard};
use crate::steady::{Steady, Sum};
use crate::world::World;

/// A standpoint's place in the list of those where tasks stood.
pub(super) type TaskAt = At;

/// A step that a task waits for, and what its gate is read from.
pub(super) struct Await<W: World> {
    pub step: u64,
    /// If its task is calm, the number that the step has whatever the task has heard since it is.
    pub calm: Option<u64>,
    label: Name,
    about: u64,
    pub gate: Vec<ObjectAt>,
    pub open: Option<Open<W>>,
    pub act: Act<W>,
    /// Whether nodes die with it.
    pub kills: bool,
}

/// Where a task can stand.
pub(super) struct Standpoint<W: World> {
    pub bonds: Bonds,
    pub heard: Heard,
    pub steps: Vec<Await<W>>,
}

/// Every standpoint where a task stood.
pub(super) struct Standpoints<W: World> {
    list: List<Standpoint<W>>,
    by_number: ByHash<TaskAt>,
    /// Where calm tasks stand once they heard more.
    hearings: ByHash<TaskAt>,
}

impl<W: World> Default for Standpoints<W> {
    fn default() -> Self {
        Standpoints { list: List::default(), by_number: ByHash::default(), hearings: ByHash::default() }
    }
}

impl<W: World> std::ops::Index<TaskAt> for Standpoints<W> {
    type Output = Standpoint<W>;

    fn index(&self, task: TaskAt) -> &Standpoint<W> {
        &self.list[task]
    }
}

impl<W: World> Await<W> {
    /// The same step, where its task stands elsewhere.
    fn numbered(&self, step: u64) -> Await<W> {
        let Await { label, about, gate, open, act, kills, .. } = self;
        let (label, gate, open, act) = (label.clone(), gate.clone(), open.clone(), Arc::clone(act));
        Await { step, calm: None, label, about: *about, gate, open, act, kills: *kills }
    }
}

impl<W: World> Standpoints<W> {
    /// Where a task stands. `steps` are asked for if nobody stood there before.
    pub fn standpoint(
        &mut self,
        worlds: &mut Worlds<W>,
        at: &Stance,
        steps: impl FnOnce() -> Vec<Waiting<W>>,
    ) -> TaskAt {
        if let Some(found) = self.by_number.get(&at.number) {
            return *found;
        }
        let waits = |Waiting { number: step, label, about, gate, open, act, kills }: Waiting<W>| {
            let gate = gate.iter().map(|object| worlds.object(object)).collect();
            Await { step, calm: None, label, about, gate, open, act, kills }
        };
        let steps = steps().into_iter().map(waits).collect();
        self.add(at.number, Standpoint { bonds: at.bonds, heard: at.heard, steps })
    }

    fn add(&mut self, number: u64, mut standpoint: Standpoint<W>) -> TaskAt {
        if let Some(before) = standpoint.heard.calmly() {
            for waits in &mut standpoint.steps {
                let number = ("calm", standpoint.bonds.kind, before, &waits.label, waits.about);
                waits.calm = Some(Steady::of(&number));
            }
        }
        let at = self.list.push(standpoint);
        self.by_number.insert(number, at);
        at
    }

    /// Where a calm task stands once it heard more. If it was told what came of a step of its own, it does not wait for
    /// that any longer.
    pub fn hears(&mut self, task: TaskAt, more: Sum, own: Option<u64>) -> TaskAt {
        let hearing = Steady::of(&(task, more, own));
        if let Some(found) = self.hearings.get(&hearing) {
            return *found;
        }
        let Standpoint { bonds, heard, steps: waiting } = &self[task];
        let heard = heard.and(more);
        let bonds = Bonds { stands: heard.stands(bonds.kind, bonds.awaited), ..*bonds };
        let waiting = waiting.iter().filter(|waits| Some(waits.step) != own);
        let number = |waits: &Await<W>| step_number(bonds.stands, &waits.label, waits.about);
        let stance = stance_number(bonds.stands, waiting.clone().map(number));
        let steps = waiting.map(|waits| waits.numbered(number(waits))).collect();
        let known = self.by_number.get(&stance).copied();
        let found = known.unwrap_or_else(|| self.add(stance, Standpoint { bonds, heard, steps }));
        self.hearings.insert(hearing, found);
        found
    }

    fn waits(&self, task: TaskAt, step: u64) -> &Await<W> {
        let steps = &self[task].steps;
        steps.iter().find(|waits| waits.step == step).expect("it is one of the steps that the task waits for")
    }

    /// What a step does that a task waits for.
    pub fn act(&self, task: TaskAt, step: u64) -> &Act<W> {
        &self.waits(task, step).act
    }

    pub fn kills(&self, task: TaskAt, step: u64) -> bool {
        self.waits(task, step).kills
    }

    /// The task that waits for the result of another: each that it may be, where several are of its node and name.
    pub fn askers<'t>(
        &self,
        tasks: &'t [TaskAt],
        asked: TaskAt,
    ) -> impl Iterator<Item = TaskAt> + use<'_, 't, W> {
        let by = self[asked].bonds.awaited.map(|awaited| awaited.by);
        let may = move |task: &&TaskAt| Some(self[**task].bonds.kind) == by;
        tasks.iter().filter(may).copied()
    }

    /// The task that waits for the result of another, if there is no doubt which.
    pub fn asker(&self, tasks: &[TaskAt], asked: TaskAt) -> Option<TaskAt> {
        let mut askers = self.askers(tasks, asked);
        askers.next().filter(|_| askers.next().is_none())
    }

    /// The task that does a step. Any that waits for it will do: they stand at the same.
    pub fn doer(&self, tasks: &[TaskAt], step: u64) -> TaskAt {
        let does = |task: &&TaskAt| self[**task].steps.iter().any(|waits| waits.step == step);
        *tasks.iter().find(does).expect("a step is taken where a task waits for it")
    }

    /// The tasks that a step concerns: the one that does it, those that wait for its result, and for theirs in turn, and
    /// those whose results all these wait for, which learn of it if they do so no longer.
    pub fn concerned(&self, tasks: &[TaskAt], doer: TaskAt) -> Vec<TaskAt> {
        let mut concerned = vec![doer];
        let mut next = 0;
        while let Some(asked) = concerned.get(next).copied() {
            let askers: Vec<TaskAt> =
                self.askers(tasks, asked).filter(|asker| !concerned.contains(asker)).collect();
            concerned.extend(askers);
            next += 1;
        }
        let bonds = |task: &TaskAt| self[*task].bonds;
        let wait: Vec<u64> = concerned.iter().map(|task| bonds(task).kind).collect();
        let asked = |task: &&TaskAt| bonds(task).awaited.is_some_and(|awaited| wait.contains(&awaited.by));
        concerned.extend(tasks.iter().filter(asked));
        concerned.sort_unstable();
        concerned.dedup();
        concerned
    }
}
