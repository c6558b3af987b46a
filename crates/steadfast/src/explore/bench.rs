//! What the explorer costs: CPU time of one core, so that a busy machine does not matter.

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use steadfast_explore::{Draw, Explorable, Options, Sample};
use steadfast_races::catalogue::{Engine, Kind, Subject};

use super::violation::MINIMISE_RUNS_MAX;
use crate::bench::{Machine, median};
use crate::demo::table::render;
use crate::exit::Failure;

/// Seeds that the time to find a race is taken over.
const SEEDS: u64 = 1_000;

/// Random runs within which a race must be found.
const RUNS_MAX: u64 = 20_000;

/// How often each rate is measured.
const ROUNDS: usize = 5;

/// Schedules of one round.
const SCHEDULES_IN_MEMORY: u64 = 20_000;
const SCHEDULES_ON_SQLITE: u64 = 1_000;

/// One figure, as often as it was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    pub name: String,
    pub unit: &'static str,
    pub runs: Vec<f64>,
    /// The worst of them, where that is what counts.
    pub worst: Option<f64>,
}

/// All figures, with the machine that they were measured on.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    pub machine: Machine,
    pub figures: Vec<Figure>,
}

/// CPU time of this thread so far, in seconds.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Takes the CPU time of something, in seconds.
fn timed<T>(what: impl FnOnce() -> T) -> (f64, T) {
    let begun = cpu();
    let value = what();
    (cpu() - begun, value)
}

/// Measures everything. `seed` is the historic race that finding is measured on, `shipped` what rates are measured on.
///
/// # Errors
/// When a historic race is not found: then there is nothing to measure.
pub fn measure(
    seed: &dyn Subject,
    shipped: &dyn Subject,
    legacy: &[Box<dyn Subject>],
    aside: &mut dyn FnMut(&str),
) -> Result<Figures, Failure> {
    let mut figures = Vec::new();
    aside(&format!("{}: {SCHEDULES_IN_MEMORY} schedules in memory, {ROUNDS} times", shipped.name()));
    let options = Options { schedules_max: SCHEDULES_IN_MEMORY, ..Options::default() };
    figures.push(rate("memory/steps_per_s", shipped, Engine::Memory, &|staged| {
        staged.search(&options).map(|found| found.steps)
    }));
    aside(&format!("{}: {SCHEDULES_ON_SQLITE} schedules on SQLite, {ROUNDS} times", shipped.name()));
    let drawn = Sample { draw: Draw::Walk, runs: 0..SCHEDULES_ON_SQLITE, ..Sample::default() };
    figures.push(rate("sqlite/steps_per_s", shipped, Engine::Sqlite, &|staged| {
        staged.sample(&drawn).map(|sampled| sampled.steps)
    }));
    aside(&format!("{}: found from {SEEDS} seeds", seed.name()));
    figures.push(found(seed)?);
    for race in legacy {
        aside(&format!("{}: found and made small", race.name()));
        figures.push(made_small(race.as_ref())?);
    }
    Ok(Figures { machine: Machine::this(), figures })
}

type Measured<'a> = &'a dyn Fn(&dyn Explorable) -> Result<u64, steadfast_explore::Overrun>;

/// Steps per second of CPU time: resets, footprints, judging and reduction included.
fn rate(name: &str, subject: &dyn Subject, engine: Engine, explore: Measured<'_>) -> Figure {
    let staged = subject.staged(engine);
    let round = |_| {
        let (seconds, steps) = timed(|| explore(staged.as_ref()));
        steps.expect("a shipped scenario ends") as f64 / seconds
    };
    Figure { name: name.to_owned(), unit: "/s", runs: (0..ROUNDS).map(round).collect(), worst: None }
}

/// How long a race takes to be found, from each seed.
fn found(subject: &dyn Subject) -> Result<Figure, Failure> {
    let staged = subject.staged(Engine::Memory);
    let mut runs = Vec::new();
    for seed in 0..SEEDS {
        let drawn = Sample { seed, runs: 0..RUNS_MAX, ..Sample::default() };
        let (seconds, sampled) = timed(|| staged.sample(&drawn));
        if sampled.ok().and_then(|sampled| sampled.violation).is_none() {
            return Err(not_found(subject));
        }
        runs.push(seconds * 1e3);
    }
    let worst = runs.iter().copied().reduce(f64::max);
    Ok(Figure { name: format!("found/{}", subject.name()), unit: "ms", runs, worst })
}

/// How long a race takes to be found by search, and to be made minimal.
fn made_small(subject: &dyn Subject) -> Result<Figure, Failure> {
    let staged = subject.staged(Engine::Memory);
    let options = Options { stop_at_violation: true, ..Options::default() };
    let (seconds, small) = timed(|| {
        let path = staged.search(&options).ok()?.violation?.path;
        staged.minimise(&options.limits, &path, MINIMISE_RUNS_MAX).ok()
    });
    let small = small.ok_or_else(|| not_found(subject))?;
    let proved = if small.proved { "minimal" } else { "small" };
    let name = format!("{proved}/{}", subject.name());
    Ok(Figure { name, unit: "ms", runs: vec![seconds * 1e3], worst: None })
}

fn not_found(subject: &dyn Subject) -> Failure {
    debug_assert_eq!(subject.kind(), Kind::Legacy, "only historic races are looked for");
    Failure::because(format_args!("{} was not found: there is nothing to measure", subject.name()))
}

impl Figures {
    /// One object for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let each = |figure: &Figure| {
            json!({
                "name": figure.name, "unit": figure.unit, "median": median(&figure.runs),
                "worst": figure.worst, "runs": figure.runs,
            })
        };
        json!({"machine": self.machine, "results": self.figures.iter().map(each).collect::<Vec<_>>()})
    }

    /// A table for people.
    #[must_use]
    pub fn text(&self) -> String {
        let Machine { cpus, cpu_model, memory_mb, kernel, version } = &self.machine;
        let row = |figure: &Figure| {
            let number =
                |value: f64| if value < 100.0 { format!("{value:.2}") } else { format!("{value:.0}") };
            let worst =
                figure.worst.map_or_else(String::new, |worst| format!("{} {}", number(worst), figure.unit));
            [
                figure.name.clone(),
                format!("{} {}", number(median(&figure.runs)), figure.unit),
                worst,
                figure.runs.len().to_string(),
            ]
        };
        let rows: Vec<[String; 4]> = self.figures.iter().map(row).collect();
        format!(
            "steadfast {version} on {cpus} CPUs ({cpu_model}), {memory_mb} MB, Linux {kernel}; CPU time of one core\n\n{}",
            render(["figure", "median", "worst", "measured"], &rows)
        )
    }
}
