//! Processes that hold a lock: which they are, how to end them, and burying those that this process started.

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
use rustix::process::{Pid, PidfdFlags, getpgid, getpgrp, kill_process_group, pidfd_open, pidfd_send_signal};

/// How a lock is handed on to a process: as its standard output or its standard error.
const HANDED_ON: [&str; 2] = ["fd/1", "fd/2"];

/// A process that holds a lock.
#[derive(Debug)]
pub struct Holder {
    pid: Pid,
    handle: OwnedFd,
}

/// Sends `signal` to what holds the lock, and waits until that is gone or `timeout` is over.
pub fn signal_holders(lock: &Path, signal: Signal, timeout: Duration) -> io::Result<()> {
    for holder in holders(lock)? {
        holder.signal(signal)?;
        wait_until_gone(&holder.handle, timeout)?;
    }
    Ok(())
}

/// Kills what holds the lock, each with its process group: what it started may not hold the lock any more.
pub fn kill_holders(lock: &Path) -> io::Result<()> {
    for holder in holders(lock)? {
        match getpgid(Some(holder.pid)) {
            // One that this process is just starting may not have left its group yet.
            Ok(group) if group != getpgrp() => kill_group(group)?,
            Ok(_) | Err(Errno::SRCH) => {}
            Err(e) => return Err(e.into()),
        }
        holder.signal(Signal::KILL)?;
    }
    Ok(())
}

/// Kills a process group. One that is empty is killed.
pub fn kill_group(group: Pid) -> io::Result<()> {
    match kill_process_group(group, Signal::KILL) {
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(e) => Err(e.into()),
    }
}

/// The processes that the lock was handed on to, and those that have it from them. A handle is taken before its process
/// is looked at a second time, so it cannot be that of a later process with the same id.
pub fn holders(lock: &Path) -> io::Result<Vec<Holder>> {
    let lock = fs::metadata(lock)?;
    let is_lock = |file: fs::Metadata| (file.dev(), file.ino()) == (lock.dev(), lock.ino());
    let holds = |process: &Path| {
        HANDED_ON.iter().any(|handed_on| fs::metadata(process.join(handed_on)).is_ok_and(is_lock))
    };
    let mut holders = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let pid = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
        let Some(pid) = pid.filter(|_| holds(&entry.path())) else { continue };
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(handle) if holds(&entry.path()) => holders.push(Holder { pid, handle }),
            Ok(_) | Err(Errno::SRCH) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(holders)
}

impl Holder {
    /// One that ended by itself meanwhile is gone, as it should be.
    fn signal(&self, signal: Signal) -> io::Result<()> {
        match pidfd_send_signal(&self.handle, signal) {
            Ok(()) | Err(Errno::SRCH) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }
}

/// Waits until the process is gone or `timeout` is over, and says whether it is gone.
pub fn wait_until_gone(process: &OwnedFd, timeout: Duration) -> io::Result<bool> {
    let deadline = Instant::now() + timeout;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&left)) {
            Err(Errno::INTR) => {}
            Ok(ready) => return Ok(ready > 0),
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
