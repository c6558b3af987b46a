//! The tasks of one run, the steps that they wait for, and the world that steps change.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Wake, Waker};

use crate::footprint::{Footprint, Steady};
use crate::world::World;

/// The name of a step or a node.
pub(crate) type Name = Cow<'static, str>;

/// Names a step that a task waits for: the task, and the how-manieth step of it this is. The task's own number comes
/// from its parent's and its place among the parent's children, so it is the same in every run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId {
    pub task: u64,
    pub number: u32,
}

/// What a step did, and the task that it started in the same breath, if any.
pub(crate) type Effect<W> = (Footprint<<W as World>::Object>, Option<Spawned>);

type TaskFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A task to be started on a node.
pub(crate) struct Spawned {
    pub node: Name,
    pub name: Name,
    pub future: TaskFuture,
}

/// What must hold before a step can happen, and what that is read from.
pub(crate) struct Gate<W: World> {
    pub reads: Vec<W::Object>,
    pub open: Box<dyn Fn(&W) -> bool + Send>,
}

pub(crate) type Body<W> = Box<dyn FnOnce(&mut W) -> Effect<W> + Send>;

/// A step that a task asks for.
pub(crate) struct Asked<W: World> {
    pub label: Name,
    pub gate: Option<Gate<W>>,
    /// Nodes whose tasks die with this step.
    pub kills: Vec<Name>,
    /// Something that goes wrong: random runs draw its place rather than the step.
    pub fault: bool,
    pub body: Body<W>,
}

/// A step that waits for its turn.
pub(crate) struct Pending<W: World> {
    pub id: StepId,
    /// The place of its task among those of this run.
    pub task: usize,
    pub asked: Asked<W>,
    pub waker: Waker,
    /// How many steps had been done when it was asked for.
    pub born: usize,
}

impl<W: World> Pending<W> {
    pub fn is_open(&self, world: &W) -> bool {
        self.asked.gate.as_ref().is_none_or(|gate| (gate.open)(world))
    }
}

struct Task {
    id: u64,
    node: Name,
    node_mark: u64,
    name: Name,
    /// Taken out while it is polled, and left out once it has ended.
    future: Option<TaskFuture>,
    waker: Waker,
    children: u32,
    steps: u32,
    fresh: u64,
}

/// Tasks that somebody woke, by their place among those of this run.
#[derive(Default)]
struct Ready(Mutex<VecDeque<usize>>);

struct TaskWaker {
    task: usize,
    ready: Arc<Ready>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut ready = lock(&self.ready.0);
        if !ready.contains(&self.task) {
            ready.push_back(self.task);
        }
    }
}

pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics while it holds a lock of the explorer")
}

pub(crate) struct Core<W: World> {
    pub world: W,
    tasks: Vec<Task>,
    /// In the order of their tasks and numbers, which is the same wherever the steps so far are the same.
    pub pending: Vec<Pending<W>>,
    current: Option<usize>,
    ready: Arc<Ready>,
    roots: u32,
    /// How many steps are done once the present one is.
    pub done: usize,
    /// The task that did the last step, and what the step turned out to be.
    pub last: Option<(u64, Name)>,
    /// What the gates of steps are read from that were given up since the last step began: that they did not happen
    /// depends on it.
    pub given_up: Vec<W::Object>,
    /// Tasks that were told something since the last step began, whether or not they were there to hear it.
    told: Vec<usize>,
}

/// What a granted step did.
pub(crate) struct Granted<W: World> {
    pub footprint: Footprint<W::Object>,
    /// What its own gate was read from, and the gates of the steps that were given up with it.
    pub gate_reads: Vec<W::Object>,
    /// The tasks that ran on in consequence, or were told something.
    pub woke: Vec<u64>,
    /// The marks of the nodes that those tasks run on.
    pub nodes: Vec<u64>,
    /// The marks of the nodes that died.
    pub killed: Vec<u64>,
}

pub(crate) type Shared<W> = Arc<Mutex<Core<W>>>;

/// How a step looks in a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub node: String,
    pub task: String,
    pub label: String,
    pub fault: bool,
}

impl<W: World> Core<W> {
    pub fn shared(world: W) -> Shared<W> {
        Arc::new(Mutex::new(Core {
            world,
            tasks: Vec::new(),
            pending: Vec::new(),
            current: None,
            ready: Arc::default(),
            roots: 0,
            done: 0,
            last: None,
            given_up: Vec::new(),
            told: Vec::new(),
        }))
    }

    pub fn add_task(&mut self, spawned: Spawned) {
        let Spawned { node, name, future } = spawned;
        let id = match self.current {
            Some(parent) => {
                let parent = &mut self.tasks[parent];
                parent.children += 1;
                Steady::of(&(parent.id, parent.children))
            }
            None => {
                self.roots += 1;
                u64::from(self.roots)
            }
        };
        let place = self.tasks.len();
        let waker = Waker::from(Arc::new(TaskWaker { task: place, ready: Arc::clone(&self.ready) }));
        waker.wake_by_ref();
        let node_mark = Steady::of(&node);
        let future = Some(future);
        self.tasks.push(Task { id, node, node_mark, name, future, waker, children: 0, steps: 0, fresh: 0 });
    }

    /// Registers a step of the running task.
    pub fn add_step(&mut self, asked: Asked<W>, waker: Waker) -> StepId {
        let place = self.current.expect("a step is asked for by a running task");
        let task = &mut self.tasks[place];
        task.steps += 1;
        let id = StepId { task: task.id, number: task.steps };
        let pending = Pending { id, task: place, asked, waker, born: self.done };
        let at = self.pending.partition_point(|other| (other.task, other.id.number) < (place, id.number));
        self.pending.insert(at, pending);
        id
    }

    /// The running task; none while the scene is set.
    pub fn running(&self) -> Option<usize> {
        self.current
    }

    /// The running task has something to tell another one.
    pub fn tell(&mut self, task: Option<usize>) {
        self.told.extend(task);
    }

    /// A step is dropped before it happened.
    pub fn give_up(&mut self, id: StepId) -> Option<Pending<W>> {
        let dropped = self.pending.remove(self.find(id)?);
        let reads = dropped.asked.gate.iter().flat_map(|gate| gate.reads.iter().cloned());
        self.given_up.extend(reads);
        Some(dropped)
    }

    pub fn find(&self, id: StepId) -> Option<usize> {
        self.pending.iter().position(|pending| pending.id == id)
    }

    /// A number that depends on the running task and how many it took before, and on nothing else.
    pub fn fresh(&mut self) -> u128 {
        let task = &mut self.tasks[self.current.expect("a number is asked for by a running task")];
        task.fresh += 1;
        (u128::from(task.id) << 16) + u128::from(task.fresh)
    }

    pub fn show(&self, pending: &Pending<W>) -> Shown {
        let task = &self.tasks[pending.task];
        Shown {
            node: task.node.to_string(),
            task: task.name.to_string(),
            label: pending.asked.label.to_string(),
            fault: pending.asked.fault,
        }
    }

    /// Which kind of step this is, in whatever run: the task's name and the step's label.
    pub fn sort_of(&self, pending: &Pending<W>) -> u64 {
        Steady::of(&(&self.tasks[pending.task].name, &pending.asked.label))
    }
}

/// Runs every woken task until each waits for a step or has ended. Answers which ones ran.
pub(crate) fn settle<W: World>(core: &Shared<W>, woke: &mut Vec<usize>) {
    let ready = Arc::clone(&lock(core).ready);
    loop {
        let next = lock(&ready.0).pop_front();
        let Some(place) = next else { return };
        let taken = {
            let mut core = lock(core);
            core.current = Some(place);
            let task = &mut core.tasks[place];
            task.future.take().map(|future| (future, task.waker.clone()))
        };
        let Some((mut future, waker)) = taken else { continue };
        if !woke.contains(&place) {
            woke.push(place);
        }
        let poll = future.as_mut().poll(&mut Context::from_waker(&waker));
        if poll.is_pending() {
            lock(core).tasks[place].future = Some(future);
        } else {
            // Dropped outside the lock: its own steps unregister themselves.
            drop(future);
        }
        lock(core).current = None;
    }
}

/// Does one step, and lets the tasks that it concerns run on.
pub(crate) fn grant<W: World>(core: &Shared<W>, at: usize) -> Granted<W> {
    let (footprint, gate_reads, dropped, waker, killed, task) = {
        let mut core = lock(core);
        let Pending { id, task, asked, waker, .. } = core.pending.remove(at);
        let (footprint, spawned) = (asked.body)(&mut core.world);
        core.last = Some((id.task, footprint.label.map_or(asked.label, Name::from)));
        core.given_up.clear();
        core.told.clear();
        if let Some(spawned) = spawned {
            core.current = Some(task);
            core.add_task(spawned);
            core.current = None;
        }
        let doomed = core.tasks.iter_mut().filter(|task| asked.kills.contains(&task.node));
        let dropped: Vec<_> = doomed.filter_map(|task| task.future.take()).collect();
        let gate_reads = asked.gate.map_or_else(Vec::new, |gate| gate.reads);
        let killed = asked.kills.iter().map(Steady::of).collect();
        (footprint, gate_reads, dropped, waker, killed, task)
    };
    drop(dropped);
    waker.wake();
    let mut woke = vec![task];
    settle(core, &mut woke);
    let mut core = lock(core);
    let mut gate_reads = gate_reads;
    gate_reads.append(&mut core.given_up);
    woke.append(&mut core.told);
    let nodes = woke.iter().map(|place| core.tasks[*place].node_mark).collect();
    let woke = woke.into_iter().map(|place| core.tasks[place].id).collect();
    Granted { footprint, gate_reads, woke, nodes, killed }
}

/// Ends a run: drops every task, outside the lock.
pub(crate) fn finish<W: World>(core: &Shared<W>) {
    let tasks = std::mem::take(&mut lock(core).tasks);
    drop(tasks);
}
