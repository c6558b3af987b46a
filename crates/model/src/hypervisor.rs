//! What an agent sees and does on its machine, and a simulated machine as a pure state machine.
//!
//! An order to a hypervisor outlives the agent that gave it: it is begun, and it ends later, whether or not
//! anybody still waits. [`Simulated`] keeps the two apart, because what a late order can do to a device that
//! somebody else holds by then is the question (A3, A4).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::host::Machine;
use crate::ids::{ClaimId, GuestTag};
use crate::inventory::Stock;
use crate::message::GuestSpec;
use crate::pci::{Address, Observed};

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
}

impl Act {
    #[must_use]
    pub fn claim(&self) -> ClaimId {
        match self {
            Act::Build { guest, .. } => guest.claim,
            Act::Start(claim) | Act::Stop(claim) | Act::Destroy(claim) => *claim,
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
}

impl Simulated {
    #[must_use]
    pub fn new(boot_id: Uuid, machine: Machine, stocks: Vec<Stock>, devices: Vec<Observed>) -> Self {
        let (guests, orders) = (BTreeMap::new(), BTreeMap::new());
        Simulated { boot_id, guests, foreign: Vec::new(), orders, orders_begun: 0, machine, stocks, devices }
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
                let made = self.guests.entry(guest.claim).or_insert(Guest { spec: guest, running: false });
                made.running |= run;
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
        }
        Ok(())
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
