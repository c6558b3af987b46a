//! The directory in which a host keeps its guests, locked by the one agent that may use it.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::statvfs;
use steadfast_model::ids::{ClaimId, GuestTag};
use steadfast_model::pci::Address;
use uuid::Uuid;

/// Begins the names of what is being written or removed. Nothing under such a name counts.
const UNFINISHED: &str = ".unfinished-";

const LOCK: &str = "agent.lock";
const BOOT_ID: &str = "boot_id";
const GUESTS: &str = "guests";
const SANITIZERS: &str = "sanitizers";

/// How long an agent waits for the lock. The kernel may still be burying a process that was killed a moment ago,
/// or be about to hand over to a program that it was just starting.
const LOCK_WAIT: Duration = Duration::from_secs(2);
const LOCK_RETRY: Duration = Duration::from_millis(20);

/// A host's directory. Whoever has this value has the lock on it: there is one in all processes together.
#[derive(Debug)]
pub struct HostDirectory {
    path: PathBuf,
    /// Holds the lock until the value is dropped or the process ends. Children do not inherit it.
    _lock: File,
}

/// Why a host's directory could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    #[error("{} is in use by another agent; end it first", .0.display())]
    InUse(PathBuf),
    #[error("{} cannot be used: {why}", path.display())]
    Unusable { path: PathBuf, why: io::Error },
}

impl HostDirectory {
    /// Takes the directory, and makes it where there is none.
    ///
    /// # Errors
    /// When another agent has it, or it cannot be used.
    pub fn lock(path: &Path) -> Result<Self, DirectoryError> {
        let unusable = |why| DirectoryError::Unusable { path: path.to_owned(), why };
        for folder in [GUESTS, SANITIZERS] {
            fs::create_dir_all(path.join(folder)).map_err(unusable)?;
        }
        // Paths handed to other processes must not depend on where this one stands.
        let path = fs::canonicalize(path).map_err(unusable)?;
        let lock = File::create(path.join(LOCK)).map_err(unusable)?;
        let deadline = Instant::now() + LOCK_WAIT;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(LOCK_RETRY),
                Err(TryLockError::WouldBlock) => return Err(DirectoryError::InUse(path)),
                Err(TryLockError::Error(why)) => return Err(unusable(why)),
            }
        }
        let directory = HostDirectory { path, _lock: lock };
        if !directory.path.join(BOOT_ID).exists() {
            directory.power_cycle().map_err(unusable)?;
        }
        Ok(directory)
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the guests are kept.
    #[must_use]
    pub fn guests(&self) -> PathBuf {
        self.path.join(GUESTS)
    }

    /// Tells one power-on of this host from the next, as far as the directory knows.
    pub(super) fn boot_id(&self) -> io::Result<Uuid> {
        let text = fs::read_to_string(self.path.join(BOOT_ID))?;
        text.trim().parse().map_err(|_| io::Error::new(ErrorKind::InvalidData, "boot_id is no UUID"))
    }

    /// The host lost power and has it again: another boot.
    pub(super) fn power_cycle(&self) -> io::Result<()> {
        let fresh = fs::read_to_string("/proc/sys/kernel/random/uuid")?;
        write(&self.path.join(BOOT_ID), fresh.trim().as_bytes())
    }

    /// The size of the file system that the directory is on.
    pub(super) fn disk_gb(&self) -> io::Result<u64> {
        let stat = statvfs(&self.path)?;
        Ok(stat.f_blocks.saturating_mul(stat.f_frsize) >> 30)
    }

    /// What is in the folder of guests, in order of name.
    pub(super) fn entries(&self) -> io::Result<Vec<PathBuf>> {
        list(&self.guests(), |path| !is_unfinished(path))
    }

    /// Removes what orders that were cut short left unfinished.
    pub(super) fn clear_unfinished(&self) -> io::Result<()> {
        list(&self.guests(), is_unfinished)?.iter().try_for_each(|path| remove(path))
    }

    /// What the sanitizer of a device has to say, and the lock that it holds.
    pub(super) fn sanitizer_log(&self, device: Address) -> PathBuf {
        self.path.join(SANITIZERS).join(format!("{device}.log"))
    }

    /// The logs of all sanitizers, in order of name.
    pub(super) fn sanitizer_logs(&self) -> io::Result<Vec<PathBuf>> {
        list(&self.path.join(SANITIZERS), |_| true)
    }
}

fn list(folder: &Path, wanted: impl Fn(&Path) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        paths.push(entry?.path());
    }
    paths.retain(|path| wanted(path));
    paths.sort_unstable();
    Ok(paths)
}

/// What the guest at `path` is called; `suffix` is what the driver adds to names. What cannot stand in an
/// identifier becomes `_`.
pub(super) fn tag(path: &Path, suffix: &str) -> GuestTag {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let safe = |c: char| if c.is_whitespace() || c.is_control() { '_' } else { c };
    let text: String = name.strip_suffix(suffix).unwrap_or(&name).chars().map(safe).collect();
    text.parse().unwrap_or_else(|_| "_".parse().expect("it is a name"))
}

/// The claim whose id the tag is, as this crate writes it. Anything else is somebody else's guest.
pub(super) fn claim(tag: &GuestTag) -> Option<ClaimId> {
    tag.as_str().parse().ok().filter(|claim: &ClaimId| claim.to_string() == tag.as_str())
}

/// Writes a file as a whole or not at all, whatever ends the process meanwhile. A loss of power may lose it: what
/// matters of a host is what its guests do, and they go with the power.
pub(super) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let unfinished = unfinished(path);
    fs::write(&unfinished, content)?;
    fs::rename(unfinished, path)
}

fn is_unfinished(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED))
}

/// A path beside `path` that does not count.
pub(super) fn unfinished(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    path.with_file_name(format!("{UNFINISHED}{name}"))
}

/// Removes a file or a folder with everything in it, if it is there.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(e) => Err(e),
    };
    absent_is_fine(removed)
}

/// Takes "there is none" for done.
pub(super) fn absent_is_fine(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
