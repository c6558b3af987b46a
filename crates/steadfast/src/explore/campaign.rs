//! Goes through scenarios, several at a time. For a given number of schedules what comes out does not depend on how
//! many workers there are: each scenario is explored by one of them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use steadfast_explore::{Draw, Meter, Options, Overrun, Reduction, Sample, Violation};
use steadfast_races::catalogue::{Engine, Subject};

use super::progress::Progress;
use super::report::{Outcome, Report};
use super::violation::tell;
use crate::exit::Failure;

/// How the orders of a scenario are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Strategy {
    /// Every order that can differ; what is too large for the budget is sampled beside
    Auto,
    /// Every order that can differ (source-DPOR)
    Dpor,
    /// Every order, those that cannot differ given up half-way (sleep sets)
    Sleep,
    /// Every order
    Dfs,
    /// Random: partial order sampling
    Pos,
    /// Random: each step as likely as any other
    Walk,
    /// Random: priorities of tasks with change points
    Pct,
}

/// How much is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// So many schedules of each scenario.
    Schedules(u64),
    /// So long, all scenarios together.
    Time(Duration),
}

impl Budget {
    fn schedules(self) -> u64 {
        match self {
            Budget::Schedules(schedules) => schedules,
            Budget::Time(_) => u64::MAX,
        }
    }
}

/// What a search that was not exhausted is sampled with beside it, for each ten schedules of the budget.
const SAMPLES_PER_TEN: u64 = 2;

/// The most that is sampled beside a search.
const SAMPLES_MAX: u64 = 100_000;

/// What to explore, and how.
#[derive(Debug, Clone, Copy)]
pub struct Campaign {
    pub strategy: Strategy,
    pub budget: Budget,
    pub store: Engine,
    pub seed: u64,
    pub workers: usize,
}

/// Who is told of each report.
pub type Listener<'a> = &'a mut dyn FnMut(&Report) -> Result<(), Failure>;

/// The first round of a campaign that is bounded by time, and how much further each next one goes with what is left.
const FIRST_ROUND: u64 = 1_000;
const NEXT_ROUND: u64 = 8;

/// Explores each subject. Within a number of schedules each is told in its order, as soon as those before it are done.
/// Within a time the small ones come first: each round goes further with those that were not exhausted.
///
/// # Errors
/// When whoever is told cannot be told any more: then it ends early.
///
/// # Panics
/// When a worker does.
pub fn run(
    subjects: &[Box<dyn Subject>],
    campaign: Campaign,
    told: Listener<'_>,
) -> Result<Vec<Report>, Failure> {
    let all: Vec<&dyn Subject> = subjects.iter().map(AsRef::as_ref).collect();
    let progress = Progress::begin(all.len());
    let Budget::Time(time) = campaign.budget else {
        return round(&all, campaign, None, &progress, told);
    };
    let deadline = Instant::now() + time;
    let mut left: Vec<usize> = (0..all.len()).collect();
    let mut reports: Vec<Option<Report>> = all.iter().map(|_| None).collect();
    let mut schedules = FIRST_ROUND;
    while !left.is_empty() && Instant::now() < deadline {
        let subjects: Vec<&dyn Subject> = left.iter().map(|place| all[*place]).collect();
        let campaign = Campaign { budget: Budget::Schedules(schedules), ..campaign };
        let explored = round(&subjects, campaign, Some(deadline), &progress, &mut |_| Ok(()))?;
        for (place, report) in left.iter().zip(explored) {
            // A round that the deadline cut short may have come less far than the one before.
            let further =
                |old: &Report| old.outcome.schedules <= report.outcome.schedules || report.is_done();
            if reports[*place].as_ref().is_none_or(further) {
                reports[*place] = Some(report);
            }
        }
        left.retain(|place| reports[*place].as_ref().is_some_and(|report| !report.is_done()));
        schedules = schedules.saturating_mul(NEXT_ROUND);
    }
    let reports: Vec<Report> = reports.into_iter().flatten().collect();
    reports.iter().try_for_each(told)?;
    Ok(reports)
}

/// Explores each of some subjects, several at a time.
fn round(
    subjects: &[&dyn Subject],
    campaign: Campaign,
    deadline: Option<Instant>,
    progress: &Progress,
    told: Listener<'_>,
) -> Result<Vec<Report>, Failure> {
    let next = AtomicUsize::new(0);
    let meter = Meter::default();
    let (done, arrives) = mpsc::channel();
    let mut reports: Vec<Option<Report>> = subjects.iter().map(|_| None).collect();
    let heard = thread::scope(|scope| {
        for _ in 0..campaign.workers.clamp(1, subjects.len().max(1)) {
            let (next, meter, done) = (&next, meter.clone(), done.clone());
            scope.spawn(move || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(subject) = subjects.get(place) else { return };
                    let report = explore(*subject, campaign, &meter);
                    // Whoever listens does so until the last worker is done.
                    let _ = done.send((place, report));
                }
            });
        }
        drop(done);
        let (mut shown, mut heard) = (0, Ok(()));
        loop {
            match arrives.recv_timeout(progress.interval()) {
                Ok((place, report)) => reports[place] = Some(report),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break heard,
            }
            progress.clear();
            while let Some(Some(report)) = reports.get(shown).filter(|_| heard.is_ok()) {
                heard = told(report);
                shown += 1;
            }
            if heard.is_err() || deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                meter.stop();
            }
            progress.show(reports.iter().flatten().count(), &meter);
        }
    });
    progress.clear();
    heard?;
    Ok(reports.into_iter().map(|report| report.expect("every scenario was explored")).collect())
}

/// Explores one scenario, and makes of what was found what a person needs.
fn explore(subject: &dyn Subject, campaign: Campaign, meter: &Meter) -> Report {
    let begun = Instant::now();
    let staged = subject.staged(campaign.store);
    let mut outcome = Outcome::default();
    let mut found = None;
    let mut circles = None;
    let searched = match campaign.strategy {
        Strategy::Auto | Strategy::Dpor => Some(Reduction::SourceDpor),
        Strategy::Sleep => Some(Reduction::SleepSets),
        Strategy::Dfs => Some(Reduction::Nothing),
        Strategy::Pos | Strategy::Walk | Strategy::Pct => None,
    };
    if let Some(reduction) = searched {
        let schedules_max = campaign.budget.schedules();
        let meter = meter.clone();
        let options =
            Options { reduction, stop_at_violation: true, schedules_max, meter, ..Options::default() };
        match staged.search(&options) {
            Ok(searched) => {
                outcome.searched(&searched);
                found = searched.violation;
            }
            Err(Overrun { path }) => circles = Some(path),
        }
    }
    let beside = campaign.strategy == Strategy::Auto && !outcome.exhausted;
    if found.is_none() && circles.is_none() && (beside || searched.is_none()) {
        let schedules = campaign.budget.schedules();
        let runs = if beside {
            (schedules / 10).saturating_mul(SAMPLES_PER_TEN).min(SAMPLES_MAX)
        } else {
            schedules
        };
        let draw = match campaign.strategy {
            Strategy::Pos => Draw::Pos,
            Strategy::Walk => Draw::Walk,
            Strategy::Pct => Draw::Pct { changes: 3 },
            Strategy::Auto | Strategy::Dpor | Strategy::Sleep | Strategy::Dfs => Draw::Portfolio,
        };
        let wanted =
            Sample { draw, seed: campaign.seed, runs: 0..runs, meter: meter.clone(), ..Sample::default() };
        match staged.sample(&wanted) {
            Ok(sampled) => {
                outcome.sampled += sampled.schedules;
                outcome.steps += sampled.steps;
                found = sampled.violation.map(|(_, violation)| violation);
            }
            Err(Overrun { path }) => circles = Some(path),
        }
    }
    if let Some(path) = circles {
        let message = "Circles: it goes on for ever".to_owned();
        outcome.circles = true;
        found = Some(Violation { message, path });
    }
    outcome.seconds = begun.elapsed().as_secs_f64();
    let violation = found.map(|violation| tell(subject, campaign.store, &violation, outcome.circles));
    Report::new(subject, outcome, violation)
}
