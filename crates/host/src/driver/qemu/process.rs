//! Processes of guests: who holds a guest's lock, how to end it, and burying those that this process started.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Child;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
pub use rustix::process::Signal;
use rustix::process::{Pid, PidfdFlags, pidfd_open, pidfd_send_signal};

/// Sends `signal` to the process that holds the lock, and waits until it is gone or `timeout` is over. A
/// process that ended by itself meanwhile is gone.
pub fn signal_holder(lock: &Path, signal: Signal, timeout: Duration) -> io::Result<()> {
    let Some(holder) = holder(lock)? else { return Ok(()) };
    match pidfd_send_signal(&holder, signal) {
        Ok(()) => wait_until_gone(&holder, timeout),
        Err(Errno::SRCH) => Ok(()),
        Err(e) => Err(e.into()),
    }
}

/// The process whose standard output the lock is: that is how it was handed on. The handle is taken before the
/// process is looked at a second time, so it cannot be that of a later process with the same id.
fn holder(lock: &Path) -> io::Result<Option<OwnedFd>> {
    let lock = fs::metadata(lock)?;
    let holds = |process: &Path| {
        let output = fs::metadata(process.join("fd/1"));
        output.is_ok_and(|output| (output.dev(), output.ino()) == (lock.dev(), lock.ino()))
    };
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let pid = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
        let Some(pid) = pid.filter(|_| holds(&entry.path())) else { continue };
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(handle) if holds(&entry.path()) => return Ok(Some(handle)),
            Ok(_) | Err(Errno::SRCH) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(None)
}

fn wait_until_gone(process: &OwnedFd, timeout: Duration) -> io::Result<()> {
    let deadline = Instant::now() + timeout;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&left)) {
            Err(Errno::INTR) => {}
            Ok(_) => return Ok(()),
            Err(e) => return Err(e.into()),
        }
    }
}

/// The processes that this one started and has to bury. What is known of guests is never read from here.
#[derive(Debug, Default)]
pub struct Children(Mutex<Vec<Child>>);

impl Children {
    pub fn adopt(&self, child: Child) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(child);
    }

    /// Buries those that ended.
    pub fn reap(&self) {
        let mut children = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        children.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    }
}
