//! The audit of Nova bug 1896463: it reads the instances of its host, then the moves towards it, and frees the
//! devices of whatever it saw in neither.
//!
//! Between the two reads an evacuation can finish. Its instance was not yet here at the first, and its move is no
//! longer going on at the second, so the device of a running instance is freed.

use std::collections::BTreeSet;

use steadfast_model::cause::Cause;
use steadfast_model::ids::{HostId, InstanceId};
use steadfast_model::pci::Device;
use steadfast_operations::seam::{Control, Page, TxError, claims_on, devices_of, instances_on, migrations};

/// Audits one host once. Answers how many devices it freed.
///
/// # Errors
/// When the store cannot go on.
pub async fn audit<C: Control>(env: &C, cause: &Cause, host: HostId) -> Result<usize, TxError> {
    let at = host.clone();
    let here: BTreeSet<InstanceId> = env
        .view("audit.instances", move |view| {
            Ok(view.read(instances_on(&at))?.iter().map(|row| row.id).collect())
        })
        .await?;
    let to = host.clone();
    let coming: BTreeSet<InstanceId> = env
        .view("audit.migrations", move |view| {
            let all = view.read(migrations(Page::ALL))?;
            let open = all.iter().filter(|row| !row.status.is_terminal());
            let mine = open.filter(|row| row.dest_host.as_ref() == Some(&to) || row.source_host == to);
            Ok(mine.map(|row| row.instance).collect())
        })
        .await?;
    env.tx("audit.free", cause, move |tx| {
        let (claims, devices) = tx.read((claims_on(&host), devices_of(&host)))?;
        let mut freed = 0;
        for claim in
            claims.iter().filter(|row| !here.contains(&row.instance) && !coming.contains(&row.instance))
        {
            for device in devices.iter().filter(|device| device.owner == Some(claim.id)) {
                tx.update(device, Device { owner: None, ..device.row.as_ref().clone() });
                freed += 1;
            }
        }
        Ok(freed)
    })
    .await
}
