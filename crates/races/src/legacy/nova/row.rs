//! Rows of Nova's shape, each in a table of its own, and the lists that each is in.

use std::collections::{BTreeMap, BTreeSet};

use super::Nova;
use super::name::{ActionId, Consumer, Host, InstanceId, MigrationId, Node, Object, Process, Slot};

/// A kind of row. A list is read as the rows that say they are in it, so a list and its rows cannot disagree.
pub trait Row: Clone + Send + 'static {
    type Key: Copy + Ord + Send + Sync + 'static;

    fn object(key: Self::Key) -> Object;

    /// The lists that this row is in.
    fn lists(&self, _key: Self::Key) -> Vec<Object> {
        Vec::new()
    }

    fn table(nova: &Nova) -> &BTreeMap<Self::Key, Self>;

    fn table_mut(nova: &mut Nova) -> &mut BTreeMap<Self::Key, Self>;
}

macro_rules! row {
    (
        $row:ty, $key:ty, $table:ident,
        |$name:pat_param| $object:expr,
        |$this:pat_param, $at:pat_param| $lists:expr
    ) => {
        impl Row for $row {
            type Key = $key;

            fn object($name: $key) -> Object {
                $object
            }

            fn lists(&self, $at: $key) -> Vec<Object> {
                let $this = self;
                $lists
            }

            fn table(nova: &Nova) -> &BTreeMap<$key, $row> {
                &nova.$table
            }

            fn table_mut(nova: &mut Nova) -> &mut BTreeMap<$key, $row> {
                &mut nova.$table
            }
        }
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Vm {
    Building,
    Active,
    Error,
    Deleted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    Rebuilding,
    Deleting,
}

/// Where the disk of an instance is: with its guest, or where every host reaches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Storage {
    Local,
    Shared,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Instance {
    pub host: Option<Host>,
    pub vm: Vm,
    pub task: Option<Task>,
    /// How many devices or processors it asked for.
    pub needs: usize,
    pub storage: Storage,
}

impl Instance {
    /// One that was asked for, and is nowhere yet.
    pub const fn building(needs: usize) -> Instance {
        Instance { host: None, vm: Vm::Building, task: None, needs, storage: Storage::Local }
    }

    /// One that lives on a host, and has its disk there.
    pub const fn active(host: Host, needs: usize) -> Instance {
        Instance { host: Some(host), vm: Vm::Active, ..Instance::building(needs) }
    }

    pub fn lives(&self) -> bool {
        self.vm != Vm::Deleted
    }
}

row!(Instance, InstanceId, instances, |id| Object::Instance(id), |row, _| {
    row.host.filter(|_| row.lives()).map(Object::InstancesOn).into_iter().collect()
});

/// What Nova keeps of an instance in `instance_extra`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Extra {
    /// The migration context: which move the instance is in.
    pub context: Option<MigrationId>,
    /// The processors that it is pinned to.
    pub pins: BTreeSet<Slot>,
}

row!(Extra, InstanceId, extras, |id| Object::Extra(id), |_, _| Vec::new());

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    Accepted,
    PreMigrating,
    Done,
    Completed,
    Failed,
    Error,
}

impl Status {
    /// Whether Nova takes a move in this state for unfinished.
    pub fn is_unfinished(self) -> bool {
        match self {
            Status::Accepted | Status::PreMigrating | Status::Error => true,
            Status::Done | Status::Completed | Status::Failed => false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Migration {
    pub instance: InstanceId,
    pub source: Host,
    pub dest: Option<Host>,
    pub status: Status,
}

row!(Migration, MigrationId, migrations, |id| Object::Migration(id), |row, _| {
    let hosts = [Some(row.source), row.dest].into_iter().flatten();
    let unfinished = hosts.filter(|_| row.status.is_unfinished()).map(Object::MovesOf);
    unfinished.chain([Object::EvacuationsFrom(row.source)]).collect()
});

/// A device and who it is allocated to. Nova's statuses come down to this where only one host writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Device {
    pub owner: Option<InstanceId>,
}

row!(Device, Slot, devices, |slot| Object::Device(slot), |row, slot| {
    let list = if row.owner.is_some() { Object::HeldDevices } else { Object::FreeDevices };
    vec![list(slot.host())]
});

/// What a hypervisor has of an instance. It outlives the agent that made it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Guest {
    pub running: bool,
    pub uses: BTreeSet<Slot>,
}

// A guest that starts or stops touches its devices, and the set of guests that run its instance. So its order against
// whatever else does is tried, and no moment at which two use one device is passed over.
row!(Guest, (Host, InstanceId), guests, |(host, id)| Object::Guest(host, id), |row, (host, id)| {
    let uses = row.uses.iter().copied().map(Object::Device);
    let runs = uses.chain([Object::RunningOf(id)]).filter(|_| row.running);
    runs.chain([Object::GuestsOn(host)]).collect()
});

/// What a process knows. It dies with the process.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Memory {
    /// What it takes for in use, and by whom.
    pub held: BTreeMap<Slot, InstanceId>,
    /// What is promised and not yet written down.
    pub in_flight: BTreeMap<Slot, InstanceId>,
    /// What it rebuilds `held` from.
    pub committed: BTreeMap<Slot, InstanceId>,
    /// Nodes that it has seen a record of, and does not look for again.
    pub nodes: BTreeSet<Node>,
}

row!(Memory, Process, memories, |process| Object::Memory(process), |_, _| Vec::new());

/// `COMPUTE_RESOURCE_SEMAPHORE`: while the row is there, somebody in the process holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lock;

row!(Lock, Process, locks, |process| Object::Lock(process), |_, _| Vec::new());

/// The API's note of a server that no cell has yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BuildRequest;

row!(BuildRequest, InstanceId, build_requests, |id| Object::BuildRequest(id), |_, _| Vec::new());

/// What Placement holds for a consumer. The row goes with its last provider, and its generation with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Allocation {
    pub generation: u32,
    pub on: BTreeSet<Node>,
}

row!(Allocation, Consumer, allocations, |consumer| Object::Allocation(consumer), |row, _| {
    row.on.iter().copied().map(Object::ConsumersOn).collect()
});

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Provider;

row!(Provider, Node, providers, |node| Object::Provider(node), |_, _| Vec::new());

/// The record of a compute node: which agent answers for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeRecord {
    pub host: Host,
}

row!(NodeRecord, Node, nodes, |node| Object::Node(node), |row, _| vec![Object::NodesOf(row.host)]);

/// Which agent's driver reports a node: what Ironic's hash ring says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ring {
    pub host: Host,
}

row!(Ring, Node, ring, |node| Object::Ring(node), |_, _| Vec::new());

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Service {
    pub up: bool,
}

row!(Service, Host, services, |host| Object::Service(host), |_, _| Vec::new());

/// How far something is that somebody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    Open,
    Done,
    /// Refused, and nothing is changed.
    Refused,
    /// Refused for want of a device.
    NoRoom,
    Failed(&'static str),
}

row!(Action, ActionId, actions, |id| Object::Action(id), |_, _| Vec::new());
