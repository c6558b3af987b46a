//! The world of a control plane: a store, and time.

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;

use steadfast_model::cause::Cause;
use steadfast_model::ids::{HostId, ListGen, Moment};
use steadfast_model::schedule::Fleet;
use steadfast_operations::seam::{Control, Env, Halt, Step, Transactions, Tx, TxError, View};
use steadfast_store::{OpenError, Setup, Store};
use uuid::Uuid;

use super::clock;

#[derive(Debug, Clone)]
pub struct ControlWorld {
    store: Store,
}

impl ControlWorld {
    /// Opens a store by its URL, under a name of this process's own.
    ///
    /// # Errors
    /// When the store cannot be opened.
    pub fn open(url: &str) -> Result<Self, OpenError> {
        let setup = Setup { process: clock::id(), clock: clock::now };
        Ok(ControlWorld { store: Store::open(url, setup)? })
    }

    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }
}

impl Env for ControlWorld {
    fn now(&self) -> Moment {
        clock::now()
    }

    fn id(&self) -> Uuid {
        clock::id()
    }

    async fn timer(&self, _step: Step, after_ms: u64) {
        clock::timer(after_ms).await;
    }

    fn spawn(&self, task: Step, future: impl Future<Output = ()> + Send + 'static) {
        clock::spawn(task, future);
    }
}

impl Transactions for ControlWorld {
    async fn tx<T, B>(&self, step: Step, cause: &Cause, body: B) -> Result<T, TxError>
    where
        T: Hash + Clone + Send + 'static,
        B: FnMut(&mut Tx<'_>) -> Result<T, Halt> + Send + 'static,
    {
        let ended = self.store.tx(step, cause, body).await;
        note(step, &cause.request, &ended);
        ended
    }

    async fn view<T, B>(&self, step: Step, body: B) -> Result<T, TxError>
    where
        T: Hash + Clone + Send + 'static,
        B: FnMut(&mut View<'_>) -> Result<T, Halt> + Send + 'static,
    {
        self.store.view(step, body).await
    }
}

impl Control for ControlWorld {
    async fn changed(&self, _step: Step, host: &HostId, since: ListGen) {
        self.store.changed(host, since).await;
    }

    async fn fleet(&self, _step: Step) -> Result<Arc<Fleet>, TxError> {
        Ok(self.store.fleet().await)
    }
}

/// One line for each step. A refusal is an answer like any other; a store that cannot go on is the operator's concern.
fn note<T>(step: Step, request: &steadfast_model::ids::RequestId, ended: &Result<T, TxError>) {
    match ended {
        Ok(_) => tracing::debug!(step, %request, "step"),
        Err(TxError::Refused(refused)) => tracing::debug!(step, %request, %refused, "refused"),
        Err(TxError::Store(why)) => tracing::warn!(step, %request, %why, "the store cannot go on"),
    }
}
