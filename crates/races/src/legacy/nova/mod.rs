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
    self, Commit, Engine, FootprintOf, Halt, Overlay, RawAsk, Step, TxError, View, draft,
};
use steadfast_store::Memory as Store;
use uuid::Uuid;

pub use invariant::Invariant;
pub use name::{ActionId, Consumer, Host, InstanceId, MigrationId, Node, Process, Slot};
pub use row::{
    Action, Allocation, BuildRequest, Device, Extra, Guest, Instance, Lock, Memory, Migration, NodeRecord,
    Provider, Ring, Service, Status, Storage, Task, Vm,
};
pub use rows::{Key, Kind, Range, Record};
pub use stage::Stage;
pub use statement::{Db, Statements};

use crate::scene::cause;

/// Who commits in this world.
const WRITER: Uuid = Uuid::from_u128(2);

/// The world that the historic protocols run in.
#[derive(Debug, Clone, Default)]
pub struct Nova(Store<Record>);

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

fn touched(footprint: FootprintOf<Record>) -> Touched {
    let seam::Footprint { asked, wrote, moved } = footprint;
    let asked = asked.into_iter().map(|ask| match ask {
        RawAsk::Get(key) => Object::Row(key),
        RawAsk::Of(list, _) => Object::List(list),
    });
    let wrote = wrote.into_iter().map(Object::Row).chain(moved.into_iter().map(Object::List));
    Footprint::reads(asked).and_writes(wrote)
}

impl Nova {
    /// The same, with one row more: how a race sets its scene.
    ///
    /// # Panics
    /// Never: a store in memory takes every row.
    #[must_use]
    pub fn with<K: Kind>(mut self, key: K::Key, row: K) -> Nova {
        let mut put = |db: &mut Db<'_>| {
            db.put(key, row.clone());
            Ok(())
        };
        self.transact("scene", &cause("scene"), &mut put).0.expect("a store in memory takes every row");
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
    pub fn row<K: Kind>(&self, key: K::Key) -> Option<&K> {
        K::of_record(&self.0.row(&K::name(key))?.record).map(|kept| &kept.row)
    }

    /// Every row of a kind, by key.
    pub fn rows<K: Kind>(&self) -> impl Iterator<Item = (K::Key, &K)> {
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
        if !drafted.changes.is_empty() {
            let batch = std::slice::from_ref(&drafted.changes);
            self.0.commit(batch).expect("a body over the newest rows commits");
        }
        (Ok(drafted.value), touched(drafted.footprint))
    }

    /// Runs a body that only reads.
    fn look<T>(
        &mut self,
        body: &mut dyn FnMut(&mut View<'_, Record>) -> Result<T, Halt>,
    ) -> (Result<T, TxError>, Touched) {
        match seam::look(&mut self.0, Moment(0), body) {
            Ok((value, footprint)) => (Ok(value), touched(footprint)),
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
