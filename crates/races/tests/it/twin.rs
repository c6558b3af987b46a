//! The real SQLite answers as the engine in memory does: every question, every commit, and every row at the end.

use steadfast_explore::{Sample, sample};
use steadfast_races::scenario;

/// How many schedules of each race run on both engines.
const SCHEDULES: u64 = 150;

#[test]
fn sqlite_answers_as_memory_does() {
    let (mut schedules, mut steps) = (0, 0);
    for race in scenario::all() {
        let options = Sample { seed: 3, runs: 0..SCHEDULES, twice: true, ..Sample::default() };
        let sampled = sample(&race.staged(None).beside_sqlite(), &options).expect("races end");
        assert_eq!(sampled.violation.map(|(_, violation)| violation.message), None, "{race:?}");
        assert_eq!(sampled.unsteady, Vec::<u64>::new(), "{race:?}");
        schedules += sampled.schedules;
        steps += sampled.steps;
    }
    println!("{schedules} schedules, {steps} steps, on SQLite and in memory");
    assert!(steps > 10_000);
}
