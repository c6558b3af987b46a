//! What the explorer costs, and the bars that it is held against. Times are CPU time of one core, so that a busy
//! machine does not matter; going through all of the shipped protocol is measured by the clock, on every core.

mod figure;
mod finding;
mod rate;
mod whole;

use rustix::time::{ClockId, clock_gettime};
use steadfast_races::catalogue::Subject;

pub use figure::{Bar, Figure, Figures};

use crate::bench::Machine;
use crate::exit::Failure;

/// CPU time of this thread so far, in seconds.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Takes the CPU time of something, in seconds.
fn timed<T>(what: impl FnOnce() -> T) -> (f64, T) {
    let begun = cpu();
    let value = what();
    (cpu() - begun, value)
}

/// What is measured.
#[derive(Clone, Copy)]
pub struct Measured<'a> {
    /// The historic race that finding is measured on.
    pub seed: &'a dyn Subject,
    /// The scenario that rates are measured on.
    pub rates: &'a dyn Subject,
    pub legacy: &'a [Box<dyn Subject>],
    pub shipped: &'a [Box<dyn Subject>],
}

impl std::fmt::Debug for Measured<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}, {}, {} and {} scenarios",
            self.seed.name(),
            self.rates.name(),
            self.legacy.len(),
            self.shipped.len()
        )
    }
}

/// Measures everything.
///
/// # Errors
/// When a historic race is not found: then there is nothing to measure.
pub fn measure(what: Measured<'_>, aside: &mut dyn FnMut(&str)) -> Result<Figures, Failure> {
    let mut figures = finding::by_each_draw(what.seed, aside)?;
    figures.extend(finding::made_small(what.legacy, aside)?);
    figures.extend(rate::all(what.rates, aside));
    figures.extend(whole::every_state(what.shipped, aside)?);
    Ok(Figures { machine: Machine::this(), figures })
}
