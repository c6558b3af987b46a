//! How far a search has come, for whoever watches it from another thread, and the way to end it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counts of a search that goes on. Cheap to clone; every clone counts the same search.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    schedules: AtomicU64,
    states: AtomicU64,
    stopped: AtomicBool,
}

impl Counts {
    fn of(other: &Counts) -> Counts {
        let copy = |count: &AtomicU64| AtomicU64::new(count.load(Ordering::Relaxed));
        let (schedules, states) = (copy(&other.schedules), copy(&other.states));
        Counts { schedules, states, stopped: AtomicBool::new(false) }
    }
}

impl Meter {
    /// Runs so far, those that were given up included.
    #[must_use]
    pub fn schedules(&self) -> u64 {
        self.0.schedules.load(Ordering::Relaxed)
    }

    /// States so far, of searches that tell them apart: their runs are none that count.
    #[must_use]
    pub fn states(&self) -> u64 {
        self.0.states.load(Ordering::Relaxed)
    }

    /// Counts on from here, of another search.
    #[must_use]
    pub fn anew(&self) -> Meter {
        Meter(Arc::new(Counts::of(&self.0)))
    }

    /// Ends the search after the run that is under way. What it found until then counts.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::Relaxed);
    }

    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::Relaxed)
    }

    pub(crate) fn count_run(&self) {
        self.0.schedules.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_states(&self, states: u64) {
        self.0.states.fetch_add(states, Ordering::Relaxed);
    }
}
