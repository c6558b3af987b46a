//! What an agent sees and does on its machine, and a simulated machine as a pure state machine.
//!
//! An order to a hypervisor outlives the agent that gave it: it is begun, and it ends later, whether or not
//! anybody still waits. [`Simulated`] keeps the two apart, because what a late order can do to a device that
//! somebody else holds by then is the question (A3, A4).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::host::Machine;
use crate::ids::{ClaimId, GuestTag, SanitizerName};
use crate::inventory::Stock;
use crate::message::GuestSpec;
use crate::pci::{Address, Observed, family};

/// What an agent has its hypervisor do. Each is idempotent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Define the guest with its devices, and start it if `run`.
    Build {
        guest: GuestSpec,
        run: bool,
    },
    Start(ClaimId),
    /// Power off; the guest stays defined, its disk stays.
    Stop(ClaimId),
    /// Power off and remove the guest and its local disk. Shared storage is never touched.
    Destroy(ClaimId),
    /// Leave nothing in a device of whoever had it, and make sure of it.
    Sanitize {
        device: Address,
        by: SanitizerName,
    },
}

/// What an act is done to. Nothing has two done to it at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Target {
    Guest(ClaimId),
    Device(Address),
}

impl Act {
    #[must_use]
    pub fn target(&self) -> Target {
        match self {
            Act::Build { guest, .. } => Target::Guest(guest.claim),
            Act::Start(claim) | Act::Stop(claim) | Act::Destroy(claim) => Target::Guest(*claim),
            Act::Sanitize { device, .. } => Target::Device(*device),
        }
    }

    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Act::Build { run: true, .. } => "build",
            Act::Build { run: false, .. } => "build_off",
            Act::Start(_) => "start",
            Act::Stop(_) => "stop",
            Act::Destroy(_) => "destroy",
            Act::Sanitize { .. } => "sanitize",
        }
    }
}

/// Why an act did not succeed. It may still have been done: an agent observes before it believes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{0}")]
pub struct ActError(pub String);

/// A guest that is there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SeenGuest {
    pub tag: GuestTag,
    /// The claim that the guest is named after, if its tag is the name of one.
    pub claim: Option<ClaimId>,
    pub running: bool,
    pub devices: Vec<Address>,
}

/// Everything that an agent sees in one look.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Seen {
    /// Tells one power-on of the machine from the next.
    pub boot_id: Uuid,
    pub guests: Vec<SeenGuest>,
    pub machine: Machine,
    pub stocks: Vec<Stock>,
    pub devices: Vec<Observed>,
}

/// A guest of a simulated machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Guest {
    pub spec: GuestSpec,
    pub running: bool,
    /// What it met in its devices that it should not have, as nobody who looks at a real machine could tell.
    #[serde(skip)]
    pub harmed: BTreeSet<Harm>,
}

impl Guest {
    #[must_use]
    pub fn new(spec: GuestSpec, running: bool) -> Guest {
        Guest { spec, running, harmed: BTreeSet::new() }
    }
}

/// What can go wrong between a guest and a device that is sanitised between two grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Harm {
    /// It was given a device with what the guest of another claim left there.
    Remains { device: Address, of: ClaimId },
    /// A device of it was sanitised under its hands.
    Wiped { device: Address },
}

/// A simulated machine: its guests, and the orders that were begun and have not ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Simulated {
    pub boot_id: Uuid,
    pub guests: BTreeMap<ClaimId, Guest>,
    /// Guests that no agent of ours made.
    pub foreign: Vec<SeenGuest>,
    pub orders: BTreeMap<u64, Act>,
    pub orders_begun: u64,
    pub machine: Machine,
    pub stocks: Vec<Stock>,
    pub devices: Vec<Observed>,
    /// What is in each device that is sanitised between two grants, also in a function that is not there any more.
    pub remains: BTreeMap<Address, Remains>,
}

/// What the guest of a claim left in a device.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Remains {
    pub of: ClaimId,
    /// The physical function of a virtual one: the hardware that they share.
    pub parent: Option<Address>,
}

impl Simulated {
    #[must_use]
    pub fn new(boot_id: Uuid, machine: Machine, stocks: Vec<Stock>, devices: Vec<Observed>) -> Self {
        Simulated {
            boot_id,
            guests: BTreeMap::new(),
            foreign: Vec::new(),
            orders: BTreeMap::new(),
            orders_begun: 0,
            machine,
            stocks,
            devices,
            remains: BTreeMap::new(),
        }
    }

    /// An order is given. It has no effect until it ends.
    pub fn begin(&mut self, act: Act) -> u64 {
        self.orders_begun += 1;
        self.orders.insert(self.orders_begun, act);
        self.orders_begun
    }

    /// An order ends and takes effect, whoever gave it. One that was killed has none.
    ///
    /// # Errors
    /// When there is nothing to start.
    pub fn finish(&mut self, order: u64) -> Result<(), ActError> {
        match self.orders.remove(&order) {
            Some(act) => self.apply(act),
            None => Err(ActError("the order was killed".to_owned())),
        }
    }

    fn apply(&mut self, act: Act) -> Result<(), ActError> {
        match act {
            Act::Build { guest, run } => {
                self.define(guest).running |= run;
            }
            Act::Start(claim) => match self.guests.get_mut(&claim) {
                Some(guest) => guest.running = true,
                None => return Err(ActError(format!("guest {claim} is not defined"))),
            },
            Act::Stop(claim) => {
                if let Some(guest) = self.guests.get_mut(&claim) {
                    guest.running = false;
                }
            }
            Act::Destroy(claim) => {
                self.guests.remove(&claim);
            }
            Act::Sanitize { device, .. } => self.sanitize(device),
        }
        Ok(())
    }

    /// The guest of a claim, made now if it is not there. It meets what is in its devices, and leaves its own there.
    fn define(&mut self, spec: GuestSpec) -> &mut Guest {
        let claim = spec.claim;
        let devices = self.devices.iter().filter(|seen| spec.devices.contains(&seen.address));
        let devices = devices.filter(|seen| seen.sanitizer.is_some());
        let devices: Vec<_> = devices.map(|seen| (seen.address, seen.parent)).collect();
        let made = self.guests.entry(claim).or_insert_with(|| Guest::new(spec, false));
        for (device, parent) in devices {
            let shared = |at: Address, left: &Remains| {
                at == device || left.parent == Some(device) || parent == Some(at)
            };
            let met = self.remains.iter().filter(|(at, left)| left.of != claim && shared(**at, left));
            made.harmed.extend(met.map(|(_, left)| Harm::Remains { device, of: left.of }));
            self.remains.insert(device, Remains { of: claim, parent });
        }
        made
    }

    /// Whatever was in the device is lost, also to a guest that has it, or that has a function of the same hardware.
    fn sanitize(&mut self, device: Address) {
        self.remains.retain(|at, left| *at != device && left.parent != Some(device));
        let family = family(&self.devices, device);
        for guest in self.guests.values_mut() {
            if guest.spec.devices.iter().any(|at| family.contains(at)) {
                guest.harmed.insert(Harm::Wiped { device });
            }
        }
    }

    /// What an agent sees now.
    #[must_use]
    pub fn observe(&self) -> Seen {
        Seen {
            boot_id: self.boot_id,
            guests: self.seen_guests(),
            machine: self.machine.clone(),
            stocks: self.stocks.clone(),
            devices: self.devices.clone(),
        }
    }

    /// The guests that an agent sees now.
    #[must_use]
    pub fn seen_guests(&self) -> Vec<SeenGuest> {
        let ours = self.guests.values().map(|guest| SeenGuest {
            tag: guest.spec.claim.into(),
            claim: Some(guest.spec.claim),
            running: guest.running,
            devices: guest.spec.devices.clone(),
        });
        ours.chain(self.foreign.iter().cloned()).collect()
    }

    /// The machine loses power and boots again: nothing runs, no order is left, what is on disk stays. A guest
    /// never starts by itself (B8).
    pub fn reboot(&mut self, boot_id: Uuid) {
        self.boot_id = boot_id;
        self.orders.clear();
        self.guests.values_mut().for_each(|guest| guest.running = false);
        self.foreign.iter_mut().for_each(|guest| guest.running = false);
    }
}
