//! What a task holds of the explorer: its only door to the world.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures_channel::oneshot;

use crate::executor::{Asked, Effect, Gate, Name, Shared, Spawned, StepId, lock};
use crate::footprint::Footprint;
use crate::world::World;

/// The running tasks' door to the world. Cheap to clone.
pub struct Handle<W: World>(pub(crate) Shared<W>);

impl<W: World> Clone for Handle<W> {
    fn clone(&self) -> Self {
        Handle(Arc::clone(&self.0))
    }
}

impl<W: World> fmt::Debug for Handle<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle")
    }
}

/// What a body answers: its result, and what it touched.
type Answer<W, T> = (T, Footprint<<W as World>::Object>);

/// When a step can happen: while `open` holds, which is read from the objects named.
pub struct When<W: World> {
    reads: Vec<W::Object>,
    open: Box<dyn Fn(&W) -> bool + Send>,
}

impl<W: World> fmt::Debug for When<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("When")
    }
}

impl<W: World> When<W> {
    pub fn new(
        reads: impl IntoIterator<Item = W::Object>,
        open: impl Fn(&W) -> bool + Send + 'static,
    ) -> Self {
        When { reads: reads.into_iter().collect(), open: Box::new(open) }
    }

    fn gate(self) -> Option<Gate<W>> {
        Some(Gate { reads: self.reads, open: self.open })
    }
}

impl<W: World> Handle<W> {
    /// Changes the world while the scene is set, before the first step.
    pub fn prepare(&self, change: impl FnOnce(&mut W)) {
        change(&mut lock(&self.0).world);
    }

    /// One atomic step: answers what `body` answers, once the explorer lets it happen.
    pub fn step<T: Send + 'static>(
        &self,
        label: impl Into<Name>,
        body: impl FnOnce(&mut W) -> Answer<W, T> + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static {
        self.register(label.into(), None, Vec::new(), false, |world| bare(body(world)))
    }

    /// A step that can only happen at certain times.
    pub fn step_when<T: Send + 'static>(
        &self,
        label: impl Into<Name>,
        when: When<W>,
        body: impl FnOnce(&mut W) -> Answer<W, T> + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static {
        self.register(label.into(), when.gate(), Vec::new(), false, |world| bare(body(world)))
    }

    /// Something that goes wrong, if it still can: an answer that is lost, a message that comes twice. Its place is
    /// explored like that of any step, and drawn by itself in random runs.
    pub fn fault<T: Send + 'static>(
        &self,
        label: impl Into<Name>,
        when: When<W>,
        body: impl FnOnce(&mut W) -> Answer<W, T> + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static {
        self.register(label.into(), when.gate(), Vec::new(), true, |world| bare(body(world)))
    }

    /// A step with which every task of `nodes` dies, between two of its own steps.
    pub fn crash(
        &self,
        label: impl Into<Name>,
        nodes: Vec<String>,
        body: impl FnOnce(&mut W) -> Footprint<W::Object> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let nodes = nodes.into_iter().map(Name::from).collect();
        self.register(label.into(), None, nodes, true, move |world| bare(((), body(world))))
    }

    /// A step that starts a task on another node in the same breath: an order that is given and then goes on by
    /// itself. Answers the task's result; none if its node dies first.
    pub fn order<T: Send + 'static, R: Send + 'static, F: Future<Output = R> + Send + 'static>(
        &self,
        label: impl Into<Name>,
        when: When<W>,
        (node, name): (String, String),
        body: impl FnOnce(&mut W) -> Answer<W, T> + Send + 'static,
        task: impl FnOnce(T) -> F + Send + 'static,
    ) -> impl Future<Output = Option<R>> + Send + 'static {
        let (answer, receive) = self.answer();
        let given = self.register(label.into(), when.gate(), Vec::new(), false, move |world| {
            let (value, footprint) = body(world);
            let task = task(value);
            let future = Box::pin(async move { answer.tell(task.await) });
            ((), (footprint, Some(Spawned { node: node.into(), name: name.into(), future })))
        });
        async move {
            given.await;
            receive.await.ok()
        }
    }

    /// Runs a task on a node.
    pub fn spawn(
        &self,
        node: impl Into<Name>,
        name: impl Into<Name>,
        future: impl Future<Output = ()> + Send + 'static,
    ) {
        lock(&self.0).add_task(Spawned { node: node.into(), name: name.into(), future: Box::pin(future) });
    }

    /// Runs a task on another node and waits for its result; none if that node dies first.
    pub fn request<T: Send + 'static>(
        &self,
        node: impl Into<Name>,
        name: impl Into<Name>,
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Option<T>> + Send + 'static {
        let (answer, receive) = self.answer();
        self.spawn(node, name, async move { answer.tell(future.await) });
        async move { receive.await.ok() }
    }

    fn answer<T>(&self) -> (Answering<W, T>, oneshot::Receiver<T>) {
        let (send, receive) = oneshot::channel();
        let asker = lock(&self.0).running();
        (Answering { core: Arc::clone(&self.0), asker, send }, receive)
    }

    /// A number that no other call answers, the same in every run that comes to this call the same way.
    #[must_use]
    pub fn fresh(&self) -> u128 {
        lock(&self.0).fresh()
    }

    fn register<T: Send + 'static>(
        &self,
        label: Name,
        gate: Option<Gate<W>>,
        kills: Vec<Name>,
        fault: bool,
        body: impl FnOnce(&mut W) -> (T, Effect<W>) + Send + 'static,
    ) -> Step<W, T> {
        let result: Arc<Mutex<Option<T>>> = Arc::default();
        let slot = Arc::clone(&result);
        let body = Box::new(move |world: &mut W| {
            let (value, effect) = body(world);
            *lock(&slot) = Some(value);
            effect
        });
        let asked = Some(Asked { label, gate, kills, fault, body });
        Step { core: Arc::clone(&self.0), asked, id: None, result }
    }
}

/// The way back to the task that asked. That it is told something is noted although it may be gone: had it not died,
/// it would have heard.
struct Answering<W: World, T> {
    core: Shared<W>,
    asker: Option<usize>,
    send: oneshot::Sender<T>,
}

impl<W: World, T> Answering<W, T> {
    fn tell(self, value: T) {
        lock(&self.core).tell(self.asker);
        let _ = self.send.send(value);
    }
}

/// A step that starts no task.
fn bare<T, F>((value, footprint): (T, F)) -> (T, (F, Option<Spawned>)) {
    (value, (footprint, None))
}

/// A step as a future: asked for at the first poll, gone if it is dropped before it happened.
struct Step<W: World, T> {
    core: Shared<W>,
    asked: Option<Asked<W>>,
    id: Option<StepId>,
    result: Arc<Mutex<Option<T>>>,
}

impl<W: World, T> Future for Step<W, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let result = lock(&self.result).take();
        if let Some(value) = result {
            self.id = None;
            return Poll::Ready(value);
        }
        if let Some(asked) = self.asked.take() {
            let id = lock(&self.core).add_step(asked, context.waker().clone());
            self.id = Some(id);
        } else if let Some(id) = self.id {
            let mut core = lock(&self.core);
            if let Some(at) = core.find(id).filter(|at| !core.pending[*at].waker.will_wake(context.waker())) {
                core.pending[at].waker = context.waker().clone();
            }
        }
        Poll::Pending
    }
}

impl<W: World, T> Drop for Step<W, T> {
    fn drop(&mut self) {
        let Some(id) = self.id else { return };
        // Its body is dropped outside the lock: it may hold handles of its own.
        let dropped = lock(&self.core).give_up(id);
        drop(dropped);
    }
}

impl<W: World, T> Unpin for Step<W, T> {}
