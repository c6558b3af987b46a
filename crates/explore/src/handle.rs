//! What a task holds of the explorer: its only door to the world.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures_channel::oneshot;

use crate::executor::{Body, Effect, Gate, Pending, Shared, Spawned, StepId, World, lock};

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

impl<W: World> Handle<W> {
    /// Changes the world while the scene is set, before the first step.
    pub fn prepare(&self, change: impl FnOnce(&mut W)) {
        change(&mut lock(&self.0).world);
    }

    /// One atomic step: answers what `body` answers, once the explorer lets it happen.
    pub fn step<T: Send + 'static>(
        &self,
        label: impl Into<String>,
        body: impl FnOnce(&mut W) -> (T, W::Footprint) + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static {
        self.register(label.into(), None, Vec::new(), |world| bare(body(world)))
    }

    /// A step that can only happen while `gate` holds.
    pub fn step_when<T: Send + 'static>(
        &self,
        label: impl Into<String>,
        gate: impl Fn(&W) -> bool + Send + 'static,
        body: impl FnOnce(&mut W) -> (T, W::Footprint) + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static {
        self.register(label.into(), Some(Box::new(gate)), Vec::new(), |world| bare(body(world)))
    }

    /// A step that starts a task on another node in the same breath: an order that is given and then goes on by
    /// itself. Answers the task's result; none if its node dies first.
    pub fn order<T: Send + 'static, R: Send + 'static, F: Future<Output = R> + Send + 'static>(
        &self,
        label: impl Into<String>,
        gate: impl Fn(&W) -> bool + Send + 'static,
        on: (String, String),
        body: impl FnOnce(&mut W) -> (T, W::Footprint) + Send + 'static,
        task: impl FnOnce(T) -> F + Send + 'static,
    ) -> impl Future<Output = Option<R>> + Send + 'static {
        let (send, receive) = oneshot::channel();
        let (node, name) = on;
        let given = self.register(label.into(), Some(Box::new(gate)), Vec::new(), move |world| {
            let (value, footprint) = body(world);
            let task = task(value);
            let future = Box::pin(async move {
                // Whoever gave the order may be gone by now.
                let _ = send.send(task.await);
            });
            ((), (footprint, Some(Spawned { node, name, future })))
        });
        async move {
            given.await;
            receive.await.ok()
        }
    }

    /// A step with which every task of `nodes` dies, between two of its own steps.
    pub fn crash(
        &self,
        label: impl Into<String>,
        nodes: Vec<String>,
        body: impl FnOnce(&mut W) -> W::Footprint + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        self.register(label.into(), None, nodes, move |world| bare(((), body(world))))
    }

    /// Runs a task on a node.
    pub fn spawn(
        &self,
        node: impl Into<String>,
        name: impl Into<String>,
        future: impl Future<Output = ()> + Send + 'static,
    ) {
        lock(&self.0).add_task(Spawned { node: node.into(), name: name.into(), future: Box::pin(future) });
    }

    /// Runs a task on another node and waits for its result; none if that node dies first.
    pub fn request<T: Send + 'static>(
        &self,
        node: impl Into<String>,
        name: impl Into<String>,
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Option<T>> + Send + 'static {
        let (send, receive) = oneshot::channel();
        self.spawn(node, name, async move {
            // Whoever asked may be gone by now.
            let _ = send.send(future.await);
        });
        async move { receive.await.ok() }
    }

    /// A number that no other call answers, the same in every run that comes to this call the same way.
    #[must_use]
    pub fn fresh(&self) -> u128 {
        lock(&self.0).fresh()
    }

    fn register<T: Send + 'static>(
        &self,
        label: String,
        gate: Option<Gate<W>>,
        kills: Vec<String>,
        body: impl FnOnce(&mut W) -> (T, Effect<W>) + Send + 'static,
    ) -> Step<W, T> {
        let result: Arc<Mutex<Option<T>>> = Arc::default();
        let slot = Arc::clone(&result);
        let body = Box::new(move |world: &mut W| {
            let (value, effect) = body(world);
            *lock(&slot) = Some(value);
            effect
        });
        Step { core: Arc::clone(&self.0), asked: Some(Asked { label, gate, kills, body }), id: None, result }
    }
}

struct Asked<W: World> {
    label: String,
    gate: Option<Gate<W>>,
    kills: Vec<String>,
    body: Body<W>,
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
        if let Some(value) = lock(&self.result).take() {
            return Poll::Ready(value);
        }
        let waker = context.waker().clone();
        if let Some(Asked { label, gate, kills, body }) = self.asked.take() {
            let id = lock(&self.core).add_step(Pending { label, gate, body, waker, kills });
            self.id = Some(id);
        } else if let Some(id) = &self.id
            && let Some(pending) = lock(&self.core).pending.get_mut(id)
        {
            pending.waker = waker;
        }
        Poll::Pending
    }
}

impl<W: World, T> Drop for Step<W, T> {
    fn drop(&mut self) {
        let Some(id) = &self.id else { return };
        let dropped = lock(&self.core).pending.remove(id);
        drop(dropped);
    }
}

impl<W: World, T> Unpin for Step<W, T> {}
