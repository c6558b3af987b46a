//! Prints the table of `docs/mutants.md`.

use steadfast_races::mutant::Mutant;

fn main() {
    println!("| mutant | what is wrong | caught by, or why not |\n|---|---|---|");
    Mutant::all().for_each(|mutant| println!("{}", mutant.row()));
}
