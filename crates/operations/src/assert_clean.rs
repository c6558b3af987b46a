//! Takes a person's word that a device is clean.

use steadfast_model::cause::Cause;
use steadfast_model::host::Host;
use steadfast_model::ids::HostId;
use steadfast_model::pci::{Address, Device, Dirt, Receipt};

use crate::refused::Refused;
use crate::seam::{Control, Halt, Tx, TxError, get};

/// Calls a dirty device clean that its host's agent cannot sanitise. The ledger keeps whose word it was. `seen` is the
/// dirt that they speak of: a word that comes late, or twice, says nothing of what was left there since.
///
/// The agent may be sanitising it at this moment: it builds no guest on the device before that has ended.
///
/// # Errors
/// When there is no such device, or it is clean, or dirty anew; when a claim or an unknown guest has it, so that nobody
/// can know.
pub async fn assert_clean<C: Control>(
    env: &C,
    cause: &Cause,
    host: HostId,
    device: Address,
    seen: Dirt,
) -> Result<(), TxError> {
    env.tx("assert_clean", cause, move |tx| assert(tx, &host, device, seen)).await
}

fn assert(tx: &mut Tx<'_>, id: &HostId, address: Address, seen: Dirt) -> Result<(), Halt> {
    let (host, device) = tx.read((get::<Host>(id), get::<Device>(&(id.clone(), address))))?;
    host.ok_or_else(|| Refused::not_found("Compute host", id))?;
    let device =
        device.ok_or_else(|| Refused::not_found("Device", format_args!("{address} of host {id}")))?;
    let refused = |why: &str| Refused::Conflict(format!("Device {address} of host {id} {why}"));
    if let Some(claim) = device.owner {
        let why = format!("belongs to claim {claim}: it is dirty, if at all, once that has ended.");
        return Err(refused(&why).into());
    }
    if device.foreign {
        return Err(refused("is in the hands of an unknown guest: destroy that on the host first.").into());
    }
    let other = || match device.dirt {
        None => refused("is clean already."),
        Some(dirt) => refused(&format!("is dirty anew: {dirt}. Look at it again.")),
    };
    let receipt = Receipt::asserted(&device, seen).ok_or_else(other)?;
    tx.sanitize(&device, receipt);
    Ok(())
}
