//! How long it takes to find historic races, and to make them minimal.

use steadfast_explore::{Draw, Options, Sample};
use steadfast_races::catalogue::{Engine, Subject};

use super::{Bar, Figure, timed};
use crate::exit::Failure;
use crate::explore::violation::MINIMISE_RUNS_MAX;

/// Seeds that the time to find a race is taken over, and the most that the worst of them may take.
const SEEDS: u64 = 1_000;
const FOUND_WITHIN_MS: f64 = 10.0;

/// How often each race is found by search and made minimal.
const ROUNDS: usize = 3;

/// The most that one race may take to be found by search and made minimal.
const SMALL_WITHIN_MS: f64 = 1_000.0;

/// Random runs within which a race must be found. What does not find it in so many counts as if it had in the last.
const RUNS_MAX: u64 = 2_000;

/// Seeds that other ways to draw are compared over.
const SEEDS_COMPARED: u64 = 100;

/// The ways to draw that are compared with the one that is used.
const COMPARED: [(&str, Draw); 5] = [
    ("partial order sampling", Draw::Pos),
    ("random walk", Draw::Walk),
    ("PCT, depth 2", Draw::Pct { changes: 1 }),
    ("PCT, depth 3", Draw::Pct { changes: 2 }),
    ("PCT, depth 4", Draw::Pct { changes: 3 }),
];

/// How long the seed's race takes to be found, from each seed, and how many runs other ways to draw need.
pub(super) fn by_each_draw(seed: &dyn Subject, aside: &mut dyn FnMut(&str)) -> Result<Vec<Figure>, Failure> {
    aside(&format!("{}: found from {SEEDS} seeds, drawn in {} ways", seed.name(), COMPARED.len() + 1));
    let (times, runs): (Vec<f64>, Vec<f64>) = drawn(seed, Draw::Portfolio, SEEDS).into_iter().unzip();
    if runs.contains(&(RUNS_MAX as f64)) {
        return Err(not_found(seed));
    }
    let used = Figure::new(format!("find {}", seed.name()), "ms", times).bar(Bar::AtMost(FOUND_WITHIN_MS));
    let mut figures = vec![used, Figure::new("  runs, as it is drawn", "", runs)];
    for (name, draw) in COMPARED {
        let runs = drawn(seed, draw, SEEDS_COMPARED).into_iter().map(|(_, runs)| runs).collect();
        figures.push(Figure::new(format!("  runs, {name}"), "", runs));
    }
    Ok(figures)
}

/// The milliseconds and the number of runs that it takes, from each seed.
fn drawn(subject: &dyn Subject, draw: Draw, seeds: u64) -> Vec<(f64, f64)> {
    let staged = subject.staged(Engine::Memory);
    let from = |seed| {
        let wanted = Sample { draw, seed, runs: 0..RUNS_MAX, ..Sample::default() };
        let (seconds, sampled) = timed(|| staged.sample(&wanted));
        let found = sampled.ok().and_then(|sampled| sampled.violation);
        (seconds * 1e3, found.map_or(RUNS_MAX, |(run, _)| run + 1) as f64)
    };
    (0..seeds).map(from).collect()
}

/// How long each race takes to be found by search, and to be made minimal.
pub(super) fn made_small(
    legacy: &[Box<dyn Subject>],
    aside: &mut dyn FnMut(&str),
) -> Result<Vec<Figure>, Failure> {
    aside(&format!("{} historic races: found and made small", legacy.len()));
    legacy.iter().map(|race| small(race.as_ref())).collect()
}

fn small(subject: &dyn Subject) -> Result<Figure, Failure> {
    let staged = subject.staged(Engine::Memory);
    let options = Options { stop_at_violation: true, ..Options::default() };
    let (mut times, mut proved) = (Vec::new(), true);
    for _ in 0..ROUNDS {
        let (seconds, small) = timed(|| {
            let path = staged.search(&options).ok()?.violation?.path;
            staged.minimise(&options.limits, &path, MINIMISE_RUNS_MAX).ok()
        });
        proved &= small.ok_or_else(|| not_found(subject))?.proved;
        times.push(seconds * 1e3);
    }
    let proved = if proved { "proved minimal" } else { "small" };
    let name = format!("{proved}: {}", subject.name());
    Ok(Figure::new(name, "ms", times).bar(Bar::AtMost(SMALL_WITHIN_MS)))
}

fn not_found(subject: &dyn Subject) -> Failure {
    Failure::because(format_args!("{} was not found: there is nothing to measure", subject.name()))
}
