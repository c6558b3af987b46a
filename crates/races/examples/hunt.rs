//! Looks for scenarios that catch the mutants named on the command line, or all of them, and prints the lines of the
//! table in `mutant/fate.rs`. What the table knows already is tried first.

use steadfast_races::mutant::{Caught, Fate, Mutant, caught_in, fate, hunt};
use steadfast_races::scenario;

/// How many random runs each scenario gets before the next one is tried, and how many the one that is known.
const RUNS: u64 = 60;
const RUNS_KNOWN: u64 = 20_000;

fn known(mutant: Mutant) -> Option<Caught> {
    match fate(mutant)? {
        Fate::Caught(name) => caught_in(mutant, &scenario::find(name)?, RUNS_KNOWN),
        Fate::Equivalent(_) => None,
    }
}

fn main() {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |mutant: &Mutant| names.is_empty() || names.iter().any(|name| mutant.name().contains(name));
    for mutant in Mutant::all().filter(wanted) {
        let name = mutant.name();
        match known(mutant).or_else(|| hunt(mutant, RUNS)) {
            Some(caught) => {
                println!("(\"{name}\", \"{}\"), // run {}: {}", caught.scenario, caught.run, caught.message);
            }
            None => println!("// {name} survives"),
        }
    }
}
