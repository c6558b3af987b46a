//! Every historic race is found, every repair of one holds, and the documents say what the tests found.

use std::collections::BTreeSet;

use steadfast_explore::{
    Draw, Found, Options, Reduction, Sample, Shown, StepId, Token, Violation, World, minimise, sample,
    search, search_and_tell, trace,
};
use steadfast_races::legacy::nova::Invariant;
use steadfast_races::legacy::seed::{Circumstance, Repair, arranged};
use steadfast_races::legacy::{self, Arranged, Legacy};

const DOCUMENT: &str = include_str!("../../../../docs/legacy.md");

/// In how many orders, or random runs, a race must be found. The longest takes 7 orders and 86 runs: with much less a
/// small change of a race fails the test, with much more an explorer that has grown blind passes it.
const FOUND_WITHIN: u64 = 1_000;

/// Up to how many orders a repaired race may have. The largest has 12: one with more is not the smallest.
const REPAIRED_MAX: u64 = 10_000;

fn timeline(arranged: &Arranged, path: &[StepId]) -> String {
    let line = |step: &Shown| format!("  {:28} {:28} {}", step.node, step.task, step.label);
    trace(arranged, path).iter().map(line).collect::<Vec<_>>().join("\n")
}

fn assert_breaks(race: &Legacy, violation: &Violation) {
    let expected = format!("{}: ", race.breaks);
    assert!(violation.message.starts_with(&expected), "{race:?}: {}", violation.message);
}

#[test]
fn every_historic_race_is_found() {
    for race in legacy::all() {
        let historic = race.historic();
        let options = Options { stop_at_violation: true, schedules_max: FOUND_WITHIN, ..Options::default() };
        let found = search(&historic, &options).expect("it ends");
        let Some(violation) = found.violation else {
            panic!("{race:?} is not found in {} schedules; exhausted: {}", found.schedules, found.exhausted)
        };
        assert_breaks(&race, &violation);
        let drawn = Sample { draw: Draw::Pos, runs: 0..FOUND_WITHIN, twice: true, ..Sample::default() };
        let sampled = sample(&historic, &drawn).expect("it ends");
        assert!(sampled.unsteady.is_empty(), "{race:?}: a run is not the same a second time");
        let (run, drawn) = sampled.violation.unwrap_or_else(|| panic!("{race:?} is in no sampled run"));
        assert_breaks(&race, &drawn);
        println!(
            "{:>3} {:44} schedule {:5}, {:2} steps; random run {run:4}; {}",
            race.number,
            race.name,
            found.schedules,
            violation.path.len(),
            violation.message
        );
        println!("{}", timeline(&historic, &violation.path));
    }
}

/// So the judge is not just always red, and each race is about what it says it is about.
#[test]
fn every_repaired_race_holds() {
    for race in legacy::all() {
        let repaired = race.repaired();
        let options = Options { stop_at_violation: true, schedules_max: REPAIRED_MAX, ..Options::default() };
        let found = search(&repaired, &options).expect("it ends");
        if let Some(violation) = found.violation {
            let timeline = timeline(&repaired, &violation.path);
            panic!("{race:?}, {:?}: {}\n{timeline}", race.repair, violation.message);
        }
        assert!(found.exhausted, "{race:?} repaired has more than {} orders", found.schedules);
        println!(
            "{:>3} {:44} holds in {:6} orders once {:?}",
            race.number, race.name, found.schedules, race.repair
        );
    }
}

/// Up to how many orders the comparison with plain search may take for one arrangement.
const PLAIN_MAX: u64 = 60_000;

/// The states that an arrangement can end in, and whether something was wrong on the way.
fn ends(arranged: &Arranged, reduction: Reduction) -> (BTreeSet<(u64, bool)>, Found) {
    let mut ends = BTreeSet::new();
    let options = Options { reduction, schedules_max: PLAIN_MAX, ..Options::default() };
    let found = search_and_tell(arranged, &options, &mut |nova, wrong| {
        ends.insert((nova.digest(), wrong.is_some()));
    });
    (ends, found.expect("it ends"))
}

/// So what steps say they touch is all that matters of them, also for what is wrong only for a moment.
#[test]
fn the_reductions_lose_nothing_of_the_historic_races() {
    let mut compared = 0_usize;
    for race in legacy::all() {
        for arranged in [race.historic(), race.repaired()] {
            let (least, dpor) = ends(&arranged, Reduction::SourceDpor);
            for reduction in [Reduction::SleepSets, Reduction::Nothing] {
                let (all, found) = ends(&arranged, reduction);
                if dpor.exhausted && found.exhausted {
                    assert_eq!(least, all, "{race:?}, {arranged:?}: {reduction:?}");
                    compared += usize::from(reduction == Reduction::Nothing);
                }
            }
        }
    }
    println!("{compared} arrangements compared with plain search");
    assert!(compared >= legacy::all().len(), "half of the arrangements are small enough");
}

/// The invariants that some order of an arrangement breaks, by name.
fn broken(repair: Repair, circumstance: Circumstance) -> BTreeSet<&'static str> {
    let mut broken = BTreeSet::new();
    // Each by itself: an order that breaks two would be told of for one.
    for judge in Invariant::ALL {
        let arranged = arranged(repair, circumstance, &[judge]);
        let tried = [Reduction::SourceDpor, Reduction::SleepSets].map(|reduction| {
            let options = Options { reduction, ..Options::default() };
            let found = search(&arranged, &options).expect("it ends");
            assert!(found.exhausted, "{repair:?} {circumstance:?}");
            found
        });
        let [dpor, sleep] = &tried;
        assert_eq!(dpor.violations > 0, sleep.violations > 0, "{repair:?} {circumstance:?} {judge}");
        if dpor.violations > 0 {
            broken.insert(judge.name());
        }
        if judge == Invariant::Dev2 {
            println!(
                "{repair:?}, {circumstance:?}: {} of {} orders lose the device",
                dpor.violations, dpor.schedules
            );
            dpor.violation.iter().for_each(|found| println!("{}", timeline(&arranged, &found.path)));
        }
    }
    broken
}

/// Which repair survives what is found here, and docs/legacy.md says the same.
#[test]
fn the_document_has_the_verdict_on_the_seeds_repairs() {
    for repair in Repair::ALL {
        let verdict = |circumstance| {
            let broken = Vec::from_iter(broken(repair, circumstance));
            if broken.is_empty() { "holds".to_owned() } else { broken.join(", ") }
        };
        let cells = Circumstance::ALL.map(verdict);
        let row = format!("| {} | {} |", repair.about(), cells.join(" | "));
        println!("{row}");
        assert!(DOCUMENT.lines().any(|line| line == row), "docs/legacy.md lacks: {row}");
    }
}

/// The document shows an order in which the evacuation's writes, come in the other order, lose the device.
#[test]
fn the_document_shows_what_breaks_the_writes_in_the_other_order() {
    let (steps, token) = minimal(&arranged(Repair::ReorderWrites, Circumstance::Alone, &Invariant::ALL));
    let command = format!("`steadfast explore replay seed/reorder-writes/alone {token}`, {steps} steps");
    assert!(DOCUMENT.contains(&command), "docs/legacy.md lacks: {command}");
}

/// A minimal run of a race: how many steps it takes until it has gone wrong, and its token.
fn minimal(race: &Arranged) -> (usize, Token) {
    let options = Options { stop_at_violation: true, ..Options::default() };
    let found = search(race, &options).expect("it ends").violation.expect("it is found");
    let small = minimise(race, &options.limits, &found.path, MINIMISE_RUNS_MAX).expect("it ends");
    assert!(small.proved, "{race:?}: not every run with fewer switches was tried");
    let token = Token::of(&small.run);
    assert!(token.to_string().len() <= 16, "{race:?}: {token}");
    assert_eq!(token.replay(race, &options.limits), Ok(small.run.clone()), "{race:?}");
    let wrong = small.run.wrong.expect("it goes wrong");
    (wrong.after.map_or(small.run.path.len(), |after| after + 1), token)
}

/// How many runs it may take to make a race small, and to prove that it is. The largest takes some hundred.
const MINIMISE_RUNS_MAX: u64 = 50_000;

/// docs/legacy.md tells of every historic race, and of no other, each with a token that shows it.
#[test]
fn the_document_tells_of_every_historic_race() {
    let numbered = |line: &&str| line.starts_with("| ") && line.contains(" | `");
    let told: Vec<&str> = DOCUMENT.lines().filter(numbered).collect();
    let row = |race: &Legacy| {
        let faults = if race.faults.is_empty() { "–".to_owned() } else { race.faults.join(", ") };
        let Legacy { number, name, about, breaks, rule, .. } = race;
        let (steps, token) = minimal(&race.historic());
        format!("| {number} | `{name}` | {about} | {faults} | {breaks} | {steps} | `{token}` | {rule} |")
    };
    let expected: Vec<String> = legacy::all().iter().map(row).collect();
    assert_eq!(told, expected, "docs/legacy.md should say:\n{}", expected.join("\n"));
}
