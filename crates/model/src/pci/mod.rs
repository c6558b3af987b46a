//! PCI devices: where they sit, what they are, which of them may be granted.

mod address;
mod device;

pub use address::{Address, AddressError};
pub use device::{Device, HexId, HexIdError, Kind, Observed};
