//! Rebuilds an instance of a fenced host elsewhere, and never lets go of its devices on the way.
//!
//! | step | source claim | dest claim |
//! |---|---|---|
//! | request: the source's host has a receipt; it loses its permission to run | Home | – |
//! | claim on the best candidate ([`crate::place`]) | Home | Incoming |
//! | the dest builds and says so | Home | Incoming |
//! | hand-over, one transaction | Leaving | Home |
//! | the source lives again, destroys, says gone ([`crate::report`]) | ended | Home |
//!
//! If it fails before the hand-over the dest leaves, and [`crate::roll_back`] waits until it is quiet.

use steadfast_model::action::{ActionKind, Outcome};
use steadfast_model::cause::{Cause, Scope};
use steadfast_model::claim::{Claim, Role, Said};
use steadfast_model::ids::{HostId, InstanceId, MigrationId};
use steadfast_model::instance::{Fault, Instance, Operation, Power, VmEvent, VmState};
use steadfast_model::migration::{Migration, MigrationKind, MigrationStatus};

use crate::advance::{Next, Situation, advance_later};
use crate::home::{AtHome, begin_at_home};
use crate::place::Job;
use crate::refused::Refused;
use crate::release::leave;
use crate::seam::{Control, Halt, Seen, Tx, TxError, get};

/// The HTTP status that Nova gives the fault of a failed evacuation.
const EVACUATION_FAILED_CODE: u16 = 500;

/// What an operator asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evacuate {
    pub instance: InstanceId,
    /// The only destination that will do, if one is named.
    pub host: Option<HostId>,
    /// Leave the instance stopped on its destination: what microversion 2.95 and later ask for.
    pub stopped: bool,
}

/// Takes the request and goes on beside the caller.
///
/// # Errors
/// When another operation runs, the state forbids it, or the host that the instance is on is not proven down.
pub async fn evacuate<C: Control>(env: &C, cause: &Cause, ask: Evacuate) -> Result<MigrationId, TxError> {
    let (by, migration, instance) = (cause.clone(), MigrationId(env.id()), ask.instance);
    env.tx("evacuate.request", cause, move |tx| request(tx, &by, &ask, migration)).await?;
    advance_later(env, cause, instance);
    Ok(migration)
}

fn request(tx: &mut Tx<'_>, cause: &Cause, ask: &Evacuate, id: MigrationId) -> Result<(), Halt> {
    let allowed = [VmState::Active, VmState::Stopped, VmState::Error];
    let (kind, operation) = (ActionKind::Evacuate, Operation::Evacuate(id));
    let home = begin_at_home(tx, cause, &Scope::All, ask.instance, kind, operation, &allowed)?;
    check(tx, ask, &home)?;
    let at = tx.now();
    let power =
        if ask.stopped && home.instance.vm_state != VmState::Error { Power::Off } else { home.begun.power };
    tx.insert(Migration {
        id,
        instance: ask.instance,
        project: home.instance.project.clone(),
        user: cause.actor.clone(),
        kind: MigrationKind::Evacuation,
        status: MigrationStatus::Accepted,
        attempt: home.begun.attempt,
        power_before: home.instance.power,
        source_host: home.claim.host.clone(),
        source_claim: home.claim.id,
        dest_host: None,
        dest_claim: None,
        requested_host: ask.host.clone(),
        reason: None,
        created_at: at,
        updated_at: at,
    });
    tx.update(&home.instance, Instance { power, ..home.begun });
    tx.update(&home.claim, home.claim.becoming(Role::Home, false, home.host.registered));
    Ok(())
}

/// What must hold beside the instance's own state: the source is proven down, nothing else of the instance may be
/// running, and a named destination exists and is another host.
fn check(tx: &mut Tx<'_>, ask: &Evacuate, home: &AtHome) -> Result<(), Halt> {
    let source = &home.host;
    if !source.is_fenced() {
        let sentence = format!(
            "Compute service of {} is still in use: no receipt proves that the host is down. Fence it, or set its \
             service down (forced_down), then evacuate again.",
            source.id
        );
        return Err(Refused::Invalid(sentence).into());
    }
    if let Some(hot) = home.others.iter().find(|claim| !claim.is_quiet()) {
        let (id, host) = (ask.instance, &hot.host);
        let sentence =
            format!("Instance {id} may still be running on {host}: fence it, or wait for its agent.");
        return Err(Refused::Conflict(sentence).into());
    }
    let Some(named) = &ask.host else { return Ok(()) };
    if named == &source.id {
        let sentence = format!("The target host can't be the same as the current host {named}.");
        return Err(Refused::Invalid(sentence).into());
    }
    let known = tx.read(get::<steadfast_model::host::Host>(named))?.is_some_and(|host| !host.removed);
    if known { Ok(()) } else { Err(Refused::not_found("Compute host", named).into()) }
}

/// The next step of an evacuation.
pub(crate) fn step(tx: &mut Tx<'_>, now: &Situation) -> Result<Next, Halt> {
    let Some(dest) = now.claim(Role::Incoming) else {
        let migration = now.migration();
        let (only, leaving) = (migration.requested_host.clone(), migration.source_host.clone());
        return Ok(Next::Place(Job::new(&now.instance, now.operation, only, Some(leaving))));
    };
    if now.host(dest).is_fenced() {
        return abort(
            tx,
            now,
            dest,
            &format!("Host {} died while the instance was rebuilt on it.", dest.host),
        );
    }
    let done = match &dest.said {
        Said::Running => now.instance.power.is_on(),
        Said::Off => !now.instance.power.is_on(),
        Said::None => false,
        Said::Failed(reason) => {
            return abort(tx, now, dest, &format!("Host {} could not rebuild it: {reason}", dest.host));
        }
    };
    // A home must live, and must have said so in this life (B9).
    if !done || !now.host(dest).lives() {
        return Ok(Next::Wait);
    }
    hand_over(tx, now, dest)
}

/// The one transaction in which the instance's home changes (rule 5).
fn hand_over(tx: &mut Tx<'_>, now: &Situation, dest: &Seen<Claim>) -> Result<Next, Halt> {
    tx.called("evacuate.hand_over");
    let at = tx.now();
    let (migration, power) = (now.migration(), now.instance.power);
    tx.update(dest, dest.becoming(Role::Home, dest.run, true));
    if let Some(source) = now.claim(Role::Home) {
        leave(tx, source)?;
    }
    if let Some(done) = migration.becoming(MigrationStatus::Done, at) {
        tx.update(migration, done);
    }
    if let Some(rebuilt) = now.instance.end(VmEvent::EvacuationEnded(power), at) {
        tx.update(&now.instance, Instance { host: Some(dest.host.clone()), fault: None, ..rebuilt });
    }
    now.close_action(tx, Outcome::Success);
    Ok(Next::Again)
}

/// The destination failed: it must go, and the instance stays where it was.
fn abort(tx: &mut Tx<'_>, now: &Situation, dest: &Seen<Claim>, why: &str) -> Result<Next, Halt> {
    tx.called("evacuate.abort");
    let at = tx.now();
    let migration = now.migration();
    leave(tx, dest)?;
    if let Some(failed) = migration.becoming(MigrationStatus::Error, at) {
        tx.update(migration, Migration { reason: Some(why.to_owned()), ..failed });
    }
    let fault = Fault { code: EVACUATION_FAILED_CODE, message: why.to_owned(), at };
    tx.update(&now.instance, now.instance.rolling_back(migration, fault));
    now.close_action(tx, Outcome::Error(why.to_owned()));
    Ok(Next::Again)
}
