//! What it means to tasks that nodes die. Those that run there are gone. Others lose who waited for them, or who would
//! have answered them, and to each of them that means the same whatever becomes of the rest: so it is learnt for each
//! by itself, and not for every company in which death can find them.

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
