//! How far a search has come, for whoever watches it from another thread, and the way to end it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counts of a search that goes on. Cheap to clone; every clone counts the same search.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    counts: Arc<Counts>,
    /// Ends this part of the search alone, where it is one.
    ended: Option<Arc<AtomicBool>>,
}

#[derive(Debug, Default)]
struct Counts {
    schedules: AtomicU64,
    states: AtomicU64,
    left: AtomicU64,
    stopped: Arc<AtomicBool>,
}

impl Counts {
    fn of(other: &Counts) -> Counts {
        let copy = |count: &AtomicU64| AtomicU64::new(count.load(Ordering::Relaxed));
        let (schedules, states) = (copy(&other.schedules), copy(&other.states));
        Counts { schedules, states, left: AtomicU64::default(), stopped: Arc::default() }
    }
}

impl Meter {
    /// Runs so far, those that were given up included.
    #[must_use]
    pub fn schedules(&self) -> u64 {
        self.counts.schedules.load(Ordering::Relaxed)
    }

    /// States so far, of searches that tell them apart: their runs are none that count.
    #[must_use]
    pub fn states(&self) -> u64 {
        self.counts.states.load(Ordering::Relaxed)
    }

    /// What all searches that go on know to be left, as they said last: see [`crate::Found::left`].
    #[must_use]
    pub fn left(&self) -> u64 {
        self.counts.left.load(Ordering::Relaxed)
    }

    /// Counts on from here, of another search.
    #[must_use]
    pub fn anew(&self) -> Meter {
        Meter { counts: Arc::new(Counts::of(&self.counts)), ended: None }
    }

    /// Counts the same, of a part of the search that can be ended by itself.
    #[must_use]
    pub fn part(&self) -> Meter {
        Meter { counts: Arc::clone(&self.counts), ended: Some(Arc::default()) }
    }

    /// Ends the search, or this part of it, after the run that is under way. What it found until then counts.
    pub fn stop(&self) {
        self.ended.as_ref().unwrap_or(&self.counts.stopped).store(true, Ordering::Relaxed);
    }

    #[must_use]
    pub fn is_stopped(&self) -> bool {
        let ended = self.ended.as_ref().is_some_and(|ended| ended.load(Ordering::Relaxed));
        ended || self.counts.stopped.load(Ordering::Relaxed)
    }

    pub(crate) fn count_run(&self) {
        self.counts.schedules.fetch_add(1, Ordering::Relaxed);
    }

    /// What one search knows to be left, which it says anew now and then.
    pub(crate) fn leaves(&self) -> Leaves {
        Leaves { meter: self.clone(), left: 0 }
    }

    pub(crate) fn count_states(&self, states: u64) {
        self.counts.states.fetch_add(states, Ordering::Relaxed);
    }
}

/// What one search knows to be left. Nothing is, once it ends.
#[derive(Debug)]
pub(crate) struct Leaves {
    meter: Meter,
    left: u64,
}

impl Leaves {
    pub fn so_many(&mut self, left: u64) {
        // It wraps: less than before is added as what is missing to the next round of the number.
        self.meter.counts.left.fetch_add(left.wrapping_sub(self.left), Ordering::Relaxed);
        self.left = left;
    }
}

impl Drop for Leaves {
    fn drop(&mut self) {
        self.so_many(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_ends_alone_and_with_the_whole() {
        let whole = Meter::default();
        let (one, other) = (whole.part(), whole.part());
        one.clone().stop();
        assert_eq!([&one, &other, &whole].map(Meter::is_stopped), [true, false, false]);
        whole.stop();
        assert_eq!([&one, &other, &whole].map(Meter::is_stopped), [true; 3]);
        assert!(!whole.anew().is_stopped());
        other.count_run();
        assert_eq!(whole.schedules(), 1);
    }

    #[test]
    fn what_is_left_is_of_the_searches_that_go_on() {
        let whole = Meter::default();
        let (mut one, mut other) = (whole.part().leaves(), whole.leaves());
        one.so_many(7);
        other.so_many(5);
        one.so_many(3);
        assert_eq!(whole.left(), 8);
        drop(other);
        assert_eq!(whole.left(), 3);
    }
}
