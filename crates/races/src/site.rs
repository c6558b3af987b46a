//! The simulated world: one store, and a machine for each host.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use steadfast_explore::{Content, Footprint, Steady, Sum, World};
use steadfast_model::hypervisor::{Act, ActError, Simulated, Target};
use steadfast_model::ids::{HostId, InstanceId, ListGen};
use steadfast_model::invariant::runs::Outcome;
use steadfast_model::message::{GuestSpec, List};
use steadfast_model::pci::Address;
use steadfast_operations::seam::{self, Key, Range, RawAsk};
use steadfast_store::Memory;

use crate::fault::Fault;
use crate::mutant::{Mutant, Rule};
use crate::twin::Twin;
use crate::verdict::snapshot;

/// Everything that outlives a process.
#[derive(Debug, Clone)]
pub struct Site {
    pub store: Memory,
    /// The same store on SQLite, where the engines are compared.
    pub twin: Option<Twin>,
    pub machines: BTreeMap<HostId, Arc<Simulated>>,
    /// How often each timer of each host's agent may still go off. A timer proves nothing, so most never do.
    pub timers: BTreeMap<(HostId, &'static str), u32>,
    /// How often each thing may still go wrong. What is not named here never does.
    pub faults: BTreeMap<Fault, u32>,
    /// What is wrong with the operations, if anything.
    pub mutant: Option<Mutant>,
    /// The `list_gen` of hosts whose agents are not woken to it.
    pub unheard: BTreeMap<HostId, ListGen>,
    /// Hosts whose agent was started in this race, and did not die: what lives there must converge.
    pub awake: BTreeSet<HostId>,
    /// Hosts that nobody can reach.
    pub cut: BTreeSet<HostId>,
    /// How many people keep a host powered off until what they say of it is recorded.
    pub held: BTreeMap<HostId, u32>,
    /// What the agents of each host were told, where some of it may come again.
    pub(crate) told: BTreeMap<HostId, Told>,
}

/// What a host's agents were told, across their lives: some of it may come again.
#[derive(Debug, Clone, Default, Hash)]
pub(crate) struct Told {
    pub lists: Vec<List>,
    /// What an order to failed once.
    pub failed: BTreeSet<Target>,
}

impl Told {
    /// The list before the newest one.
    pub fn older_list(&self) -> Option<&List> {
        self.lists.iter().rev().nth(1)
    }
}

/// What steps read and write.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Object {
    Row(Key),
    List(Range),
    Machine(HostId),
    /// Which guests of an instance run, on whatever machine.
    Guests(InstanceId),
    Timer(HostId, &'static str),
    /// How often something may still go wrong.
    Budget(Fault),
    /// The network between a host and the control plane.
    Link(HostId),
    /// What a host's agents were told.
    Told(HostId),
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Object::Row(key) => write!(f, "{key}"),
            Object::List(range) => write!(f, "{range:?}"),
            Object::Machine(host) => write!(f, "machine {host}"),
            Object::Guests(instance) => write!(f, "guests of {instance}"),
            Object::Timer(host, name) => write!(f, "timer {name} of {host}"),
            Object::Budget(fault) => write!(f, "budget {fault}"),
            Object::Link(host) => write!(f, "link {host}"),
            Object::Told(host) => write!(f, "what {host} was told"),
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

/// A step that changed a machine, but none of its guests.
pub(crate) fn on_machine(host: &HostId) -> Touched {
    Touched::writes([Object::Machine(host.clone())])
}

/// A step that changed guests. The invariants compare a guest with the rows of its claim and its devices, and with the
/// other guests of its instance, so the step meets whatever changes those: otherwise a moment at which they disagree
/// could lie between the orders that are tried.
pub(crate) fn on_guests<'a>(host: &HostId, guests: impl IntoIterator<Item = &'a GuestSpec>) -> Touched {
    let mut touched = on_machine(host);
    for guest in guests {
        let devices = guest.devices.iter().map(|at| Object::Row(Key::Device((host.clone(), *at))));
        touched = touched.and_reads([Object::Row(Key::Claim(guest.claim))]).and_reads(devices);
        touched = touched.and_writes([Object::Guests(guest.instance)]);
    }
    touched
}

impl Site {
    /// An order to a machine ends and takes effect. A guest does not start while a device of it is not there.
    pub(crate) fn finish(&mut self, host: &HostId, order: u64) -> (Result<(), ActError>, Touched) {
        let machine = self.machine(host);
        let (guest, starts) = match machine.orders.get(&order) {
            Some(Act::Build { guest, run }) => (Some(guest.clone()), *run),
            Some(act @ (Act::Start(claim) | Act::Stop(claim) | Act::Destroy(claim))) => {
                let guest = machine.guests.get(claim).map(|guest| guest.spec.clone());
                (guest, matches!(act, Act::Start(_)))
            }
            Some(Act::Sanitize { .. }) | None => (None, false),
        };
        let touched = on_guests(host, &guest);
        let is_there = |at: &Address| machine.devices.iter().any(|seen| seen.address == *at);
        let missing = guest.filter(|_| starts).and_then(|guest| {
            let mut devices = guest.devices.into_iter();
            devices.find(|at| !is_there(at))
        });
        let Some(missing) = missing else { return (machine.finish(order), touched) };
        machine.orders.remove(&order);
        (Err(ActError(format!("there is no device {missing}"))), touched)
    }
}

impl Site {
    /// The rule that is switched off, if any.
    pub(crate) fn without(&self) -> Option<Rule> {
        self.mutant.and_then(Mutant::rule)
    }

    /// Something happened to a host's agent that it gets over when this timer goes off. Answers what that touched.
    pub(crate) fn earn(&mut self, host: &HostId, timer: &'static str, times: u32) -> Object {
        *self.timers.entry((host.clone(), timer)).or_default() += times;
        Object::Timer(host.clone(), timer)
    }

    pub(crate) fn machine(&mut self, host: &HostId) -> &mut Simulated {
        Arc::make_mut(self.machines.get_mut(host).expect("a host has a machine"))
    }
}

impl Site {
    /// What a run came to, to be compared with others.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        Outcome::of(&snapshot(self))
    }
}

/// What there is any of: a count of nothing is no count.
fn left<K: Hash>(counts: &BTreeMap<K, u32>) -> u64 {
    let mut sum = Sum::default();
    counts.iter().filter(|(_, count)| **count > 0).for_each(|count| sum.add(Steady::of(&count)));
    sum.number()
}

impl World for Site {
    type Object = Object;

    fn digest(&self) -> u64 {
        let mut rows = Sum::default();
        self.store.rows().for_each(|(key, row)| rows.add(Steady::of(&(key, &row.record))));
        let Site { machines, unheard, awake, cut, told, .. } = self;
        let counts = (left(&self.timers), left(&self.faults), left(&self.held));
        Steady::of(&(rows, machines, counts, unheard, awake, cut, told))
    }

    /// SQLite's rows are not in the value.
    fn is_whole(&self) -> bool {
        self.twin.is_none()
    }

    fn content(&self, object: &Object) -> Content {
        match object {
            Object::Row(key) => Content::Whole(Steady::of(&self.store.row(key).map(|row| &row.record))),
            Object::List(range) => {
                let mut rows = Sum::default();
                self.store.rows_in(range).for_each(|(key, row)| rows.add(Steady::of(&(key, &row.record))));
                Content::Sum(rows.number())
            }
            Object::Machine(host) => {
                let held = self.held.get(host).filter(|holders| **holders > 0);
                Content::Whole(Steady::of(&(&self.machines[host], self.awake.contains(host), held)))
            }
            Object::Guests(instance) => {
                let mut guests = Sum::default();
                for (host, machine) in &self.machines {
                    let all = machine.guests.values().filter(|guest| guest.spec.instance == *instance);
                    all.for_each(|guest| guests.add(Steady::of(&(host, guest))));
                }
                Content::Sum(guests.number())
            }
            Object::Timer(host, name) => {
                let left = self.timers.get(&(host.clone(), *name));
                Content::Sum(left.copied().unwrap_or_default().into())
            }
            Object::Budget(fault) => Content::Sum(self.faults.get(fault).copied().unwrap_or_default().into()),
            Object::Link(host) => Content::Whole(self.cut.contains(host).into()),
            Object::Told(host) => Content::Whole(Steady::of(&self.told[host])),
        }
    }
}
