//! Invariants over the ledger: what was dirty is clean before it is granted, and somebody said so.

use std::collections::BTreeSet;

use super::{Invariant, Snapshot, Violation};
use crate::claim::ProofBy;
use crate::ids::{ClaimId, HostId};
use crate::ledger::{Entry, Event};
use crate::pci::Address;

/// The devices that are dirty so far.
type Dirty<'a> = BTreeSet<(&'a HostId, Address)>;

/// Replays the ledger. No grant comes while the device, or a function that shares its hardware, is dirty, nothing but a
/// receipt cleans one, and those that are dirty last are those whose rows say so. One that is sanitised between two
/// grants became dirty when its last claim ended that an agent had been told of, or later.
pub(super) fn check(ledger: &[&Entry], snapshot: &Snapshot) -> Vec<Violation> {
    // Where nothing is sanitised there is nothing to ask: the explorer asks after every grant.
    let sanitized = snapshot.devices.iter().any(|row| row.seen.sanitizer.is_some() || row.dirt.is_some());
    if !sanitized && !ledger.iter().any(|entry| matches!(entry.event, Event::Dirtied | Event::Sanitized)) {
        return Vec::new();
    }
    let mut dirty = Dirty::new();
    let mut used = Dirty::new();
    let told: BTreeSet<ClaimId> = ledger.iter().filter_map(|entry| told_of(entry)).collect();
    let mut found = Vec::new();
    for entry in ledger {
        let Some(address) = entry.device else { continue };
        let wrong = match entry.event {
            Event::Released => {
                let by_told = entry.claim.is_some_and(|claim| told.contains(&claim));
                by_told.then(|| used.insert((&entry.host, address)));
                None
            }
            Event::Dirtied => {
                used.remove(&(&entry.host, address));
                dirty.insert((&entry.host, address));
                None
            }
            Event::Withdrawn => {
                dirty.remove(&(&entry.host, address));
                None
            }
            Event::Sanitized if !dirty.remove(&(&entry.host, address)) => {
                Some("was sanitised, and nothing says of what".to_owned())
            }
            Event::Sanitized if entry.proof.is_none() => {
                Some("was called clean without a receipt".to_owned())
            }
            Event::Granted => granted_dirty(&dirty, &entry.host, address, snapshot),
            Event::Sanitized | Event::Claimed | Event::RoleChanged | Event::Ended => None,
        };
        found.extend(wrong.map(|what| violation(&entry.host, address, &what)));
    }
    for device in &snapshot.devices {
        let address = device.seen.address;
        if used.contains(&(&device.host, address)) && device.seen.sanitizer.is_some() {
            found.push(violation(&device.host, address, "was used, and nothing says that it is dirty since"));
        }
        let wrong = match (dirty.remove(&(&device.host, address)), device.dirt) {
            (true, None) => "is clean, and the ledger says that it is dirty",
            (false, Some(_)) => "is dirty, and the ledger does not say so",
            (true, Some(_)) | (false, None) => continue,
        };
        found.push(violation(&device.host, address, wrong));
    }
    for (host, address) in dirty {
        found.push(violation(host, address, "does not exist, and the ledger says that it is dirty"));
    }
    found
}

/// The claim that ended here, if an agent had been told of it.
fn told_of(entry: &Entry) -> Option<ClaimId> {
    let untold = entry.proof.as_deref() == Some(ProofBy::Untold.name());
    entry.claim.filter(|_| entry.event == Event::Ended && !untold)
}

/// What is wrong with granting the device now, if anything.
fn granted_dirty(dirty: &Dirty<'_>, host: &HostId, address: Address, snapshot: &Snapshot) -> Option<String> {
    if dirty.contains(&(host, address)) {
        return Some("was granted before it was sanitised".to_owned());
    }
    let parent = |at| {
        let mut devices = snapshot.devices.iter();
        devices.find(|row| row.host == *host && row.seen.address == at).and_then(|row| row.seen.parent)
    };
    let related = |other| parent(address) == Some(other) || parent(other) == Some(address);
    let here = dirty.iter().filter(|(of, _)| *of == host).map(|(_, other)| *other);
    let relative = here.into_iter().find(|other| related(*other))?;
    Some(format!("was granted before {relative} was sanitised, which shares its hardware"))
}

fn violation(host: &HostId, address: Address, what: &str) -> Violation {
    let row = format!("device {host}/{address}");
    let message = format!("{row} {what}");
    Violation::new(Invariant::CleanGrants, vec![row], message)
}
