//! QEMU: one process for each running guest, in a folder named after its claim, spoken to over QMP.
//!
//! ```text
//! DIR/agent.lock              held by the agent
//! DIR/boot_id                 another one after each simulated loss of power
//! DIR/guests/ID/guest.json    what the guest was defined as
//! DIR/guests/ID/lock          held by its process from before the first instruction until it is gone
//! DIR/guests/ID/qmp.sock      where its process listens
//! DIR/guests/ID/log           what its process had to say
//! DIR/sanitizers/ADDRESS.log  what the sanitizer of a device had to say, held by its processes as the lock is
//! ```
//!
//! A guest is there if its folder is, and runs if its lock is held: the kernel passes the lock on to the process and
//! releases it with the process, so there is neither a process id that could have been used again nor a moment in
//! which a process exists unseen. The processes are in groups of their own and outlive the agent.
//!
//! Each claimed device is stood for by an emulated one on a root port of its own, whose id carries the address of the
//! claimed one. No operating system is booted, so a guest gets little memory and one processor, whatever its flavor.

mod guest;
mod launch;
mod probe;
mod qmp;
mod stand_in;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use steadfast_model::host::Machine;
use steadfast_model::hypervisor::{ActError, Seen, SeenGuest, Target};
use steadfast_model::ids::{ClaimId, SanitizerName};
use steadfast_model::message::GuestSpec;
use steadfast_model::pci::Address;
use uuid::Uuid;

use super::process::Children;
use super::{DirectoryError, Driver, HostDirectory, Offer, Orders, cannot, sanitizer};
use guest::Folder;
use probe::Program;
pub use probe::{Accelerator, ProbeError, find};

/// How many guests are asked at once. One that does not answer costs its whole timeout.
const LOOKS_AT_ONCE: usize = 8;

/// A host that runs guests in QEMU, as one life of its agent has it.
#[derive(Debug)]
pub struct Qemu {
    directory: HostDirectory,
    offer: Offer,
    program: Program,
    orders: Orders,
    children: Children,
}

impl Qemu {
    /// Finds QEMU and what it can run guests with. Without a choice of accelerator that is KVM if a guest of a
    /// few instructions, tried here, really runs under it in good time; else QEMU's own translator.
    ///
    /// # Errors
    /// When there is no usable QEMU.
    pub fn open(
        directory: HostDirectory,
        offer: Offer,
        accelerator: Option<Accelerator>,
    ) -> Result<Self, ProbeError> {
        let program = Program::find(accelerator, directory.path())?;
        Ok(Qemu { directory, offer, program, orders: Orders::default(), children: Children::default() })
    }

    /// What guests run with.
    #[must_use]
    pub fn accelerator(&self) -> Accelerator {
        self.program.accelerator
    }

    fn folder(&self, claim: ClaimId) -> Folder {
        Folder::at(self.directory.guests().join(claim.to_string()))
    }

    fn ensure_running(&self, folder: &Folder) -> Result<(), ActError> {
        if folder.is_running().map_err(cannot("look at the guest's lock"))? {
            return Ok(());
        }
        let spec = folder.spec()?;
        let Err(why) = launch::launch(&self.program, folder, &spec, &self.children) else { return Ok(()) };
        // What did not come up as it was defined must not run on.
        match folder.kill() {
            Ok(()) => Err(why),
            Err(runs_on) => Err(ActError(format!("{why}; and then: {runs_on}"))),
        }
    }

    fn boot_id(&self) -> Result<Uuid, ActError> {
        let kernel =
            fs::read_to_string("/proc/sys/kernel/random/boot_id").map_err(cannot("read the boot id"))?;
        let kernel: Uuid =
            kernel.trim().parse().map_err(|e| ActError(format!("the kernel's boot id: {e}")))?;
        let own = self.directory.boot_id().map_err(cannot("read the boot id"))?;
        // Another value whenever either of the two is.
        Ok(Uuid::from_u128(kernel.as_u128() ^ own.as_u128()))
    }

    /// Looks at all guests, several at a time.
    fn guests(&self) -> Result<Vec<SeenGuest>, ActError> {
        let paths = self.directory.entries().map_err(cannot("list the guests"))?;
        let share = paths.len().div_ceil(LOOKS_AT_ONCE).max(1);
        let look = |share: &[PathBuf]| -> Result<Vec<SeenGuest>, ActError> {
            share.iter().filter_map(|path| Folder::at(path.clone()).look().transpose()).collect()
        };
        let shares: Result<Vec<_>, _> = thread::scope(|scope| {
            let lookers: Vec<_> = paths.chunks(share).map(|share| scope.spawn(move || look(share))).collect();
            lookers
                .into_iter()
                .map(|looker| looker.join().expect("looking at a guest does not panic"))
                .collect()
        });
        Ok(shares?.concat())
    }
}

impl Driver for Qemu {
    fn settle(&self) -> Result<(), ActError> {
        self.orders.settle(|| sanitizer::end_all(&self.directory))?;
        self.directory.clear_unfinished().map_err(cannot("clear away what was left unfinished"))
    }

    fn observe(&self) -> Result<Seen, ActError> {
        self.children.reap();
        let boot_id = self.boot_id()?;
        let (machine, stocks, devices) = self.offer.now(&self.directory)?;
        let machine = Machine {
            hypervisor_type: "QEMU".to_owned(),
            hypervisor_version: self.program.version,
            ..machine
        };
        Ok(Seen { boot_id, guests: self.guests()?, machine, stocks, devices })
    }

    fn build(&self, guest: &GuestSpec, run: bool) -> Result<(), ActError> {
        let _open = self.orders.begin(Target::Guest(guest.claim));
        let folder = self.folder(guest.claim);
        folder.define(guest)?;
        if run { self.ensure_running(&folder) } else { Ok(()) }
    }

    fn start(&self, claim: ClaimId) -> Result<(), ActError> {
        let _open = self.orders.begin(Target::Guest(claim));
        self.ensure_running(&self.folder(claim))
    }

    fn stop(&self, claim: ClaimId) -> Result<(), ActError> {
        let _open = self.orders.begin(Target::Guest(claim));
        self.folder(claim).power_off()
    }

    fn destroy(&self, claim: ClaimId) -> Result<(), ActError> {
        let _open = self.orders.begin(Target::Guest(claim));
        let folder = self.folder(claim);
        folder.power_off()?;
        folder.remove()
    }

    fn sanitize(&self, device: Address, by: &SanitizerName) -> Result<(), ActError> {
        let _open = self.orders.begin(Target::Device(device));
        self.offer.sanitize(&self.directory, &self.observe()?, device, by)
    }
}

/// Plays the host's loss of power: its guests and its sanitizers are killed, and its next boot is another one. Its
/// guests stay defined.
///
/// # Errors
/// When its agent still lives, which has to end first, or a guest or a sanitizer cannot be killed.
pub fn kill_host(host: &Path) -> Result<(), KillError> {
    let directory = HostDirectory::lock(host)?;
    let guests = directory.entries().map_err(cannot("list the guests"))?;
    guests.into_iter().try_for_each(|path| Folder::at(path).kill())?;
    sanitizer::end_all(&directory)?;
    directory.power_cycle().map_err(cannot("write the boot id"))?;
    Ok(())
}

/// Why a host could not be killed.
#[derive(Debug, thiserror::Error)]
pub enum KillError {
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Process(#[from] ActError),
}
