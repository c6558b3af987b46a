//! What a task of a historic protocol holds: a world with transactions, locks, tasks and deaths.

use std::hash::Hash;

use steadfast_explore::{Handle, Steady, When};
use steadfast_model::cause::Cause;
use steadfast_model::ids::Moment;
use steadfast_operations::seam::{Env, Halt, Step, Transactions, Tx, TxError, View};
use uuid::Uuid;

use super::name::Process;
use super::row::{Lock, Memory};
use super::rows::{Record, Shape};
use super::statement::{Db, Statements};
use super::{COMMITS, Nova, Object, Touched};
use crate::scene::cause;

/// On whose request everything of Nova's is done.
const ACTOR: &str = "nova";

/// The node of tasks that belong to no process.
const BESIDE: &str = "beside";

#[derive(Debug, Clone)]
pub struct Stage(Handle<Nova>);

impl Env for Stage {
    /// No historic step looks at a clock.
    fn now(&self) -> Moment {
        Moment(0)
    }

    fn id(&self) -> Uuid {
        Uuid::from_u128(u128::from(Steady::of(&self.0.named())))
    }

    /// Timers prove nothing, and never go off.
    async fn timer(&self, _: Step, _: u64) {
        std::future::pending::<()>().await;
    }

    fn spawn(&self, task: Step, future: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(BESIDE, task, future);
    }

    fn stands_at(&self, state: &impl Hash) {
        self.0.stands_at(state);
    }

    fn standing(&self) -> u64 {
        self.0.standing()
    }
}

impl Transactions<Record> for Stage {
    async fn tx<T, B>(&self, step: Step, cause: &Cause, mut body: B) -> Result<T, TxError>
    where
        T: Hash + Clone + Send + 'static,
        B: FnMut(&mut Tx<'_, Record>) -> Result<T, Halt> + Send + 'static,
    {
        let cause = cause.clone();
        self.0.step(step, move |nova| nova.transact(step, &cause, &mut body)).await
    }

    async fn view<T, B>(&self, step: Step, mut body: B) -> Result<T, TxError>
    where
        T: Hash + Clone + Send + 'static,
        B: FnMut(&mut View<'_, Record>) -> Result<T, Halt> + Send + 'static,
    {
        self.0.step(step, move |nova| nova.look(&mut body)).await
    }
}

impl Stage {
    pub(in crate::legacy) fn new(handle: &Handle<Nova>) -> Stage {
        Stage(handle.clone())
    }

    /// One statement, transaction, message or order.
    pub fn step<T: Hash + Clone + Send + 'static>(
        &self,
        label: Step,
        mut body: impl FnMut(&mut Db<'_>) -> T + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static {
        let stage = self.clone();
        async move { stage.tx(label, &cause(ACTOR), move |db| Ok(body(db))).await.expect(COMMITS) }
    }

    /// A step that waits until a row is as it should be.
    pub fn step_when<K: Shape, T: Hash + Clone + Send + 'static>(
        &self,
        label: Step,
        key: K::Key,
        open: impl Fn(Option<&K>) -> bool + Send + Sync + 'static,
        mut body: impl FnMut(&mut Db<'_>) -> T + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static {
        let when = When::new([Object::Row(K::name(key))], move |nova: &Nova| open(nova.row(key)));
        let by = cause(ACTOR);
        self.0.step_when(label, when, move |nova| {
            let (done, touched) = nova.transact(label, &by, &mut |db| Ok(body(db)));
            (done.expect(COMMITS), touched)
        })
    }

    /// Takes the semaphore of a process.
    pub fn lock(&self, process: Process) -> impl Future<Output = ()> + Send + 'static {
        let free = |lock: Option<&Lock>| lock.is_none();
        self.step_when("lock", process, free, move |db| db.put(process, Lock))
    }

    pub fn unlock(&self, process: Process) -> impl Future<Output = ()> + Send + 'static {
        self.step("unlock", move |db| db.delete::<Lock>(process))
    }

    /// Runs a task of a process, or of whatever else can die by itself.
    pub fn begin(
        &self,
        node: impl ToString,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        self.0.spawn(node.to_string(), name, task);
    }

    /// A process dies at some moment, with all that only it knows. Then `after` begins.
    pub fn dies(
        &self,
        process: Process,
        after: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (stage, by) = (self.clone(), cause(ACTOR));
        let forgotten = move |nova: &mut Nova| {
            let mut forgets = |db: &mut Db<'_>| {
                db.delete::<Lock>(process);
                db.delete::<Memory>(process);
                Ok(())
            };
            let (forgotten, touched) = nova.transact("dies", &by, &mut forgets);
            forgotten.expect(COMMITS);
            touched
        };
        let crash = self.0.crash(format!("{process} dies"), vec![process.to_string()], forgotten);
        async move {
            crash.await;
            stage.begin(process, "after its restart", after);
        }
    }

    /// Whatever has no state of its own dies at some moment: a message that it was to send is never sent.
    pub fn stops(&self, node: &'static str) -> impl Future<Output = ()> + Send + 'static {
        self.0.crash(format!("{node} dies"), vec![node.to_owned()], |_| Touched::nothing())
    }
}
