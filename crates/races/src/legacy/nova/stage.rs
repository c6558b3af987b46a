//! What a task of a historic protocol holds: steps over [`Db`], locks, tasks and deaths.

use std::borrow::Cow;
use std::hash::Hash;

use steadfast_explore::{Handle, When};

use super::Nova;
use super::db::Db;
use super::name::Process;
use super::row::{Lock, Memory, Row};

#[derive(Debug, Clone)]
pub struct Stage(Handle<Nova>);

/// Does a step's body, and says what it touched.
fn noted<T>(
    mut body: impl FnMut(&mut Db<'_>) -> T + Send + 'static,
) -> impl FnMut(&mut Nova) -> (T, steadfast_explore::Footprint<super::Object>) + Send + 'static {
    move |nova| {
        let mut db = Db::over(nova);
        let value = body(&mut db);
        (value, db.touched())
    }
}

impl Stage {
    pub(in crate::legacy) fn new(handle: &Handle<Nova>) -> Stage {
        Stage(handle.clone())
    }

    /// One statement, transaction, message or order.
    pub fn step<T: Hash + Clone + Send + 'static>(
        &self,
        label: impl Into<Cow<'static, str>>,
        body: impl FnMut(&mut Db<'_>) -> T + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static {
        self.0.step(label, noted(body))
    }

    /// A step that waits until a row is as it should be.
    pub fn step_when<R: Row, T: Hash + Clone + Send + 'static>(
        &self,
        label: impl Into<Cow<'static, str>>,
        key: R::Key,
        open: impl Fn(Option<&R>) -> bool + Send + Sync + 'static,
        body: impl FnMut(&mut Db<'_>) -> T + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static {
        let when = When::new([R::object(key)], move |nova: &Nova| open(R::table(nova).get(&key)));
        self.0.step_when(label, when, noted(body))
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
    pub fn spawn(
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
        let stage = self.clone();
        let crash = self.0.crash(format!("{process} dies"), vec![process.to_string()], move |nova| {
            let mut db = Db::over(nova);
            db.delete::<Lock>(process);
            db.delete::<Memory>(process);
            db.touched()
        });
        async move {
            crash.await;
            stage.spawn(process, "after its restart", after);
        }
    }

    /// Whatever has no state of its own dies at some moment: a message that it was to send is never sent.
    pub fn stops(&self, node: &'static str) -> impl Future<Output = ()> + Send + 'static {
        self.0.crash(format!("{node} dies"), vec![node.to_owned()], |nova| Db::over(nova).touched())
    }
}
