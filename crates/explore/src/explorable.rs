//! A scenario of any world, as one thing: what a list of scenarios is made of.

use crate::executor::StepId;
use crate::minimise::{Minimal, minimise};
use crate::repair::{Hint, repairs};
use crate::replay::Replayed;
use crate::run::{Limits, Unfinished};
use crate::sample::{Sample, Sampled, sample};
use crate::search::{Found, Options, search};
use crate::single::pace;
use crate::timeline::{Timeline, timeline};
use crate::token::{Token, TokenError};
use crate::world::Scenario;

/// What can be done with a scenario, whatever its world. See the functions of the same names.
#[allow(clippy::missing_errors_doc, reason = "each says so itself")]
pub trait Explorable {
    fn search(&self, options: &Options) -> Result<Found, Unfinished>;
    fn sample(&self, sample: &Sample) -> Result<Sampled, Unfinished>;
    fn minimise(&self, limits: &Limits, path: &[StepId], runs_max: u64) -> Result<Minimal, Unfinished>;
    fn timeline(&self, limits: &Limits, path: &[StepId]) -> Result<Timeline, Unfinished>;
    fn repairs(&self, limits: &Limits, path: &[StepId], schedules_max: u64) -> Result<Vec<Hint>, Unfinished>;
    fn replay(&self, token: &Token, limits: &Limits) -> Result<Replayed, TokenError>;
    fn pace(&self, limits: &Limits, times: u64) -> Result<u64, Unfinished>;
}

impl<S: Scenario> Explorable for S {
    fn search(&self, options: &Options) -> Result<Found, Unfinished> {
        search(self, options)
    }

    fn sample(&self, wanted: &Sample) -> Result<Sampled, Unfinished> {
        sample(self, wanted)
    }

    fn minimise(&self, limits: &Limits, path: &[StepId], runs_max: u64) -> Result<Minimal, Unfinished> {
        minimise(self, limits, path, runs_max)
    }

    fn timeline(&self, limits: &Limits, path: &[StepId]) -> Result<Timeline, Unfinished> {
        timeline(self, limits, path)
    }

    fn repairs(&self, limits: &Limits, path: &[StepId], schedules_max: u64) -> Result<Vec<Hint>, Unfinished> {
        repairs(self, limits, path, schedules_max)
    }

    fn replay(&self, token: &Token, limits: &Limits) -> Result<Replayed, TokenError> {
        token.replay(self, limits)
    }

    fn pace(&self, limits: &Limits, times: u64) -> Result<u64, Unfinished> {
        pace(self, limits, times)
    }
}
