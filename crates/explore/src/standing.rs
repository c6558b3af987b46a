//! Where a task stands: a number for all that decides what it will do.
//!
//! A task is a future, and nobody can look into one. But what it does next follows from how it began and from what it
//! has heard since, so the hash of these is a number for its state: two tasks that share it do the same from then on. A
//! task that knows how little of what it heard still counts says so, with [`crate::Handle::stands_at`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::footprint::Steady;

/// The task that waits for the result of another, and whether it has given up.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    pub task: usize,
    /// What it asked: it tells its requests apart by that.
    pub about: u64,
    gave_up: Arc<AtomicBool>,
}

impl Asker {
    pub fn new(task: usize, about: u64) -> Asker {
        Asker { task, about, gave_up: Arc::default() }
    }

    pub fn listens(&self) -> bool {
        !self.gave_up.load(Ordering::Relaxed)
    }
}

/// Dropped when nobody listens any more.
#[derive(Debug)]
pub(crate) struct Listening(pub Option<Asker>);

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(asker) = &self.0 {
            asker.gave_up.store(true, Ordering::Relaxed);
        }
    }
}

/// Who waits for a task's result: the kind of that task, and what it asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Awaited {
    pub by: u64,
    pub about: u64,
}

/// How a task is bound to nodes and to other tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bonds {
    /// Where it stands: those that die together do so in the order of this.
    pub stands: u64,
    pub node: u64,
    pub kind: u64,
    pub awaited: Option<Awaited>,
}

#[derive(Debug)]
pub(crate) struct Standing {
    /// The node and the name of the task.
    pub kind: u64,
    /// How it began, and what it heard since.
    heard: u64,
    /// The task that waits for its result: what comes of it differs if nobody is left to hear of it.
    pub asker: Option<Asker>,
}

impl Standing {
    /// A task that the scenario starts.
    pub fn new(kind: u64, number: u64) -> Standing {
        Standing { kind, heard: number, asker: None }
    }

    /// A task that this one starts: it begins with what its parent knows.
    pub fn of_child(&mut self, kind: u64, asker: Option<Asker>) -> Standing {
        self.hears(kind);
        Standing { kind, heard: Steady::of(&(self.heard, "child")), asker }
    }

    pub fn hears(&mut self, what: u64) {
        self.heard = Steady::of(&(self.heard, what));
    }

    /// Nothing that it heard before counts any more, but for `state`.
    pub fn stands_at(&mut self, state: u64) {
        self.heard = state;
    }

    /// A number that a task that stands here gets, another one each time.
    pub fn name(&mut self) -> u64 {
        self.heard = Steady::of(&(self.heard, "name"));
        self.heard
    }

    /// The number of this state. `awaited` says who waits for the result, if somebody still does.
    pub fn number(&self, awaited: Option<Awaited>) -> u64 {
        Steady::of(&(self.kind, self.heard, awaited))
    }
}
