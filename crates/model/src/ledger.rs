//! The history of ownership: made from the difference that a transaction writes, so that no operation can
//! forget it.

use serde::{Deserialize, Serialize};

use crate::claim::{Claim, Proof, Role};
use crate::ids::{ClaimId, HostId, InstanceId};
use crate::pci::{Address, Device};

/// What happened to an ownership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Claimed,
    Granted,
    RoleChanged,
    Released,
    Ended,
}

impl Event {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Event::Claimed => "claimed",
            Event::Granted => "granted",
            Event::RoleChanged => "role_changed",
            Event::Released => "released",
            Event::Ended => "ended",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Event> {
        let all = [Event::Claimed, Event::Granted, Event::RoleChanged, Event::Released, Event::Ended];
        all.into_iter().find(|event| event.name() == name)
    }
}

/// One line of the ledger. When, by which step and on whose request stands in the commit that wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Entry {
    pub event: Event,
    pub host: HostId,
    pub claim: ClaimId,
    pub instance: Option<InstanceId>,
    pub device: Option<Address>,
    pub role: Option<Role>,
    /// What proved that the claim could end.
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
        claim: claim.id,
        instance: Some(claim.instance),
        device: None,
        role: Some(claim.role),
        proof: proof.map(|proof| proof.by().name().to_owned()),
    })
}

/// The entries for one device that a transaction wrote: released by its old owner, granted to its new one.
pub fn of_device(old: Option<&Device>, new: Option<&Device>) -> impl Iterator<Item = Entry> {
    let owner = |device: Option<&Device>| device.and_then(|device| device.owner);
    let (was, is) = (owner(old), owner(new));
    let entry = |event, device: Option<&Device>, claim: Option<ClaimId>| {
        let device = device?;
        let (host, address) = (device.host.clone(), Some(device.seen.address));
        claim.map(|claim| Entry {
            event,
            host,
            claim,
            instance: None,
            device: address,
            role: None,
            proof: None,
        })
    };
    let changed = was != is;
    let released = entry(Event::Released, old, was).filter(|_| changed);
    let granted = entry(Event::Granted, new, is).filter(|_| changed);
    released.into_iter().chain(granted)
}
