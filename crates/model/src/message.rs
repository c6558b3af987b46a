//! What agents and the control plane say to each other (PROTOCOL §2). Every message carries its tokens.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::claim::Wanted;
use crate::host::Machine;
use crate::ids::{
    Attempt, ClaimId, Epoch, GuestTag, HostId, InstanceId, InventorySeq, ListGen, Order, ReportSeq,
    SanitizerName,
};
use crate::inventory::{Amounts, Stock};
use crate::pci::{Address, Dirt, Observed};

/// The version of this message set. An agent of another one is refused by name.
pub const PROTOCOL_VERSION: u32 = 3;

/// Asks which epoch the host is at, before registering.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hello {
    pub host: HostId,
    pub protocol: u32,
}

/// A life of a host begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Register {
    pub host: HostId,
    pub protocol: u32,
    pub nonce: Uuid,
    pub boot_id: Uuid,
    /// The epoch that [`Hello`] answered: compared, so that a late copy changes nothing.
    pub from: Epoch,
}

/// The answer to [`Hello`] and to [`Register`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AtEpoch {
    pub epoch: Epoch,
}

/// Asks what should be true of every claim on the host; answered once the list differs from `since`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AskList {
    pub host: HostId,
    pub epoch: Epoch,
    /// The newest list that the agent took; none for its first.
    pub since: Option<ListGen>,
}

/// Every claim on the host, and every device there that is to be sanitised: complete, never a delta.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct List {
    pub epoch: Epoch,
    pub list_gen: ListGen,
    pub entries: Vec<Entry>,
    pub to_sanitize: Vec<Sanitize>,
}

/// What should be true of one claim.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Entry {
    pub order: Order,
    pub attempt: Attempt,
    pub wanted: Wanted,
    pub guest: GuestSpec,
}

/// A device that nobody holds is to be sanitised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sanitize {
    pub device: Address,
    /// Of what; the answer echoes it.
    pub dirt: Dirt,
}

/// The guest of a claim.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GuestSpec {
    pub claim: ClaimId,
    pub instance: InstanceId,
    pub vcpus: u64,
    pub memory_mb: u64,
    pub disk_gb: u64,
    pub devices: Vec<Address>,
}

impl GuestSpec {
    #[must_use]
    pub fn new(claim: ClaimId, instance: InstanceId, amounts: Amounts, devices: Vec<Address>) -> Self {
        let Amounts { vcpus, memory_mb, disk_gb } = amounts;
        GuestSpec { claim, instance, vcpus, memory_mb, disk_gb, devices }
    }
}

/// What an agent says of one claim, in answer to one order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Statement {
    pub claim: ClaimId,
    pub order: Order,
    pub answer: Answer,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Running,
    /// It does not run, and none of the agent's own orders for it is open.
    Off,
    /// No guest, no local disk, no open order.
    Gone,
    Failed(String),
}

/// What an agent says of one device that it was to sanitise.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sanitized {
    pub device: Address,
    pub dirt: Dirt,
    pub outcome: Cleaned,
}

/// How sanitising went.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cleaned {
    /// It ended well in this life, by this sanitizer, and nobody has had the device since.
    By(SanitizerName),
    /// It cannot be done now; it is tried again.
    Failed(String),
}

/// What a host has, numbered within its life.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Census {
    pub seq: InventorySeq,
    pub machine: Machine,
    pub stocks: Vec<Stock>,
    pub devices: Vec<Observed>,
    /// Guests that no entry of the list names.
    pub unknown_guests: Vec<UnknownGuest>,
}

/// A guest that the agent was not told of. It is reported, never touched.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UnknownGuest {
    pub tag: GuestTag,
    pub running: bool,
    pub devices: Vec<Address>,
}

/// What an agent observed: Nova's `update_available_resource`, which here can write no ownership.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Report {
    pub host: HostId,
    pub epoch: Epoch,
    /// One more than that of the report before: one that arrives after a newer one changes nothing.
    pub seq: ReportSeq,
    /// An earlier report of this life had no answer: it may still arrive.
    pub unheard: bool,
    /// The list that the statements were made from.
    pub list_gen: ListGen,
    pub statements: Vec<Statement>,
    pub sanitized: Vec<Sanitized>,
    pub census: Option<Census>,
}

/// The answer to a [`Report`]: which statements counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reported {
    /// Claims whose statement was stale or repeated and changed nothing.
    pub stale: Vec<ClaimId>,
}
