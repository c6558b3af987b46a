//! A sanitizer that is a command.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, pidfd_open};
use steadfast_model::hypervisor::ActError;
use steadfast_model::pci::Address;

use super::end::end;
use super::{END_TIMEOUT, SanitizerError, TIMEOUT_S_MAX};
use crate::driver::{HostDirectory, cannot, lock, process};

/// What stands for the device's address in an argument.
const DEVICE: &str = "{device}";
/// Where a command finds others. How the agent itself was started is nothing to it.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// The most bytes of a command's own words that an error repeats: its last ones.
const WORDS_LEN_MAX: u64 = 1024;

/// A program that sanitises the device that its arguments name, and ends with status 0 if it has made sure of that.
/// Anything else it ends with is a failure.
///
/// It may be killed at any moment, and is run again then. It must leave no process behind when it ends. Every process
/// that it starts must stay in its group, and keep its standard output or its standard error: this life finds it by
/// either of them, the next one only by the latter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SanitizerCommand {
    program: PathBuf,
    arguments: Vec<String>,
    timeout: Duration,
}

/// What was seen of a command until it ended, or had to.
enum Watched {
    Ended,
    /// By itself, but something that it started went on.
    LeftBehind,
    TookTooLong,
}

impl SanitizerCommand {
    /// `words` are the program, by its absolute path, and its arguments.
    ///
    /// # Errors
    /// When there is no such program to be, or no time for it, or more than there may be.
    pub fn new(words: Vec<String>, timeout: Duration) -> Result<Self, SanitizerError> {
        let mut words = words.into_iter();
        let program = words.next().ok_or(SanitizerError::NoProgram)?;
        if !Path::new(&program).is_absolute() {
            return Err(SanitizerError::Relative(program));
        }
        if timeout.is_zero() {
            return Err(SanitizerError::NoTime);
        }
        if timeout > Duration::from_secs(TIMEOUT_S_MAX) {
            return Err(SanitizerError::TooMuchTime);
        }
        Ok(SanitizerCommand { program: program.into(), arguments: words.collect(), timeout })
    }

    /// Runs it for the device. However that goes, it returns only once nothing of it lives any more: a guest may be
    /// built on the device then.
    pub(super) fn run(&self, host: &HostDirectory, device: Address) -> Result<(), ActError> {
        let log = host.sanitizer_log(device);
        let mut child = self.spawn(&log, device).map_err(cannot("start the sanitizer"))?;
        // It is not buried before the rest of its group has ended, so the group's id is nobody else's.
        let group = Pid::from_child(&child);
        let watched = self.watch(group, &log);
        end(group, &log, END_TIMEOUT);
        let status = child.wait();
        let watched = watched.and_then(|watched| Ok((watched, status?)));
        let why = match watched.map_err(cannot("watch the sanitizer"))? {
            (Watched::Ended, status) if status.success() => return Ok(()),
            (Watched::LeftBehind, status) if status.success() => {
                "the sanitizer left processes behind, which were killed".to_owned()
            }
            (Watched::Ended | Watched::LeftBehind, status) => format!("the sanitizer ended with {status}"),
            (Watched::TookTooLong, _) => format!("the sanitizer was killed after {:?}", self.timeout),
        };
        Err(ActError(match last_words(&log) {
            words if words.is_empty() => why,
            words => format!("{why} (it said: {words})"),
        }))
    }

    /// The process gets its locked log as standard output and standard error: both are its own from before its first
    /// instruction, and whatever it starts has them too, so that all of it can be found and killed by the agent's next
    /// life.
    fn spawn(&self, log: &Path, device: Address) -> io::Result<Child> {
        let log = take(log)?;
        let words = self.arguments.iter().map(|text| text.replace(DEVICE, &device.to_string()));
        Command::new(&self.program)
            .args(words.map(OsString::from))
            .current_dir("/")
            .env_clear()
            .env("PATH", PATH)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()
    }

    /// Waits until the command, the leader of `group`, ends by itself or its time is over.
    fn watch(&self, group: Pid, log: &Path) -> io::Result<Watched> {
        let leader = pidfd_open(group, PidfdFlags::empty())?;
        if !process::wait_until_gone(&leader, self.timeout)? {
            return Ok(Watched::TookTooLong);
        }
        let goes_on = !process::holders(log)?.is_empty() || process::group_lives(group)?;
        Ok(if goes_on { Watched::LeftBehind } else { Watched::Ended })
    }
}

/// The log for a command to be started, empty, its lock held already.
fn take(log: &Path) -> io::Result<File> {
    let log = File::options().create(true).append(true).open(log)?;
    let taken = lock::is_soon(END_TIMEOUT, || match log.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(e)) => Err(e),
    });
    if !taken? {
        return Err(io::Error::other("what sanitised the device before has not ended"));
    }
    log.set_len(0)?;
    Ok(log)
}

/// What the command said last, on one line, with nothing in it that a terminal would act on.
fn last_words(log: &Path) -> String {
    let mut words = Vec::new();
    // An error is being told already; without the log it is told without these words.
    let _ = File::open(log).and_then(|mut log| {
        let len = log.metadata()?.len();
        log.seek(SeekFrom::Start(len.saturating_sub(WORDS_LEN_MAX)))?;
        log.take(WORDS_LEN_MAX).read_to_end(&mut words)
    });
    let words = String::from_utf8_lossy(&words);
    let lines = words.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ").replace(char::is_control, " ")
}
