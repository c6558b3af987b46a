//! A named person answers for a host being down, or takes the answer back: Nova's `forced_down`.

use steadfast_model::cause::Cause;
use steadfast_model::ids::HostId;

use crate::advance::advance_later;
use crate::fence::{host_and_claims, quieten};
use crate::seam::{Control, TxError};

/// Shuts the host's life out and records the person's assertion as a receipt. If the host lives all the same, its
/// guests may run twice until it next registers; whoever asserts answers for that.
///
/// # Errors
/// When the host is unknown or removed.
pub async fn force_down<C: Control>(env: &C, cause: &Cause, host: HostId) -> Result<(), TxError> {
    let by = cause.actor.clone();
    let touched = env
        .tx("force_down", cause, move |tx| {
            let (row, claims) = host_and_claims(tx, &host)?;
            let down = row.force_down(by.clone())?;
            tx.update(&row, down);
            Ok(quieten(tx, &claims))
        })
        .await?;
    touched.into_iter().for_each(|instance| advance_later(env, cause, instance));
    Ok(())
}

/// Takes the assertion back. The host counts as up again when it registers; its receipt counts no more.
///
/// # Errors
/// When the host is unknown.
pub async fn unforce_down<C: Control>(env: &C, cause: &Cause, host: HostId) -> Result<(), TxError> {
    env.tx("unforce_down", cause, move |tx| {
        let (row, _) = host_and_claims(tx, &host)?;
        let silent = row.unforce_down();
        tx.update(&row, silent);
        Ok(())
    })
    .await
}
