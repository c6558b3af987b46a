//! Steps of the shipped code per second of CPU time, and what bounds them.

use steadfast_explore::{Explorable, Limits, Options, Reduction, Unfinished};
use steadfast_races::catalogue::{Engine, Subject};

use super::{Bar, Figure, timed};

/// How often each rate is measured.
const ROUNDS: usize = 5;

/// Schedules of one round.
const SCHEDULES_IN_MEMORY: u64 = 20_000;
const SCHEDULES_ON_SQLITE: u64 = 1_000;

/// The least that is wanted of each.
const STEPS_IN_MEMORY: f64 = 500_000.0;
const STEPS_ON_SQLITE: f64 = 20_000.0;

/// Rates with resets, footprints, judging and reduction, of both searches. By states, which is how the shipped protocol
/// is explored, every step of every state of the scenario is taken, and most of them are looked up: their acts were
/// done in a world that holds the same, and their tasks went on from the same. By orders, most steps belong to the
/// common beginning of runs, or were done in an equal world, and are recalled rather than done. So also the rate that
/// does not count those that are left out of a beginning, how many of all are done, and the rate of the code alone, which
/// nothing that does each step can exceed. On SQLite each run does all of its steps.
pub(super) fn all(subject: &dyn Subject, aside: &mut dyn FnMut(&str)) -> Vec<Figure> {
    aside(&format!("{}: steps per second, {ROUNDS} times each", subject.name()));
    let options = Options { schedules_max: SCHEDULES_IN_MEMORY, ..Options::default() };
    let by_orders = rate("steps in memory, by orders", (subject, Engine::Memory), &|staged| {
        staged.search(&options).map(|found| found.steps)
    });
    let gone_through = rate("  not counting those left out", (subject, Engine::Memory), &|staged| {
        staged.search(&options).map(|found| found.steps - found.left_out)
    });
    let found = subject.staged(Engine::Memory).search(&options).expect("a shipped scenario ends");
    let done = 100.0 * (found.steps - found.recalled) as f64 / found.steps as f64;
    let anew = Figure::new("  of them done, and not recalled", "%", vec![done]);
    let all = Options { reduction: Reduction::States, ..Options::default() };
    let by_states = rate("steps in memory, by states", (subject, Engine::Memory), &|staged| {
        staged.search(&all).map(|found| found.transitions)
    });
    let alone = rate("  the shipped code alone", (subject, Engine::Memory), &|staged| {
        staged.pace(&Limits::default(), SCHEDULES_IN_MEMORY)
    });
    let fewer = Options { schedules_max: SCHEDULES_ON_SQLITE, ..Options::default() };
    let on_sqlite = rate("steps on SQLite, by orders", (subject, Engine::Sqlite), &|staged| {
        staged.search(&fewer).map(|found| found.steps)
    });
    let alone_on_sqlite = rate("  the shipped code alone", (subject, Engine::Sqlite), &|staged| {
        staged.pace(&Limits::default(), SCHEDULES_ON_SQLITE)
    });
    vec![
        by_states.bar(Bar::AtLeast(STEPS_IN_MEMORY)),
        by_orders.bar(Bar::AtLeast(STEPS_IN_MEMORY)),
        gone_through,
        anew,
        alone,
        on_sqlite.bar(Bar::AtLeast(STEPS_ON_SQLITE)),
        alone_on_sqlite,
    ]
}

/// Does some steps, and answers how many.
type Stepping<'a> = &'a dyn Fn(&dyn Explorable) -> Result<u64, Unfinished>;

fn rate(name: &str, (subject, engine): (&dyn Subject, Engine), steps: Stepping<'_>) -> Figure {
    let staged = subject.staged(engine);
    let round = |_| {
        let (seconds, done) = timed(|| steps(staged.as_ref()));
        done.expect("a shipped scenario ends") as f64 / seconds
    };
    Figure::new(name, "/s", (0..ROUNDS).map(round).collect())
}
