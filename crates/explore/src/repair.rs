//! Which neighbouring steps would have to be one for a violation to go away.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::executor::StepId;
use crate::run::{Limits, Run, Unfinished};
use crate::search::{Options, search};
use crate::world::Scenario;

/// What comes of joining two steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Every order was tried, and none goes wrong any more.
    Ends,
    /// It goes wrong all the same.
    Stays,
    /// None went wrong of as many orders as were tried.
    Unknown,
}

/// Two steps that one task does one after the other, and what comes of joining them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    pub first: String,
    pub second: String,
    pub verdict: Verdict,
}

/// Joins each two neighbouring steps of a run that went wrong in turn, and searches again.
///
/// # Errors
/// When a run does not end within its limits.
pub fn repairs<S: Scenario>(
    scenario: &S,
    limits: &Limits,
    path: &[StepId],
    schedules_max: u64,
) -> Result<Vec<Hint>, Unfinished> {
    let hint = |(first, second): (String, String)| {
        let merges = BTreeSet::from([(first.clone(), second.clone())]);
        let limits = Limits { merges, ..limits.clone() };
        let options = Options { stop_at_violation: true, schedules_max, limits, ..Options::default() };
        let found = search(scenario, &options)?;
        let verdict = match (found.violation, found.exhausted) {
            (Some(_), _) => Verdict::Stays,
            (None, true) => Verdict::Ends,
            (None, false) => Verdict::Unknown,
        };
        Ok(Hint { first, second, verdict })
    };
    let mut hints =
        neighbours(scenario, limits, path).into_iter().map(hint).collect::<Result<Vec<_>, _>>()?;
    hints.sort_by_key(|hint| hint.verdict);
    Ok(hints)
}

/// The steps that one task does one after the other in this run, by their labels.
fn neighbours<S: Scenario>(scenario: &S, limits: &Limits, path: &[StepId]) -> BTreeSet<(String, String)> {
    let mut run = Run::begin(scenario, limits, &Arc::new(scenario.world()));
    let mut last: Vec<(u64, String)> = Vec::new();
    let mut pairs = BTreeSet::new();
    for id in path {
        // A step is found by the label that it has while it waits.
        let label = run.show(*id).label;
        let mut done = label.clone();
        run.watched(*id, &mut |shown, _| done = shown.label);
        match last.iter_mut().find(|(task, _)| *task == id.task) {
            Some((_, before)) => {
                pairs.insert((std::mem::replace(before, done), label));
            }
            None => last.push((id.task, done)),
        }
    }
    pairs
}
