//! What a task holds of the explorer: its only door to the world.

use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures_channel::oneshot;
use futures_util::FutureExt;

use crate::executor::{Asked, Gate, Name, Open, Shared, Spawned, StepId, lock, parts};
use crate::footprint::Footprint;
use crate::standing::{Asker, Listening};
use crate::steady::Steady;
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
    open: Open<W>,
}

impl<W: World> fmt::Debug for When<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("When")
    }
}

impl<W: World> When<W> {
    pub fn new(
        reads: impl IntoIterator<Item = W::Object>,
        open: impl Fn(&W) -> bool + Send + Sync + 'static,
    ) -> Self {
        When { reads: reads.into_iter().collect(), open: Arc::new(open) }
    }

    fn gate(self) -> Option<Gate<W>> {
        Some(Gate { reads: self.reads, open: self.open })
    }
}

impl<W: World> Handle<W> {
    /// Changes the world while the scene is set.
    ///
    /// # Panics
    /// When a task asks: it changes the world with steps.
    pub fn prepare(&self, change: impl FnOnce(&mut W)) {
        let mut core = lock(&self.0);
        assert!(core.running().is_none(), "a task changes the world with steps");
        change(Arc::make_mut(&mut core.world));
    }

    /// What the running task does with an object of the world in the same breath as the step that let it run on: it is
    /// part of that step. The task knows from then on what the object held.
    pub fn touch<T>(&self, object: W::Object, does: impl FnOnce(&mut W) -> T) -> T {
        let mut core = lock(&self.0);
        core.touches(object);
        does(Arc::make_mut(&mut core.world))
    }

    /// One atomic step: answers what `body` answers, once the explorer lets it happen. A body changes the world and
    /// nothing else, and all that it does follows from the world: where an earlier run was answered at the same place
    /// it need not be run, and a search for states asks it of worlds in which its task waits for the same.
    pub fn step<T: Hash + Clone + Send + 'static>(
        &self,
        label: impl Into<Name>,
        body: impl FnMut(&mut W) -> Answer<W, T> + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static {
        self.register(Plan::of(label), body)
    }

    /// A step that can only happen at certain times.
    pub fn step_when<T: Hash + Clone + Send + 'static>(
        &self,
        label: impl Into<Name>,
        when: When<W>,
        body: impl FnMut(&mut W) -> Answer<W, T> + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static {
        self.register(Plan { gate: when.gate(), ..Plan::of(label) }, body)
    }

    /// Something that goes wrong, if it still can: an answer that is lost, a message that comes twice. Its place is
    /// explored like that of any step, and drawn by itself in random runs.
    pub fn fault<T: Hash + Clone + Send + 'static>(
        &self,
        label: impl Into<Name>,
        when: When<W>,
        body: impl FnMut(&mut W) -> Answer<W, T> + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static {
        self.register(Plan { gate: when.gate(), fault: true, ..Plan::of(label) }, body)
    }

    /// A step with which every task of `nodes` dies, between two of its own steps.
    pub fn crash(
        &self,
        label: impl Into<Name>,
        nodes: Vec<String>,
        mut body: impl FnMut(&mut W) -> Footprint<W::Object> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let kills = nodes.into_iter().map(Name::from).collect();
        self.register(Plan { kills, fault: true, ..Plan::of(label) }, move |world| ((), body(world)))
    }

    /// A step with which something starts anew, and every task of `nodes` ends that was left of what was there before.
    pub fn restart(
        &self,
        label: impl Into<Name>,
        when: When<W>,
        nodes: Vec<String>,
        mut body: impl FnMut(&mut W) -> Footprint<W::Object> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let kills = nodes.into_iter().map(Name::from).collect();
        let plan = Plan { gate: when.gate(), kills, ..Plan::of(label) };
        self.register(plan, move |world| ((), body(world)))
    }

    /// A step that starts a task on another node in the same breath: an order that is given and then goes on by
    /// itself. Answers the task's result; none if its node dies first. `about` tells it from other steps of the same
    /// label that its task waits for.
    pub fn order<
        T: Hash + Clone + Send + 'static,
        R: Hash + Send + 'static,
        F: Future<Output = R> + Send + 'static,
    >(
        &self,
        (label, about): (impl Into<Name>, impl Hash),
        when: When<W>,
        (node, name): (String, String),
        body: impl FnMut(&mut W) -> Answer<W, T> + Send + 'static,
        task: impl FnOnce(T) -> F + Send + 'static,
    ) -> impl Future<Output = Option<R>> + Send + 'static {
        let (answer, receive) = self.answer(Steady::of(&(&node, &name, &about)));
        let plan = Plan { gate: when.gate(), about: Steady::of(&about), ..Plan::of(label) };
        let goes_on = move |value| {
            let given = Steady::of(&value);
            let (task, asker) = (task(value), answer.asker.clone());
            let future = Box::pin(task.map(|result| answer.tell(result)));
            ((), Some(Spawned { node: node.into(), name: name.into(), future, asker, given }))
        };
        // Whoever gives an order hears that it is given, and no more.
        let given = self.ask(plan, body, |_| Steady::of(&()), goes_on);
        async move {
            given.await;
            receive.await
        }
    }

    /// Runs a task on a node.
    pub fn spawn(
        &self,
        node: impl Into<Name>,
        name: impl Into<Name>,
        future: impl Future<Output = ()> + Send + 'static,
    ) {
        self.start(node.into(), name.into(), None, future);
    }

    /// Runs a task on another node and waits for its result; none if that node dies first. Tasks that may wait for
    /// results at the same time differ in node or name: a search for states knows by these which of them is answered.
    pub fn request<T: Hash + Send + 'static>(
        &self,
        node: impl Into<Name>,
        name: impl Into<Name>,
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Option<T>> + Send + 'static {
        let (node, name) = (node.into(), name.into());
        let (answer, receive) = self.answer(Steady::of(&(&node, &name)));
        self.start(node, name, answer.asker.clone(), future.map(|result| answer.tell(result)));
        receive
    }

    fn start(
        &self,
        node: Name,
        name: Name,
        asker: Option<Asker>,
        future: impl Future<Output = ()> + Send + 'static,
    ) {
        lock(&self.0).add_task(Spawned { node, name, future: Box::pin(future), asker, given: 0 });
    }

    /// The way back from what is asked for. Requests of one task that are open at once are told apart by `about`.
    fn answer<T>(&self, about: u64) -> (Answering<W, T>, impl Future<Output = Option<T>> + use<W, T>) {
        let (send, receive) = oneshot::channel();
        let asker = lock(&self.0).running().map(|task| Asker::new(task, about));
        let listening = Listening(asker.clone());
        let core = Arc::clone(&self.0);
        (Answering { core, asker, send: Some(send) }, async move {
            let answer = receive.await.ok();
            drop(listening);
            answer
        })
    }

    /// The running task says that all it will do from here follows from `state` and from what it hears from now on: a
    /// search for states need not follow another task that stands at the same. Whoever says so takes the answers that
    /// came already into `state`, and the parts of the task that wait for something.
    pub fn stands_at(&self, state: &impl Hash) {
        lock(&self.0).stands_at(Steady::of(state));
    }

    /// The same of a task that waits for several things at once, and makes the same of them in whatever order they
    /// come: until it says again where it stands.
    pub fn waits_at(&self, state: &impl Hash) {
        lock(&self.0).waits_at(Steady::of(state));
    }

    /// Where the running task stands, as a number: for a part of it that says [`Handle::stands_at`] and has a caller.
    #[must_use]
    pub fn standing(&self) -> u64 {
        lock(&self.0).standing()
    }

    /// The number of the running task: its own, and the same in every run.
    #[must_use]
    pub fn task(&self) -> u64 {
        lock(&self.0).running_id()
    }

    /// A number that any task gets that stands where the running one does: another one each time it asks.
    #[must_use]
    pub fn named(&self) -> u64 {
        lock(&self.0).named()
    }

    /// A step that starts no task: it answers what its body answers.
    fn register<T: Hash + Clone + Send + 'static>(
        &self,
        plan: Plan<W>,
        body: impl FnMut(&mut W) -> Answer<W, T> + Send + 'static,
    ) -> Step<W, T> {
        self.ask(plan, body, |answer| Steady::of(answer), |answer| (answer, None))
    }

    fn ask<T: Hash + Clone + Send + 'static, R: Send + 'static>(
        &self,
        plan: Plan<W>,
        body: impl FnMut(&mut W) -> Answer<W, T> + Send + 'static,
        hears: fn(&T) -> u64,
        goes_on: impl FnOnce(T) -> (R, Option<Spawned>) + Send + 'static,
    ) -> Step<W, R> {
        let result: Arc<Mutex<Option<R>>> = Arc::default();
        let slot = Arc::clone(&result);
        let goes_on = move |answer| {
            let (result, spawned) = goes_on(answer);
            *lock(&slot) = Some(result);
            spawned
        };
        let (act, goes_on) = parts(body, hears, goes_on);
        let Plan { label, about, gate, kills, fault } = plan;
        let asked = Some(Asked { label, about, gate, kills, fault, act, goes_on });
        Step { core: Arc::clone(&self.0), asked, id: None, result }
    }
}

/// A step before its body is known.
struct Plan<W: World> {
    label: Name,
    about: u64,
    gate: Option<Gate<W>>,
    kills: Vec<Name>,
    fault: bool,
}

impl<W: World> Plan<W> {
    fn of(label: impl Into<Name>) -> Self {
        Plan { label: label.into(), about: 0, gate: None, kills: Vec::new(), fault: false }
    }
}

/// The way back to the task that asked. That it is told something is noted although it may be gone: had it not died,
/// it would have heard.
struct Answering<W: World, T> {
    core: Shared<W>,
    asker: Option<Asker>,
    send: Option<oneshot::Sender<T>>,
}

impl<W: World, T: Hash> Answering<W, T> {
    fn tell(mut self, value: T) {
        if let Some(asker) = &self.asker {
            lock(&self.core).tell(asker, Steady::of(&value));
        }
        if let Some(send) = self.send.take() {
            let _ = send.send(value);
        }
    }
}

impl<W: World, T> Drop for Answering<W, T> {
    fn drop(&mut self) {
        if let Some(asker) = self.asker.as_ref().filter(|_| self.send.is_some()) {
            lock(&self.core).tell(asker, Steady::of("nobody answers"));
        }
    }
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
            core.waits_for(id, context.waker());
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
