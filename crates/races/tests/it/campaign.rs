//! How a campaign spends its time, on a subject that only counts what is asked of it.

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
    samples: AtomicU64,
}

impl Explorable for &Vast {
    fn search(&self, _: &Options) -> Result<Found, Unfinished> {
        self.searches.fetch_add(1, Ordering::Relaxed);
        Ok(Found { states: 10, full: true, ..Found::default() })
    }

    /// It goes wrong in the third round of random runs. Each has another seed.
    fn sample(&self, wanted: &Sample) -> Result<Sampled, Unfinished> {
        let round = self.samples.fetch_add(1, Ordering::Relaxed);
        assert_eq!(wanted.seed, 1 + round);
        let violation = Violation { message: "Wrong: at last".to_owned(), path: Vec::new() };
        let violation = (round == 2).then_some((0, violation));
        Ok(Sampled { schedules: wanted.runs.end, violation, ..Sampled::default() })
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
/// wanted.
#[test]
fn what_is_too_large_is_searched_once() {
    for (strategy, samples) in [(Strategy::Auto, 3), (Strategy::SearchAlone, 0)] {
        let vast: &'static Vast = Box::leak(Box::default());
        let budget = Budget::Time(Duration::from_hours(24));
        let wanted = Campaign { strategy, budget, store: Engine::Memory, seed: 1, workers: 2 };
        let explored = campaign(&[Box::new(vast)], wanted, &mut ()).expect("it is explored");
        assert!(explored[0].full && !explored[0].exhausted, "{strategy:?}");
        assert_eq!(explored[0].sampled, samples * 1_000, "{strategy:?}");
        let asked = (vast.searches.load(Ordering::Relaxed), vast.samples.load(Ordering::Relaxed));
        assert_eq!(asked, (1, samples), "{strategy:?}");
    }
}
