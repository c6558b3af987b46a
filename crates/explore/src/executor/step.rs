//! A step: what a task asks for, and what comes of it.

use std::any::Any;
use std::borrow::Cow;
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Waker;

use super::stance::step_number;
use crate::footprint::Footprint;
use crate::standing::Asker;
use crate::steady::Steady;
use crate::world::World;

/// The name of a step or a node.
pub(crate) type Name = Cow<'static, str>;

/// Names a step that a task waits for: the task, and the how-manieth step of it this is. The task's own number comes
/// from its parent's and its place among the parent's children, so it is the same in every run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId {
    pub task: u64,
    pub number: u32,
}

/// What a step answered.
#[derive(Debug)]
pub(crate) struct Answer {
    value: Box<dyn Any + Send>,
    /// The same as a number.
    pub number: u64,
    /// What the task that asked hears of it, as a number: what goes to a task that it starts, it does not hear.
    pub heard: u64,
}

/// What a step does to the world. What comes of it follows from the world alone, so it can be asked of any world in
/// which the step could happen, as often as somebody wants to know.
pub(crate) type Act<W> = Arc<Mutex<dyn FnMut(&mut W) -> (Answer, Footprint<<W as World>::Object>) + Send>>;

/// What the task that asked makes of the answer. Answers the task that it starts in the same breath, if any.
pub(crate) type GoesOn = Box<dyn FnOnce(&Answer) -> Option<Spawned> + Send>;

/// When a step can happen, in whatever world.
pub(crate) type Open<W> = Arc<dyn Fn(&W) -> bool + Send + Sync>;

pub(crate) type TaskFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A task to be started on a node.
pub(crate) struct Spawned {
    pub node: Name,
    pub name: Name,
    pub future: TaskFuture,
    /// The task that waits for its result, if any.
    pub asker: Option<Asker>,
    /// What it was given on its way, as a number: all that it does may depend on it.
    pub given: u64,
}

/// What must hold before a step can happen, and what that is read from.
pub(crate) struct Gate<W: World> {
    pub reads: Vec<W::Object>,
    pub open: Open<W>,
}

impl Answer {
    fn value<T: 'static>(&self) -> &T {
        self.value.downcast_ref().expect("a step answers alike wherever it happens")
    }
}

/// A body as an act, and what its task makes of the answer.
pub(crate) fn parts<W: World, T: Hash + Clone + Send + 'static>(
    mut body: impl FnMut(&mut W) -> (T, Footprint<W::Object>) + Send + 'static,
    hears: fn(&T) -> u64,
    goes_on: impl FnOnce(T) -> Option<Spawned> + Send + 'static,
) -> (Act<W>, GoesOn) {
    let act = move |world: &mut W| {
        let (value, footprint) = body(world);
        let (number, heard) = (Steady::of(&value), hears(&value));
        (Answer { value: Box::new(value), number, heard }, footprint)
    };
    (Arc::new(Mutex::new(act)), Box::new(move |answer| goes_on(answer.value::<T>().clone())))
}

/// A step that a task asks for.
pub(crate) struct Asked<W: World> {
    pub label: Name,
    /// Tells it from other steps of its task that look the same.
    pub about: u64,
    pub gate: Option<Gate<W>>,
    /// Nodes whose tasks die with this step.
    pub kills: Vec<Name>,
    /// Something that goes wrong: random runs draw its place rather than the step.
    pub fault: bool,
    pub act: Act<W>,
    pub goes_on: GoesOn,
}

/// A step that waits for its turn.
pub(crate) struct Pending<W: World> {
    pub id: StepId,
    /// The place of its task among those of this run.
    pub task: usize,
    pub asked: Asked<W>,
    pub waker: Waker,
    /// How many steps had been done when it was asked for.
    pub born: usize,
}

impl<W: World> Pending<W> {
    /// A number that the step has wherever a task stands at `stands` and waits for it.
    pub fn number(&self, stands: u64) -> u64 {
        step_number(stands, &self.asked.label, self.asked.about)
    }

    pub fn is_open(&self, world: &W) -> bool {
        self.asked.gate.as_ref().is_none_or(|gate| (gate.open)(world))
    }
}

/// How a step looks in a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub node: String,
    pub task: String,
    pub label: String,
    pub fault: bool,
}
