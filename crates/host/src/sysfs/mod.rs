//! What a machine has, as the Linux kernel shows it: PCI functions, NUMA cells, processors and memory.
//!
//! Everything is read below a root, `/` on a machine and a folder in tests. The kernel's files are data from
//! outside: an entry that cannot be read or understood is left out and named with its reason, and the rest is
//! used. Nothing here fails as a whole and nothing panics. Nothing is written either, but to reset a function.

mod attribute;
mod cpulist;
mod meminfo;
mod numa;
mod pci;
mod reset;

use std::path::{Path, PathBuf};

use steadfast_model::numa::Cell;
use steadfast_model::pci::{AddressError, Discovered};

pub use reset::ResetError;

/// The kernel's view of a machine, below a root.
#[derive(Debug, Clone)]
pub struct Sysfs {
    root: PathBuf,
}

/// What was found on a machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Survey {
    /// In order of address.
    pub devices: Vec<Discovered>,
    /// In order of id. A kernel without NUMA has one cell with everything.
    pub cells: Vec<Cell>,
    /// Processors that are online; none if the kernel's list could not be read.
    pub vcpus: u64,
    /// Memory that the kernel has; none if its size could not be read.
    pub memory_mb: u64,
    /// What was left out, and why.
    pub skipped: Vec<Skipped>,
}

/// An entry that was left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is left out: {why}", path.display())]
pub struct Skipped {
    /// Below the root.
    pub path: PathBuf,
    pub why: SkipReason,
}

/// Why an entry was left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SkipReason {
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    #[error("it is longer than {0} bytes")]
    TooLong(u64),
    #[error("`{text}` is not {wanted}")]
    Malformed { text: String, wanted: &'static str },
    #[error("its name says no place in the machine: {0}")]
    Nameless(#[from] AddressError),
    #[error("{physical} calls it a virtual function of its own, and it says something else")]
    Disowned { physical: String },
}

impl Sysfs {
    #[must_use]
    pub fn below(root: PathBuf) -> Self {
        Sysfs { root }
    }

    /// Everything that can be found out.
    #[must_use]
    pub fn survey(&self) -> Survey {
        let mut skipped = Vec::new();
        let devices = pci::discover(&self.root, &mut skipped);
        let vcpus = note(numa::processors(&self.root), &mut skipped).unwrap_or_default();
        let memory_mb = note(numa::memory_mb(&self.root), &mut skipped).unwrap_or_default();
        let total = vcpus.len() as u64;
        let cells = numa::cells(&self.root, &mut skipped);
        let cells = cells.unwrap_or_else(|| vec![Cell { id: 0, cpus: vcpus, memory_mb }]);
        Survey { devices, cells, vcpus: total, memory_mb, skipped }
    }
}

/// The value, or its absence with the reason noted.
fn note<T>(found: Result<T, Skipped>, skipped: &mut Vec<Skipped>) -> Option<T> {
    found.map_err(|why| skipped.push(why)).ok()
}

/// Names what is wrong with the entry at `path`, which is below the root.
fn skip(path: &Path, why: SkipReason) -> Skipped {
    Skipped { path: path.to_owned(), why }
}
