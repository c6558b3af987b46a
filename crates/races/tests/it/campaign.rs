//! How a campaign spends its time, on a subject that only counts what is asked of it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use steadfast_explore::timeline::Timeline;
use steadfast_explore::{
    Explorable, Found, Hint, Limits, Minimal, Options, Replayed, Sample, Sampled, StepId, Token, TokenError,
    Unfinished, Violation,
};
use steadfast_races::campaign::{Budget, Campaign, Strategy, campaign};
use steadfast_races::catalogue::{Engine, Kind, Subject};

/// More states than a search holds.
#[derive(Default)]
struct Vast {
    searches: AtomicU64,
    /// The first of each part of random runs, and how many there are in it.
    drawn: Mutex<BTreeMap<u64, u64>>,
}

/// The run that goes wrong.
const WRONG: u64 = 2_600;

impl Explorable for &Vast {
    fn search(&self, _: &Options) -> Result<Found, Unfinished> {
        self.searches.fetch_add(1, Ordering::Relaxed);
        Ok(Found { states: 10, full: true, ..Found::default() })
    }

    fn sample(&self, wanted: &Sample) -> Result<Sampled, Unfinished> {
        let runs = wanted.runs.clone();
        let count = runs.end - runs.start;
        let again = self.drawn.lock().expect("nobody panics").insert(runs.start, count);
        assert_eq!(again, None, "{runs:?} are drawn twice");
        let violation = Violation { message: "Wrong: at last".to_owned(), path: Vec::new() };
        let violation = runs.contains(&WRONG).then_some((WRONG, violation));
        Ok(Sampled { schedules: count, violation, ..Sampled::default() })
    }

    fn minimise(&self, _: &Limits, _: &[StepId], _: u64) -> Result<Minimal, Unfinished> {
        unreachable!("nothing is found")
    }

    fn timeline(&self, _: &Limits, _: &[StepId]) -> Result<Timeline, Unfinished> {
        unreachable!("nothing is found")
    }

    fn repairs(&self, _: &Limits, _: &[StepId], _: u64) -> Result<Vec<Hint>, Unfinished> {
        unreachable!("nothing is found")
    }

    fn replay(&self, _: &Token, _: &Limits) -> Result<Replayed, TokenError> {
        unreachable!("nothing is found")
    }

    fn pace(&self, _: &Limits, _: u64) -> Result<u64, Unfinished> {
        unreachable!("nobody measures")
    }
}

impl Subject for &'static Vast {
    fn name(&self) -> String {
        "vast".to_owned()
    }

    fn kind(&self) -> Kind {
        Kind::Shipped
    }

    fn about(&self) -> String {
        "more than can be held".to_owned()
    }

    fn operations(&self) -> Vec<String> {
        Vec::new()
    }

    fn faults(&self) -> Vec<String> {
        Vec::new()
    }

    fn staged(&self, _: Engine) -> Box<dyn Explorable + '_> {
        Box::new(*self)
    }
}

/// What a search cannot hold is not searched again as long as there is time: it is sampled instead, where that is
/// wanted, and each run is drawn once.
#[test]
fn what_is_too_large_is_searched_once() {
    for strategy in [Strategy::Auto, Strategy::SearchAlone] {
        let vast: &'static Vast = Box::leak(Box::default());
        let budget = Budget::Time(Duration::from_hours(24));
        let wanted = Campaign { strategy, budget, store: Engine::Memory, seed: 1, workers: 2 };
        let explored = campaign(&[Box::new(vast)], wanted, &mut ()).expect("it is explored");
        assert!(explored[0].full && !explored[0].exhausted, "{strategy:?}");
        assert_eq!(vast.searches.load(Ordering::Relaxed), 1, "{strategy:?}");
        let drawn = vast.drawn.lock().expect("nobody panics");
        let mut next = 0;
        for (first, count) in drawn.iter() {
            assert_eq!(*first, next, "{strategy:?}: some runs are left out");
            next += count;
        }
        let sampled = if strategy == Strategy::Auto { next.min(explored[0].sampled) } else { 0 };
        assert_eq!(explored[0].sampled, sampled, "{strategy:?}");
        assert_eq!(sampled > WRONG, strategy == Strategy::Auto, "{strategy:?}");
    }
}
