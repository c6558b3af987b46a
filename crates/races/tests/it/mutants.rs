//! Every mutant is caught by some scenario, or does what the shipped code does for a reason that is written down.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use steadfast_explore::{Limits, Token, minimise};
use steadfast_races::mutant::{Caught, Fate, Mutant, Rule, caught_in, concerned, fate};
use steadfast_races::{Race, scenario};

use crate::cores::on_all_cores;

/// Up to how many random runs it may take to catch a mutant in the scenario that is named for it. The rarest takes
/// about a third of them.
const RUNS: u64 = 4_000;

/// How many random runs of each race, and of each pair with an operation that is wrong, an equivalent mutant must
/// survive. It is evidence for the reason that is given, and what would show that the reason has ceased to hold.
const RUNS_EQUIVALENT: u64 = 25;

/// Up to how many runs it may take to make the run small that caught a mutant.
const RUNS_SMALLER: u64 = 1_000;

/// How long the token of a violation may be.
const TOKEN_LEN: usize = 16;

/// The token of the run that caught a mutant, once it is as small as a few runs make it. A run that was given up has
/// none, nor has one beside which a body does not believe what it reads.
fn token(mutant: Mutant, race: &Race, caught: &Caught) -> Result<String, String> {
    let (staged, limits) = (race.staged(Some(mutant)), Limits::default());
    let small = || minimise(&staged, &limits, &caught.path, RUNS_SMALLER);
    let small = if caught.path.is_empty() { None } else { catch_unwind(AssertUnwindSafe(small)).ok() };
    let Some(small) = small else { return Ok("no token".to_owned()) };
    let small = small
        .map_err(|why| format!("{}: the run in {} is not found again: {why}", mutant.name(), race.name))?;
    let token = Token::of(&small.run);
    let text = token.to_string();
    if text.len() > TOKEN_LEN {
        return Err(format!("{}: the token {text} of {} is too long", mutant.name(), race.name));
    }
    match token.replay(&staged, &limits) {
        Ok(run) if run == small.run => Ok(text),
        other => Err(format!("{}: {text} in {} replays as {other:?}", mutant.name(), race.name)),
    }
}

/// What came of a mutant, and whether that is as it should be.
fn judge(mutant: Mutant) -> Result<String, String> {
    let name = mutant.name();
    match fate(mutant) {
        None => Err(format!("{name}: nobody knows what becomes of it: hunt for it")),
        Some(Fate::Caught(scenario)) => {
            let race = scenario::find(scenario).ok_or(format!("{name}: there is no {scenario}"))?;
            let caught = caught_in(mutant, &race, RUNS).ok_or(format!("{name} survives {scenario}"))?;
            let token = token(mutant, &race, &caught)?;
            let Caught { run, message, .. } = caught;
            Ok(format!("{name}: caught by {scenario}, run {run}, {token}: {message}"))
        }
        Some(Fate::Equivalent(why)) => {
            let mut races = scenario::all().into_iter().cloned().chain(concerned(mutant));
            match races.find_map(|race| caught_in(mutant, &race, RUNS_EQUIVALENT)) {
                Some(caught) => Err(format!("{name} is no equivalent: {caught:?}")),
                None => Ok(format!("{name}: equivalent, for {why}")),
            }
        }
    }
}

#[test]
fn every_mutant_is_caught() {
    let mutants: Vec<Mutant> = Mutant::all().collect();
    let judged = on_all_cores(&mutants, |mutant| judge(*mutant));
    let mut wrong = Vec::new();
    for one in judged {
        match one {
            Ok(line) => println!("{line}"),
            Err(line) => wrong.push(line),
        }
    }
    let mut kinds: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for mutant in &mutants {
        let equivalent = matches!(fate(*mutant), Some(Fate::Equivalent(_)));
        kinds.entry(mutant.kind()).or_default()[usize::from(equivalent)] += 1;
    }
    for (kind, [caught, equivalent]) in kinds {
        println!("{kind:10} {caught:4} caught, {equivalent:3} equivalent");
    }
    assert!(wrong.is_empty(), "{} of {} mutants:\n{}", wrong.len(), mutants.len(), wrong.join("\n"));
    assert!(mutants.len() >= Rule::ALL.len() + 60, "few mutants");
}

/// Nothing is known of a mutant that does not exist, and no two have one name.
#[test]
fn mutants_have_names() {
    let names: BTreeSet<String> = Mutant::all().map(Mutant::name).collect();
    assert_eq!(names.len(), Mutant::all().count());
    for name in steadfast_races::mutant::known() {
        assert!(names.contains(name), "there is no mutant {name}");
    }
}

/// docs/mutants.md tells of every mutant, and of no other.
#[test]
fn the_document_tells_of_every_mutant() {
    let document = include_str!("../../../../docs/mutants.md");
    let told: Vec<&str> = document.lines().filter(|line| line.starts_with("| `")).collect();
    for mutant in Mutant::all() {
        let row = mutant.row();
        assert!(told.contains(&row.as_str()), "docs/mutants.md lacks: {row}");
    }
    assert_eq!(told.len(), Mutant::all().count());
}
