//! One keeper for a site: the lock on its directory.

use std::fs::{File, TryLockError};

use super::Layout;
use crate::exit::Failure;

/// Held as long as this value, or the process, lives.
#[derive(Debug)]
pub struct SiteLock {
    _file: File,
}

impl SiteLock {
    /// # Errors
    /// When another process keeps the site.
    pub fn take(layout: &Layout) -> Result<Self, Failure> {
        let (path, dir) = (layout.lock(), layout.dir().display());
        let file = File::create(&path).map_err(Failure::cannot(format_args!("write {}", path.display())))?;
        match file.try_lock() {
            Ok(()) => Ok(SiteLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Failure::because(format_args!(
                "another `steadfast up` keeps the site in {dir}; end it first"
            ))),
            Err(TryLockError::Error(why)) => Err(Failure::because(format_args!("cannot lock {dir}: {why}"))),
        }
    }
}
