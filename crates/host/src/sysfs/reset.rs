//! Resetting a function: the one thing that is written here.

use std::fs::File;
use std::io::{self, ErrorKind, Write};

use steadfast_model::pci::Address;

use super::{Sysfs, pci};

/// Why a function was not reset.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    #[error("{0} offers no reset: it needs another sanitizer")]
    NotOffered(Address),
    #[error("{device} could not be reset: {why}")]
    Failed { device: Address, why: io::Error },
}

impl Sysfs {
    /// Resets a function, and returns once the kernel is through with it.
    ///
    /// # Errors
    /// When the function offers no reset, or the kernel refuses it.
    pub fn reset(&self, device: Address) -> Result<(), ResetError> {
        let path = self.root.join(pci::place(&device.to_string())).join("reset");
        let reset = File::options().write(true).open(path).and_then(|mut file| file.write_all(b"1"));
        reset.map_err(|why| match why.kind() {
            ErrorKind::NotFound => ResetError::NotOffered(device),
            _ => ResetError::Failed { device, why },
        })
    }
}
