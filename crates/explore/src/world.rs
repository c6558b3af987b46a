//! What is explored: a world, the tasks that change it, and what must be true of it.

use crate::footprint::Object;
use crate::handle::Handle;

/// The state that steps read and change.
pub trait World: Clone + Send + Sync + 'static {
    /// What steps read and write, each by a name of its own.
    type Object: Object;

    /// The state as a number: two worlds that differ in anything that counts differ in it. A step is taken to do the
    /// same in all worlds that share it.
    fn digest(&self) -> u64;

    /// Whether a clone is a world of its own: what is done to one does not show in the other. Where it is not so, each
    /// run does all of its steps.
    fn is_whole(&self) -> bool {
        true
    }

    /// What an object holds: all that a step learns which says that it reads it. A search for states asks, and whatever
    /// a task touches as it runs on ([`Handle::touch`]) is asked for as well.
    fn content(&self, _object: &Self::Object) -> Content {
        Content::Unknown
    }
}

/// What an object holds, as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A hash of it.
    Whole(u64),
    /// A sum: of its members, or of what was ever added. A step that writes it without reading adds to it.
    Sum(u64),
    /// The world does not say. It can be searched for orders, and not for states.
    Unknown,
}

/// A world to begin with, tasks to run in it, and what must be true.
pub trait Scenario {
    type World: World;

    fn world(&self) -> Self::World;

    /// Starts the tasks whose orders are tried.
    fn start(&self, world: &Handle<Self::World>);

    /// What must be true after every step. It follows from what objects hold and from what the step just did, and
    /// whatever it compares is in the footprints of the steps that change it. What follows from more, from how a world
    /// came about, is judged along the ways that a search goes, and none goes more than once from one world to another.
    ///
    /// # Errors
    /// What is wrong, in words.
    fn always(&self, _world: &Self::World) -> Result<(), String> {
        Ok(())
    }

    /// What must be true when nothing is left to happen.
    ///
    /// # Errors
    /// What is wrong, in words.
    fn at_rest(&self, _world: &Self::World) -> Result<(), String> {
        Ok(())
    }
}
