//! Runs that follow a plan: exactly, leniently, or as usual but for some switches.

use std::sync::Arc;

use crate::executor::StepId;
use crate::run::{Choice, Limits, Run, Unfinished, Why, Wrong};
use crate::steady::Steady;
use crate::world::Scenario;

/// A run that followed a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    pub path: Vec<StepId>,
    pub wrong: Option<Wrong>,
    /// Where the run did not do as usual.
    pub switches: Vec<Switch>,
    /// How many options there were at each point that had more than one.
    pub(crate) options: Vec<usize>,
    /// The names of all its steps, as one number.
    pub(crate) names: u64,
}

/// A point at which a run did not do as usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch {
    /// The how-manieth point it is of those with more than one option.
    pub point: usize,
    /// Which of the other options was taken.
    pub option: usize,
}

/// What happens unless somebody says otherwise: the task that did the last step goes on; if it cannot, the first one
/// does that can; and something goes wrong only when nothing else is left.
fn usual(choices: &[Choice], last: Option<StepId>) -> usize {
    let goes_on = |choice: &Choice| !choice.fault && last.is_some_and(|last| last.task == choice.id.task);
    let right = |choice: &Choice| !choice.fault;
    choices.iter().position(goes_on).or_else(|| choices.iter().position(right)).unwrap_or(0)
}

/// Takes the other option at each switch, and otherwise does as usual.
///
/// # Errors
/// When the run does not end within its limits.
pub(crate) fn switched<S: Scenario>(
    scenario: &S,
    limits: &Limits,
    origin: &Arc<S::World>,
    switches: &[Switch],
) -> Result<Replayed, Unfinished> {
    let mut left = switches.iter().peekable();
    follow(scenario, limits, origin, &mut |point, _, usual, others| match left
        .next_if(|switch| switch.point == point)
    {
        Some(switch) => others.get(switch.option).copied().unwrap_or(usual),
        None => usual,
    })
}

/// Does the steps of the plan in its order, as far as they can happen, and as usual where it says nothing.
///
/// # Errors
/// When the run does not end within its limits.
pub(crate) fn leniently<S: Scenario>(
    scenario: &S,
    limits: &Limits,
    origin: &Arc<S::World>,
    plan: &[StepId],
) -> Result<Replayed, Unfinished> {
    let place = |id: StepId| plan.iter().position(|planned| *planned == id);
    follow(scenario, limits, origin, &mut |_, choices, usual, _| {
        let planned = choices.iter().filter_map(|choice| Some((place(choice.id)?, choice.id))).min();
        planned.map_or(usual, |(_, id)| id)
    })
}

/// Who says what comes next where there are several options: told the number of the point, all options, the usual one,
/// and the others.
type Say<'a> = &'a mut dyn FnMut(usize, &[Choice], StepId, &[StepId]) -> StepId;

pub(crate) fn follow<S: Scenario>(
    scenario: &S,
    limits: &Limits,
    origin: &Arc<S::World>,
    say: Say<'_>,
) -> Result<Replayed, Unfinished> {
    let mut run = Run::begin(scenario, limits, origin);
    let (mut path, mut switches, mut options, mut names) = (Vec::new(), Vec::new(), Vec::new(), 0);
    loop {
        let choices = run.choices();
        if choices.is_empty() {
            let wrong = run.rest();
            return Ok(Replayed { path, wrong, switches, options, names });
        }
        if path.len() >= limits.steps_max {
            return Err(Unfinished { path, why: Why::TooLong });
        }
        let usual = choices[usual(&choices, path.last().copied())].id;
        let others: Vec<StepId> = choices.iter().map(|choice| choice.id).filter(|id| *id != usual).collect();
        // Without a choice there is no point of it: what is said of a point is said of the next one with a choice.
        let chosen = if others.is_empty() { usual } else { say(options.len(), &choices, usual, &others) };
        if let Some(option) = others.iter().position(|other| *other == chosen) {
            switches.push(Switch { point: options.len(), option });
        }
        if !others.is_empty() {
            options.push(others.len());
        }
        let mut name = |shown: crate::Shown, _: &_| {
            names = Steady::of(&(names, shown.node, shown.task, shown.label));
        };
        run.watched(chosen, &mut name);
        path.push(chosen);
    }
}
