//! What this crate promises of machines, tried on trees of files and on hypervisors.

mod conformance;
mod inventory;
mod qemu;
mod sanitizing;
mod scratch;
mod sim;
mod sysfs;
mod tree;
