//! Moves an instance to another host while it is off: a cold migration, or a resize, which is one to another size.
//!
//! | step | source claim | dest claim |
//! |---|---|---|
//! | request: the source loses its permission to run | Home | – |
//! | claim on the best candidate ([`crate::place`]) | Home | Incoming |
//! | the source is quiet (B4): the dest may run | Home | Incoming |
//! | the dest says that it is as it is wanted: hand-over, one transaction | Held | Home |
//! | somebody confirms ([`crate::confirm`]) or reverts ([`crate::revert`]) | Leaving, or Home | Home, or Leaving |
//!
//! If it fails before the hand-over the dest leaves, and [`crate::roll_back`] gives the source its permission back.

use steadfast_model::action::{ActionKind, Outcome};
use steadfast_model::cause::{Cause, Scope};
use steadfast_model::claim::{Claim, Role, Said};
use steadfast_model::ids::{HostId, InstanceId, MigrationId};
use steadfast_model::instance::{Instance, Operation, Size, VmEvent, VmState};
use steadfast_model::migration::{Migration, MigrationKind, MigrationStatus, Resize};

use crate::advance::{Next, Situation, advance_later};
use crate::destination::{self, Arrival, arrival, give_up};
use crate::home::{AtHome, begin_at_home};
use crate::place::Job;
use crate::refused::Refused;
use crate::seam::{Control, Halt, Seen, Tx, TxError};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrate {
    pub instance: InstanceId,
    /// The only destination that will do, if one is named.
    pub host: Option<HostId>,
    /// The size that it is to have there, if another: a resize.
    pub size: Option<Size>,
}

/// Takes the request and goes on beside the caller.
///
/// # Errors
/// When another operation runs, the state forbids it, or no life of the host that the instance is on is registered.
pub async fn migrate<C: Control>(
    env: &C,
    cause: &Cause,
    scope: Scope,
    ask: Migrate,
) -> Result<MigrationId, TxError> {
    let (by, migration, instance) = (cause.clone(), MigrationId(env.id()), ask.instance);
    env.tx("migrate.request", cause, move |tx| request(tx, &by, &scope, &ask, migration)).await?;
    advance_later(env, cause, instance);
    Ok(migration)
}

fn request(
    tx: &mut Tx<'_>,
    cause: &Cause,
    scope: &Scope,
    ask: &Migrate,
    id: MigrationId,
) -> Result<(), Halt> {
    let (action, kind) = match ask.size {
        Some(_) => (ActionKind::Resize, MigrationKind::Resize),
        None => (ActionKind::Migrate, MigrationKind::Migration),
    };
    let (allowed, operation) = ([VmState::Active, VmState::Stopped], |_: &Claim| Operation::Migrate(id));
    let home = begin_at_home(tx, cause, scope, ask.instance, action, &allowed, operation)?;
    check(tx, ask, &home)?;
    let resize = ask.size.clone().map(|after| Resize { before: home.instance.size(), after });
    let at = tx.now();
    tx.insert(Migration { resize, ..home.migration(id, kind, cause, ask.host.clone(), at) });
    let asked = home.claim.becoming(Role::Home, false, home.host.registered);
    tx.update(&home.claim, asked.asked_anew());
    tx.update(&home.instance, home.begun);
    Ok(())
}

/// What must hold beside the instance's own state: the source can be told to let go, another size is another flavor,
/// and a named destination exists and is another host.
fn check(tx: &mut Tx<'_>, ask: &Migrate, home: &AtHome) -> Result<(), Halt> {
    let source = &home.host;
    if !source.lives() {
        let sentence = format!(
            "Host {} does not live: a cold migration takes its agent's word that the guest is off. Fence the host and \
             evacuate the instance, or wait until it is back.",
            source.id
        );
        return Err(Refused::Conflict(sentence).into());
    }
    if ask.size.as_ref().is_some_and(|size| size.flavor.id == home.instance.flavor.id) {
        let sentence = "When resizing, instances must change flavor!".to_owned();
        return Err(Refused::Invalid(sentence).into());
    }
    destination::check(tx, &source.id, ask.host.as_ref())
}

/// The next step of a move.
pub(crate) fn step(tx: &mut Tx<'_>, now: &Situation) -> Result<Next, Halt> {
    let source = now.claim(Role::Home).expect("an instance has its home until the hand-over");
    let dest = now.claim(Role::Incoming);
    if let Said::Failed(reason) = &source.said {
        tx.called("migrate.abort");
        return give_up(tx, now, dest, &format!("Host {} could not stop it: {reason}", source.host));
    }
    let Some(dest) = dest else { return Ok(Next::Place(job(now))) };
    match arrival(now, dest) {
        Arrival::Lost(why) => {
            tx.called("migrate.abort");
            give_up(tx, now, Some(dest), &why)
        }
        // Until then neither the guest there nor whoever starts it later may run (B4).
        Arrival::OnItsWay | Arrival::There if !source.is_quiet() => Ok(Next::Wait),
        Arrival::There => hand_over(tx, now, source, dest),
        Arrival::OnItsWay if dest.run == now.instance.power.is_on() => Ok(Next::Wait),
        Arrival::OnItsWay => {
            tx.called("migrate.go_on");
            tx.update(dest, dest.becoming(Role::Incoming, true, now.host(dest).registered));
            Ok(Next::Again)
        }
    }
}

/// A host of the size that the instance is to have.
fn job(now: &Situation) -> Job {
    let migration = now.migration();
    let (only, leaving) = (migration.requested_host.clone(), migration.source_host.clone());
    let resized =
        migration.resize.clone().map(|resize| now.instance.row.as_ref().clone().sized(resize.after));
    let instance = resized.as_ref().unwrap_or(&now.instance.row);
    Job::new(instance, now.operation, only, Some(leaving))
}

/// The one transaction in which the instance's home changes (rule 5). What it leaves behind is kept for a revert.
fn hand_over(
    tx: &mut Tx<'_>,
    now: &Situation,
    source: &Seen<Claim>,
    dest: &Seen<Claim>,
) -> Result<Next, Halt> {
    tx.called("migrate.hand_over");
    let at = tx.now();
    let migration = now.migration();
    tx.update(dest, dest.becoming(Role::Home, dest.run, true));
    tx.update(source, source.becoming(Role::Held, false, false));
    if let Some(finished) = migration.becoming(MigrationStatus::Finished, at) {
        tx.update(migration, finished);
    }
    if let Some(moved) = now.instance.end(VmEvent::MoveEnded, at) {
        let size = migration.resize.as_ref().map_or_else(|| moved.size(), |resize| resize.after.clone());
        tx.update(&now.instance, Instance { host: Some(dest.host.clone()), ..moved.sized(size) });
    }
    now.close_action(tx, Outcome::Success);
    Ok(Next::Again)
}
