//! What must be true. Four callers share these functions: the explorer, the store's tests, `steadfast verify`
//! and the self-check in production.
//!
//! [`rows`] speaks of one version of the store, [`guests`] of a store and what runs on the hosts, [`history`] of
//! the ledger, [`runs`] of what can come of one run beside another.

mod cleanness;
pub mod guests;
pub mod history;
pub mod rows;
pub mod runs;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::claim::Claim;
use crate::host::Host;
use crate::instance::Instance;
use crate::migration::Migration;
use crate::pci::Device;

/// All rows that the invariants speak of, of one version of the store. They are shared with whoever else holds them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    pub hosts: Vec<Arc<Host>>,
    pub devices: Vec<Arc<Device>>,
    pub claims: Vec<Arc<Claim>>,
    pub instances: Vec<Arc<Instance>>,
    pub migrations: Vec<Arc<Migration>>,
}

/// The invariants by name. RACES part (a) states S1 to S17; the others are named after the rule they guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Invariant {
    /// A device has one owner, and owner and claim name each other.
    S1ExclusiveDevice,
    /// A guest uses a device only under a claim on it.
    S2NoUseWithoutClaim,
    /// A claim's devices are devices of its host.
    S3DeviceOnHost,
    /// A physical function and one of its virtual functions are never both owned.
    S4Topology,
    /// A placed instance has exactly one Home, where it says; a deleted one has only Leaving claims.
    S7OneHome,
    /// At most one guest of an instance runs.
    S9OneGuest,
    /// At most one claim of an instance may run, and a permission on a living host is hot.
    OneRunner,
    /// A claim that is not Leaving is the only such one of its instance on its host.
    OneClaimPerHost,
    /// Every claim belongs to an instance and a host that exist.
    ClaimsBelong,
    /// An operation and its migration agree: one is open exactly while the other is.
    OperationsMatch,
    /// A receipt and a registered life exclude each other; a removed host holds nothing.
    HostsAgree,
    /// The ledger's grants and releases alternate, and end where the devices are.
    LedgerTells,
    /// No device is granted dirty, and nothing but a receipt cleans one.
    CleanGrants,
}

impl Invariant {
    pub const ALL: [Invariant; 13] = [
        Invariant::S1ExclusiveDevice,
        Invariant::S2NoUseWithoutClaim,
        Invariant::S3DeviceOnHost,
        Invariant::S4Topology,
        Invariant::S7OneHome,
        Invariant::S9OneGuest,
        Invariant::OneRunner,
        Invariant::OneClaimPerHost,
        Invariant::ClaimsBelong,
        Invariant::OperationsMatch,
        Invariant::HostsAgree,
        Invariant::LedgerTells,
        Invariant::CleanGrants,
    ];

    /// What an operator does about a violation.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Invariant::S1ExclusiveDevice | Invariant::LedgerTells => {
                "stop new boots (disable the host), compare the device's ledger with the guests on the host, and \
                 correct the row that the ledger contradicts"
            }
            Invariant::S2NoUseWithoutClaim => {
                "do not boot on this host: destroy the guest if nobody owns it, else restore its claim from the ledger"
            }
            Invariant::S3DeviceOnHost | Invariant::ClaimsBelong => {
                "restore the missing row from a backup or the ledger; the claim keeps its devices until then"
            }
            Invariant::S4Topology => {
                "delete one of the two instances; its claim frees the function once it is gone"
            }
            Invariant::S7OneHome => {
                "disable its hosts, find where the guest really is, and correct the claims' roles"
            }
            Invariant::S9OneGuest => "power one of the hosts off now: two guests write to the same storage",
            Invariant::OneRunner => "fence the host whose permission is wrong, then correct that claim's row",
            Invariant::OneClaimPerHost => {
                "find which of the claims the guest is named after, and end the other"
            }
            Invariant::OperationsMatch => {
                "delete the instance, or correct its operation after reading its migration"
            }
            Invariant::CleanGrants => {
                "disable the host and delete the instance that holds the device: what the one before it left may be \
                 there to read"
            }
            Invariant::HostsAgree => {
                "fence the host; a receipt and a removal are only true of a host that is down"
            }
        }
    }
}

/// One thing that should be impossible.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Violation {
    pub invariant: Invariant,
    /// The rows that disagree, as `table key`.
    pub rows: Vec<String>,
    pub message: String,
    pub remedy: String,
}

impl Violation {
    fn new(invariant: Invariant, rows: Vec<String>, message: String) -> Self {
        Violation { invariant, rows, message, remedy: invariant.remedy().to_owned() }
    }
}
