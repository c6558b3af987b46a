//! The main job, shown: instances with devices boot on host1, it dies, everything on it is evacuated while every host
//! reports as fast as it can, and it comes back. Then the books are compared with what the guests really have.
//!
//! Everything happens to a site of real processes, through the API that users have. Only the comparison looks behind
//! it: into the store, and onto the hypervisors once the agents have let go of them.

pub mod api;
mod bug;
mod holding;
mod moves;
mod outcome;
mod reports;
mod stage;
mod story;
pub mod table;
pub mod timeline;
mod verdict;

pub use outcome::Outcome;
pub use story::tell;

use crate::config::HypervisorKind;

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Script {
    pub hosts: u16,
    pub instances: u16,
    pub hypervisor: HypervisorKind,
    /// The audit that lost devices runs beside the reports.
    pub with_bug: bool,
}
