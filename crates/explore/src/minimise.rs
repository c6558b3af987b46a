//! Makes a run that came out wrong small: fewer switches, then fewer steps, with the same thing wrong at its end.
//!
//! First the given run is simplified: what a task does in two goes is done in one, as long as it still goes wrong. Then
//! all runs with fewer switches are tried, one switch more at a time. If none of them goes wrong the same way, the run
//! is minimal, and that is proved.

use std::sync::Arc;

use crate::executor::StepId;
use crate::replay::{Replayed, Switch, leniently, switched};
use crate::run::{Limits, Unfinished, Why};
use crate::world::Scenario;

/// A run that was made small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minimal {
    pub run: Replayed,
    /// Whether every run with fewer switches was tried.
    pub proved: bool,
    /// How many runs it took.
    pub runs: u64,
}

/// What kind of thing is wrong: what stands before the first colon of its message.
#[must_use]
pub fn kind_of(message: &str) -> &str {
    message.split(':').next().unwrap_or(message)
}

/// Up to how many switches a run has of which every run with fewer is tried anyway, if enough runs are allowed.
const FEW: usize = 5;

/// Makes a run small, in at most `runs_max` runs.
///
/// # Errors
/// When the run that was given does not end within its limits, or nothing is wrong with it.
pub fn minimise<S: Scenario>(
    scenario: &S,
    limits: &Limits,
    path: &[StepId],
    runs_max: u64,
) -> Result<Minimal, Unfinished> {
    let origin = Arc::new(scenario.world());
    let first = leniently(scenario, limits, &origin, path)?;
    let Some(wrong) = &first.wrong else {
        return Err(Unfinished { path: first.path, why: Why::Strays });
    };
    let kind = kind_of(&wrong.message).to_owned();
    let mut search = Shrink { scenario, limits, origin, kind, best: first, runs: 1, runs_max };
    while search.simplify() || search.drop_one() {}
    let proved = search.fewer();
    Ok(Minimal { run: search.best, proved, runs: search.runs })
}

struct Shrink<'a, S: Scenario> {
    scenario: &'a S,
    limits: &'a Limits,
    origin: Arc<S::World>,
    kind: String,
    best: Replayed,
    runs: u64,
    runs_max: u64,
}

impl<S: Scenario> Shrink<'_, S> {
    /// Takes a run if the same thing is wrong with it and it is smaller. One that does not end is not.
    fn take(&mut self, run: Result<Replayed, Unfinished>) -> bool {
        self.runs += 1;
        let Ok(run) = run else { return false };
        let size = |run: &Replayed| (run.switches.len(), end(run));
        let same = run.wrong.as_ref().is_some_and(|wrong| kind_of(&wrong.message) == self.kind);
        let better = same && size(&run) < size(&self.best);
        if better {
            self.best = run;
        }
        better
    }

    /// Lets some task do at once what it did in two goes. Answers whether that made the run smaller.
    fn simplify(&mut self) -> bool {
        let path = self.best.path.clone();
        for at in 1..path.len() {
            if self.runs >= self.runs_max {
                return false;
            }
            let earlier = path[..at].iter().rposition(|id| id.task == path[at].task);
            let Some(earlier) = earlier.filter(|earlier| earlier + 1 < at) else { continue };
            // The later go joins the earlier one, or the earlier one the later.
            let mut up = path.clone();
            up[earlier + 1..=at].rotate_right(1);
            let mut down = path.clone();
            down[earlier..at].rotate_left(1);
            for plan in [up, down] {
                let run = leniently(self.scenario, self.limits, &self.origin, &plan);
                if self.take(run) {
                    return true;
                }
            }
        }
        false
    }

    /// Does as usual where the best run does not, at one point after the other, the last one first: what comes after it
    /// went wrong need not be as it was. Answers whether that made the run smaller.
    fn drop_one(&mut self) -> bool {
        let switches = self.best.switches.clone();
        switches.len() > FEW
            && (0..switches.len()).rev().any(|at| {
                let mut fewer = switches.clone();
                fewer.remove(at);
                self.runs < self.runs_max && {
                    let run = switched(self.scenario, self.limits, &self.origin, &fewer);
                    self.take(run)
                }
            })
    }

    /// Tries all runs with fewer switches than the best one has. Answers whether all were tried.
    fn fewer(&mut self) -> bool {
        let most = self.best.switches.len();
        for switches in 0..most {
            let (tried, found) = self.level(&mut Vec::new(), switches);
            if found || !tried {
                return tried || found;
            }
        }
        true
    }

    /// Tries every run that has so many more switches, after those given. Answers whether all were tried, and
    /// whether the best run is one of them. What could come after a run that does not end is not tried.
    fn level(&mut self, switches: &mut Vec<Switch>, more: usize) -> (bool, bool) {
        if self.runs >= self.runs_max {
            return (false, false);
        }
        let run = switched(self.scenario, self.limits, &self.origin, switches);
        if more == 0 {
            return (true, self.take(run));
        }
        self.runs += 1;
        let Ok(run) = run else { return (false, false) };
        let first = switches.last().map_or(0, |switch| switch.point + 1);
        let (mut all, mut found) = (true, false);
        for (point, options) in run.options.iter().enumerate().skip(first) {
            for option in 0..*options {
                switches.push(Switch { point, option });
                let (tried, hit) = self.level(switches, more - 1);
                switches.pop();
                (all, found) = (all && tried, found || hit);
                if self.runs >= self.runs_max {
                    return (false, found);
                }
            }
        }
        (all, found)
    }
}

/// After how many steps the run was wrong.
fn end(run: &Replayed) -> usize {
    run.wrong.as_ref().and_then(|wrong| wrong.after).unwrap_or(run.path.len())
}
