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
use steadfast_model::claim::{Claim, Role};
use steadfast_model::ids::{HostId, InstanceId, MigrationId};
use steadfast_model::instance::{Instance, Operation, Power, VmEvent, VmState};
use steadfast_model::migration::{MigrationKind, MigrationStatus};

use crate::advance::{Next, Situation, advance_later};
use crate::destination::{self, Arrival, arrival, give_up};
use crate::home::{AtHome, begin_at_home};
use crate::place::Job;
use crate::refused::Refused;
use crate::release::leave;
use crate::seam::{Control, Halt, Seen, Tx, TxError};

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
    let (kind, operation) = (ActionKind::Evacuate, |_: &Claim| Operation::Evacuate(id));
    let home = begin_at_home(tx, cause, &Scope::All, ask.instance, kind, &allowed, operation)?;
    check(tx, ask, &home)?;
    let at = tx.now();
    let power =
        if ask.stopped && home.instance.vm_state != VmState::Error { Power::Off } else { home.begun.power };
    tx.insert(home.migration(id, MigrationKind::Evacuation, cause, ask.host.clone(), at));
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
    destination::check(tx, &source.id, ask.host.as_ref())
}

/// The next step of an evacuation.
pub(crate) fn step(tx: &mut Tx<'_>, now: &Situation) -> Result<Next, Halt> {
    let Some(dest) = now.claim(Role::Incoming) else {
        let migration = now.migration();
        let (only, leaving) = (migration.requested_host.clone(), migration.source_host.clone());
        return Ok(Next::Place(Job::new(&now.instance, now.operation, only, Some(leaving))));
    };
    match arrival(now, dest) {
        Arrival::OnItsWay => Ok(Next::Wait),
        Arrival::There => hand_over(tx, now, dest),
        Arrival::Lost(why) => {
            tx.called("evacuate.abort");
            give_up(tx, now, Some(dest), &why)
        }
    }
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
