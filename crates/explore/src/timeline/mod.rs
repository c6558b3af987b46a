//! A run told to a person: who did what, what each step read and wrote, which reads were stale when somebody went on
//! from them, and which did not fit together.

mod mark;
mod stale;
mod svg;
mod text;
mod torn;

pub use stale::{Reaction, Stale};
pub use svg::{escaped, svg};
pub use text::text;
pub use torn::{Sight, Tear, Torn};

use std::sync::Arc;

use crate::executor::StepId;
use crate::run::{Limits, Run, Unfinished, Why, Wrong};
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
    /// What the step waited for.
    pub awaits: Vec<String>,
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
    pub torn: Option<Torn>,
    /// None also where the path ends before the run does: what must be true at rest cannot be asked of it.
    pub wrong: Option<Wrong>,
}

/// Tells of a run. Steps after the one that made it wrong are left out: they do not matter any more.
///
/// # Errors
/// When the path does not end within its limits.
pub fn timeline<S: Scenario>(scenario: &S, limits: &Limits, path: &[StepId]) -> Result<Timeline, Unfinished> {
    if path.len() > limits.steps_max {
        return Err(Unfinished { path: path.to_vec(), why: Why::TooLong });
    }
    let mut run = Run::begin(scenario, limits, &Arc::new(scenario.world()));
    let (mut tasks, mut actors, mut moments) = (Vec::new(), Vec::new(), Vec::new());
    for id in path {
        let place = tasks.iter().position(|task| *task == id.task);
        let actor = place.unwrap_or(tasks.len());
        let mut awaits = names(&run.gate(*id));
        run.watched(*id, &mut |shown, footprint| {
            if actor == tasks.len() {
                tasks.push(id.task);
                actors.push(Actor { node: shown.node.clone(), task: shown.task.clone() });
            }
            let (reads, writes) = (names(&footprint.reads), names(&footprint.writes));
            let awaits = std::mem::take(&mut awaits);
            moments.push(Moment { actor, label: shown.label, fault: shown.fault, reads, writes, awaits });
        });
        if run.wrong.is_some() {
            break;
        }
    }
    let wrong = match run.wrong.take() {
        Some(wrong) => Some(wrong),
        None if run.open().is_empty() => run.rest(),
        None => None,
    };
    let stale = stale::find(&moments);
    let torn = torn::find(&moments, &stale);
    Ok(Timeline { actors, moments, stale, torn, wrong })
}

fn names<O: ToString>(objects: &[O]) -> Vec<String> {
    let mut names: Vec<String> = objects.iter().map(ToString::to_string).collect();
    names.sort();
    names.dedup();
    names
}

/// How many stale reads are told of.
const STALE_MAX: usize = 4;

impl Timeline {
    /// What was seen that was not so any more when somebody went on from it, in sentences.
    #[must_use]
    pub fn sights(&self) -> Vec<String> {
        let mut told: Vec<String> = self.stale.iter().take(STALE_MAX).map(Stale::sentence).collect();
        match self.stale.len() {
            0 => told.push("no step acted on a stale read".to_owned()),
            all if all > STALE_MAX => told.push(format!("stale: {} more reads", all - STALE_MAX)),
            _ => {}
        }
        told.extend(self.torn.as_ref().map(|torn| self.torn_sentence(torn)));
        told
    }

    fn torn_sentence(&self, Torn { tear, before, after, acted }: &Torn) -> String {
        let (read, written, acted) = (before.read + 1, before.written + 1, acted + 1);
        let seen = format!(
            "torn: step {} saw {} after step {}, and step {read} {} before step {written}",
            after.read + 1,
            after.object,
            after.written + 1,
            before.object,
        );
        match tear {
            Tear::Mixed => {
                format!("{seen}: the two were never so at one time, and step {acted} acted on both")
            }
            Tear::HalfDone => {
                let writer = &self.actors[self.moments[before.written].actor].task;
                format!("{seen}: step {acted} acted on half of what `{writer}` does")
            }
        }
    }
}

impl Stale {
    fn sentence(&self) -> String {
        let (read, written, acted) = (self.read + 1, self.written + 1, self.acted + 1);
        let end = match self.reaction {
            Reaction::Acted => format!("step {acted} acted on what step {read} saw"),
            Reaction::LookedAgain => format!("step {acted} looked again, too late"),
        };
        format!("stale: step {read} read {}; step {written} wrote it; {end}", self.object)
    }
}

#[cfg(test)]
mod tests {
    use super::Moment;

    pub(super) const ONE: usize = 0;
    pub(super) const TWO: usize = 1;
    pub(super) const THREE: usize = 2;

    /// Who does a step, and the objects that it reads, writes and waits for, with spaces between them.
    pub(super) type Told = (usize, &'static str, &'static str, &'static str);

    pub(super) fn reads(actor: usize, objects: &'static str) -> Told {
        (actor, objects, "", "")
    }

    pub(super) fn writes(actor: usize, objects: &'static str) -> Told {
        (actor, "", objects, "")
    }

    /// It reads what it waited for.
    pub(super) fn awaits(actor: usize, objects: &'static str) -> Told {
        (actor, objects, "", objects)
    }

    pub(super) fn told(steps: &[Told]) -> Vec<Moment> {
        let names =
            |objects: &str| objects.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let moment = |(actor, reads, writes, awaits): &Told| Moment {
            actor: *actor,
            label: String::new(),
            fault: false,
            reads: names(reads),
            writes: names(writes),
            awaits: names(awaits),
        };
        steps.iter().map(moment).collect()
    }
}
