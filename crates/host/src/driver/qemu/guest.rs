//! One guest's folder.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use steadfast_model::hypervisor::{ActError, SeenGuest};
use steadfast_model::message::GuestSpec;

use super::{qmp, stand_in};
use crate::driver::directory::{claim, remove, tag, unfinished};
use crate::driver::process::{self, Signal};
use crate::driver::{cannot, lock};

/// How long a guest has to end after it was asked to, and after it was killed.
const END_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a guest has to answer when it is looked at.
const LOOK_TIMEOUT: Duration = Duration::from_secs(2);

const SPEC: &str = "guest.json";

/// A guest's folder, whether or not it is there.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn at(path: PathBuf) -> Self {
        Folder(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    /// Makes the folder with the guest's definition in one step, unless it is there.
    pub fn define(&self, guest: &GuestSpec) -> Result<(), ActError> {
        let defined = || -> io::Result<()> {
            if self.0.try_exists()? {
                return Ok(());
            }
            let unfinished = unfinished(&self.0);
            remove(&unfinished)?;
            fs::create_dir(&unfinished)?;
            fs::write(unfinished.join(SPEC), serde_json::to_vec_pretty(guest).map_err(io::Error::other)?)?;
            fs::rename(unfinished, &self.0)
        };
        defined().map_err(cannot("define the guest"))
    }

    /// What the guest was defined as.
    pub fn spec(&self) -> Result<GuestSpec, ActError> {
        let path = self.0.join(SPEC);
        let text = match fs::read(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => {
                let name = self.0.file_name().unwrap_or_default().to_string_lossy();
                return Err(ActError(format!("guest {name} is not defined")));
            }
            read => read.map_err(cannot("read the guest's definition"))?,
        };
        serde_json::from_slice(&text).map_err(|e| ActError(format!("{} is not a guest: {e}", path.display())))
    }

    /// Whether its process exists.
    pub fn is_running(&self) -> io::Result<bool> {
        lock::is_held(&self.lock())
    }

    /// The lock for a process to be started, held already. Only looks contend for it, and let go at once.
    pub fn take_lock(&self) -> io::Result<File> {
        let lock = File::options().create(true).truncate(false).write(true).open(self.lock())?;
        lock.lock()?;
        Ok(lock)
    }

    /// The guest as it is now; nothing if it went since it was listed. Its devices are those that its process
    /// says it has, and where it says nothing, those that it was defined with.
    pub fn look(&self) -> Result<Option<SeenGuest>, ActError> {
        let look_at = cannot("look at the guest's lock");
        let defined = self.spec().map(|spec| spec.devices).unwrap_or_default();
        let mut running = self.is_running().map_err(&look_at)?;
        let mut devices = defined;
        if running {
            match stand_in::devices(&self.0, LOOK_TIMEOUT) {
                Ok(shown) => devices = shown,
                // It may have ended meanwhile; one that merely does not answer runs.
                Err(_) => running = self.is_running().map_err(&look_at)?,
            }
        }
        let there = self.0.try_exists().map_err(cannot("look at the guest's folder"))?;
        let tag = tag(&self.0, "");
        Ok(there.then(|| SeenGuest { claim: claim(&tag), tag, running, devices }))
    }

    /// Ends the guest's process, if there is one: asks it to end, then makes it.
    pub fn power_off(&self) -> Result<(), ActError> {
        self.end_by(&[Signal::TERM, Signal::KILL])
    }

    /// Ends the guest's process as a loss of power would.
    pub fn kill(&self) -> Result<(), ActError> {
        self.end_by(&[Signal::KILL])
    }

    fn end_by(&self, signals: &[Signal]) -> Result<(), ActError> {
        let end = cannot("end the guest's process");
        for signal in signals {
            if !self.is_running().map_err(&end)? {
                return Ok(());
            }
            process::signal_holders(&self.lock(), *signal, END_TIMEOUT).map_err(&end)?;
        }
        if lock::is_soon(END_TIMEOUT, || Ok(!self.is_running()?)).map_err(&end)? {
            return Ok(());
        }
        Err(ActError(format!("the guest's process does not end, even killed: {}", self.0.display())))
    }

    /// Removes the guest with its local disk. It does not run.
    pub fn remove(&self) -> Result<(), ActError> {
        let removed = || -> io::Result<()> {
            let unfinished = unfinished(&self.0);
            remove(&unfinished)?;
            match fs::rename(&self.0, &unfinished) {
                Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
                renamed => renamed.and_then(|()| remove(&unfinished)),
            }
        };
        removed().map_err(cannot("remove the guest"))
    }

    /// Speaks to the guest's process.
    pub fn qmp(&self, timeout: Duration) -> Result<qmp::Qmp, qmp::QmpError> {
        qmp::Qmp::connect(&self.0, timeout)
    }
}
