//! PCI devices: where they sit, what they are, which of them may be granted.

mod address;
mod address_glob;
mod alias;
mod device;
mod device_spec;
mod dirt;
mod grantable;
#[cfg(test)]
mod sample;
mod select;

pub use address::{Address, AddressError};
pub use address_glob::{AddressGlob, AddressGlobError};
pub use alias::{Alias, AliasError, AliasSpec, Aliases, DeviceRequest, RequestError};
pub use device::{Device, Discovered, HexId, HexIdError, Kind, Observed, family};
pub use device_spec::{DeviceSpec, DeviceSpecError, TagsError, choose};
pub use dirt::{Dirt, DirtError, Receipt, Sighting, SightingError};
pub use grantable::InUse;
pub use select::{Shortage, select};
