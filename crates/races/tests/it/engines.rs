//! The real SQLite answers as the engine in memory does: every question, every commit, and every row at the end.

use steadfast_explore::{Sample, sample};
use steadfast_races::scenario;
use steadfast_races::scenario::generated;

/// How many schedules of each written race, and of each pair of operations, run on both engines.
const SCHEDULES: u64 = 150;
const SCHEDULES_OF_PAIRS: u64 = 15;

#[test]
fn sqlite_answers_as_memory_does() {
    let (mut schedules, mut steps) = (0, 0);
    let written = scenario::all().into_iter().map(|race| (race.clone(), SCHEDULES));
    let pairs = generated::pairs().into_iter().map(|race| (race, SCHEDULES_OF_PAIRS));
    for (race, runs) in written.chain(pairs) {
        let options = Sample { seed: 3, runs: 0..runs, ..Sample::default() };
        let sampled = sample(&race.staged(None).beside_sqlite(), &options).expect("races end");
        assert_eq!(sampled.violation.map(|(_, violation)| violation.message), None, "{race:?}");
        schedules += sampled.schedules;
        steps += sampled.steps;
    }
    println!("{schedules} schedules, {steps} steps, on SQLite and in memory");
    assert!(steps > 10_000);
}
