//! Every state of the shipped protocol, by the clock.

use std::time::{Duration, Instant};

use steadfast_races::campaign::{Budget, Campaign, Strategy};
use steadfast_races::catalogue::{Engine, Subject};

use super::{Bar, Figure};
use crate::exit::Failure;
use crate::explore::run;

/// How long it may take, and how long it is given so that a slower machine has a figure as well.
const WITHIN_S: f64 = 120.0;
const TIME: Duration = Duration::from_secs(600);

/// Goes through all scenarios, on every core.
pub(super) fn every_state(
    shipped: &[Box<dyn Subject>],
    aside: &mut dyn FnMut(&str),
) -> Result<Vec<Figure>, Failure> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    aside(&format!(
        "every state of {} scenarios, by {workers} workers, within {} s",
        shipped.len(),
        TIME.as_secs()
    ));
    let (strategy, budget) = (Strategy::SearchAlone, Budget::Time(TIME));
    let campaign = Campaign { strategy, budget, store: Engine::Memory, seed: 1, workers };
    let begun = Instant::now();
    let reports = run(shipped, campaign, &mut |_| Ok(()))?;
    let seconds = begun.elapsed().as_secs_f64();
    let states: u64 = reports.iter().map(|report| report.outcome.states).sum();
    let left = reports.iter().filter(|report| !report.outcome.exhausted).count();
    let wrong = reports.iter().filter(|report| report.violation.is_some()).count();
    Ok(vec![
        Figure::new(format!("every state of {} scenarios", shipped.len()), "s", vec![seconds])
            .bar(Bar::AtMost(WITHIN_S)),
        Figure::new("  states", "", vec![states as f64]),
        Figure::new("  not exhausted", "", vec![left as f64]).bar(Bar::AtMost(0.0)),
        Figure::new("  with a violation", "", vec![wrong as f64]).bar(Bar::AtMost(0.0)),
    ])
}
