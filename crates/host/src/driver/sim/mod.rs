//! A simulated hypervisor: the model's state machine, kept in the host's directory.
//!
//! ```text
//! DIR/agent.lock        held by the agent
//! DIR/boot_id           another one after each loss of power
//! DIR/inventory.json    what the host has
//! DIR/faults.json       what shall go wrong; absent: nothing
//! DIR/guests/ID.json    one guest, named after its claim
//! DIR/sanitizers/       what the sanitizers of devices had to say: real processes, if commands are configured
//! ```
//!
//! A guest runs in a boot: it is on exactly if the boot that it was started in is the present one. So the loss of
//! power is one write, as sudden as a real one.

mod faults;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use steadfast_model::host::Machine;
use steadfast_model::hypervisor::{Act, ActError, Guest, Seen, SeenGuest, Simulated};
use steadfast_model::ids::{ClaimId, GuestTag, SanitizerName};
use steadfast_model::message::GuestSpec;
use steadfast_model::pci::Address;
use uuid::Uuid;

use super::directory::{claim, remove, tag, write};
use super::{DirectoryError, Driver, HostDirectory, Offer, Orders, cannot, sanitizer};
pub use faults::{Fault, OrderName, Outcome, inject};

const SUFFIX: &str = ".json";

/// A simulated host, as one life of its agent has it.
#[derive(Debug)]
pub struct Sim {
    directory: HostDirectory,
    offer: Offer,
    orders: Orders,
}

/// A guest as its file holds it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    /// Absent of a guest that no agent of ours made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spec: Option<GuestSpec>,
    devices: Vec<Address>,
    /// The boot in which it was started last, unless it was stopped since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    runs_in: Option<Uuid>,
}

impl Sim {
    #[must_use]
    pub fn open(directory: HostDirectory, offer: Offer) -> Self {
        Sim { directory, offer, orders: Orders::default() }
    }

    /// One order: the delay, the effect, the answer, each as the injected faults have it.
    fn order(&self, act: &Act, effect: impl FnOnce() -> Result<(), ActError>) -> Result<(), ActError> {
        let _open = self.orders.begin(act.target());
        let fault = faults::of(self.directory.path(), act)?;
        std::thread::sleep(fault.delay());
        if fault.outcome == Outcome::Refused {
            return Err(fault.error());
        }
        effect()?;
        if fault.outcome == Outcome::Lost {
            return Err(fault.error());
        }
        Ok(())
    }

    /// One order to the guest of a claim.
    fn to_guest(&self, claim: ClaimId, act: Act) -> Result<(), ActError> {
        self.order(&act.clone(), || self.apply(claim, act))
    }

    /// The order's effect, which touches the guest of one claim alone.
    fn apply(&self, claim: ClaimId, act: Act) -> Result<(), ActError> {
        let mut host = self.machine_without_guests()?;
        let path = self.path(claim);
        if let Some(Stored { spec: Some(spec), runs_in, .. }) = load(&path)? {
            host.guests.insert(claim, Guest::new(spec, runs_in == Some(host.boot_id)));
        }
        let order = host.begin(act);
        host.finish(order)?;
        let cannot_write = cannot("write the guest");
        match host.guests.remove(&claim) {
            None => remove(&path).map_err(cannot_write),
            Some(Guest { spec, running, .. }) => {
                let devices = spec.devices.clone();
                let stored = Stored { spec: Some(spec), devices, runs_in: running.then_some(host.boot_id) };
                store(&path, &stored).map_err(cannot_write)
            }
        }
    }

    fn machine_without_guests(&self) -> Result<Simulated, ActError> {
        let boot_id = self.directory.boot_id().map_err(cannot("read the boot id"))?;
        Ok(Simulated::new(boot_id, Machine::default(), Vec::new(), Vec::new()))
    }

    fn path(&self, claim: ClaimId) -> PathBuf {
        path(&self.directory.guests(), &claim.to_string())
    }
}

impl Driver for Sim {
    fn settle(&self) -> Result<(), ActError> {
        self.orders.settle(|| sanitizer::end_all(&self.directory))?;
        self.directory.clear_unfinished().map_err(cannot("clear away what was left unfinished"))
    }

    fn observe(&self) -> Result<Seen, ActError> {
        let mut host = self.machine_without_guests()?;
        (host.machine, host.stocks, host.devices) = self.offer.now(&self.directory)?;
        for path in self.directory.entries().map_err(cannot("list the guests"))? {
            // One that was destroyed since it was listed is gone.
            let Some(Stored { spec, devices, runs_in }) = load(&path)? else { continue };
            let running = runs_in == Some(host.boot_id);
            let tag = tag(&path, SUFFIX);
            match (claim(&tag), spec) {
                (Some(claim), Some(spec)) => {
                    host.guests.insert(claim, Guest::new(spec, running));
                }
                (claim, _) => host.foreign.push(SeenGuest { tag, claim, running, devices }),
            }
        }
        Ok(host.observe())
    }

    fn build(&self, guest: &GuestSpec, run: bool) -> Result<(), ActError> {
        self.to_guest(guest.claim, Act::Build { guest: guest.clone(), run })
    }

    fn start(&self, claim: ClaimId) -> Result<(), ActError> {
        self.to_guest(claim, Act::Start(claim))
    }

    fn stop(&self, claim: ClaimId) -> Result<(), ActError> {
        self.to_guest(claim, Act::Stop(claim))
    }

    fn destroy(&self, claim: ClaimId) -> Result<(), ActError> {
        self.to_guest(claim, Act::Destroy(claim))
    }

    fn sanitize(&self, device: Address, by: &SanitizerName) -> Result<(), ActError> {
        let act = Act::Sanitize { device, by: by.clone() };
        self.order(&act, || self.offer.sanitize(&self.directory, &self.observe()?, device, by))
    }
}

/// The host loses power: nothing runs on it any more, its guests stay defined, and its next boot is another one. A
/// command that sanitises is a real process, and the next life of its agent ends it.
///
/// # Errors
/// When its agent still lives, which has to end first, or the directory cannot be used.
pub fn kill_host(host: &Path) -> Result<(), DirectoryError> {
    let directory = HostDirectory::lock(host)?;
    directory.power_cycle().map_err(|why| DirectoryError::Unusable { path: host.to_owned(), why })
}

/// Puts a running guest on the host that no agent of ours made.
///
/// # Errors
/// When the host was never set up, or its directory cannot be written.
pub fn intrude(host: &Path, tag: &GuestTag, devices: &[Address]) -> Result<(), ActError> {
    let boot_id = fs::read_to_string(host.join("boot_id")).map_err(cannot("read the boot id"))?;
    let boot_id = boot_id.trim().parse().map_err(|e| ActError(format!("boot_id is no UUID: {e}")))?;
    let stored = Stored { spec: None, devices: devices.to_vec(), runs_in: Some(boot_id) };
    store(&path(&host.join("guests"), tag.as_str()), &stored).map_err(cannot("write the guest"))
}

/// Ends one guest as its own crash would: it stays defined.
///
/// # Errors
/// When there is no such guest, or it cannot be written.
pub fn kill_guest(host: &Path, claim: ClaimId) -> Result<(), ActError> {
    let path = path(&host.join("guests"), &claim.to_string());
    let stored = load(&path)?.ok_or_else(|| ActError(format!("guest {claim} is not defined")))?;
    store(&path, &Stored { runs_in: None, ..stored }).map_err(cannot("write the guest"))
}

fn path(guests: &Path, name: &str) -> PathBuf {
    guests.join(format!("{name}{SUFFIX}"))
}

fn load(path: &Path) -> Result<Option<Stored>, ActError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(cannot(&format!("read {}", path.display()))(e)),
    };
    let stored = serde_json::from_slice(&text);
    stored.map(Some).map_err(|e| ActError(format!("{} is not a guest: {e}", path.display())))
}

fn store(path: &Path, stored: &Stored) -> std::io::Result<()> {
    write(path, &serde_json::to_vec(stored).map_err(std::io::Error::other)?)
}
