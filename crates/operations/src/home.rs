//! What an instance and its home share: finding them, and what begins there.

use steadfast_model::action::{Action, ActionKind};
use steadfast_model::cause::{Cause, Scope};
use steadfast_model::claim::{Claim, Role};
use steadfast_model::host::Host;
use steadfast_model::ids::{HostId, InstanceId, MigrationId, Moment};
use steadfast_model::instance::{Instance, Operation, Power, VmState};
use steadfast_model::migration::{Migration, MigrationKind, MigrationStatus};

use crate::refused::Refused;
use crate::seam::{Halt, Seen, Tx, View, claims_of, get};

/// An instance with its claims, as one version of the store has them.
#[derive(Debug)]
pub(crate) struct Owned {
    pub instance: Seen<Instance>,
    pub claims: Vec<Seen<Claim>>,
}

/// The instance, if it exists, is not deleted, and this scope may see it.
pub(crate) fn owned(view: &mut View<'_>, scope: &Scope, id: InstanceId) -> Result<Owned, Halt> {
    let (instance, claims) = view.read((get::<Instance>(&id), claims_of(id)))?;
    let visible = instance.filter(|row| scope.covers(&row.project) && !row.is_deleted());
    let instance = visible.ok_or_else(|| Refused::not_found("Instance", id))?;
    Ok(Owned { instance, claims })
}

/// An instance at home on a host.
#[derive(Debug)]
pub(crate) struct AtHome {
    pub instance: Seen<Instance>,
    pub claim: Seen<Claim>,
    pub host: Seen<Host>,
    /// The instance with its new operation, not written yet.
    pub begun: Instance,
    /// Its other claims.
    pub others: Vec<Seen<Claim>>,
}

impl AtHome {
    /// The record of a move away from here, which nobody has written yet.
    pub fn migration(
        &self,
        id: MigrationId,
        kind: MigrationKind,
        cause: &Cause,
        requested_host: Option<HostId>,
        at: Moment,
    ) -> Migration {
        Migration {
            id,
            instance: self.instance.id,
            project: self.instance.project.clone(),
            user: cause.actor.clone(),
            kind,
            status: MigrationStatus::Accepted,
            attempt: self.begun.attempt,
            power_before: self.instance.power,
            resize: None,
            source_host: self.claim.host.clone(),
            source_claim: self.claim.id,
            dest_host: None,
            dest_claim: None,
            requested_host,
            reason: None,
            created_at: at,
            updated_at: at,
        }
    }
}

/// Begins an operation on an instance that has a home, and records who asked for it. The caller writes
/// [`AtHome::begun`], with whatever else the operation changes.
pub(crate) fn begin_at_home(
    tx: &mut Tx<'_>,
    cause: &Cause,
    scope: &Scope,
    id: InstanceId,
    kind: ActionKind,
    allowed: &[VmState],
    operation: impl FnOnce(&Claim) -> Operation,
) -> Result<AtHome, Halt> {
    let Owned { instance, claims } = owned(tx, scope, id)?;
    instance.allows(kind.name(), allowed)?;
    let (homes, others): (Vec<_>, Vec<_>) = claims.into_iter().partition(|claim| claim.role == Role::Home);
    let homeless =
        || Refused::Conflict(format!("Cannot '{}' instance {id}: it never found a host.", kind.name()));
    let claim = homes.into_iter().next().ok_or_else(homeless)?;
    let host = tx.read(get::<Host>(&claim.host))?.expect("a claim's host exists");
    let begun = instance.begun(operation(&claim), tx.now());
    tx.insert(Action::begun(&begun, kind, cause, tx.now()));
    Ok(AtHome { instance, claim, host, begun, others })
}

/// Writes that the user wants the instance on or off, and tells its home so.
pub(crate) fn repower(tx: &mut Tx<'_>, home: &AtHome, power: Power) {
    tx.update(&home.instance, Instance { power, ..home.begun.clone() });
    let asked = home.claim.becoming(Role::Home, power.is_on(), home.host.registered);
    tx.update(&home.claim, asked.asked_anew());
}
