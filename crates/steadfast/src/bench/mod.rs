//! How fast a site is, measured from the HTTP request to the agents' confirmation.
//!
//! Twenty simulated hosts, their agents in this process and speaking HTTP, one control plane on a real listener.
//! Instances with a device each boot, half the hosts die, and everything on them is evacuated; then all is deleted,
//! and the next run begins.

mod machine;
mod postgres;
mod results;
mod rig;
mod run;

pub use machine::Machine;
pub use postgres::PrivatePostgres;
pub use results::{PerBoot, Results, Series, median};
pub use rig::Rig;
pub use run::measure;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    pub hosts: u16,
    pub instances: u16,
    pub runs: u16,
}
