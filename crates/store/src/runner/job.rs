//! A body on its way through a worker, with somebody who waits for its answer.

use std::panic::{AssertUnwindSafe, catch_unwind};

use steadfast_model::cause::Cause;
use steadfast_model::ids::Moment;
use steadfast_operations::seam::{
    Abort, Changes, Commit, Engine, Halt, Overlay, Step, Tx, TxError, View, draft, look,
};
use tokio::sync::oneshot;
use uuid::Uuid;

/// What running a body came to.
pub(super) enum Ran {
    /// It wants this written.
    Wrote(Changes),
    /// It wants nothing written: it refused, only read, or could not be run. Its answer stands once what it read is
    /// known to be true.
    Decided,
    /// The store could not go on, and nothing of the whole batch counts.
    Aborted(Abort),
}

/// Under which name and number a run may commit, and when it begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub writer: Uuid,
    pub n: u64,
    pub now: Moment,
}

pub(super) trait Job: Send {
    /// Runs the body and keeps its result. A later run replaces it.
    fn run(&mut self, engine: &mut dyn Engine, base: &Overlay, run: Run) -> Ran;

    /// Gives the result of the last run if it was stored, and otherwise why it was not.
    fn answer(self: Box<Self>, end: Result<(), Abort>);
}

/// The answer to a body whose store is shutting down.
pub(super) fn stopped() -> Abort {
    Abort::Unavailable("the store is shutting down".to_owned())
}

/// A body's result, with the body, to be run again where the result is a conflict.
pub(super) type Answered<T, B> = (Result<T, TxError>, B);

/// A body that may write.
pub(super) struct TxJob<T, B> {
    pub step: Step,
    pub cause: Cause,
    pub body: B,
    pub result: Option<Result<T, TxError>>,
    pub reply: oneshot::Sender<Answered<T, B>>,
}

impl<T, B> Job for TxJob<T, B>
where
    T: Send,
    B: FnMut(&mut Tx<'_>) -> Result<T, Halt> + Send,
{
    fn run(&mut self, engine: &mut dyn Engine, base: &Overlay, run: Run) -> Ran {
        let Run { writer, n, now } = run;
        let by = Commit { writer, n, step: self.step, cause: &self.cause };
        let drafted = caught(self.step, || draft(engine, base, now, by, &mut self.body));
        let (result, ran) = match drafted {
            Ok(draft) if draft.changes.is_empty() => (Ok(draft.value), Ran::Decided),
            Ok(draft) => (Ok(draft.value), Ran::Wrote(draft.changes)),
            Err(halt) => halted(halt),
        };
        self.result = Some(result);
        ran
    }

    fn answer(self: Box<Self>, end: Result<(), Abort>) {
        give(self.reply, self.result, self.body, end);
    }
}

/// A body that only reads.
pub(super) struct ViewJob<T, B> {
    pub step: Step,
    pub body: B,
    pub result: Option<Result<T, TxError>>,
    pub reply: oneshot::Sender<Answered<T, B>>,
}

impl<T, B> Job for ViewJob<T, B>
where
    T: Send,
    B: FnMut(&mut View<'_>) -> Result<T, Halt> + Send,
{
    fn run(&mut self, engine: &mut dyn Engine, _base: &Overlay, run: Run) -> Ran {
        let seen = caught(self.step, || look(engine, run.now, &mut self.body));
        let (result, ran) = match seen {
            Ok((value, _)) => (Ok(value), Ran::Decided),
            Err(halt) => halted(halt),
        };
        self.result = Some(result);
        ran
    }

    fn answer(self: Box<Self>, end: Result<(), Abort>) {
        give(self.reply, self.result, self.body, end);
    }
}

fn halted<T>(halt: Halt) -> (Result<T, TxError>, Ran) {
    let ran = match &halt {
        Halt::Refused(_) | Halt::Abort(Abort::Corrupt(_)) => Ran::Decided,
        Halt::Abort(why @ (Abort::Conflict | Abort::Unavailable(_))) => Ran::Aborted(why.clone()),
    };
    (Err(TxError::from(halt)), ran)
}

/// A body that panics is a defect of ours. It takes neither the thread nor the other bodies of its batch with it.
fn caught<T>(step: Step, run: impl FnOnce() -> Result<T, Halt>) -> Result<T, Halt> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        tracing::error!(step, "a transaction's body panicked; nothing of it is stored");
        Err(Halt::Abort(Abort::Corrupt(format!("the step {step} met something that should be impossible"))))
    })
}

fn give<T, B>(
    reply: oneshot::Sender<Answered<T, B>>,
    result: Option<Result<T, TxError>>,
    body: B,
    end: Result<(), Abort>,
) {
    let result = result.unwrap_or_else(|| Err(TxError::Store(stopped())));
    // Whoever no longer waits does not want to know.
    let _ = reply.send((end.map_err(TxError::Store).and(result), body));
}
