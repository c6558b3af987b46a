//! A control plane's world over the engine in memory. Its clock stands still unless a test moves it, its ids count
//! up, its timers never go off unless a test hurries it, and whatever it runs beside a request can be waited for.

use std::future::Future;
use std::sync::{Arc, Mutex};

use steadfast_model::cause::Cause;
use steadfast_model::claim::Claim;
use steadfast_model::host::Host;
use steadfast_model::ids::{HostId, ListGen, Moment};
use steadfast_model::inventory::Inventory;
use steadfast_model::pci::Device;
use steadfast_model::schedule::{Fleet, HostView};
use steadfast_operations::seam::{
    Abort, Commit, Engine, Halt, Key, Overlay, Record, Row, Step, Stored, Transactions, Tx, TxError, View,
    draft, look,
};
use steadfast_operations::{Control, Env};
use steadfast_store::Memory;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// 2026-01-31T12:00:00Z.
pub const NOON: Moment = Moment(1_769_860_800_000_000);

const WRITER: Uuid = Uuid::from_u128(1);

struct Inner {
    memory: Memory,
    now: Moment,
    ids: u64,
    beside: Vec<JoinHandle<()>>,
    /// Timers go off at once, rather than never.
    hasty: bool,
}

#[derive(Clone)]
pub struct World {
    inner: Arc<Mutex<Inner>>,
    version: watch::Sender<u64>,
}

impl World {
    pub fn new() -> World {
        let inner = Inner { memory: Memory::new(), now: NOON, ids: 0, beside: Vec::new(), hasty: false };
        World { inner: Arc::new(Mutex::new(inner)), version: watch::Sender::new(0) }
    }

    /// Moves the clock.
    pub fn pass(&self, micros: i64) {
        self.with(|inner| inner.now.0 += micros);
    }

    /// From now on every timer goes off at once.
    pub fn hurry(&self) {
        self.with(|inner| inner.hasty = true);
    }

    /// Every row, to compare with what is there later.
    pub fn rows(&self) -> Vec<(Key, Stored)> {
        self.with(|inner| inner.memory.rows().map(|(key, row)| (key.clone(), row.clone())).collect())
    }

    /// Waits until nothing runs beside the requests any more.
    pub async fn settle(&self) {
        loop {
            let beside = self.with(|inner| std::mem::take(&mut inner.beside));
            if beside.is_empty() {
                return;
            }
            for task in beside {
                task.await.expect("what runs beside a request does not panic");
            }
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.inner.lock().expect("no test panics while it holds the world"))
    }

    fn commit<T>(
        &self,
        step: Step,
        cause: &Cause,
        body: &mut dyn FnMut(&mut Tx<'_>) -> Result<T, Halt>,
    ) -> Result<T, TxError> {
        let value = self.with(|inner| {
            let n = inner.memory.version().0 + 1;
            let by = Commit { writer: WRITER, n, step, cause };
            let draft = draft(&mut inner.memory, &Overlay::default(), inner.now, by, body)?;
            if !draft.changes.is_empty() {
                inner
                    .memory
                    .commit(&[draft.changes])
                    .expect("nobody else writes between a draft and its commit");
            }
            Ok::<T, TxError>(draft.value)
        })?;
        self.version.send_modify(|version| *version += 1);
        Ok(value)
    }
}

impl Env for World {
    fn now(&self) -> Moment {
        self.with(|inner| inner.now)
    }

    fn id(&self) -> Uuid {
        self.with(|inner| {
            inner.ids += 1;
            Uuid::from_u64_pair(0x0190_0000_0000_7000, 0x8000_0000_0000_0000 | inner.ids)
        })
    }

    async fn timer(&self, _: Step, _: u64) {
        if !self.with(|inner| inner.hasty) {
            std::future::pending().await
        }
    }

    fn spawn(&self, _: Step, future: impl Future<Output = ()> + Send + 'static) {
        let task = tokio::spawn(future);
        self.with(|inner| inner.beside.push(task));
    }
}

impl Transactions for World {
    async fn tx<T, B>(&self, step: Step, cause: &Cause, mut body: B) -> Result<T, TxError>
    where
        T: Send + 'static,
        B: FnMut(&mut Tx<'_>) -> Result<T, Halt> + Send + 'static,
    {
        self.commit(step, cause, &mut body)
    }

    async fn view<T, B>(&self, _: Step, mut body: B) -> Result<T, TxError>
    where
        T: Send + 'static,
        B: FnMut(&mut View<'_>) -> Result<T, Halt> + Send + 'static,
    {
        self.with(|inner| Ok(look(&mut inner.memory, inner.now, &mut body)?.0))
    }
}

impl Control for World {
    async fn changed(&self, _: Step, host: &HostId, since: ListGen) {
        let mut version = self.version.subscribe();
        let unchanged = || {
            let host = self.rows().into_iter().find(|(key, _)| *key == Key::Host(host.clone()));
            let list_gen = host.and_then(|(_, row)| Host::of_record(&row.record).map(|host| host.list_gen));
            list_gen == Some(since)
        };
        while unchanged() {
            version.changed().await.expect("the world outlives its requests");
        }
    }

    async fn fleet(&self, _: Step) -> Result<Arc<Fleet>, TxError> {
        let rows = self.rows();
        let of = |row: &Stored| Host::of_record(&row.record).map(|host| host.as_ref().clone());
        let mut fleet = Fleet::default();
        for host in rows.iter().filter_map(|(_, row)| of(row)) {
            let claims = all::<Claim>(&rows, |claim| claim.host == host.id);
            let inventory = all::<Inventory>(&rows, |row| row.host == host.id);
            let devices = all::<Device>(&rows, |row| row.host == host.id);
            let view = HostView::new(host.clone(), inventory, devices, claims.iter());
            fleet.hosts.insert(host.id, Arc::new(view));
        }
        Ok(Arc::new(fleet))
    }
}

fn all<R: Row<Of = Record>>(rows: &[(Key, Stored)], wanted: impl Fn(&R) -> bool) -> Vec<R> {
    let of = rows.iter().filter_map(|(_, row)| R::of_record(&row.record));
    of.filter(|row| wanted(row)).map(|row| row.as_ref().clone()).collect()
}

/// A world whose store does not go on.
#[derive(Clone)]
pub struct Broken {
    world: World,
    abort: Abort,
}

impl Broken {
    pub fn new(abort: Abort) -> Broken {
        Broken { world: World::new(), abort }
    }

    fn stops<T>(&self) -> Result<T, TxError> {
        Err(TxError::Store(self.abort.clone()))
    }
}

impl Env for Broken {
    fn now(&self) -> Moment {
        self.world.now()
    }

    fn id(&self) -> Uuid {
        self.world.id()
    }

    async fn timer(&self, _: Step, _: u64) {
        std::future::pending().await
    }

    fn spawn(&self, step: Step, future: impl Future<Output = ()> + Send + 'static) {
        self.world.spawn(step, future);
    }
}

impl Transactions for Broken {
    async fn tx<T, B>(&self, _: Step, _: &Cause, _: B) -> Result<T, TxError>
    where
        T: Send + 'static,
        B: FnMut(&mut Tx<'_>) -> Result<T, Halt> + Send + 'static,
    {
        self.stops()
    }

    async fn view<T, B>(&self, _: Step, _: B) -> Result<T, TxError>
    where
        T: Send + 'static,
        B: FnMut(&mut View<'_>) -> Result<T, Halt> + Send + 'static,
    {
        self.stops()
    }
}

impl Control for Broken {
    async fn changed(&self, _: Step, _: &HostId, _: ListGen) {}

    async fn fleet(&self, _: Step) -> Result<Arc<Fleet>, TxError> {
        self.stops()
    }
}
