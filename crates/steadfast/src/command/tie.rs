//! How the parts of a site end: with a signal, and with the process that started them.

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use rustix::thread::set_name;
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};

use crate::exit::Failure;

/// Has the kernel end this process when its parent, `parent`, ends.
pub fn to_parent(parent: Option<u32>) -> Result<(), Failure> {
    let Some(parent) = parent else { return Ok(()) };
    // It was started by way of a link, whose name would be its own. A name is for people: without it all goes on.
    let _ = set_name(c"steadfast");
    set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(Failure::cannot("tie this process to its parent"))?;
    // It may have ended before the kernel was told.
    let alive =
        getppid().map(Pid::as_raw_nonzero).and_then(|pid| u32::try_from(pid.get()).ok()) == Some(parent);
    if alive { Ok(()) } else { Err(Failure::because("the process that started this one is gone")) }
}

/// What asks a process to end: Ctrl-C and SIGTERM. Listening begins with the value and goes on for as long as it lives,
/// so that a signal between two waits is not lost.
#[derive(Debug)]
pub struct Ending {
    interrupt: Signals,
    terminate: Signals,
}

impl Ending {
    /// # Errors
    /// When the system does not let this process listen.
    pub fn listen() -> Result<Ending, Failure> {
        let listen = |kind| signal(kind).map_err(Failure::cannot("listen for signals"));
        Ok(Ending {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// Done once this process is asked to end.
    pub async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
