//! A small Nova: rows of its shape, hypervisors, the memory and the lock of each process.
//!
//! A step is one statement or one group of statements in a transaction, one message or one order to a hypervisor. It is
//! a transaction of the same kind as Steadfast's, over a set of rows of its own, in the same engine: what it touched is
//! noted there, so that no step can forget to say it. What a process knows, the lock that it holds and the guests of a
//! hypervisor are rows as well, each met in steps of its own.

pub mod invariant;
mod name;
mod row;
mod rows;
mod stage;
mod statement;

use std::fmt;

use steadfast_explore::{Footprint, Steady, Sum, World};
use steadfast_model::cause::Cause;
use steadfast_model::ids::Moment;
use steadfast_operations::seam::{
    self, Commit, Engine, Halt, Overlay, RawAsk, Rows, Step, TxError, View, Write, draft,
};
use uuid::Uuid;

pub use invariant::Invariant;
pub use name::{ActionId, Consumer, Host, InstanceId, MigrationId, Node, Process, Slot};
pub use row::{
    Action, Allocation, BuildRequest, Device, Extra, Guest, Instance, Lock, Memory, Migration, NodeRecord,
    Provider, Ring, Service, Status, Storage, Task, Vm,
};
pub use rows::{Key, Range, Record, Shape};
pub use stage::Stage;
pub use statement::{Db, Statements};

use crate::scene::cause;

/// No body of Nova's refuses, and nobody comes between it and its commit.
const COMMITS: &str = "a transaction over the newest rows commits";

/// Who commits in this world.
const WRITER: Uuid = Uuid::from_u128(2);

/// The world that the historic protocols run in.
#[derive(Debug, Clone, Default)]
pub struct Nova(steadfast_store::Memory<Record>);

/// What steps read and write.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Object {
    Row(Key),
    List(Range),
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Object::Row(key) => key.fmt(f),
            Object::List(list) => list.fmt(f),
        }
    }
}

type Touched = Footprint<Object>;

impl Object {
    fn list(range: Range) -> Object {
        match range {
            Range::UseOf(slot) => Object::Row(Key::Device(slot)),
            range => Object::List(range),
        }
    }
}

/// The lists that a row stands in. An instance that lives stands among the guests that run it as well: what it asked
/// for is compared with what they have.
fn stands_in(record: &Record) -> Vec<Range> {
    let mut lists = record.ranges();
    if let Record::Instance(kept) = record {
        lists.extend(kept.row.lives().then_some(Range::RunningOf(kept.key)));
    }
    lists
}

impl Nova {
    /// The same, with one row more: how a race sets its scene.
    #[must_use]
    pub fn with<K: Shape>(mut self, key: K::Key, row: K) -> Nova {
        let mut put = |db: &mut Db<'_>| {
            db.put(key, row.clone());
            Ok(())
        };
        self.transact("scene", &cause("scene"), &mut put).0.expect(COMMITS);
        self
    }

    /// The same, with free devices on a host.
    #[must_use]
    pub fn with_devices(self, host: Host, count: u8) -> Nova {
        (0..count).fold(self, |nova, number| nova.with(Slot::Device(host, number), Device { owner: None }))
    }

    /// The same, with an active instance whose guest is on a host and has devices there.
    ///
    /// # Panics
    /// When it needs more than 255.
    #[must_use]
    pub fn with_guest(self, id: InstanceId, instance: Instance, host: Host, running: bool) -> Nova {
        let uses = (0..u8::try_from(instance.needs).expect("few")).map(|number| Slot::Device(host, number));
        let nova = uses.clone().fold(self, |nova, slot| nova.with(slot, Device { owner: Some(id) }));
        nova.with(id, instance).with((host, id), Guest { running, uses: uses.collect() })
    }

    /// The row with this key.
    pub fn row<K: Shape>(&self, key: K::Key) -> Option<&K> {
        K::of_record(&self.0.row(&K::name(key))?.record).map(|kept| &kept.row)
    }

    /// Every row of a kind, by key.
    pub fn rows<K: Shape>(&self) -> impl Iterator<Item = (K::Key, &K)> {
        let kept = self.0.rows_of(K::TABLE).filter_map(|stored| K::of_record(&stored.record));
        kept.map(|kept| (kept.key, &kept.row))
    }

    /// Runs a body and commits.
    fn transact<T>(
        &mut self,
        step: Step,
        cause: &Cause,
        body: &mut dyn FnMut(&mut Db<'_>) -> Result<T, Halt>,
    ) -> (Result<T, TxError>, Touched) {
        let by = Commit { writer: WRITER, n: self.0.version().0 + 1, step, cause };
        let drafted = match draft(&mut self.0, &Overlay::default(), Moment(0), by, body) {
            Ok(drafted) => drafted,
            Err(halt) => return (Err(halt.into()), Footprint::everything()),
        };
        let mut touched = self.touched(drafted.footprint, &drafted.changes.writes);
        touched.label = Some(drafted.changes.step);
        if !drafted.changes.is_empty() {
            let batch = std::slice::from_ref(&drafted.changes);
            self.0.commit(batch).expect(COMMITS);
        }
        (Ok(drafted.value), touched)
    }

    /// What a transaction touched that is about to commit: whoever reads a list reads the rows in it, so only what
    /// enters or leaves it writes the list.
    fn touched(&self, footprint: seam::Footprint<Record>, writes: &[Write<Record>]) -> Touched {
        let seam::Footprint { asked, wrote, moved: _ } = footprint;
        let mut touched = Footprint::writes(wrote.into_iter().map(Object::Row));
        for ask in asked {
            match ask {
                RawAsk::Get(key) => touched.reads.push(Object::Row(key)),
                RawAsk::Of(list, _) => {
                    touched.reads.push(Object::list(list));
                    touched.reads.extend(self.0.rows_in(&list).map(|(key, _)| Object::Row(*key)));
                }
            }
        }
        for write in writes {
            let before = self.0.row(&write.key).map_or_else(Vec::new, |row| stands_in(&row.record));
            let after = write.record.as_ref().map_or_else(Vec::new, stands_in);
            let left = before.iter().filter(|list| !after.contains(list));
            let came = after.iter().filter(|list| !before.contains(list));
            touched.writes.extend(left.chain(came).copied().map(Object::list));
        }
        touched
    }

    /// Runs a body that only reads.
    fn look<T>(
        &mut self,
        body: &mut dyn FnMut(&mut View<'_, Record>) -> Result<T, Halt>,
    ) -> (Result<T, TxError>, Touched) {
        match seam::look(&mut self.0, Moment(0), body) {
            Ok((value, footprint)) => (Ok(value), self.touched(footprint, &[])),
            Err(halt) => (Err(halt.into()), Footprint::everything()),
        }
    }
}

impl World for Nova {
    type Object = Object;

    fn digest(&self) -> u64 {
        let mut rows = Sum::default();
        self.0.rows().for_each(|(_, row)| rows.add(Steady::of(&row.record)));
        rows.number()
    }
}
