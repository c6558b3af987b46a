//! Where a task stands: a number for all that decides what it will do.
//!
//! A task is a future, and nobody can look into one. But what it does next follows from how it began and from what it
//! has heard since, so the hash of these is a number for its state: two tasks that share it do the same from then on. A
//! task that knows how little of what it heard still counts says so, with [`crate::Handle::stands_at`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::steady::{Steady, Sum};

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

/// What a task knows, as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Heard {
    /// How it began, and what it heard since.
    before: u64,
    /// What it heard after that in whatever order, if it said that this does not matter to it.
    since: Option<Sum>,
    /// It did not run since it said so: all that it heard meanwhile only waits for it.
    pub calm: bool,
    /// It said where it stands itself: nothing of whoever started it counts any more.
    pub own: bool,
}

impl Heard {
    fn new(before: u64) -> Heard {
        Heard { before, since: None, calm: false, own: false }
    }

    fn hears(&mut self, what: u64) {
        match &mut self.since {
            Some(since) => since.add(Steady::of(&what)),
            None => self.before = Steady::of(&(self.before, what)),
        }
    }

    fn all(&self) -> u64 {
        self.since.map_or(self.before, |since| Steady::of(&(self.before, since)))
    }

    /// The number of what it knew before whatever only waits for it.
    pub fn calmly(&self) -> Option<u64> {
        self.calm.then_some(self.before)
    }

    /// What a calm task heard more than it had heard earlier; none if it ran meanwhile.
    pub fn more(&self, earlier: &Heard) -> Option<Sum> {
        let calm = self.calm && earlier.calm && self.before == earlier.before;
        calm.then(|| self.since.zip(earlier.since))?.map(|(now, then)| now.without(then))
    }

    /// The same, and what a calm task heard more.
    pub fn and(&self, more: Sum) -> Heard {
        let since = self.since.map(|since| since.with(more));
        Heard { since, ..*self }
    }

    /// The number of where a task of this kind stands that knows this. `awaited` says who waits for its result, if
    /// somebody still does.
    pub fn stands(&self, kind: u64, awaited: Option<Awaited>) -> u64 {
        Steady::of(&(kind, self.all(), awaited))
    }
}

#[derive(Debug)]
pub(crate) struct Standing {
    /// The node and the name of the task.
    pub kind: u64,
    pub heard: Heard,
    /// The task that waits for its result: what comes of it differs if nobody is left to hear of it.
    pub asker: Option<Asker>,
}

impl Standing {
    /// A task that the scenario starts.
    pub fn new(kind: u64, number: u64) -> Standing {
        Standing { kind, heard: Heard::new(number), asker: None }
    }

    /// A task that this one starts: it begins with what its parent knows.
    pub fn of_child(&mut self, kind: u64, asker: Option<Asker>) -> Standing {
        self.hears(kind);
        let heard = Heard::new(Steady::of(&(self.heard.all(), "child")));
        Standing { kind, heard, asker }
    }

    pub fn hears(&mut self, what: u64) {
        self.heard.hears(what);
    }

    /// The task runs on.
    pub fn runs(&mut self) {
        self.heard.calm = false;
    }

    /// Nothing that it heard before counts any more, but for `state`.
    pub fn stands_at(&mut self, state: u64) {
        self.heard = Heard { own: true, ..Heard::new(state) };
    }

    /// The same, and what it hears from now on counts in whatever order it comes.
    pub fn waits_at(&mut self, state: u64) {
        self.heard = Heard { before: state, since: Some(Sum::default()), calm: true, own: true };
    }

    /// A number that a task that stands here gets, another one each time.
    pub fn name(&mut self) -> u64 {
        self.heard.before = Steady::of(&(self.heard.before, "name"));
        self.heard.all()
    }

    /// The number of this state. `awaited` says who waits for the result, if somebody still does.
    pub fn number(&self, awaited: Option<Awaited>) -> u64 {
        self.heard.stands(self.kind, awaited)
    }
}
