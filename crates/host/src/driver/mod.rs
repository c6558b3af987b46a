//! Hypervisor drivers: what builds, runs, stops and removes guests, and says which there are.
//!
//! Every driver keeps what it knows in the host's directory and in the guests themselves, so that an agent of
//! the next life sees what the one before it left. Guests are named after their claims; a guest of any other
//! name is told of and never touched.
//!
//! # The barrier
//!
//! [`Driver::settle`] returns once no order of an earlier life, nor any other order, can still take effect (A4).
//! That holds because:
//! 1. An order is a call into a driver, and a driver is opened with its host's directory locked
//!    ([`HostDirectory`]). The kernel releases that lock when the process that took it is gone, and with the
//!    process went all its calls. So whoever holds the lock knows that no call of an earlier process runs.
//! 2. Within one process, every call that changes a guest or a device counts as open from before its first effect until
//!    after its last, and `settle` waits until none is. Every wait inside a call is bounded, so that ends. Only what a
//!    sanitizer does may take an hour: `settle` kills it, and its order fails. That order is open as long as anything
//!    of the killed command lives. If that hangs in the kernel, `settle` fails after some time.
//! 3. What a call can leave behind when its process dies half-way is a file written beside its place, which
//!    nothing reads and `settle` removes, a QEMU process that was just being started, or the processes of a
//!    sanitizer. QEMU holds its guest's lock from before its first instruction; until it is a program of its own it
//!    also keeps the dead agent's lock on the directory. So every look at the host after `settle` shows its guest.
//! 4. A sanitizer holds the lock on its device's log in the same way, and hands it on to what it starts. `settle` kills
//!    whatever holds such a lock, with its process group, and returns once all are free. What does not end even
//!    killed, because it hangs in the kernel, makes `settle` fail: the next life does not begin before it is gone.
//! 5. A reset is a write to the kernel, which is through with it when the call ends. A process that is killed
//!    meanwhile keeps its lock on the directory until then.
//!
//! An agent runs in its own control group and must be stopped without its guests (systemd: `KillMode=process`).

mod directory;
mod inventory;
mod lock;
mod orders;
mod process;
pub mod qemu;
mod sanitizer;
pub mod sim;

use std::fmt::Debug;

use steadfast_model::hypervisor::{Act, ActError, Seen};
use steadfast_model::ids::{ClaimId, SanitizerName};
use steadfast_model::message::GuestSpec;
use steadfast_model::pci::Address;

pub use directory::{DirectoryError, HostDirectory};
pub use inventory::{Inventory, Offer, Source};
use orders::Orders;
pub use sanitizer::{SanitizerCommand, SanitizerError, Sanitizers};

/// One hypervisor on one host. Calls block; a caller with a runtime gives each a thread. Each order is
/// idempotent, and one that failed may still have been done: observe before you believe.
pub trait Driver: Send + Sync + Debug {
    /// The barrier: see the module.
    ///
    /// # Errors
    /// When what an interrupted order left behind cannot be cleared away, or a sanitizer does not end even killed.
    fn settle(&self) -> Result<(), ActError>;

    /// Everything that is there now.
    ///
    /// # Errors
    /// When it cannot be seen as a whole: a part is no basis for a report.
    fn observe(&self) -> Result<Seen, ActError>;

    /// Defines the guest with its devices if it is not there, and starts it if `run`.
    ///
    /// # Errors
    /// When the guest cannot be defined, or does not run as it was defined.
    fn build(&self, guest: &GuestSpec, run: bool) -> Result<(), ActError>;

    /// Starts a guest that is defined.
    ///
    /// # Errors
    /// When there is none, or it does not run as it was defined.
    fn start(&self, claim: ClaimId) -> Result<(), ActError>;

    /// Powers the guest off. It stays defined and keeps its disk.
    ///
    /// # Errors
    /// When it cannot be ended.
    fn stop(&self, claim: ClaimId) -> Result<(), ActError>;

    /// Powers the guest off and removes it with its local disk. Shared storage is never touched.
    ///
    /// # Errors
    /// When it cannot be ended or removed.
    fn destroy(&self, claim: ClaimId) -> Result<(), ActError>;

    /// Leaves nothing in a device of whoever had it, and makes sure of it.
    ///
    /// # Errors
    /// When a guest has the device or something that shares its hardware, the host has no such sanitizer, or that one
    /// failed, took too long or was killed.
    fn sanitize(&self, device: Address, by: &SanitizerName) -> Result<(), ActError>;

    /// Any of the orders above.
    ///
    /// # Errors
    /// Those of the order.
    fn act(&self, act: &Act) -> Result<(), ActError> {
        match act {
            Act::Build { guest, run } => self.build(guest, *run),
            Act::Start(claim) => self.start(*claim),
            Act::Stop(claim) => self.stop(*claim),
            Act::Destroy(claim) => self.destroy(*claim),
            Act::Sanitize { device, by } => self.sanitize(*device, by),
        }
    }
}

/// Says of an error of the file system what was being done.
fn cannot(what: &str) -> impl Fn(std::io::Error) -> ActError {
    move |error| ActError(format!("cannot {what}: {error}"))
}
