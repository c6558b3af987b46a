//! Deletes an instance: gone for its user at once, whatever runs; its claims stay until their guests are gone.

use steadfast_model::action::{Action, ActionKind, Outcome};
use steadfast_model::cause::{Cause, Scope};
use steadfast_model::claim::Role;
use steadfast_model::ids::InstanceId;
use steadfast_model::instance::{Instance, VmEvent};
use steadfast_model::migration::{Migration, MigrationStatus};

use crate::home::{Owned, owned};
use crate::release::leave;
use crate::seam::{Control, Halt, Tx, TxError, get};

/// # Errors
/// When there is no such instance in this scope, or it is deleted already.
pub async fn delete<C: Control>(env: &C, cause: &Cause, scope: Scope, id: InstanceId) -> Result<(), TxError> {
    let by = cause.clone();
    env.tx("delete", cause, move |tx| delete_now(tx, &by, &scope, id)).await
}

fn delete_now(tx: &mut Tx<'_>, cause: &Cause, scope: &Scope, id: InstanceId) -> Result<(), Halt> {
    let Owned { instance, claims } = owned(tx, scope, id)?;
    let at = tx.now();
    for claim in claims.iter().filter(|claim| !claim.is_leaving()) {
        leave(tx, claim)?;
    }
    let home = claims.iter().find(|claim| claim.role == Role::Home);
    // The move that goes on, or one that was not confirmed yet.
    let moves = instance.operation.and_then(|operation| operation.migration());
    let moves = moves.or_else(|| home.and_then(|home| home.migration));
    let migration: Vec<_> = moves.iter().map(get::<Migration>).collect();
    let interrupted: Vec<_> =
        instance.operation.iter().map(|_| get::<Action>(&(id, instance.attempt))).collect();
    let (migration, interrupted) = tx.read((migration, interrupted))?;
    for migration in migration.into_iter().flatten() {
        // Nobody can revert it any more. Nova's clients find it confirmed as well.
        if let Some(confirmed) = migration.becoming(MigrationStatus::Confirmed, at) {
            tx.update(&migration, confirmed);
        } else if let Some(failed) = migration.becoming(MigrationStatus::Failed, at) {
            let reason = Some("the instance was deleted".to_owned());
            tx.update(&migration, Migration { reason, ..failed });
        }
    }
    for action in interrupted.into_iter().flatten() {
        tx.update(&action, action.ended(at, Outcome::Error("the instance was deleted".to_owned())));
    }
    let deleted = instance.end(VmEvent::Deleted, at).expect("an instance that is not deleted can be");
    // The attempt rises, so that whatever still runs for the instance finds itself overtaken (C3).
    let deleted = Instance { attempt: instance.attempt.next(), ..deleted };
    let action = Action::begun(&deleted, ActionKind::Delete, cause, at).ended(at, Outcome::Success);
    tx.insert(action);
    tx.update(&instance, deleted);
    Ok(())
}
