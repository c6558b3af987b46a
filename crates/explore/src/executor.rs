//! The tasks of one run, the steps that they wait for, and the world that steps change.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};

/// What a step touched.
pub trait Footprint: Clone + fmt::Debug + Send + 'static {
    /// Whether the order of the two steps can matter. Saying yes too often costs time; saying no wrongly loses
    /// orders.
    fn meets(&self, other: &Self) -> bool;

    /// Whether the step may have changed the world. One that only read need not be judged.
    fn changes(&self) -> bool {
        true
    }

    /// What the step turned out to be, where its label could not know.
    fn label(&self) -> Option<&str> {
        None
    }
}

/// The state that steps read and change.
pub trait World: Clone + Send + 'static {
    type Footprint: Footprint;
}

/// Names a task: its parent's path and its place among the parent's children, the same in every run.
pub type TaskPath = Vec<u32>;

/// Names a step that a task waits for: the task, and the how-manieth step of it this is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId {
    pub task: TaskPath,
    pub number: u32,
}

/// What a step did, and the task that it started in the same breath, if any.
pub(crate) type Effect<W> = (<W as World>::Footprint, Option<Spawned>);

/// A task to be started on a node.
pub(crate) struct Spawned {
    pub node: String,
    pub name: String,
    pub future: Pin<Box<dyn Future<Output = ()> + Send>>,
}

pub(crate) type Body<W> = Box<dyn FnOnce(&mut W) -> Effect<W> + Send>;
pub(crate) type Gate<W> = Box<dyn Fn(&W) -> bool + Send>;

pub(crate) struct Pending<W: World> {
    pub label: String,
    pub gate: Option<Gate<W>>,
    pub body: Body<W>,
    pub waker: Waker,
    /// Nodes whose tasks die with this step.
    pub kills: Vec<String>,
}

struct Task {
    node: String,
    name: String,
    /// Taken out while it is polled, and left out once it has ended.
    future: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    children: u32,
    steps: u32,
    ids: u64,
}

/// Tasks that somebody woke.
#[derive(Default)]
struct Ready(Mutex<BTreeSet<TaskPath>>);

struct TaskWaker {
    task: TaskPath,
    ready: Arc<Ready>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        lock(&self.ready.0).insert(self.task.clone());
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics while it holds a lock of the explorer")
}

pub(crate) struct Core<W: World> {
    pub world: W,
    tasks: BTreeMap<TaskPath, Task>,
    pub pending: BTreeMap<StepId, Pending<W>>,
    current: TaskPath,
    ready: Arc<Ready>,
    roots: u32,
}

/// What a granted step did.
pub(crate) struct Granted<W: World> {
    pub footprint: W::Footprint,
    /// The tasks that ran on in consequence.
    pub touched: BTreeSet<TaskPath>,
    /// The nodes that those tasks run on.
    pub nodes: BTreeSet<String>,
    /// The nodes that died.
    pub killed: BTreeSet<String>,
}

pub(crate) type Shared<W> = Arc<Mutex<Core<W>>>;

impl<W: World> Core<W> {
    pub fn shared(world: W) -> Shared<W> {
        Arc::new(Mutex::new(Core {
            world,
            tasks: BTreeMap::new(),
            pending: BTreeMap::new(),
            current: Vec::new(),
            ready: Arc::default(),
            roots: 0,
        }))
    }

    pub fn add_task(&mut self, spawned: Spawned) {
        let Spawned { node, name, future } = spawned;
        let number = match self.tasks.get_mut(&self.current) {
            Some(parent) => {
                parent.children += 1;
                parent.children
            }
            None => {
                self.roots += 1;
                self.roots
            }
        };
        let mut path = self.current.clone();
        path.push(number);
        lock(&self.ready.0).insert(path.clone());
        self.tasks.insert(path, Task { node, name, future: Some(future), children: 0, steps: 0, ids: 0 });
    }

    /// Registers a step of the running task.
    pub fn add_step(&mut self, pending: Pending<W>) -> StepId {
        let task = self.tasks.get_mut(&self.current).expect("a step is asked for by a running task");
        task.steps += 1;
        let id = StepId { task: self.current.clone(), number: task.steps };
        self.pending.insert(id.clone(), pending);
        id
    }

    /// A number that depends on the running task and how many it took before, and on nothing else.
    pub fn fresh(&mut self) -> u128 {
        let task = self.tasks.get_mut(&self.current).expect("a number is asked for by a running task");
        task.ids += 1;
        let path = self.current.iter().fold(0u128, |path, part| path * 251 + u128::from(*part));
        (path << 16) + u128::from(task.ids)
    }

    pub fn enabled(&self) -> Vec<StepId> {
        let open = |pending: &Pending<W>| pending.gate.as_ref().is_none_or(|gate| gate(&self.world));
        self.pending.iter().filter(|(_, pending)| open(pending)).map(|(id, _)| id.clone()).collect()
    }

    pub fn describe(&self, id: &StepId) -> (String, String, String) {
        let task = self.tasks.get(&id.task).expect("a waiting step has a task");
        let label = self.pending.get(id).map_or("", |pending| pending.label.as_str());
        (task.node.clone(), task.name.clone(), label.to_owned())
    }
}

/// Runs every woken task until each waits for a step or has ended. Answers which ones ran.
pub(crate) fn settle<W: World>(core: &Shared<W>) -> BTreeSet<TaskPath> {
    let mut touched = BTreeSet::new();
    let ready = Arc::clone(&lock(core).ready);
    loop {
        let next = lock(&ready.0).pop_first();
        let Some(path) = next else { return touched };
        let future = {
            let mut core = lock(core);
            core.current.clone_from(&path);
            core.tasks.get_mut(&path).and_then(|task| task.future.take())
        };
        let Some(mut future) = future else { continue };
        touched.insert(path.clone());
        let waker = Waker::from(Arc::new(TaskWaker { task: path.clone(), ready: Arc::clone(&ready) }));
        let poll = future.as_mut().poll(&mut Context::from_waker(&waker));
        // The future is dropped outside the lock: its own steps unregister themselves.
        let ended = match poll {
            Poll::Ready(()) => Some(future),
            Poll::Pending => {
                if let Some(task) = lock(core).tasks.get_mut(&path) {
                    task.future = Some(future);
                }
                None
            }
        };
        drop(ended);
        lock(core).current.clear();
    }
}

/// Does one step, and lets the tasks that it concerns run on.
pub(crate) fn grant<W: World>(core: &Shared<W>, id: &StepId) -> Granted<W> {
    let (footprint, dropped, waker, killed) = {
        let mut core = lock(core);
        let pending = core.pending.remove(id).expect("a step is granted while it waits");
        let (footprint, spawned) = (pending.body)(&mut core.world);
        if let Some(spawned) = spawned {
            core.current.clone_from(&id.task);
            core.add_task(spawned);
            core.current.clear();
        }
        let doomed = core.tasks.values_mut().filter(|task| pending.kills.contains(&task.node));
        let dropped: Vec<_> = doomed.map(|task| task.future.take()).collect();
        (footprint, dropped, pending.waker, pending.kills.into_iter().collect())
    };
    drop(dropped);
    waker.wake();
    let mut touched = settle(core);
    touched.insert(id.task.clone());
    let core = lock(core);
    let nodes =
        touched.iter().filter_map(|path| core.tasks.get(path)).map(|task| task.node.clone()).collect();
    Granted { footprint, touched, nodes, killed }
}

/// Ends a run: drops every task, outside the lock.
pub(crate) fn finish<W: World>(core: &Shared<W>) -> W {
    let tasks = std::mem::take(&mut lock(core).tasks);
    drop(tasks);
    lock(core).world.clone()
}
