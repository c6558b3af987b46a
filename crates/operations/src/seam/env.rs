//! The world, as operations and agents see it.
//!
//! The control plane's world has transactions and no hypervisor; an agent's has a hypervisor and no
//! transactions. That an observation cannot write ownership (rule 2) is therefore a matter of types.

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use steadfast_model::cause::Cause;
use steadfast_model::hypervisor::{Act, ActError, Seen};
use steadfast_model::ids::{HostId, ListGen, Moment};
use steadfast_model::schedule::Fleet;
use uuid::Uuid;

use super::engine::Abort;
use super::record::Record;
use super::rows::Rows;
use super::tx::{Halt, Tx, View};
use crate::refused::Refused;

/// The name of one step of an operation: it stands in logs, in the feed and in the explorer's timelines, and it is
/// where a crash is placed.
pub type Step = &'static str;

/// Time, identity and concurrency.
pub trait Env: Clone + Send + Sync + 'static {
    fn now(&self) -> Moment;

    /// An id that nobody else gets. Later ids sort after earlier ones, as far as clocks agree.
    fn id(&self) -> Uuid;

    /// Waits. A timer is only ever a fallback: nothing may be concluded from its going off.
    fn timer(&self, step: Step, after_ms: u64) -> impl Future<Output = ()> + Send;

    /// Runs a task beside the caller. Nothing may depend on its being run: rows say what is left to do.
    fn spawn(&self, task: Step, future: impl Future<Output = ()> + Send + 'static);

    /// Says that all that the running task will do from here follows from `state` and from what it hears from now on.
    /// Production has no use for it; the explorer need not follow two tasks that stand at the same. A function that
    /// says so puts into `state` where its caller stood.
    fn stands_at(&self, _state: &impl Hash) {}

    /// The same of a task that waits for several things at once, and makes the same of them in whatever order they
    /// come, until it says again where it stands.
    fn waits_at(&self, state: &impl Hash) {
        self.stands_at(state);
    }

    /// Where the running task stands.
    fn standing(&self) -> u64 {
        0
    }
}

/// Why a transaction gave no result. Nothing of it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TxError {
    #[error(transparent)]
    Refused(Refused),
    #[error(transparent)]
    Store(Abort),
}

impl From<Halt> for TxError {
    fn from(halt: Halt) -> TxError {
        match halt {
            Halt::Refused(refused) => TxError::Refused(refused),
            Halt::Abort(abort) => TxError::Store(abort),
        }
    }
}

/// A world with a store of these rows.
pub trait Transactions<R: Rows = Record>: Env {
    /// One atomic step. Conflicts are retried and lost answers resolved below this line; an answer is true.
    fn tx<T, B>(&self, step: Step, cause: &Cause, body: B) -> impl Future<Output = Result<T, TxError>> + Send
    where
        T: Hash + Clone + Send + 'static,
        B: FnMut(&mut Tx<'_, R>) -> Result<T, Halt> + Send + 'static;

    /// One atomic step that only reads.
    fn view<T, B>(&self, step: Step, body: B) -> impl Future<Output = Result<T, TxError>> + Send
    where
        T: Hash + Clone + Send + 'static,
        B: FnMut(&mut View<'_, R>) -> Result<T, Halt> + Send + 'static;
}

/// The world of the control plane.
pub trait Control: Transactions {
    /// Waits until the host's `list_gen` exceeds `since`, as far as this process hears of it.
    fn changed(&self, step: Step, host: &HostId, since: ListGen) -> impl Future<Output = ()> + Send;

    /// Every host, for scheduling, as of some version since the call began, if the store can tell: whoever is refused
    /// for want of room was refused for what was so. It may be behind by the time it is looked at; the claim's
    /// transaction decides.
    fn fleet(&self, step: Step) -> impl Future<Output = Result<Arc<Fleet>, TxError>> + Send;
}

/// A message from an agent to the control plane, with the operation that handles it.
pub trait Message: Clone + Hash + Serialize + DeserializeOwned + Send + Sync + 'static {
    type Answer: Clone + Hash + Serialize + DeserializeOwned + Send + 'static;

    /// Its name in URLs and timelines.
    const NAME: Step;

    /// The host that it speaks for.
    fn host(&self) -> &HostId;

    fn handle<C: Control>(
        self,
        env: &C,
        cause: &Cause,
    ) -> impl Future<Output = Result<Self::Answer, TxError>> + Send;
}

/// Why a call had no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The control plane said no.
    #[error("{0}")]
    Refused(Refused),
    /// Nobody knows whether the message arrived.
    #[error("the control plane did not answer: {0}")]
    Unanswered(String),
}

/// The world of an agent.
pub trait Machine: Env {
    fn call<M: Message>(&self, message: M) -> impl Future<Output = Result<M::Answer, CallError>> + Send;

    /// The barrier: done once no order of any earlier life of this host is open, so that none can take effect
    /// later (A4).
    fn settle(&self, step: Step) -> impl Future<Output = Result<(), ActError>> + Send;

    fn observe(&self, step: Step) -> impl Future<Output = Result<Seen, ActError>> + Send;

    /// One order to the hypervisor. It goes on even if nobody waits for it any more.
    fn act(&self, step: Step, act: Act) -> impl Future<Output = Result<(), ActError>> + Send;
}
