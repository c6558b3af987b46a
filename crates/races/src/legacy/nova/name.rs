//! What Nova calls the things that it keeps rows of.

use std::fmt;

macro_rules! names {
    ($($(#[$about:meta])* $name:ident),* $(,)?) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub &'static str);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0)
            }
        }
    )*};
}

names! {
    Host,
    InstanceId,
    MigrationId,
    /// A compute node, which is also a resource provider. Where a hypervisor has one, it is called like its host.
    Node,
    /// Something that somebody asked for and waits for.
    ActionId,
}

impl Host {
    /// The only node of a host whose driver has one.
    pub fn node(self) -> Node {
        Node(self.0)
    }
}

/// A process with memory and a lock of its own. Two of them on one host share neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Process {
    Agent(Host),
    /// Another agent on the same host, as in a rolling upgrade.
    SecondAgent(Host),
    /// A tool that an operator runs beside the agent of a host.
    Tool(Host),
    Scheduler,
}

impl Process {
    /// The host that the process is the agent of.
    ///
    /// # Panics
    /// When it is the agent of none.
    pub fn host(self) -> Host {
        match self {
            Process::Agent(host) | Process::SecondAgent(host) | Process::Tool(host) => host,
            Process::Scheduler => panic!("a scheduler is on no host of its own"),
        }
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Process::Agent(host) => write!(f, "nova-compute on {host}"),
            Process::SecondAgent(host) => write!(f, "second nova-compute on {host}"),
            Process::Tool(host) => write!(f, "operator's tool on {host}"),
            Process::Scheduler => f.write_str("scheduler"),
        }
    }
}

/// What a guest has for itself alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// A PCI device, which has a row.
    Device(Host, u8),
    /// A processor that a guest is pinned to, which has none: it is counted in the memory of the agent.
    Processor(Host, u8),
}

impl Slot {
    pub fn host(self) -> Host {
        match self {
            Slot::Device(host, _) | Slot::Processor(host, _) => host,
        }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Slot::Device(host, number) => write!(f, "device {host}/{number}"),
            Slot::Processor(host, number) => write!(f, "processor {host}/{number}"),
        }
    }
}

/// Whoever holds an allocation in Placement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Consumer {
    Instance(InstanceId),
    Migration(MigrationId),
}

impl fmt::Display for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Consumer::Instance(id) => write!(f, "{id}"),
            Consumer::Migration(id) => write!(f, "migration {id}"),
        }
    }
}
