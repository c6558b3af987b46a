//! The store as the rest of the program holds it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use steadfast_model::cause::Cause;
use steadfast_model::ids::{HostId, ListGen, Moment};
use steadfast_model::schedule::Fleet;
use steadfast_operations::seam::{Abort, Halt, Step, Tx, TxError, View};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::counters::{Counters, Counts};
use super::engines::{Engines, InDatabase, InFile, InMemory, OpenError};
use super::follower::follow;
use super::index::Index;
use super::job::{Answered, Job, TxJob, ViewJob, stopped};
use super::queue::{Queue, Rejected};
use super::worker::Worker;
use crate::backend::Backend;
use crate::backoff;

/// Bodies that share one commit at most. More make the first of a burst wait for the last; fewer flush more often.
const BATCH_MAX: usize = 64;

/// How often a body is run that others' commits stop. Each of their commits is somebody's success, so that many in a
/// row mean that the body carries a row from an earlier step that is out of date for good.
const TRIES_MAX: u32 = 16;

/// What a store needs of the world.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// Names this process in the feed. No two that write to a store may share it.
    pub process: Uuid,
    pub clock: fn() -> Moment,
}

/// What the threads of a store share.
pub(super) struct Shared {
    pub process: Uuid,
    pub clock: fn() -> Moment,
    pub index: Arc<Index>,
    pub counters: Counters,
    n: AtomicU64,
}

impl Shared {
    /// The number of this process's next commit.
    pub fn next_n(&self) -> u64 {
        self.n.fetch_add(1, Ordering::Relaxed)
    }

    /// Differs between processes and moments, for waits that must not coincide.
    pub fn salt(&self) -> u64 {
        let (high, low) = self.process.as_u64_pair();
        high ^ low ^ self.n.load(Ordering::Relaxed)
    }
}

/// An open store. Clones are the same store; it closes with the last of them, after what waits in it is done.
#[derive(Clone)]
pub struct Store {
    door: Arc<Door>,
}

/// Where bodies come in.
struct Door {
    shared: Arc<Shared>,
    engines: Box<dyn Engines>,
    writes: Arc<Queue>,
    /// The same queue, where nobody but writers answers views.
    reads: Arc<Queue>,
    /// Other processes may write the same rows, and a thread follows them.
    is_shared: bool,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.writes.close();
        self.reads.close();
        self.shared.index.close();
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("process", &self.door.shared.process).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens `memory:`, `sqlite:PATH` or `postgres://…`. What does not exist is created, and an older schema brought
    /// up to date.
    ///
    /// # Errors
    /// When the url names no store, or the store cannot be opened and read.
    pub fn open(url: &str, setup: Setup) -> Result<Store, OpenError> {
        Store::over(engines(url)?, setup)
    }

    /// A store over engines from elsewhere.
    ///
    /// # Errors
    /// When one of them cannot be opened, or the store cannot be read.
    pub fn over(engines: Box<dyn Engines>, setup: Setup) -> Result<Store, OpenError> {
        // An engine waits, which a thread that runs async tasks must not.
        let opened = thread::scope(|scope| scope.spawn(|| start(engines, setup)).join());
        opened.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// See [`steadfast_operations::seam::Transactions::tx`].
    ///
    /// # Errors
    /// When the body refuses, or the store cannot go on. Nothing of it is stored then, unless the sentence says that
    /// nobody knows.
    pub async fn tx<T, B>(&self, step: Step, cause: &Cause, body: B) -> Result<T, TxError>
    where
        T: Send + 'static,
        B: FnMut(&mut Tx<'_>) -> Result<T, Halt> + Send + 'static,
    {
        let job = |body, reply| {
            let cause = cause.clone();
            Box::new(TxJob { step, cause, body, result: None, reply }) as Box<dyn Job>
        };
        self.until_settled(&self.door.writes, body, job).await
    }

    /// See [`steadfast_operations::seam::Transactions::view`].
    ///
    /// # Errors
    /// When the body refuses, or the store cannot go on.
    pub async fn view<T, B>(&self, step: Step, body: B) -> Result<T, TxError>
    where
        T: Send + 'static,
        B: FnMut(&mut View<'_>) -> Result<T, Halt> + Send + 'static,
    {
        let job = |body, reply| Box::new(ViewJob { step, body, result: None, reply }) as Box<dyn Job>;
        self.until_settled(&self.door.reads, body, job).await
    }

    /// Has a body run until it comes to something other than a conflict, as often as that helps. The waits between are
    /// its caller's: no thread of the store waits with it.
    async fn until_settled<T, B>(
        &self,
        queue: &Queue,
        mut body: B,
        job: impl Fn(B, oneshot::Sender<Answered<T, B>>) -> Box<dyn Job>,
    ) -> Result<T, TxError> {
        for tries in 1.. {
            let (reply, answer) = oneshot::channel();
            submit(queue, job(body, reply));
            let Ok((result, again)) = answer.await else { return Err(TxError::Store(stopped())) };
            match result {
                Err(TxError::Store(Abort::Conflict)) if tries < TRIES_MAX => body = again,
                settled => return settled,
            }
            self.door.shared.counters.retried(1);
            tokio::time::sleep(backoff::wait(tries, self.door.shared.salt())).await;
        }
        unreachable!("the last try is settled")
    }

    /// See [`steadfast_operations::seam::Control::changed`]. Commits of this process are heard of at once, those of
    /// others when the feed is read next.
    pub async fn changed(&self, host: &HostId, since: ListGen) {
        let mut list_gen = self.door.shared.index.list_gen(host);
        // The sender lives as long as the store does, and the store as long as this call.
        let _ = list_gen.wait_for(|now| *now > since).await;
    }

    /// See [`steadfast_operations::seam::Control::fleet`].
    pub async fn fleet(&self) -> Arc<Fleet> {
        let index = &self.door.shared.index;
        if self.door.is_shared {
            index.catch_up().await;
        }
        index.fleet()
    }

    #[must_use]
    pub fn counts(&self) -> Counts {
        self.door.shared.counters.read(self.door.engines.round_trips())
    }
}

/// Opens every engine, loads the index, and starts the threads.
fn start(engines: Box<dyn Engines>, setup: Setup) -> Result<Store, OpenError> {
    let mut writers = engines.writers()?;
    let first = writers.first_mut().expect("a store has a writer");
    let index = Arc::new(Index::load(first.as_mut())?);
    let Setup { process, clock } = setup;
    let n = AtomicU64::new(1);
    let shared = Arc::new(Shared { process, clock, index, counters: Counters::default(), n });
    let writes = Arc::new(Queue::default());
    let readers = engines.readers()?;
    let reads = if readers.is_empty() { Arc::clone(&writes) } else { Arc::new(Queue::default()) };
    let follower = engines.follower()?;
    // From here on the door closes what was started, if the rest cannot be.
    let door = Arc::new(Door { shared, engines, writes, reads, is_shared: follower.is_some() });
    for engine in writers {
        door.staff("store-write", engine, &door.writes, BATCH_MAX)?;
    }
    for engine in readers {
        door.staff("store-read", engine, &door.reads, 1)?;
    }
    if let Some(engine) = follower {
        let index = Arc::clone(&door.shared.index);
        thread::Builder::new().name("store-follow".to_owned()).spawn(move || follow(engine, &index))?;
    }
    Ok(Store { door })
}

impl Door {
    /// Starts a thread that serves a queue with an engine.
    fn staff(
        &self,
        name: &str,
        engine: Box<dyn Backend>,
        queue: &Arc<Queue>,
        batch_max: usize,
    ) -> Result<(), OpenError> {
        let worker = Worker { engine, shared: Arc::clone(&self.shared), batch_max };
        let queue = Arc::clone(queue);
        thread::Builder::new().name(name.to_owned()).spawn(move || worker.serve(&queue))?;
        Ok(())
    }
}

/// An engine that only reads a store that exists, as `verify` does.
///
/// # Errors
/// When the url names no store, or the store does not exist or cannot be read.
pub fn open_reader(url: &str) -> Result<Box<dyn Backend>, OpenError> {
    engines(url)?.follower()?.ok_or(OpenError::Ephemeral)
}

fn submit(queue: &Queue, job: Box<dyn Job>) {
    match queue.push(job) {
        Ok(()) => {}
        Err(Rejected::Full(job)) => {
            let busy = "too many transactions wait already; try again later".to_owned();
            job.answer(Err(Abort::Unavailable(busy)));
        }
        Err(Rejected::Closed(job)) => job.answer(Err(stopped())),
    }
}

fn engines(url: &str) -> Result<Box<dyn Engines>, OpenError> {
    match url.split_once(':') {
        Some(("memory", "")) => Ok(Box::new(InMemory)),
        Some(("sqlite", path)) if !path.is_empty() => Ok(Box::new(InFile(path.into()))),
        Some(("postgres" | "postgresql", _)) => Ok(Box::new(InDatabase::new(url)?)),
        _ => Err(OpenError::Url),
    }
}
