//! The history of ownership: made from the difference that a transaction writes, so that no operation can
//! forget it.

use serde::{Deserialize, Serialize};

use crate::claim::{Claim, Proof, Role};
use crate::ids::{ClaimId, HostId, InstanceId};
use crate::pci::{Address, Device, Receipt};

/// What happened to an ownership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Claimed,
    Granted,
    RoleChanged,
    Released,
    /// A device is dirty: it is not granted before it is sanitised.
    Dirtied,
    /// A device is clean, on the strength of a receipt.
    Sanitized,
    /// A dirty device is not there any more.
    Withdrawn,
    Ended,
}

impl Event {
    const ALL: [Event; 8] = [
        Event::Claimed,
        Event::Granted,
        Event::RoleChanged,
        Event::Released,
        Event::Dirtied,
        Event::Sanitized,
        Event::Withdrawn,
        Event::Ended,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Event::Claimed => "claimed",
            Event::Granted => "granted",
            Event::RoleChanged => "role_changed",
            Event::Released => "released",
            Event::Dirtied => "dirtied",
            Event::Sanitized => "sanitized",
            Event::Withdrawn => "withdrawn",
            Event::Ended => "ended",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Event> {
        Event::ALL.into_iter().find(|event| event.name() == name)
    }
}

/// One line of the ledger. When, by which step and on whose request stands in the commit that wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Entry {
    pub event: Event,
    pub host: HostId,
    /// Whose ownership it is about; of a dirty device, who used it, if anybody is known to have.
    pub claim: Option<ClaimId>,
    pub instance: Option<InstanceId>,
    pub device: Option<Address>,
    pub role: Option<Role>,
    /// What proved that the claim could end, or that the device is clean.
    pub proof: Option<String>,
}

/// The entries for one claim that a transaction wrote; `proof` is the one that ended it.
#[must_use]
pub fn of_claim(old: Option<&Claim>, new: Option<&Claim>, proof: Option<&Proof>) -> Option<Entry> {
    let (event, claim) = match (old, new) {
        (None, Some(new)) => (Event::Claimed, new),
        (Some(old), Some(new)) if old.role != new.role => (Event::RoleChanged, new),
        (Some(old), None) => (Event::Ended, old),
        (Some(_), Some(_)) | (None, None) => return None,
    };
    Some(Entry {
        event,
        host: claim.host.clone(),
        claim: Some(claim.id),
        instance: Some(claim.instance),
        device: None,
        role: Some(claim.role),
        proof: proof.map(|proof| proof.by().name().to_owned()),
    })
}

/// The entries for one device that a transaction wrote: released by its old owner, dirty or clean, granted to its new
/// one. `receipt` is the one that cleaned it.
#[must_use]
pub fn of_device(old: Option<&Device>, new: Option<&Device>, receipt: Option<&Receipt>) -> Vec<Entry> {
    let Some(device) = new.or(old) else { return Vec::new() };
    let entry = |event, claim: Option<ClaimId>| Entry {
        event,
        host: device.host.clone(),
        claim,
        instance: None,
        device: Some(device.seen.address),
        role: None,
        proof: None,
    };
    let owner = |device: Option<&Device>| device.and_then(|device| device.owner);
    let (was, is) = (owner(old), owner(new));
    let owned =
        |event, claim: Option<ClaimId>| claim.filter(|_| was != is).map(|claim| entry(event, Some(claim)));
    let dirt = |device: Option<&Device>| device.and_then(|device| device.dirt);
    let of_dirt = match (dirt(old), dirt(new)) {
        (old, Some(new)) if old != Some(new) => Some(entry(Event::Dirtied, new.claim())),
        (Some(old), None) if new.is_none() => Some(entry(Event::Withdrawn, old.claim())),
        (Some(old), None) => {
            let proof = receipt.map(ToString::to_string);
            Some(Entry { proof, ..entry(Event::Sanitized, old.claim()) })
        }
        (_, Some(_)) | (None, None) => None,
    };
    let released = owned(Event::Released, was);
    released.into_iter().chain(of_dirt).chain(owned(Event::Granted, is)).collect()
}
