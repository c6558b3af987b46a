//! Fences a host: shuts its present life out, has its machine powered off, and records the receipt.
//!
//! The intent comes first and the receipt compares it (B3): a host that boots again between the power-off and the
//! receipt has registered a new life, and the receipt is refused.

use steadfast_model::cause::Cause;
use steadfast_model::claim::Claim;
use steadfast_model::host::Host;
use steadfast_model::ids::{Epoch, HostId, InstanceId};

use crate::advance::advance_later;
use crate::refused::Refused;
use crate::seam::{Control, Halt, Seen, Tx, TxError, claims_on, get};

/// Shuts the host's life out. Answers the intent that [`fence_receive`] must bring back.
///
/// # Errors
/// When the host is unknown or removed.
pub async fn fence_intend<C: Control>(env: &C, cause: &Cause, host: HostId) -> Result<Epoch, TxError> {
    env.tx("fence.intent", cause, move |tx| {
        let (row, claims) = host_and_claims(tx, &host)?;
        let shut = row.fence_intend()?;
        let intent = shut.epoch;
        tx.update(&row, shut);
        claims.iter().for_each(|claim| tx.update(claim, claim.after_shut_out()));
        Ok(intent)
    })
    .await
}

/// Records that the fencing driver saw the machine off since `intent`.
///
/// # Errors
/// When the host came back, or was fenced anew, since the intent.
pub async fn fence_receive<C: Control>(
    env: &C,
    cause: &Cause,
    host: HostId,
    intent: Epoch,
) -> Result<(), TxError> {
    let touched = env
        .tx("fence.receipt", cause, move |tx| {
            let (row, claims) = host_and_claims(tx, &host)?;
            let fenced = row.fence_receive(intent)?;
            tx.update(&row, fenced);
            Ok(quieten(tx, &claims))
        })
        .await?;
    touched.into_iter().for_each(|instance| advance_later(env, cause, instance));
    Ok(())
}

/// A receipt says that nothing runs on the host. It frees nothing, and answers every wait (C1): the instances
/// that it speaks of go on.
pub(crate) fn quieten(tx: &mut Tx<'_>, claims: &[Seen<Claim>]) -> Vec<InstanceId> {
    claims.iter().for_each(|claim| tx.update(claim, claim.after_receipt()));
    claims.iter().map(|claim| claim.instance).collect()
}

pub(crate) fn host_and_claims(tx: &mut Tx<'_>, id: &HostId) -> Result<(Seen<Host>, Vec<Seen<Claim>>), Halt> {
    let (host, claims) = tx.read((get::<Host>(id), claims_on(id)))?;
    let host = host.ok_or_else(|| Refused::not_found("Compute host", id))?;
    Ok((host, claims))
}
