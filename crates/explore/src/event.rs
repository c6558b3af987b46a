//! What came of a step, and where a run was: as much as later runs need to come to the same place.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::executor::{Answer, StepId};
use crate::footprint::Marks;
use crate::world::World;

/// What a step did to a world.
#[derive(Debug)]
pub(crate) struct Deed {
    pub answer: Answer,
    /// What it touched of the world itself: whom it woke is another matter.
    pub marks: Marks,
    /// Whether it may have changed the world.
    pub changes: bool,
}

/// A step that was done.
#[derive(Debug)]
pub(crate) struct Event {
    pub id: StepId,
    /// How many steps had been done when it was asked for.
    pub born: usize,
    pub marks: Marks,
    /// Whether it may have changed the world, or a task that went on from it.
    pub changes: bool,
    /// What is wrong with the world that it left, whether or not something was wrong before.
    pub wrong: Option<String>,
    pub answers: Answers,
    /// The tasks that it concerned: the one that did it, those that ran on or were told something, and those that died.
    pub company: Vec<u64>,
}

impl Event {
    /// It touched this, as well as what it touched before.
    pub fn touched(&mut self, marks: Marks) {
        if self.marks.is_empty() {
            self.marks = marks;
        } else {
            self.marks.join(&marks);
        }
    }
}

/// What a step and those that go together with it did, in order: enough for a later run to come to the same place
/// without doing them. None where tasks touched the world as they ran on: what they learnt of it is in no answer.
#[derive(Debug)]
pub(crate) struct Answers(Option<Vec<(StepId, Rc<Deed>)>>);

impl Default for Answers {
    fn default() -> Self {
        Answers(Some(Vec::new()))
    }
}

impl Answers {
    /// One more step; `touched` says whether tasks touched the world as they ran on from it.
    pub fn add(&mut self, id: StepId, deed: Rc<Deed>, touched: bool) {
        if let Some(answers) = self.0.as_mut().filter(|_| !touched) {
            answers.push((id, deed));
        } else {
            self.0 = None;
        }
    }

    /// The steps, if their answers are enough.
    pub fn enough(&self) -> Option<&[(StepId, Rc<Deed>)]> {
        self.0.as_deref().filter(|answers| !answers.is_empty())
    }

    /// What the step did, if it was the only one.
    pub fn only(&self) -> Option<&Rc<Deed>> {
        match self.enough()? {
            [(_, deed)] => Some(deed),
            _ => None,
        }
    }
}

/// A world that a run was in.
#[derive(Debug)]
pub(crate) struct Place<W> {
    pub world: Arc<W>,
    digest: OnceCell<u64>,
}

impl<W: World> Place<W> {
    pub fn of(world: Arc<W>) -> Place<W> {
        Place { world, digest: OnceCell::new() }
    }

    /// The world as a number, found once.
    pub fn digest(&self) -> u64 {
        *self.digest.get_or_init(|| self.world.digest())
    }
}

/// A point of a run that another one can come back to: the world there, which points share between which nothing
/// changed; none where a clone is no world of its own.
pub(crate) type Waypoint<W> = Option<Rc<Place<W>>>;
