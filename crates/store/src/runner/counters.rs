//! What a store has done so far, for metrics and benchmarks.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the store was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Bodies that were answered, views included. One that conflicts and is tried again counts again.
    pub transactions: u64,
    /// Commits that stored something; each may hold several transactions, and each flushes once.
    pub commits: u64,
    /// Runs that another transaction's commit, or a row from an earlier step, made worthless.
    pub conflicts: u64,
    /// Bodies that were run again.
    pub retries: u64,
    /// Commits whose answer was lost.
    pub lost: u64,
    /// Waits for a database server.
    pub round_trips: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    transactions: AtomicU64,
    commits: AtomicU64,
    conflicts: AtomicU64,
    retries: AtomicU64,
    lost: AtomicU64,
}

impl Counters {
    pub fn answered(&self, bodies: usize) {
        self.transactions.fetch_add(bodies as u64, Ordering::Relaxed);
    }

    pub fn committed(&self) {
        self.commits.fetch_add(1, Ordering::Relaxed);
    }

    pub fn conflicted(&self) {
        self.conflicts.fetch_add(1, Ordering::Relaxed);
    }

    pub fn retried(&self, bodies: usize) {
        self.retries.fetch_add(bodies as u64, Ordering::Relaxed);
    }

    pub fn lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    pub fn read(&self, round_trips: u64) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            transactions: read(&self.transactions),
            commits: read(&self.commits),
            conflicts: read(&self.conflicts),
            retries: read(&self.retries),
            lost: read(&self.lost),
            round_trips,
        }
    }
}
