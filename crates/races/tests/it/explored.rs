//! Races in all of their states: each is gone through once, by whichever test asks for it first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock};

use steadfast_explore::{Found, Options, Reduction, Shown, StepId, Unfinished, search_and_tell, trace};
use steadfast_model::invariant::runs::Outcome;
use steadfast_races::Race;

/// More states than any of the races has. A search of so many takes about a gigabyte.
pub const STATES_MAX: u64 = 3_000_000;

/// What came of a race, up to the first violation.
pub struct Explored {
    pub found: Found,
    /// All that its runs came to.
    pub outcomes: BTreeSet<Outcome>,
}

impl Explored {
    /// What goes wrong in a race, with the steps that lead there.
    pub fn wrong(&self, race: &Race) -> Option<String> {
        let violation = self.found.violation.as_ref()?;
        Some(format!("{race:?}: {}\n{}", violation.message, timeline(race, &violation.path)))
    }
}

/// Goes through the states of a race.
pub fn explore(race: &Race) -> Explored {
    let (reduction, schedules_max) = (Reduction::States, STATES_MAX);
    let options = Options { reduction, stop_at_violation: true, schedules_max, ..Options::default() };
    let mut outcomes = BTreeSet::new();
    let found = search_and_tell(&race.staged(None), &options, &mut |site, _| {
        outcomes.insert(site.outcome());
    });
    Explored { found: found.unwrap_or_else(|run| given_up(race, &run)), outcomes }
}

/// The same, of a whole race: whoever asks again hears what there was.
pub fn explored(race: &Race) -> Arc<Explored> {
    type Once = Arc<OnceLock<Arc<Explored>>>;
    static ALL: Mutex<BTreeMap<String, Once>> = Mutex::new(BTreeMap::new());
    let once =
        ALL.lock().expect("nobody panics while holding it").entry(race.name.to_string()).or_default().clone();
    Arc::clone(once.get_or_init(|| Arc::new(explore(race))))
}

pub fn given_up(race: &Race, run: &Unfinished) -> ! {
    panic!("{race:?}: {run}\n{}", timeline(race, &run.path))
}

pub fn timeline(race: &Race, path: &[StepId]) -> String {
    let line = |step: &Shown| format!("  {:16} {:18} {}", step.node, step.task, step.label);
    trace(&race.staged(None), path).iter().map(line).collect::<Vec<_>>().join("\n")
}
