//! The worlds in which the operations run in production: tokio, a store, the network, a hypervisor.

mod cause;
mod clock;
mod control;
mod machine;

pub use cause::{cause_of, own_cause};
pub use clock::{id, now};
pub use control::ControlWorld;
pub use machine::{Allotment, MachineWorld, Share};
