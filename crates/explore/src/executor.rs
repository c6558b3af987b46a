//! The tasks of one run, the steps that they wait for, and the world that steps change.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Wake, Waker};

use crate::footprint::{Footprint, Steady, Sum};
use crate::standing::{Asker, Awaited, Bonds, Standing};
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

/// What a step did.
pub(crate) struct Effect<W: World> {
    pub footprint: Footprint<W::Object>,
    /// The task that it started in the same breath, if any.
    pub spawned: Option<Spawned>,
    /// What it answered, as a number.
    pub answer: u64,
}

type TaskFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A task to be started on a node.
pub(crate) struct Spawned {
    pub node: Name,
    pub name: Name,
    pub future: TaskFuture,
    /// The task that waits for its result, if any.
    pub asker: Option<Asker>,
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
    /// Tells it from other steps of its task that look the same.
    pub about: u64,
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
    /// A number that the step has wherever a task stands at `stands` and waits for it.
    fn number(&self, stands: u64) -> u64 {
        Steady::of(&(stands, &self.asked.label, self.asked.about))
    }

    pub fn is_open(&self, world: &W) -> bool {
        self.asked.gate.as_ref().is_none_or(|gate| (gate.open)(world))
    }
}

struct Task {
    id: u64,
    /// The place of the task that started it.
    parent: Option<usize>,
    node: Name,
    node_mark: u64,
    name: Name,
    /// Taken out while it is polled, and left out once it has ended.
    future: Option<TaskFuture>,
    waker: Waker,
    children: u32,
    steps: u32,
    standing: Standing,
}

/// Where a task stands, as a number that tells what it waits for as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stance {
    /// The places of the task and of the one that started it among those of this run.
    pub task: usize,
    pub parent: Option<usize>,
    pub number: u64,
    pub bonds: Bonds,
}

/// A step that a task waits for, as a number, and what its gate is read from.
#[derive(Debug, Clone)]
pub(crate) struct Waiting<O> {
    pub number: u64,
    pub gate: Option<Vec<O>>,
}

/// Steps of one task that look the same are numbered as they were asked for.
fn distinct(mut number: u64, taken: impl Fn(u64) -> bool) -> u64 {
    while taken(number) {
        number = Steady::of(&(number, "again"));
    }
    number
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
    /// What tasks touched as they ran on, since the last step began, and which tasks.
    pub touched: Vec<(Option<usize>, W::Object)>,
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
    /// The places of the tasks that touched something as they ran on.
    pub touchers: Vec<Option<usize>>,
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
            touched: Vec::new(),
            told: Vec::new(),
        }))
    }

    pub fn add_task(&mut self, spawned: Spawned) {
        let Spawned { node, name, future, asker } = spawned;
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
        let kind = Steady::of(&(node_mark, &name));
        let standing = match self.current {
            Some(parent) => self.tasks[parent].standing.of_child(kind, asker),
            None => Standing::new(kind, id),
        };
        let (parent, children, steps) = (self.current, 0, 0);
        self.tasks.push(Task { id, parent, node, node_mark, name, future, waker, children, steps, standing });
    }

    /// Registers a step of the running task.
    pub fn add_step(&mut self, asked: Asked<W>, waker: Waker) -> StepId {
        let place = self.current.expect("a step is asked for by a running task");
        let task = &mut self.tasks[place];
        task.steps += 1;
        let id = StepId { task: task.id, number: task.steps };
        self.wait(Pending { id, task: place, asked, waker, born: self.done });
        id
    }

    fn wait(&mut self, pending: Pending<W>) {
        let place = (pending.task, pending.id.number);
        let at = self.pending.partition_point(|other| (other.task, other.id.number) < place);
        self.pending.insert(at, pending);
    }

    /// The running task waits for a step that was asked for before, if not by itself, then by whoever gave it away.
    pub fn waits_for(&mut self, id: StepId, waker: &Waker) {
        let place = self.current.expect("a step is waited for by a running task");
        let Some(at) = self.find(id) else { return };
        if !self.pending[at].waker.will_wake(waker) {
            self.pending[at].waker = waker.clone();
        }
        if self.pending[at].task != place {
            let given = self.pending.remove(at);
            self.wait(Pending { task: place, ..given });
        }
    }

    /// The running task; none while the scene is set.
    pub fn running(&self) -> Option<usize> {
        self.current
    }

    /// The running task has something to tell another one.
    pub fn tell(&mut self, asker: &Asker, answer: u64) {
        self.told.push(asker.task);
        self.answers(asker, answer);
    }

    /// A task hears an answer if it still listens, whether or not it looks at it already.
    pub fn answers(&mut self, asker: &Asker, answer: u64) {
        if asker.listens() {
            self.hears(asker.task, Steady::of(&(asker.about, answer)));
        }
    }

    fn hears(&mut self, task: usize, what: u64) {
        if let Some(task) = self.tasks.get_mut(task) {
            task.standing.hears(what);
        }
    }

    /// The running task forgets all that it heard, but for `state`.
    pub fn stands_at(&mut self, state: u64) {
        let place = self.current.expect("only a running task can say where it stands");
        self.tasks[place].standing.stands_at(state);
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

    /// The number of the running task.
    pub fn running_id(&self) -> u64 {
        self.tasks[self.current.expect("a running task asks for its number")].id
    }

    /// Where the running task stands; the same number for all while the scene is set.
    pub fn standing(&self) -> u64 {
        self.current.map_or(0, |place| self.tasks[place].standing.number(None))
    }

    /// A number that depends on where the running task stands, and on nothing else.
    pub fn named(&mut self) -> u64 {
        let place = self.current.expect("a name is asked for by a running task");
        self.tasks[place].standing.name()
    }

    /// Takes the tasks of these nodes out, to be dropped in an order that follows from where they stand: whoever loses
    /// several answers at once hears so in that order.
    fn kill(&mut self, nodes: &[Name]) -> Vec<TaskFuture> {
        let dies = |task: &Task| task.future.is_some() && nodes.contains(&task.node);
        let doomed = self.tasks.iter().enumerate().filter(|(_, task)| dies(task));
        let mut doomed: Vec<(u64, usize)> =
            doomed.map(|(place, task)| (self.stands_of(task), place)).collect();
        doomed.sort_unstable();
        doomed.into_iter().filter_map(|(_, place)| self.tasks[place].future.take()).collect()
    }

    /// Where every task stands that is still there.
    pub fn stances(&self) -> Vec<Stance> {
        let alive = self.tasks.iter().enumerate().filter(|(_, task)| task.future.is_some());
        alive.map(|(place, task)| self.stance(place, task)).collect()
    }

    fn stance(&self, place: usize, task: &Task) -> Stance {
        let stands = self.stands_of(task);
        let mut steps = Sum::default();
        self.steps_of(place).for_each(|pending| steps.add(pending.number(stands)));
        let (node, kind, awaited) = (task.node_mark, task.standing.kind, self.awaited(task));
        let bonds = Bonds { stands, node, kind, awaited };
        Stance { task: place, parent: task.parent, number: Steady::of(&(stands, steps)), bonds }
    }

    /// Who waits for the result of a task, if somebody still does.
    fn awaited(&self, task: &Task) -> Option<Awaited> {
        let asker = task.standing.asker.as_ref().filter(|asker| asker.listens())?;
        let waits = self.tasks.get(asker.task).filter(|task| task.future.is_some())?;
        Some(Awaited { by: waits.standing.kind, about: asker.about })
    }

    fn steps_of(&self, place: usize) -> impl Iterator<Item = &Pending<W>> {
        let from = self.pending.partition_point(|pending| pending.task < place);
        self.pending[from..].iter().take_while(move |pending| pending.task == place)
    }

    /// The steps that a task waits for.
    pub fn waiting(&self, place: usize) -> Vec<Waiting<W::Object>> {
        let stands = self.stands_of(&self.tasks[place]);
        let mut steps: Vec<Waiting<W::Object>> = Vec::new();
        for pending in self.steps_of(place) {
            let number =
                distinct(pending.number(stands), |number| steps.iter().any(|step| step.number == number));
            let gate = pending.asked.gate.as_ref().map(|gate| gate.reads.clone());
            steps.push(Waiting { number, gate });
        }
        steps
    }

    /// Whether the step that waits under this name has this number, and looks like no other of its task.
    pub fn is_numbered(&self, id: StepId, wanted: u64) -> bool {
        let Some(at) = self.find(id) else { return false };
        let task = self.pending[at].task;
        let stands = self.stands_of(&self.tasks[task]);
        let alike = self.steps_of(task).filter(|pending| pending.number(stands) == wanted);
        alike.map(|pending| pending.id).eq([id])
    }

    /// The step of this number, whichever task waits for it.
    pub fn find_numbered(&self, wanted: u64) -> Option<StepId> {
        let alive = self.tasks.iter().enumerate().filter(|(_, task)| task.future.is_some());
        for (place, task) in alive {
            let stands = self.stands_of(task);
            let mut numbers: Vec<u64> = Vec::new();
            for pending in self.steps_of(place) {
                let number = distinct(pending.number(stands), |number| numbers.contains(&number));
                if number == wanted {
                    return Some(pending.id);
                }
                numbers.push(number);
            }
        }
        None
    }

    fn stands_of(&self, task: &Task) -> u64 {
        task.standing.number(self.awaited(task))
    }

    /// The tasks that nobody else started, each with its node.
    pub fn actors(&self) -> Vec<(String, String)> {
        let roots = self.tasks.iter().filter(|task| task.parent.is_none());
        roots.map(|task| (task.node.to_string(), task.name.to_string())).collect()
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
        let Effect { footprint, spawned, answer } = (asked.body)(&mut core.world);
        core.hears(task, Steady::of(&(&asked.label, asked.about, answer)));
        core.last = Some((id.task, footprint.label.map_or(asked.label, Name::from)));
        core.given_up.clear();
        core.touched.clear();
        core.told.clear();
        if let Some(spawned) = spawned {
            core.current = Some(task);
            core.add_task(spawned);
            core.current = None;
        }
        let dropped = core.kill(&asked.kills);
        let gate_reads = asked.gate.map_or_else(Vec::new, |gate| gate.reads);
        let killed = asked.kills.iter().map(Steady::of).collect();
        (footprint, gate_reads, dropped, waker, killed, task)
    };
    drop(dropped);
    waker.wake();
    let mut woke = vec![task];
    settle(core, &mut woke);
    let mut core = lock(core);
    let (touchers, touched): (Vec<_>, Vec<_>) = core.touched.drain(..).unzip();
    let footprint = footprint.and_writes(touched);
    let mut gate_reads = gate_reads;
    gate_reads.append(&mut core.given_up);
    woke.append(&mut core.told);
    let nodes = woke.iter().map(|place| core.tasks[*place].node_mark).collect();
    let woke = woke.into_iter().map(|place| core.tasks[place].id).collect();
    Granted { footprint, gate_reads, woke, touchers, nodes, killed }
}

/// Ends a run: drops every task, outside the lock.
pub(crate) fn finish<W: World>(core: &Shared<W>) {
    let tasks = std::mem::take(&mut lock(core).tasks);
    drop(tasks);
}
