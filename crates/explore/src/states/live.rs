//! A run that is in a state, and the way that it came.

use crate::executor::StepId;
use crate::run::{Answers, Apart, Run, Waypoint};
use crate::world::{Scenario, World};

/// A step on the way of a run.
struct Passed<S: Scenario> {
    /// The number of the step.
    step: u64,
    id: StepId,
    waypoint: Waypoint<S::World>,
    answers: Answers,
}

/// A run, and the state that it is in.
pub(super) struct Live<'a, S: Scenario> {
    pub run: Run<'a, S>,
    pub state: usize,
    way: Vec<Passed<S>>,
}

impl<'a, S: Scenario> Live<'a, S> {
    /// A run at its start.
    pub fn new(run: Run<'a, S>, state: usize) -> Self {
        run.keep_answers();
        Live { run, state, way: Vec::new() }
    }

    /// The steps that the run did.
    pub fn path(&self) -> Vec<StepId> {
        self.way.iter().map(|passed| passed.id).collect()
    }

    pub fn len(&self) -> usize {
        self.way.len()
    }

    /// Goes the way of an earlier run as far as it is the wanted one. Answers how far that was, and how many of its
    /// steps were recalled.
    pub fn follow(&mut self, earlier: Live<'a, S>, wanted: &[u64]) -> (usize, u64) {
        let Live { run: before, way, .. } = earlier;
        let shared = way.iter().zip(wanted).take_while(|(passed, step)| passed.step == **step).count();
        let last = way.get(shared).map_or_else(|| before.waypoint(), |passed| passed.waypoint.clone());
        self.way = way;
        self.way.truncate(shared);
        let mut recalled = 0;
        for Passed { id, waypoint, answers, .. } in &self.way {
            recalled += u64::from(self.run.pass(*id, waypoint, answers));
        }
        self.run.put(&last);
        (shared, recalled)
    }

    /// Does a step that a run did before in this state.
    pub fn repeat(&mut self, step: u64, id: StepId) {
        let waypoint = self.run.waypoint();
        let answers = self.run.repeat(id);
        self.way.push(Passed { step, id, waypoint, answers });
    }

    /// Does a step that no run did before in this state.
    pub fn learn(&mut self, step: u64, id: StepId) -> Apart<<S::World as World>::Object> {
        let waypoint = self.run.waypoint();
        let (apart, answers) = self.run.step_apart(id);
        self.way.push(Passed { step, id, waypoint, answers });
        apart
    }
}
