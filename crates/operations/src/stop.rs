//! Stops an instance: takes its permission to run away and waits until its guest is off.

use steadfast_model::action::{ActionKind, Outcome};
use steadfast_model::cause::{Cause, Scope};
use steadfast_model::claim::{Claim, Role, Said};
use steadfast_model::ids::{InstanceId, Moment};
use steadfast_model::instance::{Instance, Operation, Power, VmEvent, VmState};

use crate::advance::{Next, Situation, advance_later};
use crate::home::{begin_at_home, repower};
use crate::seam::{Control, Halt, Tx, TxError, get};

/// # Errors
/// When another operation runs, or the instance is neither active nor in error.
pub async fn stop<C: Control>(env: &C, cause: &Cause, scope: Scope, id: InstanceId) -> Result<(), TxError> {
    let by = cause.clone();
    env.tx("stop.request", cause, move |tx| request(tx, &by, &scope, id)).await?;
    advance_later(env, cause, id);
    Ok(())
}

fn request(tx: &mut Tx<'_>, cause: &Cause, scope: &Scope, id: InstanceId) -> Result<(), Halt> {
    let allowed = [VmState::Active, VmState::Error];
    let home = begin_at_home(tx, cause, scope, id, ActionKind::Stop, &allowed, |_| Operation::Stop)?;
    repower(tx, &home, Power::Off);
    Ok(())
}

/// The next step of a stop. A receipt for the host answers too: nothing runs there (C1).
pub(crate) fn step(tx: &mut Tx<'_>, now: &Situation) -> Result<Next, Halt> {
    let Some(home) = now.claim(Role::Home) else { return Ok(Next::Wait) };
    let off = home.said == Said::Off || now.host(home).is_fenced();
    let failed = match &home.said {
        Said::Failed(reason) => Some(reason.clone()),
        Said::None | Said::Off | Said::Running => None,
    };
    if off {
        tx.called("stop.end");
        if let Some(stopped) = now.instance.end(VmEvent::StopEnded, tx.now()) {
            tx.update(&now.instance, stopped);
        }
        now.close_action(tx, Outcome::Success);
        return Ok(Next::Again);
    }
    let Some(reason) = failed else { return Ok(Next::Wait) };
    // The order stands and the agent goes on trying (C6): the operation is over, what was asked for is not.
    tx.called("stop.fail");
    let ended = Instance { operation: None, updated_at: tx.now(), ..now.instance.row.as_ref().clone() };
    tx.update(&now.instance, ended);
    now.close_action(tx, Outcome::Error(reason));
    Ok(Next::Again)
}

/// A stop failed and its agent went on trying: once the guest is off after all, the instance is stopped. Otherwise it
/// would be active for ever without running, and could not be started. It has no operation that somebody would find and
/// go on with, so this is written with the agent's answer or never.
pub(crate) fn late(tx: &mut Tx<'_>, answered: &Claim) -> Result<(), Halt> {
    if !is_off(answered) {
        return Ok(());
    }
    let instance = tx.read(get::<Instance>(&answered.instance))?.expect("a claim's instance exists");
    if instance.operation.is_none()
        && let Some(stopped) = stopped_late(&instance, answered, tx.now())
    {
        tx.update(&instance, stopped);
    }
    Ok(())
}

fn is_off(home: &Claim) -> bool {
    home.role == Role::Home && !home.run && home.said == Said::Off
}

/// The instance, stopped, if it is active and its home is off.
pub(crate) fn stopped_late(instance: &Instance, home: &Claim, at: Moment) -> Option<Instance> {
    (is_off(home) && instance.vm_state == VmState::Active)
        .then(|| instance.end(VmEvent::StopEnded, at))
        .flatten()
}
