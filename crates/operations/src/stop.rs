//! Stops an instance: takes its permission to run away and waits until its guest is off.

use steadfast_model::action::{ActionKind, Outcome};
use steadfast_model::cause::{Cause, Scope};
use steadfast_model::claim::{Claim, Role, Said};
use steadfast_model::host::Host;
use steadfast_model::ids::InstanceId;
use steadfast_model::instance::{Instance, Operation, Power, VmEvent, VmState};

use crate::advance::{Next, Situation, advance_later};
use crate::home::{begin_at_home, repower};
use crate::seam::{Control, Halt, Seen, Tx, TxError, get};

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
    let home = begin_at_home(tx, cause, scope, id, ActionKind::Stop, Operation::Stop, &allowed)?;
    repower(tx, &home, Power::Off);
    Ok(())
}

/// Whether the guest is off. A receipt for the host answers too: nothing runs there (C1).
fn is_off(home: &Claim, host: &Host) -> bool {
    home.said == Said::Off || host.is_fenced()
}

/// The next step of a stop.
pub(crate) fn step(tx: &mut Tx<'_>, now: &Situation) -> Result<Next, Halt> {
    let Some(home) = now.claim(Role::Home) else { return Ok(Next::Wait) };
    let off = is_off(home, now.host(home));
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
/// would be active for ever without running, and could not be started.
pub(crate) fn late(tx: &mut Tx<'_>, instance: &Seen<Instance>, claims: &[Seen<Claim>]) -> Result<(), Halt> {
    let failed = instance.vm_state == VmState::Active && !instance.power.is_on();
    let Some(home) = claims.iter().find(|claim| failed && claim.role == Role::Home) else { return Ok(()) };
    let host = tx.read(get::<Host>(&home.host))?.expect("a claim's host exists");
    if !is_off(home, &host) {
        return Ok(());
    }
    tx.called("stop.late");
    if let Some(stopped) = instance.end(VmEvent::StopEnded, tx.now()) {
        tx.update(instance, stopped);
    }
    Ok(())
}
