//! Invariants over the ledger: a device is one register, and its history must be a legal one.

use std::collections::BTreeMap;

use super::{Invariant, Snapshot, Violation, cleanness};
use crate::ids::{ClaimId, HostId};
use crate::ledger::{Entry, Event};
use crate::pci::Address;

/// Replays the ledger. No grant comes while an earlier one stands, no release but from the owner, no claim ends
/// without a proof, and the last owner of each device is the one that its row names. No grant comes while a device is
/// dirty, nothing but a receipt cleans one, and those that are dirty last are those whose rows say so.
#[must_use]
pub fn check<'a>(ledger: impl IntoIterator<Item = &'a Entry>, snapshot: &Snapshot) -> Vec<Violation> {
    let ledger: Vec<&Entry> = ledger.into_iter().collect();
    let mut found = ownership(&ledger, snapshot);
    found.extend(cleanness::check(&ledger, snapshot));
    found
}

fn ownership(ledger: &[&Entry], snapshot: &Snapshot) -> Vec<Violation> {
    let mut owners: BTreeMap<(HostId, Address), ClaimId> = BTreeMap::new();
    let mut found = Vec::new();
    let mut wrong = |rows: Vec<String>, message: String| {
        found.push(Violation::new(Invariant::LedgerTells, rows, message));
    };
    for entry in ledger {
        let Some(claim) = entry.claim else { continue };
        let Some(address) = entry.device else {
            if entry.event == Event::Ended && entry.proof.is_none() {
                wrong(vec![format!("claim {claim}")], format!("claim {claim} ended without a proof"));
            }
            continue;
        };
        let row = || format!("device {}/{address}", entry.host);
        let key = (entry.host.clone(), address);
        match entry.event {
            Event::Granted => {
                if let Some(before) = owners.insert(key, claim) {
                    let message =
                        format!("{} was granted to claim {claim} while claim {before} held it", row());
                    wrong(vec![row()], message);
                }
            }
            Event::Released => {
                let before = owners.remove(&key);
                if before != Some(claim) {
                    let message = format!("{} was released by claim {claim}, which did not hold it", row());
                    wrong(vec![row()], message);
                }
            }
            Event::Claimed
            | Event::RoleChanged
            | Event::Ended
            | Event::Dirtied
            | Event::Sanitized
            | Event::Withdrawn => {}
        }
    }
    for device in &snapshot.devices {
        let told = owners.remove(&(device.host.clone(), device.seen.address));
        if told != device.owner {
            let row = format!("device {}/{}", device.host, device.seen.address);
            let name = |owner: Option<ClaimId>| {
                owner.map_or_else(|| "nobody".to_owned(), |id| format!("claim {id}"))
            };
            let message =
                format!("{row} belongs to {}, and the ledger says {}", name(device.owner), name(told));
            wrong(vec![row], message);
        }
    }
    for ((host, address), claim) in owners {
        let row = format!("device {host}/{address}");
        wrong(
            vec![row.clone()],
            format!("{row} does not exist, and the ledger says that claim {claim} holds it"),
        );
    }
    found
}
