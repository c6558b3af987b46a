//! Bodies that wait for a thread.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::job::Job;

/// Bodies that may wait. Fewer refuse a burst that would have been served; more let callers wait for what they have
/// long given up.
const WAITING_MAX: usize = 10_000;

/// Why a body is not taken in. It comes back, to be answered.
pub(super) enum Rejected {
    Full(Box<dyn Job>),
    Closed(Box<dyn Job>),
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Box<dyn Job>>,
    closed: bool,
}

/// First come, first served, by any number of threads.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

impl Queue {
    pub fn push(&self, job: Box<dyn Job>) -> Result<(), Rejected> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(Rejected::Closed(job));
        }
        if waiting.jobs.len() >= WAITING_MAX {
            return Err(Rejected::Full(job));
        }
        waiting.jobs.push_back(job);
        drop(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    /// Waits for jobs and takes up to `most` of them; none once the queue is closed and empty.
    pub fn take(&self, most: usize) -> Option<Vec<Box<dyn Job>>> {
        let idle = |waiting: &mut Waiting| waiting.jobs.is_empty() && !waiting.closed;
        let mut waiting = self.arrived.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        let count = waiting.jobs.len().min(most);
        let jobs: Vec<_> = waiting.jobs.drain(..count).collect();
        (!jobs.is_empty()).then_some(jobs)
    }

    /// What waits is still served; nothing more is taken in.
    pub fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
