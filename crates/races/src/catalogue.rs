//! Every scenario that can be explored, shipped or legacy, as one list.

use steadfast_explore::Explorable;

use crate::scenario;
use crate::stage::Race;

/// Whose protocol a scenario is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Ours: nothing may be found.
    Shipped,
    /// One that history has shown to be wrong: something must be found.
    Legacy,
}

impl Kind {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Shipped => "shipped",
            Kind::Legacy => "legacy",
        }
    }
}

/// A scenario of the catalogue.
pub trait Subject: Send + Sync {
    fn name(&self) -> String;
    fn kind(&self) -> Kind;
    /// What could go wrong, in a sentence.
    fn about(&self) -> String;
    /// Who acts in it.
    fn operations(&self) -> Vec<String>;
    /// What may go wrong on the way.
    fn faults(&self) -> Vec<String>;
    /// Sets the scene. A world without a store of ours is the same on any.
    fn staged(&self, on: Engine) -> Box<dyn Explorable + '_>;
}

/// Which engine the store of a scenario runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Memory,
    /// The one in memory, and the real SQLite beside it: whatever they answer differently is a violation.
    Sqlite,
}

impl Subject for &'static Race {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn kind(&self) -> Kind {
        Kind::Shipped
    }

    fn about(&self) -> String {
        self.about.to_owned()
    }

    fn operations(&self) -> Vec<String> {
        Vec::new()
    }

    fn faults(&self) -> Vec<String> {
        Vec::new()
    }

    fn staged(&self, on: Engine) -> Box<dyn Explorable + '_> {
        let staged = Race::staged(self, None);
        Box::new(match on {
            Engine::Memory => staged,
            Engine::Sqlite => staged.beside_sqlite(),
        })
    }
}

/// Every scenario, in the order in which they are read.
#[must_use]
pub fn all() -> Vec<Box<dyn Subject>> {
    scenario::all().into_iter().map(|race| Box::new(race) as Box<dyn Subject>).collect()
}

/// The scenario of this name.
#[must_use]
pub fn find(name: &str) -> Option<Box<dyn Subject>> {
    all().into_iter().find(|subject| subject.name() == name)
}
