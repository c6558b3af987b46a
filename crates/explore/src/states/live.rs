//! A run under way: what is learnt of how tasks go on, it shows.

use super::space::{Space, StateAt};
use super::standpoints::TaskAt;
use crate::executor::{Answer, Stance, StepId, Taken};
use crate::run::Run;
use crate::world::Scenario;

/// A run, and where its tasks stand.
pub(super) struct Live<'a, S: Scenario> {
    pub run: Run<'a, S>,
    /// The state that it is in, if it came there by doing every step; none where it did what some tasks need.
    pub state: Option<StateAt>,
    pub stances: Vec<Stance>,
    stands: Vec<TaskAt>,
    path: Vec<StepId>,
}

impl<'a, S: Scenario> Live<'a, S> {
    /// A run at its start.
    pub fn new(run: Run<'a, S>) -> Self {
        Live { run, state: None, stances: Vec::new(), stands: Vec::new(), path: Vec::new() }
    }

    /// The steps that the run did.
    pub fn path(&self) -> &[StepId] {
        &self.path
    }

    /// Does a step as it is done.
    pub fn repeat(&mut self, id: StepId) {
        self.path.push(id);
        self.run.repeat(id);
    }

    /// Lets the tasks go on from a step as from the same answer before. The world stays as it is.
    pub fn recall(&mut self, id: StepId, answer: &Answer) {
        let taken = self.take(id);
        self.run.resume(taken, answer);
    }

    /// The turn of a step comes.
    pub fn take(&mut self, id: StepId) -> Taken<S::World> {
        self.path.push(id);
        self.run.take(id)
    }

    /// Looks where the tasks stand now.
    pub fn look(&mut self, space: &mut Space<S::World>) -> &[TaskAt] {
        self.stances = self.run.stances();
        self.stands = space.tasks(&self.stances, |task| self.run.waiting(task));
        &self.stands
    }

    /// Whether there are tasks at all these standpoints.
    pub fn has(&self, tasks: &[TaskAt]) -> bool {
        tasks.iter().all(|task| self.stands.binary_search(task).is_ok())
    }
}
