//! Every race holds in all its orders, and fails in some order once its rule is off.

use std::collections::BTreeSet;

use steadfast_explore::{Found, Options, Reduction, Sample, Sampled, World, sample, search, search_and_tell};
use steadfast_races::catalogue;
use steadfast_races::mutant::{Mutant, Rule};
use steadfast_races::{Race, scenario};

use crate::explored::{explored, given_up};

/// Up to how many states a race that somebody wrote may have. None has nearly as many.
const STATES_MAX: u64 = 500_000;

/// How many random runs there are in the hunt for what goes wrong without a rule. The rarest fault there is takes about
/// a third of them.
const WALKS: u64 = 20_000;

fn walk(race: &Race, without: Rule, runs: u64) -> Sampled {
    let options = Sample { runs: 0..runs, ..Sample::default() };
    sample(&race.staged(Some(Mutant::Rule(without))), &options).unwrap_or_else(|run| given_up(race, &run))
}

/// Goes through the states of each race, and says how many there were.
fn check(races: &[Race]) {
    for race in races {
        let explored = explored(race);
        let found = &explored.found;
        assert_eq!(explored.wrong(race), None);
        assert!(found.schedules > 0, "{race:?} has no order at all");
        let counts = format!("{:6} states, {:7} steps between them", found.states, found.transitions);
        assert!(found.exhausted && found.states <= STATES_MAX, "{race:?} has more than {STATES_MAX} states");
        println!("{:34} {counts}", race.name);
    }
}

#[test]
fn evacuations_hold_in_every_state() {
    check(scenario::EVACUATION);
}

#[test]
fn moves_hold_in_every_state() {
    check(scenario::MOVES);
}

#[test]
fn claims_hold_in_every_state() {
    check(scenario::CLAIMS);
}

#[test]
fn runners_hold_in_every_state() {
    check(scenario::RUNNERS);
}

#[test]
fn operations_end_in_every_state() {
    check(scenario::PROGRESS);
}

#[test]
fn operators_agree_in_every_state() {
    check(scenario::OPERATORS);
}

#[test]
fn devices_hold_in_every_state() {
    check(scenario::DEVICES);
}

#[test]
fn sanitizing_holds_in_every_state() {
    check(scenario::SANITIZING);
}

#[test]
fn every_rule_is_needed() {
    for race in scenario::all() {
        let Some(rule) = race.rule else { continue };
        let found = walk(race, rule, WALKS).violation;
        let (runs, violation) =
            found.unwrap_or_else(|| panic!("{race:?} holds without {rule:?} in {WALKS} runs"));
        println!("{:26} without {rule:?}, run {runs}: {}", race.name, violation.message);
    }
}

/// The seed's own scenario, by the enumerator: how many orders there are, and how many of them lose the device once
/// the audit of the bug runs beside.
#[test]
fn the_seed_is_found_in_the_audit_and_in_nothing_else() {
    let seed = scenario::all()
        .into_iter()
        .find(|race| race.name == "evacuate_while_reporting")
        .expect("the scenario of its moment is a race");
    let shipped = search(&seed.staged(None), &Options::default()).expect("it ends");
    let planted = search(&seed.staged(seed.rule.map(Mutant::Rule)), &Options::default()).expect("it ends");
    println!("at the seed's moment: {} orders hold", shipped.schedules);
    println!(
        "with the audit: {} runs lose the device, {} orders in all",
        planted.violations, planted.schedules
    );
    assert!(shipped.exhausted && shipped.schedules > 0 && shipped.violations == 0);
    let violation = planted.violation.expect("the planted bug is found");
    assert!(planted.exhausted && violation.message.starts_with("S1ExclusiveDevice"), "{}", violation.message);
}

/// How many runs of plain search the comparison of the reductions may take for one race.
const PLAIN_MAX: u64 = 500;

/// The states and violations that a race can end in.
fn ends(race: &Race, without: Option<Rule>, reduction: Reduction) -> (BTreeSet<(u64, bool)>, Found) {
    let mut ends = BTreeSet::new();
    let options = Options { reduction, schedules_max: PLAIN_MAX, ..Options::default() };
    let found = search_and_tell(&race.staged(without.map(Mutant::Rule)), &options, &mut |world, wrong| {
        ends.insert((world.digest(), wrong.is_some()));
    });
    (ends, found.unwrap_or_else(|run| given_up(race, &run)))
}

/// What the reductions skip changes nothing: each race that is small enough comes to the same ends without them, and
/// so does each rule switched off. So does a search for states, which is made for the code as it is.
#[test]
fn the_reductions_lose_nothing() {
    let mut compared = BTreeSet::new();
    for race in scenario::all() {
        for without in [None, race.rule] {
            let (least, dpor) = ends(race, without, Reduction::SourceDpor);
            if !dpor.exhausted {
                continue;
            }
            let states = without.is_none().then_some(Reduction::States);
            for reduction in states.into_iter().chain([Reduction::SleepSets, Reduction::Nothing]) {
                let (all, found) = ends(race, without, reduction);
                if found.exhausted {
                    assert_eq!(least, all, "{race:?} without {without:?}: {reduction:?}");
                    compared.insert((race.name.clone(), format!("{reduction:?}")));
                } else if reduction == Reduction::SleepSets {
                    // Plain search has still more runs.
                    break;
                }
            }
        }
    }
    println!("compared: {compared:?}");
    assert!(compared.len() >= 20, "few races are small enough");
}

/// The list says of each race who acts in it and what may go wrong: of one that was written, by looking at what it
/// starts.
#[test]
fn races_say_who_acts() {
    let cases: [(&str, &[&str], &[&str]); 4] = [
        ("evacuate_while_reporting", &["agent", "evacuate"], &[]),
        ("a5_epoch", &["agent", "delete"], &["agent-crash", "late-list"]),
        ("late_registration", &["agent", "asserts down"], &["answer-lost", "message-repeated"]),
        ("boot+delete/host-crash", &["boot", "delete"], &["host-crash"]),
    ];
    for (name, operations, faults) in cases {
        let race = catalogue::find(name).expect("a race of this name");
        assert_eq!((race.operations(), race.faults()), (owned(operations), owned(faults)), "{name}");
    }
    for race in catalogue::all() {
        assert!(!race.operations().is_empty(), "nobody acts in {}", race.name());
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// docs/races.md tells of every race, and of no other.
#[test]
fn the_document_tells_of_every_race() {
    let document = include_str!("../../../../docs/races.md");
    let written = document.split("## Generated races").next().expect("a first part");
    let told: Vec<&str> = written.lines().filter(|line| line.starts_with("| `")).collect();
    let races = scenario::all();
    assert_eq!(told.len(), races.len());
    for race in races {
        let rule = race.rule.map_or_else(|| "–".to_owned(), |rule| format!("{rule:?}"));
        let row = format!("| `{}` | {} | {rule} |", race.name, race.about);
        assert!(told.contains(&row.as_str()), "docs/races.md lacks: {row}");
    }
}
