//! Every scenario that can be explored, shipped or legacy, as one list.

use std::fmt;

use steadfast_explore::Explorable;

use crate::fault::Fault;
use crate::legacy::nova::Invariant;
use crate::legacy::seed::{self, Circumstance, Repair};
use crate::legacy::{self, Legacy};
use crate::scenario;
use crate::scenario::generated::{self, Op};
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

    /// Sets the scene. A world with rows of its own is the same on any.
    fn staged(&self, on: Engine) -> Box<dyn Explorable + '_>;
}

/// Which engine the store of a scenario runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Memory,
    /// The one in memory, and the real SQLite beside it: whatever they answer differently is a violation.
    Sqlite,
}

impl Engine {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Engine::Memory => "memory",
            Engine::Sqlite => "sqlite",
        }
    }
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
        let repaired = match self.repair {
            Repair::None => "not repaired".to_owned(),
            Repair::ReorderWrites | Repair::ReorderReads | Repair::Lock | Repair::Atomic => {
                format!("repaired: {}", self.repair.about())
            }
        };
        format!("the seed, {repaired}; {}", self.circumstance.about())
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

/// Every scenario of the shipped protocol: those that somebody thought of, every operation and all pairs of them, alone
/// and with each thing that may go wrong, and all triples. One in which an agent may die is most often another one with
/// `agent_restart`: it is listed as that. Those on a network that may be cut are not among them: they have nearly as
/// many states as all others together.
#[must_use]
pub fn shipped() -> Vec<Box<dyn Subject>> {
    let faults = Fault::ALL.into_iter().filter(|fault| *fault != Fault::Partition);
    let few: Vec<Race> = generated::singles().into_iter().chain(generated::pairs()).collect();
    let faulty = faults.flat_map(|fault| generated::with_fault(&few, fault));
    let faulty: Vec<Race> = faulty.filter(|race| generated::twin(race).is_none()).collect();
    let written = boxed(scenario::all().into_iter().cloned());
    written.chain(boxed(few)).chain(boxed(faulty)).chain(boxed(generated::triples())).collect()
}

/// Every pair of operations in which this may go wrong.
pub fn pairs_with(fault: Fault) -> impl Iterator<Item = Box<dyn Subject>> {
    boxed(generated::with_fault(&generated::pairs(), fault))
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

/// Every scenario: in ours nothing may be found, in each historic race something is. The seed's repairs are not among
/// them: of some it is the answer that nothing is found.
#[must_use]
pub fn all() -> Vec<Box<dyn Subject>> {
    shipped().into_iter().chain(legacy()).collect()
}

/// The most operations and the most faults that a name may be made of. Twelve agents that restart while one dies six
/// times take some 210 steps to come to rest, and a run is given up after 400: with twice as many that would be told of
/// code that is right. Fewer would refuse what can still be sampled.
pub const OPERATIONS_MAX: usize = 12;
pub const FAULTS_MAX: usize = 6;

/// Why there is no scenario of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfound {
    /// It is called so nowhere, and it is not made of parts either.
    Scenario(String),
    /// It is made of parts, and this one is no operation.
    Operation { part: String, of: String },
    /// It is made of parts, and this one is no fault.
    Fault { part: String, of: String },
    /// It is made of so many operations.
    Operations(usize),
    /// It is made of so many faults.
    Faults(usize),
}

impl Unfound {
    /// What is unknown, and every name that could have been meant by it.
    #[must_use]
    pub fn unknown(&self) -> Option<(&str, Vec<String>)> {
        match self {
            Unfound::Scenario(name) => {
                let subjects = all().into_iter().chain(boxed(repaired()));
                let operations = Op::ALL.map(|op| op.name().to_owned());
                Some((name, subjects.map(|subject| subject.name()).chain(operations).collect()))
            }
            Unfound::Operation { part, .. } => Some((part, Op::ALL.map(|op| op.name().to_owned()).to_vec())),
            Unfound::Fault { part, .. } => {
                Some((part, Fault::ALL.map(|fault| fault.name().to_owned()).to_vec()))
            }
            Unfound::Operations(_) | Unfound::Faults(_) => None,
        }
    }
}

impl fmt::Display for Unfound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfound::Scenario(name) => write!(f, "there is no scenario `{name}`"),
            Unfound::Operation { part, of } if part.is_empty() => {
                write!(f, "an operation is missing in `{of}`")
            }
            Unfound::Operation { part, of } if Fault::named(part).is_some() => {
                write!(f, "`{part}` in `{of}` is a fault, which stands behind a slash: boot/{part}")
            }
            Unfound::Operation { part, of } => {
                write!(f, "there is no operation `{part}`, which `{of}` names")
            }
            Unfound::Fault { part, of } if part.is_empty() => write!(f, "a fault is missing in `{of}`"),
            Unfound::Fault { part, of } if Op::named(part).is_some() => {
                write!(
                    f,
                    "`{part}` in `{of}` is an operation, which stands before the slash: {part}/agent-crash"
                )
            }
            Unfound::Fault { part, of } => write!(f, "there is no fault `{part}`, which `{of}` names"),
            Unfound::Operations(count) => write!(
                f,
                "a scenario has at most {OPERATIONS_MAX} operations, and this names {count}: more do not come to rest \
                 within the steps of a run"
            ),
            Unfound::Faults(count) => write!(
                f,
                "a scenario has at most {FAULTS_MAX} faults, and this names {count}: more do not come to rest within \
                 the steps of a run"
            ),
        }
    }
}

impl std::error::Error for Unfound {}

/// The scenario of this name: also one that [`all`] does not list, a repair of the seed or one that is made of the
/// operations and faults that it names.
///
/// # Errors
/// When there is none.
pub fn find(name: &str) -> Result<Box<dyn Subject>, Unfound> {
    let written = boxed(scenario::all().into_iter().cloned());
    let mut called = written.chain(legacy()).chain(boxed(repaired()));
    match called.find(|subject| subject.name() == name) {
        Some(subject) => Ok(subject),
        None => composed(name).map(|race| Box::new(race) as Box<dyn Subject>),
    }
}

/// The race that is made of what its name names.
fn composed(name: &str) -> Result<Race, Unfound> {
    let (before, behind) = name.split_once('/').map_or((name, None), |(ops, faults)| (ops, Some(faults)));
    let operations: Vec<&str> = before.split('+').collect();
    let faults: Vec<&str> = behind.iter().flat_map(|behind| behind.split('+')).collect();
    let known = operations.iter().any(|part| Op::named(part).is_some())
        || faults.iter().any(|part| Fault::named(part).is_some());
    // One word was meant to be what a scenario is called.
    if !known && !name.contains('+') {
        return Err(Unfound::Scenario(name.to_owned()));
    }
    if operations.len() > OPERATIONS_MAX {
        return Err(Unfound::Operations(operations.len()));
    }
    if faults.len() > FAULTS_MAX {
        return Err(Unfound::Faults(faults.len()));
    }
    let of = || name.to_owned();
    let op = |part: &&str| {
        Op::named(part).ok_or_else(|| Unfound::Operation { part: (*part).to_owned(), of: of() })
    };
    let fault =
        |part: &&str| Fault::named(part).ok_or_else(|| Unfound::Fault { part: (*part).to_owned(), of: of() });
    let operations = operations.iter().map(op).collect::<Result<_, _>>()?;
    let faults = faults.iter().map(fault).collect::<Result<_, _>>()?;
    Ok(generated::of(operations, faults))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use steadfast_explore::{Draw, Sample};

    use super::*;

    /// So each can be run, and a violation in it shown again, by what the list calls it.
    #[test]
    fn every_scenario_is_found_by_its_name_alone() {
        let mut names = BTreeSet::new();
        for subject in all().into_iter().chain(boxed(repaired())) {
            let name = subject.name();
            let found = find(&name).unwrap_or_else(|why| panic!("{why}"));
            assert_eq!((found.name(), found.about()), (name.clone(), subject.about()));
            assert!(names.insert(name), "two scenarios are called {}", subject.name());
        }
    }

    #[test]
    fn a_name_is_refused_with_the_part_that_is_unknown() {
        let many = |part: &str, count: usize| vec![part; count].join("+");
        let crowd = |count: usize| Unfound::Operations(count).to_string();
        let cases = [
            ("nothing".to_owned(), "there is no scenario `nothing`".to_owned()),
            ("seed/lock/luck".to_owned(), "there is no scenario `seed/lock/luck`".to_owned()),
            (
                "evacute/agent-crash".to_owned(),
                "there is no operation `evacute`, which `evacute/agent-crash` names".to_owned(),
            ),
            ("boot+evacute".to_owned(), "there is no operation `evacute`, which `boot+evacute` names".to_owned()),
            ("boot/crash".to_owned(), "there is no fault `crash`, which `boot/crash` names".to_owned()),
            ("boot+".to_owned(), "an operation is missing in `boot+`".to_owned()),
            ("boot/".to_owned(), "a fault is missing in `boot/`".to_owned()),
            (
                "boot+agent-crash".to_owned(),
                "`agent-crash` in `boot+agent-crash` is a fault, which stands behind a slash: boot/agent-crash".to_owned(),
            ),
            (
                "boot/delete".to_owned(),
                "`delete` in `boot/delete` is an operation, which stands before the slash: delete/agent-crash".to_owned(),
            ),
            (many("boot", OPERATIONS_MAX + 1), crowd(OPERATIONS_MAX + 1)),
            (many("boot", 80), crowd(80)),
            (
                format!("boot/{}", many("agent-crash", FAULTS_MAX + 1)),
                Unfound::Faults(FAULTS_MAX + 1).to_string(),
            ),
        ];
        for (name, says) in cases {
            let refused = find(&name).err().map(|why| why.to_string());
            assert_eq!(refused, Some(says), "{name}");
        }
    }

    /// The longest name that is taken is of a race that ends.
    #[test]
    fn the_largest_scenario_comes_to_rest() {
        for fault in Fault::ALL {
            let faults = [fault.name(); FAULTS_MAX].join("+");
            let name = format!("{}/{faults}", ["agent_restart"; OPERATIONS_MAX].join("+"));
            let subject = find(&name).unwrap_or_else(|why| panic!("{why}"));
            let drawn = Sample { draw: Draw::Walk, runs: 0..10, ..Sample::default() };
            let sampled = subject.staged(Engine::Memory).sample(&drawn);
            assert!(sampled.is_ok_and(|sampled| sampled.violation.is_none()), "{name}");
        }
    }
}
