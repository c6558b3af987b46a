//! A step: what a task asks for, and what comes of it.

use std::any::Any;
use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::task::Waker;

use crate::footprint::{Footprint, Steady};
use crate::standing::Asker;
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

/// What a step did.
pub(crate) struct Effect<W: World> {
    pub footprint: Footprint<W::Object>,
    /// The task that it started in the same breath, if any.
    pub spawned: Option<Spawned>,
    /// What it answered, as a number.
    pub number: u64,
    /// What it answered, if that is to be kept.
    pub kept: Option<Kept>,
}

/// What a step answered, for a later run that comes to the same place.
pub(crate) type Kept = Box<dyn Any + Send>;

/// What a step answered, and the same as a number.
#[derive(Debug)]
pub(crate) struct Answer {
    pub kept: Kept,
    pub number: u64,
}

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
    pub open: Box<dyn Fn(&W) -> bool + Send>,
}

/// What a step does.
pub(crate) trait Body<W: World>: Send {
    /// Does it, and keeps the answer if that is wanted.
    fn does(self: Box<Self>, world: &mut W, keeps: bool) -> Effect<W>;

    /// Answers what it answered when an earlier run did it at this very place. Answers the task that it starts.
    fn recalls(self: Box<Self>, kept: &(dyn Any + Send)) -> Option<Spawned>;
}

/// A body in its parts: what it does to the world, and what its task makes of the answer.
pub(crate) struct Doing<D, T, G> {
    pub does: D,
    pub number: fn(&T) -> u64,
    pub goes_on: G,
}

impl<W, D, T, G> Body<W> for Doing<D, T, G>
where
    W: World,
    D: FnOnce(&mut W) -> (T, Footprint<W::Object>) + Send,
    T: Clone + Send + 'static,
    G: FnOnce(T) -> Option<Spawned> + Send,
{
    fn does(self: Box<Self>, world: &mut W, keeps: bool) -> Effect<W> {
        let (answer, footprint) = (self.does)(world);
        let number = (self.number)(&answer);
        let kept = keeps.then(|| Box::new(answer.clone()) as Kept);
        Effect { footprint, spawned: (self.goes_on)(answer), number, kept }
    }

    fn recalls(self: Box<Self>, kept: &(dyn Any + Send)) -> Option<Spawned> {
        let answer = kept.downcast_ref::<T>().expect("a step of the same place answers alike");
        (self.goes_on)(answer.clone())
    }
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
    pub body: Box<dyn Body<W>>,
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
        Steady::of(&(stands, &self.asked.label, self.asked.about))
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
