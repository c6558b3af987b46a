//! Invariants over the rows and the guests that are on the hosts.

use std::collections::BTreeMap;

use super::{Invariant, Snapshot, Violation};
use crate::claim::Claim;
use crate::hypervisor::SeenGuest;
use crate::ids::{ClaimId, HostId, InstanceId};
use crate::pci::Address;

/// What the hypervisors of all hosts have.
pub type Observed = BTreeMap<HostId, Vec<SeenGuest>>;

fn row(host: &HostId, guest: &SeenGuest) -> String {
    format!("guest {host}/{}", guest.tag)
}

/// Every guest that uses a device without a claim on it, every device in two guests, and every instance with two
/// guests that run (S2, S1, S9). Guests that are not ours are discrepancies, not violations; what a removed or
/// quarantined host still holds is unknown, and none of it is granted.
#[must_use]
pub fn check(snapshot: &Snapshot, observed: &Observed) -> Vec<Violation> {
    let claims: BTreeMap<ClaimId, &Claim> =
        snapshot.claims.iter().map(|claim| (claim.id, claim.as_ref())).collect();
    let mut found = Vec::new();
    let mut running: BTreeMap<InstanceId, Vec<(&HostId, &SeenGuest)>> = BTreeMap::new();
    let unknown = |host: &&HostId| {
        snapshot.hosts.iter().any(|row| row.id == **host && (row.removed || row.quarantined))
    };
    for (host, guests) in observed.iter().filter(|(host, _)| !unknown(host)) {
        let mut users: BTreeMap<Address, &SeenGuest> = BTreeMap::new();
        for guest in guests {
            let Some(id) = guest.claim else { continue };
            let row = || row(host, guest);
            let claim = claims.get(&id).copied().filter(|claim| claim.host == *host);
            for device in &guest.devices {
                let covered = claim.is_some_and(|claim| claim.devices.contains(device));
                if !covered {
                    let message = format!("{} uses {device} without a claim on it", row());
                    found.push(Violation::new(Invariant::S2NoUseWithoutClaim, vec![row()], message));
                }
                if let Some(other) = users.insert(*device, guest) {
                    let message = format!("{} and guest {} both use {device}", row(), other.tag);
                    found.push(Violation::new(Invariant::S1ExclusiveDevice, vec![row()], message));
                }
            }
            if let Some(claim) = claim.filter(|_| guest.running) {
                running.entry(claim.instance).or_default().push((host, guest));
            }
        }
    }
    for (instance, guests) in running {
        if guests.len() > 1 {
            let message = format!("instance {instance} runs {} times", guests.len());
            let rows = guests.into_iter().map(|(host, guest)| row(host, guest)).collect();
            found.push(Violation::new(Invariant::S9OneGuest, rows, message));
        }
    }
    found
}
