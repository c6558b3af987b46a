//! Keeps new instances off a host, or lets them come again. What is there stays.

use steadfast_model::cause::Cause;
use steadfast_model::host::Host;
use steadfast_model::ids::HostId;

use crate::refused::Refused;
use crate::seam::{Control, TxError, get};

/// Disables the host with a reason, which may be empty, or enables it.
///
/// # Errors
/// When the host is unknown.
pub async fn disable<C: Control>(
    env: &C,
    cause: &Cause,
    host: HostId,
    disabled: Option<String>,
) -> Result<(), TxError> {
    env.tx("disable", cause, move |tx| {
        let row = tx.read(get::<Host>(&host))?.ok_or_else(|| Refused::not_found("Compute host", &host))?;
        tx.update(&row, Host { disabled: disabled.clone(), ..row.row.as_ref().clone() });
        Ok(())
    })
    .await
}
