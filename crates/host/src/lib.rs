//! What touches a machine.
//!
//! [`sysfs`] finds out what a machine has. It decides nothing about it: `device_spec` says which devices may be
//! given, and the control plane to whom.

pub mod sysfs;
