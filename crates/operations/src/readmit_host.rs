//! Re-admits a host that was removed.

use steadfast_model::cause::Cause;
use steadfast_model::ids::HostId;

use crate::fence::host_and_claims;
use crate::seam::{Control, TxError};

/// Lets a removed host register again. Its devices are granted only after a report of the new life without unknown
/// guests (A8).
///
/// # Errors
/// When the host is unknown, or was not removed.
pub async fn readmit_host<C: Control>(env: &C, cause: &Cause, host: HostId) -> Result<(), TxError> {
    env.tx("readmit_host", cause, move |tx| {
        let (row, _) = host_and_claims(tx, &host)?;
        let readmitted = row.readmit()?;
        tx.update(&row, readmitted);
        Ok(())
    })
    .await
}
