//! A point of the present run, and what is known of it.

use crate::clock::Clock;
use crate::event::{Event, Waypoint};
use crate::executor::StepId;
use crate::footprint::Marks;
use crate::run::Wrong;
use crate::world::World;

/// A step, and what it touches where it stands.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub id: StepId,
    pub marks: Marks,
}

/// A point of the present run at which a step was chosen.
pub(super) struct Point<W> {
    /// The steps that can happen here.
    pub open: Vec<StepId>,
    pub chosen: StepId,
    /// Steps to try here after the chosen one.
    pub left: Vec<StepId>,
    /// Steps that need not be tried here: they lead to orders that are tried from elsewhere.
    pub asleep: Vec<Known>,
    /// Steps that were done here and put off again.
    pub known: Vec<Known>,
    /// Steps that the chosen one took away.
    pub lost: Vec<Known>,
    /// The chosen step, once it was done here, and the steps before it that it depends on.
    pub event: Option<(Event, Clock)>,
    /// What was wrong after the chosen step, and not before.
    pub wrong: Option<Wrong>,
    /// The tasks that are there.
    pub tasks: Vec<u64>,
    /// Where the run was here, and where it was after the chosen step.
    pub waypoint: Waypoint<W>,
    pub after: Waypoint<W>,
}

impl<W: World> Point<W> {
    pub fn event(&self) -> &(Event, Clock) {
        self.event.as_ref().expect("the steps before the last point were done")
    }

    /// Whether a step is tried here anyhow, or need not be.
    pub fn covers(&self, id: StepId) -> bool {
        self.chosen == id || self.left.contains(&id) || self.asleep.iter().any(|asleep| asleep.id == id)
    }

    /// What a step touches here, if it was ever done here.
    pub fn touches(&self, id: StepId) -> Option<&Known> {
        self.asleep.iter().chain(&self.known).find(|known| known.id == id)
    }

    pub fn try_also(&mut self, id: StepId) {
        if self.open.contains(&id) && !self.covers(id) {
            self.left.push(id);
        }
    }
}
