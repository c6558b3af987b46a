//! What this crate promises of machines, tried on trees of files and on hypervisors.

mod scratch;
mod sysfs;
mod tree;
