//! Makes a run that came out wrong small: fewer switches, then fewer steps, with the same thing wrong at its end.
//!
//! First the given run is simplified: what a task does in two goes is done in one, as long as it still goes wrong. Then
//! all runs with fewer switches are tried, one switch more at a time. If none of them goes wrong the same way, the run
//! is minimal, and that is proved.

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

/// Makes a run small, in at most `runs_max` runs.
///
/// # Errors
/// When a run does not end within its limits, and when nothing is wrong with the one that was given.
pub fn minimise<S: Scenario>(
    scenario: &S,
    limits: &Limits,
    path: &[StepId],
    runs_max: u64,
) -> Result<Minimal, Unfinished> {
    let origin = scenario.world();
    let first = leniently(scenario, limits, &origin, path)?;
    let Some(wrong) = &first.wrong else {
        return Err(Unfinished { path: first.path, why: Why::Strays });
    };
    let kind = kind_of(&wrong.message).to_owned();
    let mut search = Shrink { scenario, limits, origin, kind, best: first, runs: 1, runs_max };
    while search.simplify()? {}
    let proved = search.fewer()?;
    Ok(Minimal { run: search.best, proved, runs: search.runs })
}

struct Shrink<'a, S: Scenario> {
    scenario: &'a S,
    limits: &'a Limits,
    origin: S::World,
    kind: String,
    best: Replayed,
    runs: u64,
    runs_max: u64,
}

impl<S: Scenario> Shrink<'_, S> {
    /// Takes a run if the same thing is wrong with it and it is smaller.
    fn take(&mut self, run: Replayed) -> bool {
        self.runs += 1;
        let size = |run: &Replayed| (run.switches.len(), end(run));
        let same = run.wrong.as_ref().is_some_and(|wrong| kind_of(&wrong.message) == self.kind);
        let better = same && size(&run) < size(&self.best);
        if better {
            self.best = run;
        }
        better
    }

    /// Lets some task do at once what it did in two goes. Answers whether that made the run smaller.
    fn simplify(&mut self) -> Result<bool, Unfinished> {
        let path = self.best.path.clone();
        for at in 1..path.len() {
            if self.runs >= self.runs_max {
                return Ok(false);
            }
            let earlier = path[..at].iter().rposition(|id| id.task == path[at].task);
            let Some(earlier) = earlier.filter(|earlier| earlier + 1 < at) else { continue };
            // The later go joins the earlier one, or the earlier one the later.
            let mut up = path.clone();
            up[earlier + 1..=at].rotate_right(1);
            let mut down = path.clone();
            down[earlier..at].rotate_left(1);
            for plan in [up, down] {
                let run = leniently(self.scenario, self.limits, &self.origin, &plan)?;
                if self.take(run) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Tries all runs with fewer switches than the best one has. Answers whether all were tried.
    fn fewer(&mut self) -> Result<bool, Unfinished> {
        let most = self.best.switches.len();
        for switches in 0..most {
            let (tried, found) = self.level(&mut Vec::new(), switches)?;
            if found || !tried {
                return Ok(tried || found);
            }
        }
        Ok(true)
    }

    /// Tries every run that has so many more switches, after those given. Answers whether all were tried, and
    /// whether the best run is one of them.
    fn level(&mut self, switches: &mut Vec<Switch>, more: usize) -> Result<(bool, bool), Unfinished> {
        if self.runs >= self.runs_max {
            return Ok((false, false));
        }
        let run = switched(self.scenario, self.limits, &self.origin, switches)?;
        if more == 0 {
            return Ok((true, self.take(run)));
        }
        self.runs += 1;
        let first = switches.last().map_or(0, |switch| switch.point + 1);
        let (mut all, mut found) = (true, false);
        for (point, options) in run.options.iter().enumerate().skip(first) {
            for option in 0..*options {
                switches.push(Switch { point, option });
                let (tried, hit) = self.level(switches, more - 1)?;
                switches.pop();
                (all, found) = (all && tried, found || hit);
                if !tried {
                    return Ok((false, found));
                }
            }
        }
        Ok((all, found))
    }
}

/// After how many steps the run was wrong.
fn end(run: &Replayed) -> usize {
    run.wrong.as_ref().and_then(|wrong| wrong.after).unwrap_or(run.path.len())
}
