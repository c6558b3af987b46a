//! Random runs: each step drawn among those that can happen. They prove nothing, and find most faults fast.

use crate::executor::{Core, Footprint, finish, grant, lock, settle};
use crate::handle::Handle;
use crate::search::{Overrun, Scenario, Trace, TraceStep, Violation};

/// A small generator of numbers (SplitMix64): the same seed gives the same runs everywhere.
#[derive(Debug)]
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bound = bound as u64;
        usize::try_from((mixed ^ (mixed >> 31)) % bound).expect("it is below a usize")
    }
}

/// Runs up to `schedules` random schedules. Answers the first violation, and how many runs it took.
///
/// # Errors
/// When a run does not end within `steps_max`.
pub fn walk<S: Scenario>(
    scenario: &S,
    seed: u64,
    schedules: u64,
    steps_max: usize,
) -> Result<Option<(u64, Violation)>, Overrun> {
    let origin = scenario.world();
    let mut draws = Draws(seed);
    for run in 1..=schedules {
        if let Some(violation) = run_once(scenario, origin.clone(), &mut draws, steps_max)? {
            return Ok(Some((run, violation)));
        }
    }
    Ok(None)
}

fn run_once<S: Scenario>(
    scenario: &S,
    world: S::World,
    draws: &mut Draws,
    steps_max: usize,
) -> Result<Option<Violation>, Overrun> {
    let core = Core::shared(world);
    scenario.start(&Handle(std::sync::Arc::clone(&core)));
    settle(&core);
    let mut trace = Trace::new();
    loop {
        let mut enabled = lock(&core).enabled();
        if enabled.is_empty() {
            let judged = scenario.at_rest(&finish(&core));
            return Ok(judged.err().map(|message| Violation { message, trace }));
        }
        if trace.len() >= steps_max {
            finish(&core);
            return Err(Overrun { trace });
        }
        let chosen = enabled.swap_remove(draws.below(enabled.len()));
        let (node, task, label) = lock(&core).describe(&chosen);
        let granted = grant(&core, &chosen);
        let label = granted.footprint.label().map_or(label, str::to_owned);
        trace.push(TraceStep { node, task, label });
        let judged = if granted.footprint.changes() { scenario.always(&lock(&core).world) } else { Ok(()) };
        if let Err(message) = judged {
            finish(&core);
            return Ok(Some(Violation { message, trace }));
        }
    }
}
