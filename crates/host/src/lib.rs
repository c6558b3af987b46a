//! What touches a machine.
//!
//! [`sysfs`] finds out what a machine has; [`driver`] runs guests on it. Neither decides anything: `device_spec`
//! says which devices may be given, the control plane to whom, and the agent's list which guests should run.

pub mod driver;
pub mod sysfs;
