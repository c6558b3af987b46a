//! The simulated world: one store, and a machine for each host.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use steadfast_explore::{Footprint, Steady, World};
use steadfast_model::hypervisor::Simulated;
use steadfast_model::ids::HostId;
use steadfast_operations::seam::{self, Key, Range, RawAsk};
use steadfast_store::Memory;

use crate::mutant::Rule;

/// Everything that outlives a process.
#[derive(Debug, Clone)]
pub struct Site {
    pub store: Memory,
    pub machines: BTreeMap<HostId, Simulated>,
    /// How often each timer may still go off. A timer proves nothing, so most never do.
    pub timers: BTreeMap<&'static str, u32>,
    /// How many commits there were: it numbers the next one.
    pub commits: u64,
    /// The rule that is switched off, if any.
    pub without: Option<Rule>,
    /// Hosts whose agent was started in this race: what lives there must converge.
    pub awake: BTreeSet<HostId>,
    /// How many of the next orders to each machine fail.
    pub failures: BTreeMap<HostId, u32>,
}

/// What steps read and write.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Object {
    Row(Key),
    List(Range),
    Machine(HostId),
    Timer(&'static str),
    /// How many of the next orders to machines fail.
    Failures,
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Object::Row(key) => write!(f, "{key}"),
            Object::List(range) => write!(f, "{range:?}"),
            Object::Machine(host) => write!(f, "machine {host}"),
            Object::Timer(name) => write!(f, "timer {name}"),
            Object::Failures => f.write_str("failures"),
        }
    }
}

/// What a step of this world touched.
pub(crate) type Touched = Footprint<Object>;

fn asked(ask: RawAsk) -> Object {
    match ask {
        RawAsk::Get(key) => Object::Row(key),
        RawAsk::Of(range, _) => Object::List(range),
    }
}

/// A transaction that wrote nothing.
pub(crate) fn read(asks: Vec<RawAsk>) -> Touched {
    Touched::reads(asks.into_iter().map(asked))
}

/// A transaction that committed.
pub(crate) fn committed(footprint: seam::Footprint) -> Touched {
    let seam::Footprint { asked: asks, wrote, moved } = footprint;
    read(asks).and_writes(wrote.into_iter().map(Object::Row)).and_writes(moved.into_iter().map(Object::List))
}

/// A step that changed a machine.
pub(crate) fn on_machine(host: &HostId) -> Touched {
    Touched::writes([Object::Machine(host.clone())])
}

impl World for Site {
    type Object = Object;

    fn digest(&self) -> u64 {
        let rows: Vec<_> = self.store.rows().collect();
        Steady::of(&(rows, &self.machines, &self.awake))
    }
}
