//! Locks that the kernel keeps for a process: whoever starts one takes its lock and hands it on, and the kernel lets go
//! of it when the process, and whatever it handed it on to, is gone.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

const RETRY: Duration = Duration::from_millis(10);

/// Whether a process has the lock. One that is not there is nobody's.
pub fn is_held(lock: &Path) -> io::Result<bool> {
    let lock = match File::open(lock) {
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(false),
        opened => opened?,
    };
    match lock.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(e)) => Err(e),
    }
}

/// Asks until something is so or `timeout` is over, and says whether it is. A lock may be held for an instant longer
/// than its process lives: by another one that this agent is just starting, before it becomes a program of its own.
pub fn is_soon(timeout: Duration, mut is: impl FnMut() -> io::Result<bool>) -> io::Result<bool> {
    let deadline = Instant::now() + timeout;
    while !is()? {
        if Instant::now() >= deadline {
            return Ok(false);
        }
        thread::sleep(RETRY);
    }
    Ok(true)
}
