//! Rows of Nova's shape.

use std::collections::{BTreeMap, BTreeSet};

use super::name::{Host, InstanceId, MigrationId, Node, Slot};

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

/// What Nova keeps of an instance in `instance_extra`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Extra {
    /// The migration context: which move the instance is in.
    pub context: Option<MigrationId>,
    /// The processors that it is pinned to.
    pub pins: BTreeSet<Slot>,
}

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

/// A device and who it is allocated to. Nova's statuses come down to this where only one host writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Device {
    pub owner: Option<InstanceId>,
}

/// What a hypervisor has of an instance. It outlives the agent that made it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Guest {
    pub running: bool,
    pub uses: BTreeSet<Slot>,
}

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

/// `COMPUTE_RESOURCE_SEMAPHORE`: while the row is there, somebody in the process holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lock;

/// The API's note of a server that no cell has yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BuildRequest;

/// What Placement holds for a consumer. The row goes with its last provider, and its generation with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Allocation {
    pub generation: u32,
    pub on: BTreeSet<Node>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Provider;

/// The record of a compute node: which agent answers for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeRecord {
    pub host: Host,
}

/// Which agent's driver reports a node: what Ironic's hash ring says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ring {
    pub host: Host,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Service {
    pub up: bool,
}

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
