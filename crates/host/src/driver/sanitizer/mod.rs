//! Sanitizers: what leaves nothing in a device of whoever had it, and makes sure of it. A host has some by name.
//!
//! `reset` is always there. It has the kernel reset the function, which clears its registers and what it is working on;
//! what it stores, on flash or in memory of its own, may survive that. Any other one is a command, which the agent's
//! configuration names: see [`SanitizerCommand`].

mod command;
mod end;

use std::collections::BTreeMap;
use std::time::Duration;

use steadfast_model::hypervisor::{ActError, Seen};
use steadfast_model::ids::SanitizerName;
use steadfast_model::pci::{Address, family};

use super::{HostDirectory, Offer, Source};
pub use command::SanitizerCommand;
pub(super) use end::end_all;

/// The one that is built in.
const RESET: &str = "reset";

/// How long a killed command has to be gone. One that works in the kernel may take longer.
const END_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest time that a command may be given, in seconds: 30 days. None needs more, and a clock cannot count to all
/// that can be written.
const TIMEOUT_S_MAX: u64 = 30 * 24 * 3600;

/// The sanitizers of a host that are commands; `reset` is there as well.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sanitizers(BTreeMap<SanitizerName, SanitizerCommand>);

/// Why a sanitizer is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SanitizerError {
    #[error("`{RESET}` is built in and cannot be another one; choose another name")]
    BuiltIn,
    #[error("command names no program")]
    NoProgram,
    #[error("command: `{0}` is not an absolute path")]
    Relative(String),
    #[error("timeout_s must be at least 1")]
    NoTime,
    #[error("timeout_s must be at most {TIMEOUT_S_MAX}, which is 30 days")]
    TooMuchTime,
}

impl Sanitizers {
    /// Adds a command, in place of one that has the name already.
    ///
    /// # Errors
    /// When the name is that of one that is built in.
    pub fn define(&mut self, name: SanitizerName, command: SanitizerCommand) -> Result<(), SanitizerError> {
        if name.as_str() == RESET {
            return Err(SanitizerError::BuiltIn);
        }
        self.0.insert(name, command);
        Ok(())
    }

    /// What they are called, in order, the built-in one first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [RESET].into_iter().chain(self.0.keys().map(SanitizerName::as_str))
    }
}

impl Offer {
    /// Sanitises a device that `seen` shows. Whatever a guest has is left alone, and so is what shares its hardware:
    /// the agent has seen to that, but what is lost here is lost for ever.
    pub(super) fn sanitize(
        &self,
        host: &HostDirectory,
        seen: &Seen,
        device: Address,
        by: &SanitizerName,
    ) -> Result<(), ActError> {
        if !seen.devices.iter().any(|here| here.address == device) {
            return Err(ActError(format!("{device} is not a device of this host that may be given")));
        }
        let family = family(&seen.devices, device);
        for guest in &seen.guests {
            if let Some(has) = guest.devices.iter().find(|at| family.contains(at)) {
                return Err(ActError(format!("{device} is not sanitised: guest {} has {has}", guest.tag)));
            }
        }
        if by.as_str() == RESET {
            return self.reset(device);
        }
        let command = self.sanitizers.0.get(by);
        command.ok_or_else(|| ActError(format!("this host has no sanitizer `{by}`")))?.run(host, device)
    }

    fn reset(&self, device: Address) -> Result<(), ActError> {
        match &self.source {
            // There is no hardware, so there is nothing in it.
            Source::Described => Ok(()),
            Source::Surveyed { sysfs, .. } => sysfs.reset(device).map_err(|why| ActError(why.to_string())),
        }
    }
}
