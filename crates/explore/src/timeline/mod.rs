//! A run told to a person: who did what, what each step read and wrote, and which reads were stale when somebody acted
//! on them.

mod stale;
mod svg;
mod text;

pub use stale::Stale;
pub use svg::{escaped, svg};
pub use text::text;

use crate::executor::StepId;
use crate::run::{Limits, Overrun, Run, Wrong};
use crate::world::Scenario;

/// One step, as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Who did it: the number of an actor.
    pub actor: usize,
    pub label: String,
    pub fault: bool,
    pub reads: Vec<String>,
    pub writes: Vec<String>,
}

/// A task, or the part of a run that one task did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub node: String,
    pub task: String,
}

/// A run, as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    pub actors: Vec<Actor>,
    pub moments: Vec<Moment>,
    pub stale: Vec<Stale>,
    pub wrong: Option<Wrong>,
}

/// Tells of a run. Steps after the one that made it wrong are left out: they do not matter any more.
///
/// # Errors
/// When the path does not end within its limits.
pub fn timeline<S: Scenario>(scenario: &S, limits: &Limits, path: &[StepId]) -> Result<Timeline, Overrun> {
    if path.len() > limits.steps_max {
        return Err(Overrun { path: path.to_vec() });
    }
    let mut run = Run::begin(scenario, limits, &scenario.world());
    let (mut tasks, mut actors, mut moments) = (Vec::new(), Vec::new(), Vec::new());
    for id in path {
        let place = tasks.iter().position(|task| *task == id.task);
        let actor = place.unwrap_or(tasks.len());
        run.watched(*id, &mut |shown, footprint| {
            if actor == tasks.len() {
                tasks.push(id.task);
                actors.push(Actor { node: shown.node.clone(), task: shown.task.clone() });
            }
            let names = |objects: &[<S::World as crate::World>::Object]| {
                let mut names: Vec<String> = objects.iter().map(ToString::to_string).collect();
                names.sort();
                names.dedup();
                names
            };
            let (reads, writes) = (names(&footprint.reads), names(&footprint.writes));
            moments.push(Moment { actor, label: shown.label, fault: shown.fault, reads, writes });
        });
        if run.wrong.is_some() {
            break;
        }
    }
    let wrong = match run.wrong.take() {
        Some(wrong) => Some(wrong),
        None => run.rest(),
    };
    let stale = stale::find(&moments);
    Ok(Timeline { actors, moments, stale, wrong })
}
