//! A small Nova: rows of its shape, hypervisors, the memory and the lock of each process.
//!
//! A step is one statement or one group of statements in a transaction, one message or one order to a hypervisor.
//! Steps see the rows through [`Db`] only, which notes by itself what they touch.

mod db;
pub mod invariant;
mod name;
mod row;
mod stage;

use std::collections::BTreeMap;
use std::hash::Hash;

use steadfast_explore::{Steady, World};

pub use db::Db;
pub use invariant::Invariant;
pub use name::{ActionId, Consumer, Host, InstanceId, MigrationId, Node, Object, Process, Slot};
pub use row::{
    Action, Allocation, BuildRequest, Device, Extra, Guest, Instance, Lock, Memory, Migration, NodeRecord,
    Provider, Ring, Row, Service, Status, Storage, Task, Vm,
};
pub use stage::Stage;

/// The world that the historic protocols run in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Nova {
    instances: BTreeMap<InstanceId, Instance>,
    extras: BTreeMap<InstanceId, Extra>,
    migrations: BTreeMap<MigrationId, Migration>,
    devices: BTreeMap<Slot, Device>,
    guests: BTreeMap<(Host, InstanceId), Guest>,
    memories: BTreeMap<Process, Memory>,
    locks: BTreeMap<Process, Lock>,
    build_requests: BTreeMap<InstanceId, BuildRequest>,
    allocations: BTreeMap<Consumer, Allocation>,
    providers: BTreeMap<Node, Provider>,
    nodes: BTreeMap<Node, NodeRecord>,
    ring: BTreeMap<Node, Ring>,
    services: BTreeMap<Host, Service>,
    actions: BTreeMap<ActionId, Action>,
}

impl Nova {
    /// The same, with one row more: how a race sets its scene.
    #[must_use]
    pub fn with<R: Row>(mut self, key: R::Key, row: R) -> Nova {
        R::table_mut(&mut self).insert(key, row);
        self
    }

    /// The same, with free devices on a host.
    #[must_use]
    pub fn with_devices(self, host: Host, count: u8) -> Nova {
        (0..count).fold(self, |nova, number| nova.with(Slot::Device(host, number), Device { owner: None }))
    }

    /// The same, with an active instance whose guest is on a host and has devices there.
    #[must_use]
    pub fn with_guest(self, id: InstanceId, instance: Instance, host: Host, running: bool) -> Nova {
        let uses = (0..u8::try_from(instance.needs).expect("few")).map(|number| Slot::Device(host, number));
        let nova = uses.clone().fold(self, |nova, slot| nova.with(slot, Device { owner: Some(id) }));
        nova.with(id, instance).with((host, id), Guest { running, uses: uses.collect() })
    }
}

impl World for Nova {
    type Object = Object;

    fn digest(&self) -> u64 {
        Steady::of(self)
    }
}
