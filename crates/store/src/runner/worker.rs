//! A thread with an engine: runs bodies in batches, commits each batch once, and answers only what is true.
//!
//! Nobody is answered before the batch is committed, not even a body that was refused: it may have been refused
//! because of what a body before it was about to write.

use std::sync::Arc;
use std::thread;

use steadfast_model::ids::Version;
use steadfast_operations::seam::{Abort, Changes, CommitError, Overlay};

use super::job::{Job, Ran, Run};
use super::queue::Queue;
use super::store::Shared;
use crate::backend::Backend;
use crate::backoff;

/// How often the feed is asked for a commit whose answer was lost. Each time an engine does what it can to reach its
/// store again, so that this is a second for a file and about half a minute for a server.
const RESOLVES_MAX: u32 = 10;

pub(super) struct Worker {
    pub engine: Box<dyn Backend>,
    pub shared: Arc<Shared>,
    /// How many bodies share one commit at most.
    pub batch_max: usize,
}

type Jobs = Vec<Box<dyn Job>>;

impl Worker {
    /// Serves a queue until it is closed and empty.
    pub fn serve(mut self, queue: &Queue) {
        while let Some(jobs) = queue.take(self.batch_max) {
            self.perform(jobs);
        }
    }

    /// All together first. After a conflict in halves, so that one unlucky body does not hold up the others. One that
    /// conflicts alone goes back to its caller, who tries again later.
    fn perform(&mut self, jobs: Jobs) {
        let mut left = self.attempt(jobs);
        if left.len() > 1 {
            self.shared.counters.retried(left.len());
            let rest = left.split_off(left.len() / 2);
            self.perform(left);
            self.perform(rest);
        } else {
            self.answer(left, &Err(Abort::Conflict));
        }
    }

    /// Runs bodies, each over what those before it will have written, and commits. Gives back those that must run
    /// again.
    fn attempt(&mut self, mut jobs: Jobs) -> Jobs {
        let mut base = Overlay::default();
        let mut batch = Vec::new();
        for job in &mut jobs {
            let run =
                Run { writer: self.shared.process, n: self.shared.next_n(), now: (self.shared.clock)() };
            match job.run(self.engine.as_mut(), &base, run) {
                Ran::Wrote(changes) => {
                    base.absorb(&changes);
                    batch.push(changes);
                }
                Ran::Decided => {}
                Ran::Aborted(why) => {
                    self.engine.rollback();
                    return self.aborted(jobs, why);
                }
            }
        }
        match self.engine.commit(&batch) {
            Ok(version) => self.stored(jobs, version, batch),
            Err(CommitError::Conflict) => self.aborted(jobs, Abort::Conflict),
            Err(CommitError::Unavailable(why)) => self.aborted(jobs, Abort::Unavailable(why)),
            Err(CommitError::Lost(why)) => self.resolve(jobs, batch, &why),
        }
    }

    fn stored(&self, jobs: Jobs, version: Version, batch: Vec<Changes>) -> Jobs {
        if !batch.is_empty() {
            self.shared.counters.committed();
            self.shared.index.take_commit(version, batch);
        }
        self.answer(jobs, &Ok(()));
        Jobs::new()
    }

    fn aborted(&self, jobs: Jobs, why: Abort) -> Jobs {
        match why {
            Abort::Conflict => {
                self.shared.counters.conflicted();
                jobs
            }
            Abort::Unavailable(_) | Abort::Corrupt(_) => {
                self.answer(jobs, &Err(why));
                Jobs::new()
            }
        }
    }

    /// The answer to a commit was lost: the feed knows. A batch is stored whole or not at all, so its last member
    /// speaks for all.
    fn resolve(&mut self, jobs: Jobs, batch: Vec<Changes>, why: &str) -> Jobs {
        self.shared.counters.lost();
        // What only read is simply read again.
        let Some(last) = batch.last() else { return self.aborted(jobs, Abort::Conflict) };
        let (writer, n) = (last.writer, last.n);
        tracing::warn!(%writer, n, why, "the answer to a commit was lost; asking the feed");
        for tries in 1..=RESOLVES_MAX {
            match self.engine.committed(writer, n) {
                Ok(Some(version)) => return self.stored(jobs, version, batch),
                Ok(None) => return self.aborted(jobs, Abort::Conflict),
                Err(_) => thread::sleep(backoff::wait(tries, self.shared.salt())),
            }
        }
        let unknown = format!(
            "the answer to a commit was lost ({why}) and the store does not come back: it is unknown whether it was \
             stored; look at the result before you repeat the request"
        );
        self.aborted(jobs, Abort::Unavailable(unknown))
    }

    fn answer(&self, jobs: Jobs, end: &Result<(), Abort>) {
        self.shared.counters.answered(jobs.len());
        jobs.into_iter().for_each(|job| job.answer(end.clone()));
    }
}
