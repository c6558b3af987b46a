//! Confirms a move: what was kept for a revert is let go of.

use steadfast_model::action::{Action, ActionKind, Outcome};
use steadfast_model::cause::{Cause, Scope};
use steadfast_model::claim::Role;
use steadfast_model::host::Host;
use steadfast_model::ids::InstanceId;
use steadfast_model::instance::{Instance, VmEvent, VmState};
use steadfast_model::migration::{Migration, MigrationStatus};

use crate::home::{Owned, owned};
use crate::refused::Refused;
use crate::release::leave;
use crate::seam::{Control, Halt, Tx, TxError, get};

/// # Errors
/// When another operation runs, there is no move to confirm, or the instance's new home does not live (B9): what was
/// kept may be the only good copy.
pub async fn confirm<C: Control>(
    env: &C,
    cause: &Cause,
    scope: Scope,
    id: InstanceId,
) -> Result<(), TxError> {
    let by = cause.clone();
    env.tx("confirm", cause, move |tx| confirm_now(tx, &by, &scope, id)).await
}

fn confirm_now(tx: &mut Tx<'_>, cause: &Cause, scope: &Scope, id: InstanceId) -> Result<(), Halt> {
    let Owned { instance, claims } = owned(tx, scope, id)?;
    let kind = ActionKind::ConfirmResize;
    instance.allows(kind.name(), &[VmState::Resized])?;
    let home = claims.iter().find(|claim| claim.role == Role::Home).expect("a moved instance has a home");
    let by = home.migration.expect("the home of a moved instance was made by its move");
    let (host, migration) = tx.read((get::<Host>(&home.host), get::<Migration>(&by)))?;
    let host = host.expect("a claim's host exists");
    let migration = migration.expect("a claim's migration exists, and is never removed");
    if !host.lives() {
        let sentence = format!(
            "Host {} does not live, and what was left behind may be the only good copy: wait until the host is back, or \
             revert.",
            host.id
        );
        return Err(Refused::Conflict(sentence).into());
    }
    for held in claims.iter().filter(|claim| claim.role == Role::Held) {
        leave(tx, held)?;
    }
    let at = tx.now();
    if let Some(confirmed) = migration.becoming(MigrationStatus::Confirmed, at) {
        tx.update(&migration, confirmed);
    }
    if let Some(settled) = instance.end(VmEvent::MoveConfirmed(instance.power), at) {
        let settled = Instance { attempt: instance.attempt.next(), ..settled };
        tx.insert(Action::begun(&settled, kind, cause, at).ended(at, Outcome::Success));
        tx.update(&instance, settled);
    }
    Ok(())
}
