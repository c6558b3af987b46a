//! A host's hypervisor, as its agent's configuration has it.

use std::path::Path;

use steadfast_host::driver::qemu::{self, Accelerator, Qemu};
use steadfast_host::driver::sim::{self, Sim};
use steadfast_host::driver::{Driver, HostDirectory};

use crate::config::{AgentConfig, HypervisorKind};
use crate::exit::Failure;

/// Takes the host's directory and opens its driver.
///
/// # Errors
/// When another process has the host, or the hypervisor is not there.
pub fn open(config: &AgentConfig) -> Result<Box<dyn Driver>, Failure> {
    let directory = HostDirectory::lock(&config.directory).map_err(Failure::because)?;
    let offer = config.offer.clone();
    Ok(match config.kind {
        HypervisorKind::Sim => Box::new(Sim::open(directory, offer)),
        HypervisorKind::Qemu => {
            Box::new(Qemu::open(directory, offer, config.accelerator).map_err(Failure::because)?)
        }
    })
}

/// Like [`open`], for whoever only looks: nothing is tried out that only running guests needs.
///
/// # Errors
/// See [`open`].
pub fn open_to_look(config: AgentConfig) -> Result<Box<dyn Driver>, Failure> {
    open(&AgentConfig { accelerator: Some(Accelerator::Tcg), ..config })
}

/// The host loses power. Its agent has ended before.
///
/// # Errors
/// When the agent has not, or a guest cannot be ended.
pub fn kill_host(kind: HypervisorKind, directory: &Path) -> Result<(), Failure> {
    match kind {
        HypervisorKind::Sim => sim::kill_host(directory).map_err(Failure::because),
        HypervisorKind::Qemu => qemu::kill_host(directory).map_err(Failure::because),
    }
}

/// What runs guests where nobody says, and why: QEMU if it is installed.
#[must_use]
pub fn default_kind() -> (HypervisorKind, &'static str) {
    match qemu::find() {
        Some(_) => (HypervisorKind::Qemu, "qemu-system-x86_64 is installed"),
        None => (HypervisorKind::Sim, "qemu-system-x86_64 is not installed"),
    }
}
