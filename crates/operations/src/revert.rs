//! Reverts a move: the instance goes back to what was kept of it, once its new home is quiet (B5).
//!
//! | step | kept claim | home claim |
//! |---|---|---|
//! | request: the home loses its permission to run | Held | Home |
//! | the home is quiet, and the kept guest is there: hand-over, one transaction | Home | Leaving |
//! | started again if it is wanted on ([`crate::start`]) | Home | Leaving, or ended |

use steadfast_model::action::{ActionKind, Outcome};
use steadfast_model::cause::{Cause, Scope};
use steadfast_model::claim::{Claim, Role, Said};
use steadfast_model::host::Host;
use steadfast_model::ids::{InstanceId, MigrationId};
use steadfast_model::instance::{Instance, Operation, VmEvent, VmState};
use steadfast_model::migration::{Migration, MigrationStatus};

use crate::advance::{Next, Situation, advance_later};
use crate::home::begin_at_home;
use crate::refused::Refused;
use crate::release::leave;
use crate::seam::{Control, Halt, Seen, Tx, TxError, get};

/// Takes the request and goes on beside the caller.
///
/// # Errors
/// When another operation runs, there is no move to revert, or the host that the instance came from does not live.
pub async fn revert<C: Control>(env: &C, cause: &Cause, scope: Scope, id: InstanceId) -> Result<(), TxError> {
    let by = cause.clone();
    env.tx("revert.request", cause, move |tx| request(tx, &by, &scope, id)).await?;
    advance_later(env, cause, id);
    Ok(())
}

/// The move that a home came by.
fn made_by(home: &Claim) -> MigrationId {
    home.migration.expect("the home of a moved instance was made by its move")
}

fn request(tx: &mut Tx<'_>, cause: &Cause, scope: &Scope, id: InstanceId) -> Result<(), Halt> {
    let (kind, operation) = (ActionKind::RevertResize, |home: &Claim| Operation::Revert(made_by(home)));
    let home = begin_at_home(tx, cause, scope, id, kind, &[VmState::Resized], operation)?;
    let held = home.others.iter().find(|claim| claim.role == Role::Held);
    let held = held.expect("what a moved instance left is kept until it is confirmed");
    let (host, migration) = tx.read((get::<Host>(&held.host), get::<Migration>(&made_by(&home.claim))))?;
    let host = host.expect("a claim's host exists");
    if !host.lives() {
        let sentence = format!("Host {} does not live: wait until it is back, or confirm the move.", host.id);
        return Err(Refused::Conflict(sentence).into());
    }
    let migration = migration.expect("a claim's migration exists, and is never removed");
    if let Some(reverting) = migration.becoming(MigrationStatus::Reverting, tx.now()) {
        tx.update(&migration, reverting);
    }
    tx.update(&home.claim, home.claim.becoming(Role::Home, false, home.host.registered));
    tx.update(&home.instance, home.begun);
    Ok(())
}

/// The next step of a revert.
pub(crate) fn step(tx: &mut Tx<'_>, now: &Situation) -> Result<Next, Halt> {
    let home = now.claim(Role::Home).expect("an instance has its home until the hand-over");
    let held = now.claim(Role::Held).expect("what a moved instance left is kept until the hand-over");
    if let Said::Failed(reason) = &home.said {
        return Ok(give_up(tx, now, home, &format!("Host {} could not stop it: {reason}", home.host)));
    }
    if now.host(held).is_fenced() {
        return Ok(give_up(tx, now, home, &format!("Host {} died before the instance was back.", held.host)));
    }
    // The kept guest was seen off in this life of its host, which lives (rule 5).
    let kept = held.said == Said::Off && now.host(held).lives();
    if !home.is_quiet() || !kept {
        return Ok(Next::Wait);
    }
    hand_over(tx, now, home, held)
}

/// The one transaction in which the instance's home changes back (rule 5).
fn hand_over(tx: &mut Tx<'_>, now: &Situation, home: &Seen<Claim>, held: &Seen<Claim>) -> Result<Next, Halt> {
    tx.called("revert.hand_over");
    let at = tx.now();
    let (migration, power) = (now.migration(), now.instance.power);
    leave(tx, home)?;
    tx.update(held, held.becoming(Role::Home, power.is_on(), true));
    if let Some(reverted) = migration.becoming(MigrationStatus::Reverted, at) {
        tx.update(migration, reverted);
    }
    if let Some(back) = now.instance.end(VmEvent::MoveReverted, at) {
        let size = migration.resize.as_ref().map_or_else(|| back.size(), |resize| resize.before.clone());
        let operation = power.is_on().then_some(Operation::Start);
        tx.update(&now.instance, Instance { host: Some(held.host.clone()), operation, ..back.sized(size) });
    }
    if !power.is_on() {
        now.close_action(tx, Outcome::Success);
    }
    Ok(Next::Again)
}

/// The instance stays where it was moved to, and may run there again.
fn give_up(tx: &mut Tx<'_>, now: &Situation, home: &Seen<Claim>, why: &str) -> Next {
    tx.called("revert.abort");
    let at = tx.now();
    let migration = now.migration();
    tx.update(home, home.becoming(Role::Home, now.instance.power.is_on(), now.host(home).registered));
    if let Some(finished) = migration.becoming(MigrationStatus::Finished, at) {
        tx.update(migration, Migration { reason: Some(why.to_owned()), ..finished });
    }
    let over = Instance { operation: None, updated_at: at, ..now.instance.row.as_ref().clone() };
    tx.update(&now.instance, over);
    now.close_action(tx, Outcome::Error(why.to_owned()));
    Next::Again
}
