//! A historic race as data: what happened, what it broke, and how it went once it was repaired.

use std::fmt;

use steadfast_explore::{Handle, Scenario};

use super::nova::{Invariant, Nova, Stage, invariant};

/// A protocol that history has shown to be wrong, in the smallest arrangement that shows it.
pub struct Legacy {
    /// Its number in the catalogue of races.
    pub number: &'static str,
    pub name: &'static str,
    /// What happens, in a sentence.
    pub about: &'static str,
    /// The rule of the design that removes it.
    pub rule: &'static str,
    pub breaks: Invariant,
    pub operations: &'static [&'static str],
    /// What has to go wrong beside the order of steps.
    pub faults: &'static [&'static str],
    pub world: fn() -> Nova,
    pub start: fn(&Stage),
    pub repair: Repair,
}

/// The same race with one thing done otherwise.
pub struct Repair {
    pub about: &'static str,
    pub start: fn(&Stage),
    /// What it still breaks: other races than the one it repairs.
    pub spares: &'static [Invariant],
}

impl fmt::Debug for Legacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Debug for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.about)
    }
}

impl Legacy {
    /// The race as it was, judged by what it is known to break and by nothing else.
    #[must_use]
    pub fn historic(&self) -> Arranged {
        Arranged::new((self.world)(), self.start, vec![self.breaks])
    }

    /// The race repaired, judged by everything.
    #[must_use]
    pub fn repaired(&self) -> Arranged {
        let judges = Invariant::ALL.into_iter().filter(|judge| !self.repair.spares.contains(judge));
        Arranged::new((self.world)(), self.repair.start, judges.collect())
    }
}

/// A world, the tasks that run in it, and the invariants that it is judged by.
pub struct Arranged {
    world: Nova,
    start: Box<dyn Fn(&Stage)>,
    judges: Vec<Invariant>,
}

impl Arranged {
    pub(super) fn new(world: Nova, start: impl Fn(&Stage) + 'static, judges: Vec<Invariant>) -> Arranged {
        Arranged { world, start: Box::new(start), judges }
    }
}

impl fmt::Debug for Arranged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arranged").field("judges", &self.judges).finish_non_exhaustive()
    }
}

impl Scenario for Arranged {
    type World = Nova;

    fn world(&self) -> Nova {
        self.world.clone()
    }

    fn start(&self, world: &Handle<Nova>) {
        (self.start)(&Stage::new(world));
    }

    fn always(&self, nova: &Nova) -> Result<(), String> {
        invariant::always(nova, &self.judges)
    }

    fn at_rest(&self, nova: &Nova) -> Result<(), String> {
        invariant::at_rest(nova, &self.judges)
    }
}
