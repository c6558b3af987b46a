//! The simulated world: one store, and a machine for each host.

use std::collections::{BTreeMap, BTreeSet};

use steadfast_explore::{Footprint, World};
use steadfast_model::hypervisor::Simulated;
use steadfast_model::ids::HostId;
use steadfast_operations::seam;
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

/// What a step touched.
#[derive(Debug, Clone, Default)]
pub struct Touched {
    pub store: seam::Footprint,
    pub machines: BTreeSet<HostId>,
    pub timers: BTreeSet<&'static str>,
    pub everything: bool,
    pub label: Option<&'static str>,
}

impl Touched {
    pub(crate) fn read(asked: Vec<seam::RawAsk>) -> Touched {
        let store = seam::Footprint { asked, ..seam::Footprint::default() };
        Touched { store, ..Touched::default() }
    }

    pub(crate) fn all() -> Touched {
        Touched { everything: true, ..Touched::default() }
    }

    pub(crate) fn machine(host: &HostId) -> Touched {
        Touched { machines: BTreeSet::from([host.clone()]), ..Touched::default() }
    }
}

impl Footprint for Touched {
    fn meets(&self, other: &Touched) -> bool {
        self.everything
            || other.everything
            || self.store.meets(&other.store)
            || !self.machines.is_disjoint(&other.machines)
            || !self.timers.is_disjoint(&other.timers)
    }

    fn changes(&self) -> bool {
        self.everything || !self.store.wrote.is_empty() || !self.machines.is_empty()
    }

    fn label(&self) -> Option<&str> {
        self.label
    }
}

impl World for Site {
    type Footprint = Touched;
}
