//! Mutants: the shipped operations with one thing wrong, each of which some scenario must catch.
//!
//! An operation is made wrong by bending what goes through the seam: a row as it is read, a row as it is written, the
//! moment of a commit, a message, an order to a machine. The operations themselves are the shipped ones; there is no
//! flag in them.

mod blind;
mod fate;
mod forgotten;
mod hunt;
mod rule;
mod swapped;
mod torn;
mod twice;
mod weak;

use std::any::Any;

use steadfast_model::host::Host;
use steadfast_model::ids::{HostId, ListGen};
use steadfast_operations::seam::{Changes, Key, Message, Record, Row, Step};
use steadfast_store::Memory;

pub use blind::Blind;
pub use fate::{Fate, fate, known};
pub use forgotten::Forgotten;
pub use hunt::{Caught, caught_in, concerned, hunt};
pub use rule::Rule;
pub use swapped::Swapped;
pub use torn::Torn;
pub use twice::Twice;
pub use weak::Weak;

pub(crate) use rule::{bend_ask, bend_late_list, bend_list, bend_order};
pub(crate) use twice::Again;

use crate::scenario::generated::Op;
use crate::site::Site;
use steadfast_explore::Handle;

/// One thing that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// A rule of PROTOCOL §4 is switched off.
    Rule(Rule),
    /// A transaction decides at one step, and writes blindly at a later one.
    Torn(&'static Torn),
    /// A check that always says yes.
    Blind(&'static Blind),
    /// Something that a commit should write, or should wake, and does not.
    Forgotten(&'static Forgotten),
    /// Something that is done twice.
    Twice(&'static Twice),
    /// What should be one step is two, in one order or the other.
    Swapped(&'static Swapped),
    /// The store isolates transactions less than it must.
    Weak(&'static Weak),
}

impl Mutant {
    /// Every mutant.
    pub fn all() -> impl Iterator<Item = Mutant> {
        let rules = Rule::ALL.into_iter().map(Mutant::Rule);
        let torn = torn::ALL.iter().map(Mutant::Torn);
        let blind = blind::all().map(Mutant::Blind);
        let forgotten = forgotten::all().map(Mutant::Forgotten);
        let twice = twice::ALL.iter().map(Mutant::Twice);
        let swapped = swapped::ALL.iter().map(Mutant::Swapped);
        let weak = weak::ALL.iter().map(Mutant::Weak);
        rules.chain(torn).chain(blind).chain(forgotten).chain(twice).chain(swapped).chain(weak)
    }

    /// What sort of mutant it is.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Mutant::Rule(_) => "rule",
            Mutant::Torn(_) => "torn",
            Mutant::Blind(_) => "blind",
            Mutant::Forgotten(_) => "forgotten",
            Mutant::Twice(_) => "twice",
            Mutant::Swapped(_) => "swapped",
            Mutant::Weak(_) => "weak",
        }
    }

    /// Its name, which no other has.
    #[must_use]
    pub fn name(self) -> String {
        let kind = self.kind();
        match self {
            Mutant::Rule(rule) => format!("{kind} {rule:?}"),
            Mutant::Torn(torn) => format!("{kind} {}", torn.step),
            Mutant::Blind(blind) => format!("{kind} {}", blind.name),
            Mutant::Forgotten(forgotten) => format!("{kind} {}", forgotten.name),
            Mutant::Twice(twice) => format!("{kind} {}", twice.name),
            Mutant::Swapped(swapped) => format!("{kind} {}", swapped.name),
            Mutant::Weak(weak) => format!("{kind} {}", weak.name),
        }
    }

    /// What is wrong, in words.
    #[must_use]
    pub fn about(self) -> String {
        match self {
            Mutant::Rule(_) => "the rule is switched off".to_owned(),
            Mutant::Torn(torn) => {
                format!("`{}` decides at one step and writes blindly at a later one", torn.step)
            }
            Mutant::Blind(blind) => blind.about.to_owned(),
            Mutant::Forgotten(forgotten) => forgotten.about.to_owned(),
            Mutant::Twice(twice) => twice.about.to_owned(),
            Mutant::Swapped(swapped) => swapped.about.to_owned(),
            Mutant::Weak(weak) => weak.about.to_owned(),
        }
    }

    /// Its row in docs/mutants.md.
    #[must_use]
    pub fn row(self) -> String {
        let becomes = match fate(self) {
            Some(Fate::Caught(scenario)) => format!("`{scenario}`"),
            Some(Fate::Equivalent(why)) => format!("equivalent: {why}"),
            None => "nobody knows".to_owned(),
        };
        format!("| `{}` | {} | {becomes} |", self.name(), self.about())
    }

    /// The operations that are wrong with it, or show that something is.
    #[must_use]
    pub fn operations(self) -> &'static [Op] {
        match self {
            Mutant::Rule(_) | Mutant::Weak(_) => &Op::ALL,
            Mutant::Torn(torn) => torn.ops,
            Mutant::Blind(blind) => blind.ops,
            Mutant::Forgotten(forgotten) => forgotten.ops,
            Mutant::Twice(twice) => twice.ops,
            Mutant::Swapped(swapped) => swapped.ops,
        }
    }

    /// The rule that is switched off, if it is one.
    pub(crate) fn rule(self) -> Option<Rule> {
        match self {
            Mutant::Rule(rule) => Some(rule),
            Mutant::Torn(_)
            | Mutant::Blind(_)
            | Mutant::Forgotten(_)
            | Mutant::Twice(_)
            | Mutant::Swapped(_)
            | Mutant::Weak(_) => None,
        }
    }

    /// The part of a commit that is put off to a later step.
    pub(crate) fn puts_off(self, changes: &Changes) -> Option<PutOff> {
        match self {
            Mutant::Torn(torn) => torn.puts_off(changes),
            Mutant::Swapped(swapped) => swapped.puts_off(changes),
            Mutant::Weak(weak) => weak.puts_off(changes),
            Mutant::Rule(_) | Mutant::Blind(_) | Mutant::Forgotten(_) | Mutant::Twice(_) => None,
        }
    }

    /// Whether this is done again at a later step.
    pub(crate) fn does_again(self, what: Again) -> bool {
        matches!(self, Mutant::Twice(twice) if twice.what == what)
    }
}

/// A commit in two parts.
#[derive(Debug)]
pub(crate) struct PutOff {
    pub now: Changes,
    /// Written over whatever is there by then, unless it compares the rows with what they were.
    pub later: Changes,
    /// Whether the caller has its answer before.
    pub answered: bool,
    pub compares: bool,
}

/// A commit that is made and writes nothing.
fn nothing_of(changes: &Changes) -> Changes {
    Changes { writes: Vec::new(), bumps: Default::default(), ledger: Vec::new(), ..changes.clone() }
}

/// What a control plane with something wrong reads in place of a row.
pub(crate) fn bend_read(mutant: Mutant, store: &Memory, step: Step, record: &mut Record) {
    match mutant {
        Mutant::Rule(rule) => rule::bend_read(rule, store, step, record),
        Mutant::Blind(blind) => blind.bend_read(store, step, record),
        Mutant::Torn(_) | Mutant::Forgotten(_) | Mutant::Twice(_) | Mutant::Swapped(_) | Mutant::Weak(_) => {}
    }
}

/// What a control plane with something wrong writes in place of its changes, which `step` asked for.
pub(crate) fn bend_write(mutant: Mutant, store: &Memory, step: Step, changes: &mut Changes) {
    match mutant {
        Mutant::Rule(rule) => rule::bend_write(rule, store, changes),
        Mutant::Blind(blind) => blind.mend(store, step, changes),
        Mutant::Forgotten(forgotten) => forgotten.forget(store, changes),
        Mutant::Torn(_) | Mutant::Twice(_) | Mutant::Swapped(_) | Mutant::Weak(_) => {}
    }
}

/// What arrives in place of a message.
pub(crate) async fn bend_message<M: Message>(site: &Handle<Site>, mutant: Option<Mutant>, message: M) -> M {
    match mutant {
        Some(Mutant::Rule(rule)) => rule::bend_message(site, rule, message).await,
        Some(Mutant::Blind(blind)) => blind.bend_message(site, message).await,
        Some(
            Mutant::Torn(_) | Mutant::Forgotten(_) | Mutant::Twice(_) | Mutant::Swapped(_) | Mutant::Weak(_),
        )
        | None => message,
    }
}

/// A value as another type, where the two are the same.
pub(crate) fn same<A: 'static, B: 'static>(value: A) -> Option<B> {
    (Box::new(value) as Box<dyn Any>).downcast::<B>().ok().map(|value| *value)
}

/// The `list_gen` that a waiting agent is woken by.
pub(crate) fn list_gen(site: &Site, host: &HostId) -> Option<ListGen> {
    let key = Key::Host(host.clone());
    let row = site.store.row(&key)?;
    Host::of_record(&row.record).map(|host| host.list_gen)
}
