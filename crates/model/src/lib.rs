//! The nouns and the decisions of Steadfast.
//!
//! Everything here is pure and synchronous: no I/O, no clock, no randomness. A function that chooses takes
//! values and returns a verdict; whoever calls it reads and writes.

pub mod action;
pub mod agent;
pub mod cause;
pub mod claim;
pub mod discrepancy;
pub mod flavor;
pub mod host;
pub mod hypervisor;
pub mod ids;
pub mod instance;
pub mod invariant;
pub mod inventory;
pub mod ledger;
pub mod message;
pub mod migration;
pub mod numa;
pub mod pci;
pub mod schedule;
