//! The tasks of one run, the steps that they wait for, and the world that steps change.

mod grant;
mod ready;
mod stance;
mod step;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

pub(crate) use grant::{Granted, Sequel, Taken, act, finish, go_on, grant, resume, settle, take};
use ready::{Ready, TaskWaker};
use stance::distinct;
pub(crate) use stance::{Stance, Waiting, stance_number, step_number};
use step::TaskFuture;
pub(crate) use step::{Act, Answer, Asked, Gate, Name, Open, Pending, Spawned, parts};
pub use step::{Shown, StepId};

use crate::standing::{Asker, Standing};
use crate::steady::Steady;
use crate::world::{Content, World};

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

/// Takes a lock. Whoever panics while it holds one is a body or a verdict of the scenario, and after that a run is only
/// dropped: nothing half-done is looked at.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) struct Core<W: World> {
    /// Copied when it changes while somebody else holds it: points of searches do.
    pub world: Arc<W>,
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
    /// Tasks that ran since then, and tasks that died.
    ran: Vec<usize>,
    died: Vec<usize>,
}

pub(crate) type Shared<W> = Arc<Mutex<Core<W>>>;

/// How many tasks, and steps that wait, a run has room for at first: most have no more.
const TASKS: usize = 24;

impl<W: World> Core<W> {
    pub fn shared(world: Arc<W>) -> Shared<W> {
        Arc::new(Mutex::new(Core {
            world,
            tasks: Vec::with_capacity(TASKS),
            pending: Vec::with_capacity(TASKS),
            current: None,
            ready: Arc::default(),
            roots: 0,
            done: 0,
            last: None,
            given_up: Vec::new(),
            touched: Vec::new(),
            told: Vec::new(),
            ran: Vec::new(),
            died: Vec::new(),
        }))
    }

    pub fn add_task(&mut self, spawned: Spawned) {
        let Spawned { node, name, future, asker, given } = spawned;
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
        let mut standing = match self.current {
            Some(parent) => self.tasks[parent].standing.of_child(kind, asker),
            None => Standing::new(kind, id),
        };
        standing.hears(given);
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

    /// A step waits among those of its task. If it looks like one of them, it is about something else from now on: so
    /// they can be told apart, and whichever of them happens, its task hears that it was this one.
    fn wait(&mut self, mut pending: Pending<W>) {
        let looks = |about: u64| {
            let mut others = self.steps_of(pending.task).map(|other| &other.asked);
            others.any(|other| other.about == about && other.label == pending.asked.label)
        };
        pending.asked.about = distinct(pending.asked.about, looks);
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

    /// The running task touches something: it hears what that holds.
    pub fn touches(&mut self, object: W::Object) {
        if let Some(task) = self.current {
            let held = match self.world.content(&object) {
                Content::Whole(held) | Content::Sum(held) => held,
                Content::Unknown => self.world.digest(),
            };
            self.hears(task, held);
        }
        self.touched.push((self.current, object));
    }

    /// The running task; none while the scene is set.
    pub fn running(&self) -> Option<usize> {
        self.current
    }

    /// A task is told an answer, or that none will come. It hears it if it still listens, whether or not it looks at it
    /// already.
    pub fn tell(&mut self, asker: &Asker, answer: u64) {
        self.told.push(asker.task);
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

    /// The same, and the order in which it hears what it waits for does not matter.
    pub fn waits_at(&mut self, state: u64) {
        let place = self.current.expect("only a running task can say where it stands");
        self.tasks[place].standing.waits_at(state);
    }

    /// A step is dropped before it happened.
    pub fn give_up(&mut self, id: StepId) -> Option<Pending<W>> {
        let dropped = self.pending.remove(self.find(id)?);
        let reads = dropped.asked.gate.iter().flat_map(|gate| gate.reads.iter().cloned());
        self.given_up.extend(reads);
        Some(dropped)
    }

    /// The steps that can happen now.
    pub fn open(&self) -> impl Iterator<Item = &Pending<W>> {
        self.pending.iter().filter(|pending| pending.is_open(&self.world))
    }

    pub fn find(&self, id: StepId) -> Option<usize> {
        self.pending.iter().position(|pending| pending.id == id)
    }

    /// The numbers of tasks, and the marks of the nodes that they run on.
    pub fn marked<'p>(&self, places: impl Iterator<Item = &'p usize>) -> impl Iterator<Item = (u64, u64)> {
        places.map(|place| (self.tasks[*place].id, self.tasks[*place].node_mark))
    }

    /// The numbers of the tasks that are still there.
    pub fn alive(&self) -> Vec<u64> {
        self.tasks.iter().filter(|task| task.future.is_some()).map(|task| task.id).collect()
    }

    /// The numbers of all tasks that others started, each with that of whoever started it; none if one of them touched
    /// the world since the last step began, so that others may know of it.
    pub fn families(&self) -> Option<Vec<[u64; 2]>> {
        let started = self.tasks.iter().filter_map(|task| Some([task.id, self.tasks[task.parent?].id]));
        self.touched.is_empty().then(|| started.collect())
    }

    /// Takes out the tasks that are not among these.
    pub fn leave_out(&mut self, wanted: &[u64]) -> Vec<TaskFuture> {
        let others = self.tasks.iter_mut().filter(|task| !wanted.contains(&task.id));
        others.filter_map(|task| task.future.take()).collect()
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
        self.died.extend(doomed.iter().map(|(_, place)| *place));
        doomed.into_iter().filter_map(|(_, place)| self.tasks[place].future.take()).collect()
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
