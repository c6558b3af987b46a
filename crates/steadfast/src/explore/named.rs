//! The scenario that somebody names, or what to say of a name that is unknown.

use steadfast_races::catalogue::{self, Subject};

use crate::exit::Failure;
use crate::nearest::nearest;

/// What is a command and no scenario, and comes first on the command line.
const COMMANDS: [&str; 4] = ["list", "replay", "seed", "bench"];

/// The scenario of this name.
///
/// # Errors
/// When there is none: says which part of the name is unknown, and what was probably meant.
pub fn named(name: &str) -> Result<Box<dyn Subject>, Failure> {
    if COMMANDS.contains(&name) {
        let sentence = format!("`{name}` is a command, and comes first: steadfast explore {name}");
        return Err(Failure::Usage(sentence));
    }
    catalogue::find(name).map_err(|why| {
        let Some((part, known)) = why.unknown() else { return Failure::Usage(why.to_string()) };
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let meant = nearest(part, &known).map(|meant| format!("; did you mean `{meant}`?"));
        let listed = "`steadfast explore list` names every scenario, its --help every operation and fault";
        Failure::Usage(format!("{why}{} {listed}", meant.as_deref().unwrap_or(";")))
    })
}
