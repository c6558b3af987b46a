//! The tables of Nova's rows, their keys and lists: a set of rows like Steadfast's, for the same transactions.

use std::fmt::{self, Debug, Display};
use std::hash::Hash;
use std::sync::Arc;

use steadfast_model::ledger;
use steadfast_operations::seam::{Abort, Blind, Row, Rows, Tx};

use super::name::{ActionId, Consumer, Host, InstanceId, MigrationId, Node, Process, Slot};
use super::row::{
    Action, Allocation, BuildRequest, Device, Extra, Guest, Instance, Lock, Memory, Migration, NodeRecord,
    Provider, Ring, Service,
};

/// A kind of row. Nova's rows are told apart by keys that are kept beside them.
pub trait Shape: Debug + Clone + Eq + Hash + Send + Sync + 'static {
    type Key: Debug + Copy + Ord + Hash + Send + Sync + 'static;

    const TABLE: Table;

    fn name(key: Self::Key) -> Key;

    /// The lists that a row of this key is in.
    fn lists(&self, _key: Self::Key) -> Vec<Range> {
        Vec::new()
    }

    fn into_record(kept: Arc<Kept<Self>>) -> Record;

    fn of_record(record: &Record) -> Option<&Arc<Kept<Self>>>;
}

/// A row with its key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Kept<K: Shape> {
    pub key: K::Key,
    pub row: K,
}

/// A kind of row, its key, and the lists that rows of it are in, if any.
macro_rules! kinds {
    ($($kind:ident($key:ty) $(= |$row:pat_param, $at:pat_param| $lists:expr)?;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Table { $($kind),* }

        /// What names a row.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Key { $($kind($key)),* }

        /// One row of any table.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum Record { $($kind(Arc<Kept<$kind>>)),* }

        fn table(key: &Key) -> Table {
            match key { $(Key::$kind(_) => Table::$kind),* }
        }

        fn key(record: &Record) -> Key {
            match record { $(Record::$kind(kept) => Key::$kind(kept.key)),* }
        }

        fn lists(record: &Record) -> Vec<Range> {
            match record { $(Record::$kind(kept) => kept.row.lists(kept.key)),* }
        }

        $(
            impl Shape for $kind {
                type Key = $key;

                const TABLE: Table = Table::$kind;

                fn name(key: $key) -> Key {
                    Key::$kind(key)
                }

                $(fn lists(&self, $at: $key) -> Vec<Range> {
                    let $row = self;
                    $lists
                })?

                fn into_record(kept: Arc<Kept<$kind>>) -> Record {
                    Record::$kind(kept)
                }

                fn of_record(record: &Record) -> Option<&Arc<Kept<$kind>>> {
                    let Record::$kind(kept) = record else { return None };
                    Some(kept)
                }
            }
        )*
    };
}

kinds! {
    Instance(InstanceId) = |row, _| {
        row.host.filter(|_| row.lives()).map(Range::InstancesOn).into_iter().collect()
    };
    Extra(InstanceId);
    Migration(MigrationId) = |row, _| {
        let hosts = [Some(row.source), row.dest].into_iter().flatten();
        let unfinished = hosts.filter(|_| row.status.is_unfinished()).map(Range::MovesOf);
        unfinished.chain([Range::EvacuationsFrom(row.source)]).collect()
    };
    Device(Slot) = |row, slot| {
        let list = if row.owner.is_some() { Range::HeldDevices } else { Range::FreeDevices };
        vec![list(slot.host())]
    };
    Guest((Host, InstanceId)) = |row, (host, id)| {
        let used = row.uses.iter().copied().map(Range::UseOf);
        let runs = used.chain([Range::RunningOf(id)]).filter(|_| row.running);
        runs.chain([Range::GuestsOn(host)]).collect()
    };
    Memory(Process);
    Lock(Process);
    BuildRequest(InstanceId);
    Allocation(Consumer) = |row, _| row.on.iter().copied().map(Range::ConsumersOn).collect();
    Provider(Node);
    NodeRecord(Node) = |row, _| vec![Range::NodesOf(row.host)];
    Ring(Node);
    Service(Host);
    Action(ActionId);
}

/// The lists that rows are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Range {
    InstancesOn(Host),
    /// Moves from or to a host that Nova takes for unfinished.
    MovesOf(Host),
    EvacuationsFrom(Host),
    FreeDevices(Host),
    HeldDevices(Host),
    GuestsOn(Host),
    /// The guests that run an instance. Nobody asks for them, nor for the next list: whatever enters or leaves one list
    /// meets, so its order is tried, and no moment at which two rows disagree is passed over.
    RunningOf(InstanceId),
    /// The guests that run with a device or a processor. It stands for the row of the device as well.
    UseOf(Slot),
    ConsumersOn(Node),
    NodesOf(Host),
}

impl<K: Shape> Row for Kept<K> {
    type Of = Record;
    type Key = K::Key;

    const TABLE: Table = K::TABLE;

    fn key(&self) -> K::Key {
        self.key
    }

    fn name_key(key: K::Key) -> Key {
        K::name(key)
    }

    fn into_record(self: Arc<Self>) -> Record {
        K::into_record(self)
    }

    fn of_record(record: &Record) -> Option<&Arc<Self>> {
        K::of_record(record)
    }
}

/// What Nova writes it writes over whatever is there, unless a step reads it first.
impl Blind for Record {}

impl Rows for Record {
    type Table = Table;
    type Key = Key;
    type Range = Range;
    /// Nova frees what it frees without saying why.
    type Grounds = ();

    fn key(&self) -> Key {
        key(self)
    }

    fn ranges(&self) -> Vec<Range> {
        lists(self)
    }

    /// No decision of Nova's is bound to what it listed.
    fn parents(&self) -> Vec<Key> {
        Vec::new()
    }

    fn table(key: &Key) -> Table {
        table(key)
    }

    fn table_of(range: &Range) -> Table {
        match range {
            Range::InstancesOn(_) => Table::Instance,
            Range::MovesOf(_) | Range::EvacuationsFrom(_) => Table::Migration,
            Range::FreeDevices(_) | Range::HeldDevices(_) => Table::Device,
            Range::GuestsOn(_) | Range::RunningOf(_) | Range::UseOf(_) => Table::Guest,
            Range::ConsumersOn(_) => Table::Allocation,
            Range::NodesOf(_) => Table::NodeRecord,
        }
    }

    /// Nova keeps no ledger, and wakes nobody.
    fn follow(_: &mut Tx<'_, Record>) -> Result<Vec<ledger::Entry>, Abort> {
        Ok(Vec::new())
    }
}

impl Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Instance(id) => write!(f, "instance {id}"),
            Key::Extra(id) => write!(f, "extra row of {id}"),
            Key::Migration(id) => write!(f, "migration {id}"),
            Key::Device(slot) => write!(f, "{slot}"),
            Key::Guest((host, id)) => write!(f, "guest of {id} on {host}"),
            Key::Memory(process) => write!(f, "memory of {process}"),
            Key::Lock(process) => write!(f, "lock of {process}"),
            Key::BuildRequest(id) => write!(f, "build request of {id}"),
            Key::Allocation(consumer) => write!(f, "allocation of {consumer}"),
            Key::Provider(node) => write!(f, "provider {node}"),
            Key::NodeRecord(node) => write!(f, "node {node}"),
            Key::Ring(node) => write!(f, "ring entry of {node}"),
            Key::Service(host) => write!(f, "service on {host}"),
            Key::Action(id) => write!(f, "{id}"),
        }
    }
}

impl Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Range::InstancesOn(host) => write!(f, "instances on {host}"),
            Range::MovesOf(host) => write!(f, "unfinished moves of {host}"),
            Range::EvacuationsFrom(host) => write!(f, "evacuations from {host}"),
            Range::FreeDevices(host) => write!(f, "free devices on {host}"),
            Range::HeldDevices(host) => write!(f, "held devices on {host}"),
            Range::GuestsOn(host) => write!(f, "guests on {host}"),
            Range::RunningOf(id) => write!(f, "running guests of {id}"),
            Range::UseOf(slot) => write!(f, "{slot}"),
            Range::ConsumersOn(node) => write!(f, "consumers on {node}"),
            Range::NodesOf(host) => write!(f, "nodes of {host}"),
        }
    }
}
