//! Removes a fenced host for good.

use steadfast_model::cause::Cause;
use steadfast_model::claim::Proof;
use steadfast_model::ids::HostId;

use crate::fence::host_and_claims;
use crate::refused::Refused;
use crate::seam::{Control, Halt, Tx, TxError, devices_of, discrepancies_of, inventory_of};

/// Ends what is leaving there, with the removal as proof, and leaves a tombstone, so that a zombie of the host
/// never registers as a new one (A7).
///
/// # Errors
/// When the host has no receipt, or a claim that is not leaving (C5): an instance would have no home left.
pub async fn remove_host<C: Control>(env: &C, cause: &Cause, host: HostId) -> Result<(), TxError> {
    env.tx("remove_host", cause, move |tx| remove(tx, &host)).await
}

fn remove(tx: &mut Tx<'_>, id: &HostId) -> Result<(), Halt> {
    let (host, claims) = host_and_claims(tx, id)?;
    let staying = claims.iter().filter(|claim| !claim.is_leaving()).count();
    if staying > 0 {
        let sentence = format!(
            "Host {id} still has {staying} claims of instances: evacuate or delete them first, or confirm \
             their moves away from it."
        );
        return Err(Refused::Conflict(sentence).into());
    }
    let removed = host.remove()?;
    for claim in &claims {
        let proof =
            Proof::host_removed(claim, &removed).expect("every claim here is leaving, and of this host");
        tx.end_claim(claim, proof);
    }
    let (devices, inventory, discrepancies) =
        tx.read((devices_of(id), inventory_of(id), discrepancies_of(id)))?;
    devices.iter().for_each(|row| tx.remove(row));
    inventory.iter().for_each(|row| tx.remove(row));
    discrepancies.iter().for_each(|row| tx.remove(row));
    tx.update(&host, removed);
    Ok(())
}
