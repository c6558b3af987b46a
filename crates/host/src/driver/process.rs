//! Processes that hold a lock or are of a group: which they are, how to end them, and burying those that this process
//! started.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
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

/// Whether something in a process group lives. A process that has ended and is not buried yet does not.
pub fn group_lives(group: Pid) -> io::Result<bool> {
    for (_, process) in processes()? {
        let stat = match fs::read(process.join("stat")) {
            // It ended and was buried meanwhile.
            Err(e) if e.kind() == ErrorKind::NotFound || Errno::from_io_error(&e) == Some(Errno::SRCH) => {
                continue;
            }
            stat => stat?,
        };
        let of = living_group(&stat).ok_or_else(|| {
            io::Error::new(ErrorKind::InvalidData, format!("{}/stat cannot be read", process.display()))
        })?;
        if of == Some(group.as_raw_pid()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The group of a process, as its `stat` in /proc has it, if it lives; nothing if that is no such text. The second
/// field is its name, which it chose itself, in parentheses.
fn living_group(stat: &[u8]) -> Option<Option<i32>> {
    let name_end = stat.iter().rposition(|byte| *byte == b')')?;
    let fields = str::from_utf8(&stat[name_end + 1..]).ok()?;
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    let (state, group, threads) = (*fields.first()?, fields.get(2)?.parse().ok()?, fields.get(17)?);
    // The state is that of its first thread, which others may outlive.
    let ended = matches!(state, "Z" | "X") && matches!(*threads, "0" | "1");
    Some((!ended).then_some(group))
}

/// The processes that the lock was handed on to, and those that have it from them. One that is not there is nobody's. A
/// handle is taken before its process is looked at a second time, so it cannot be that of a later process with the same
/// id.
pub fn holders(lock: &Path) -> io::Result<Vec<Holder>> {
    let lock = match fs::metadata(lock) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        lock => lock?,
    };
    let is_lock = |file: fs::Metadata| (file.dev(), file.ino()) == (lock.dev(), lock.ino());
    let holds = |process: &Path| {
        HANDED_ON.iter().any(|handed_on| fs::metadata(process.join(handed_on)).is_ok_and(is_lock))
    };
    let mut holders = Vec::new();
    for (pid, process) in processes()? {
        if !holds(&process) {
            continue;
        }
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(handle) if holds(&process) => holders.push(Holder { pid, handle }),
            Ok(_) | Err(Errno::SRCH) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(holders)
}

/// Every process, and what /proc has of it.
fn processes() -> io::Result<Vec<(Pid, PathBuf)>> {
    let mut processes = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let pid = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
        processes.extend(pid.map(|pid| (pid, entry.path())));
    }
    Ok(processes)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_is_of_no_group() {
        // The name, the state and the number of threads of a process, and its group if it lives.
        let table = [
            ("sleep", "S", "1", Some(7)),
            ("hangs", "D", "1", Some(7)),
            ("a) Z 1 9 (b", "R", "1", Some(7)),
            ("buried", "X", "0", None),
            ("defunct", "Z", "1", None),
            ("outlived", "Z", "2", Some(7)),
        ];
        for (name, state, threads, group) in table {
            let stat = format!("42 ({name}) {state} 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 {threads} 0 1000\n");
            assert_eq!(living_group(stat.as_bytes()), Some(group), "{name}");
        }
        for text in ["", "42 (cut", "42 (cut) S 1", "42 (cut) S 1 x 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1000"] {
            assert_eq!(living_group(text.as_bytes()), None, "{text}");
        }
    }
}
