//! What it means to tasks that nodes die. Those that run there are gone. Others lose who waited for them, or who would
//! have answered them, and to each of them that means the same whatever becomes of the rest: so it is learnt for each
//! by itself, and not for every company in which death can find them.

use std::collections::BTreeMap;

use crate::executor::Stance;
use crate::standing::Bonds;

/// What a task loses with those that die.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Loss {
    /// Nobody waits for its result any more.
    orphaned: bool,
    /// What it asked and nobody will answer, in the order in which it hears so.
    unanswered: Vec<u64>,
}

impl Loss {
    pub fn is_none(&self) -> bool {
        *self == Loss::default()
    }
}

/// The nodes that die with a step, and the tasks that run there.
#[derive(Debug, Default)]
pub(super) struct Deaths {
    dead: Vec<Bonds>,
}

impl Deaths {
    pub fn of(dying: &[u64], tasks: impl Iterator<Item = Bonds>) -> Deaths {
        if dying.is_empty() {
            return Deaths::default();
        }
        let mut dead: Vec<Bonds> = tasks.filter(|task| dying.contains(&task.node)).collect();
        dead.sort_unstable_by_key(|task| task.stands);
        Deaths { dead }
    }

    pub fn is_dead(&self, task: &Bonds) -> bool {
        self.dead.iter().any(|dead| dead.node == task.node)
    }

    pub fn loss(&self, task: &Bonds) -> Loss {
        let orphaned =
            task.awaited.is_some_and(|awaited| self.dead.iter().any(|dead| dead.kind == awaited.by));
        let asked =
            self.dead.iter().filter_map(|dead| dead.awaited).filter(|awaited| awaited.by == task.kind);
        Loss { orphaned, unanswered: asked.map(|awaited| awaited.about).collect() }
    }
}

/// Where tasks stood before a step and after it.
#[derive(Debug)]
pub(super) struct Moves {
    before: BTreeMap<usize, Stance>,
    after: BTreeMap<usize, Stance>,
}

impl Moves {
    pub fn of(before: &[Stance], after: &[Stance]) -> Moves {
        let by_task = |stances: &[Stance]| stances.iter().map(|at| (at.task, *at)).collect();
        Moves { before: by_task(before), after: by_task(after) }
    }

    /// Whether a task stands where it stood.
    pub fn stays(&self, at: &Stance) -> bool {
        let number = |stances: &BTreeMap<usize, Stance>| stances.get(&at.task).map(|at| at.number);
        number(&self.before) == number(&self.after)
    }

    /// Where a task stood that is still there.
    pub fn of_task(&self, task: usize) -> Option<(&Stance, &Stance)> {
        self.before.get(&task).zip(self.after.get(&task))
    }

    pub fn is_new(&self, at: &Stance) -> bool {
        !self.before.contains_key(&at.task)
    }

    /// Whoever of those before the step started a task that is new, or the task itself; none if that is not known any
    /// more.
    pub fn source(&self, mut task: usize) -> Option<usize> {
        while !self.before.contains_key(&task) {
            task = self.after.get(&task)?.parent?;
        }
        Some(task)
    }
}
