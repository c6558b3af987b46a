//! Single runs, in which nothing is tried: to set a scene, to look at a path, and to see what steps cost.

use std::sync::Arc;

use crate::executor::{Core, StepId, finish, grant, lock, settle};
use crate::handle::Handle;
use crate::run::{Limits, Run, Trace, Unfinished, Why};
use crate::world::{Scenario, World};

/// Runs the tasks to rest in one fixed order: how a scenario gets the world that it begins with.
///
/// # Errors
/// When the run does not end within `steps_max`.
pub fn rehearse<W: World>(
    world: W,
    steps_max: usize,
    start: impl FnOnce(&Handle<W>),
) -> Result<W, Unfinished> {
    let core = Core::shared(Arc::new(world));
    start(&Handle(Arc::clone(&core)));
    settle(&core);
    let mut path = Vec::new();
    loop {
        let Some(id) = lock(&core).open().next().map(|pending| pending.id) else {
            finish(&core);
            return Ok(W::clone(&lock(&core).world));
        };
        if path.len() >= steps_max {
            finish(&core);
            return Err(Unfinished { path, why: Why::TooLong });
        }
        path.push(id);
        let at = lock(&core).find(id).expect("it waits");
        grant(&core, at);
    }
}

/// What the steps of a path look like.
///
/// # Panics
/// When the path is not one of this scenario.
pub fn trace<S: Scenario>(scenario: &S, path: &[StepId]) -> Trace {
    let limits = Limits::default();
    let mut run = Run::begin(scenario, &limits, &Arc::new(scenario.world()));
    let mut trace = Trace::new();
    path.iter().for_each(|id| drop(run.watched(*id, &mut |shown, _| trace.push(shown))));
    trace
}

/// The tasks that a scenario starts, each with its node.
#[must_use]
pub fn actors<S: Scenario>(scenario: &S) -> Vec<(String, String)> {
    let limits = Limits::default();
    let run = Run::begin(scenario, &limits, &Arc::new(scenario.world()));
    run.actors()
}

/// Does one run so many times, and nothing beside it: looks at no footprint, judges nothing, and tries no other order.
/// What a step costs here, nothing that explores can cost less. Answers how many steps were done.
///
/// # Errors
/// When the run does not end within its limits.
pub fn pace<S: Scenario>(scenario: &S, limits: &Limits, times: u64) -> Result<u64, Unfinished> {
    let origin = Arc::new(scenario.world());
    let (mut first, mut path) = (Run::begin(scenario, limits, &origin), Vec::new());
    while let Some(id) = first.open().first().copied() {
        if path.len() >= limits.steps_max {
            return Err(Unfinished { path, why: Why::TooLong });
        }
        first.repeat(id);
        path.push(id);
    }
    for _ in 0..times {
        let mut run = Run::begin(scenario, limits, &origin);
        path.iter().for_each(|id| run.repeat(*id));
    }
    Ok(times * path.len() as u64)
}
