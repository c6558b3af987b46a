//! Every scenario that can be explored, shipped or legacy, as one list.

use steadfast_explore::Explorable;

use crate::fault::Fault;
use crate::legacy::nova::Invariant;
use crate::legacy::seed::{self, Circumstance, Repair};
use crate::legacy::{self, Legacy};
use crate::scenario::{self, generated};
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
    /// The same scenario with one thing less in it, in every way there is.
    fn smaller(&self) -> Vec<Box<dyn Subject>> {
        Vec::new()
    }

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

impl Subject for Race {
    fn name(&self) -> String {
        self.name.to_string()
    }

    fn kind(&self) -> Kind {
        Kind::Shipped
    }

    fn about(&self) -> String {
        self.about.to_string()
    }

    fn operations(&self) -> Vec<String> {
        self.acts().operations
    }

    fn faults(&self) -> Vec<String> {
        self.acts().faults.iter().map(|fault| fault.name().to_owned()).collect()
    }

    fn smaller(&self) -> Vec<Box<dyn Subject>> {
        boxed(self.parts()).collect()
    }

    fn staged(&self, on: Engine) -> Box<dyn Explorable + '_> {
        let staged = Race::staged(self, None);
        Box::new(match on {
            Engine::Memory => staged,
            Engine::Sqlite => staged.beside_sqlite(),
        })
    }
}

impl Subject for Legacy {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn kind(&self) -> Kind {
        Kind::Legacy
    }

    fn about(&self) -> String {
        self.about.to_owned()
    }

    fn operations(&self) -> Vec<String> {
        self.operations.iter().map(ToString::to_string).collect()
    }

    fn faults(&self) -> Vec<String> {
        self.faults.iter().map(ToString::to_string).collect()
    }

    fn staged(&self, _: Engine) -> Box<dyn Explorable + '_> {
        Box::new(self.historic())
    }
}

/// One of the seed's proposed repairs, in a circumstance that a test in one process does not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repaired {
    pub repair: Repair,
    pub circumstance: Circumstance,
}

impl Subject for Repaired {
    fn name(&self) -> String {
        format!("seed/{}/{}", self.repair.name(), self.circumstance.name())
    }

    fn kind(&self) -> Kind {
        Kind::Legacy
    }

    fn about(&self) -> String {
        format!("the seed, repaired: {}; {}", self.repair.about(), self.circumstance.about())
    }

    fn operations(&self) -> Vec<String> {
        let second = match self.circumstance {
            Circumstance::SecondProcess | Circumstance::Tool => Some("audit by another process"),
            Circumstance::Alone | Circumstance::Crash => None,
        };
        ["evacuation", "audit of the destination"].into_iter().chain(second).map(str::to_owned).collect()
    }

    fn faults(&self) -> Vec<String> {
        let crash = (self.circumstance == Circumstance::Crash).then_some("agent dies");
        crash.into_iter().map(str::to_owned).collect()
    }

    fn staged(&self, _: Engine) -> Box<dyn Explorable + '_> {
        Box::new(seed::arranged(self.repair, self.circumstance, &Invariant::ALL))
    }
}

fn boxed<S: Subject + 'static>(
    subjects: impl IntoIterator<Item = S>,
) -> impl Iterator<Item = Box<dyn Subject>> {
    subjects.into_iter().map(|subject| Box::new(subject) as Box<dyn Subject>)
}

/// What goes wrong in pairs of operations.
const FAULTS: [Fault; 6] = [
    Fault::AgentCrash,
    Fault::HostCrash,
    Fault::ControlCrash,
    Fault::MessageRepeated,
    Fault::AnswerLost,
    Fault::ClockJumps,
];

/// Every scenario of the shipped protocol: those that somebody thought of, all pairs of operations, alone and with a
/// crash, a repeated message, a lost answer or clocks that jump, and all triples.
#[must_use]
pub fn shipped() -> Vec<Box<dyn Subject>> {
    let pairs = generated::pairs();
    let faulty = FAULTS.into_iter().flat_map(|fault| generated::with_fault(&pairs, fault));
    let faulty: Vec<Race> = faulty.collect();
    let written = scenario::all().into_iter().cloned();
    boxed(written.chain(pairs).chain(faulty).chain(generated::triples())).collect()
}

/// So many scenarios of the shipped protocol that are drawn: up to seven operations at once, with up to three faults.
pub fn grown(seed: u64, count: u64) -> impl Iterator<Item = Box<dyn Subject>> {
    boxed((0..count).map(move |number| scenario::grown::drawn(seed, number)))
}

/// Every historic race.
#[must_use]
pub fn legacy() -> Vec<Box<dyn Subject>> {
    boxed(legacy::all()).collect()
}

/// The seed's proposed repairs, each in each circumstance.
pub fn repaired() -> impl Iterator<Item = Repaired> {
    Repair::ALL.into_iter().flat_map(|repair| {
        Circumstance::ALL.into_iter().map(move |circumstance| Repaired { repair, circumstance })
    })
}

/// Every scenario.
#[must_use]
pub fn all() -> Vec<Box<dyn Subject>> {
    shipped().into_iter().chain(legacy()).chain(boxed(repaired())).collect()
}

/// The scenario of this name: also one that [`all`] does not list, made of the operations and faults that it names.
#[must_use]
pub fn find(name: &str) -> Option<Box<dyn Subject>> {
    let historic = || legacy().into_iter().chain(boxed(repaired())).find(|subject| subject.name() == name);
    let shipped = scenario::find(name).map(|race| Box::new(race) as Box<dyn Subject>);
    shipped.or_else(historic)
}
