//! Steps of the shipped code per second of CPU time, and what bounds them.

use steadfast_explore::{Draw, Explorable, Limits, Options, Overrun, Reduction, Sample};
use steadfast_races::catalogue::{Engine, Subject};

use super::{Bar, Figure, timed};

/// How often each rate is measured.
const ROUNDS: usize = 5;

/// Schedules of one round.
const SCHEDULES_IN_MEMORY: u64 = 20_000;
const SCHEDULES_ON_SQLITE: u64 = 1_000;

/// States of one round.
const STATES: u64 = 50_000;

/// The least that is wanted of each.
const STEPS_IN_MEMORY: f64 = 500_000.0;
const STEPS_ON_SQLITE: f64 = 20_000.0;

/// Rates by orders, with resets, footprints, judging and reduction. Most steps belong to the common beginning of runs,
/// and are recalled rather than done: so also the rate of those that are done, and that of the code alone, which nothing
/// that does each step can exceed. By states, a step that was learnt need not even be recalled.
pub(super) fn all(subject: &dyn Subject, aside: &mut dyn FnMut(&str)) -> Vec<Figure> {
    aside(&format!("{}: steps per second, {ROUNDS} times each", subject.name()));
    let options = Options { schedules_max: SCHEDULES_IN_MEMORY, ..Options::default() };
    let drawn = Sample { draw: Draw::Walk, runs: 0..SCHEDULES_ON_SQLITE, ..Sample::default() };
    let in_memory = rate("steps in memory", (subject, Engine::Memory), &|staged| {
        staged.search(&options).map(|found| found.steps)
    });
    let anew = rate("  not counting those that are recalled", (subject, Engine::Memory), &|staged| {
        staged.search(&options).map(|found| found.steps - found.recalled)
    });
    let by_states = Options { reduction: Reduction::States, schedules_max: STATES, ..Options::default() };
    let between_states = rate("steps between states", (subject, Engine::Memory), &|staged| {
        staged.search(&by_states).map(|found| found.transitions)
    });
    let alone = rate("  the shipped code alone", (subject, Engine::Memory), &|staged| {
        staged.pace(&Limits::default(), SCHEDULES_IN_MEMORY)
    });
    let on_sqlite = rate("steps on SQLite", (subject, Engine::Sqlite), &|staged| {
        staged.sample(&drawn).map(|sampled| sampled.steps)
    });
    let alone_on_sqlite = rate("  the shipped code alone", (subject, Engine::Sqlite), &|staged| {
        staged.pace(&Limits::default(), SCHEDULES_ON_SQLITE)
    });
    vec![
        in_memory.bar(Bar::AtLeast(STEPS_IN_MEMORY)),
        anew,
        alone,
        between_states,
        on_sqlite.bar(Bar::AtLeast(STEPS_ON_SQLITE)),
        alone_on_sqlite,
    ]
}

/// Does some steps, and answers how many.
type Stepping<'a> = &'a dyn Fn(&dyn Explorable) -> Result<u64, Overrun>;

fn rate(name: &str, (subject, engine): (&dyn Subject, Engine), steps: Stepping<'_>) -> Figure {
    let staged = subject.staged(engine);
    let round = |_| {
        let (seconds, done) = timed(|| steps(staged.as_ref()));
        done.expect("a shipped scenario ends") as f64 / seconds
    };
    Figure::new(name, "/s", (0..ROUNDS).map(round).collect())
}
