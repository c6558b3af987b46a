//! Lets go of claims: the only place where a device loses its owner.

use steadfast_model::claim::{Claim, Proof};
use steadfast_model::discrepancy::{Discrepancy, Subject};
use steadfast_model::pci::Device;

use crate::seam::{Abort, Seen, Tx, get};

/// Ends a claim and frees its devices, on the strength of a proof (rule 3). What its guest may have used is dirty from
/// then on, if it is sanitised at all. A device that the host no longer lists is gone with its claim, and so is what
/// was noted about it; what its guest left there is its physical function's to be sanitised of.
pub(crate) fn release(tx: &mut Tx<'_>, claim: &Seen<Claim>, proof: Proof) -> Result<(), Abort> {
    let asks: Vec<_> = claim.devices.iter().map(|at| get::<Device>(&(claim.host.clone(), *at))).collect();
    for device in tx.read(asks)?.into_iter().flatten() {
        if device.owner != Some(claim.id) {
            continue;
        }
        if device.present {
            tx.update(&device, device.released(&proof));
            continue;
        }
        let subject = Subject::MissingDevice(device.seen.address);
        let parent: Vec<_> =
            device.seen.parent.iter().map(|pf| get::<Device>(&(claim.host.clone(), *pf))).collect();
        let (noted, parent) = tx.read((get::<Discrepancy>(&(claim.host.clone(), subject)), parent))?;
        let left = device.released(&proof).dirt;
        for (parent, dirt) in parent.into_iter().flatten().zip(left) {
            tx.update(&parent, parent.inherits(dirt));
        }
        noted.iter().for_each(|row| tx.remove(row));
        tx.remove(&device);
    }
    tx.end_claim(claim, proof);
    Ok(())
}

/// Sends a claim on its way out. It ends at once if no agent was ever told of it (A1); otherwise its host's agent
/// must say that the guest is gone.
pub(crate) fn leave(tx: &mut Tx<'_>, claim: &Seen<Claim>) -> Result<(), Abort> {
    let leaving = claim.leaving();
    match Proof::untold(&leaving) {
        Some(proof) => release(tx, claim, proof),
        None => {
            tx.update(claim, leaving);
            Ok(())
        }
    }
}
