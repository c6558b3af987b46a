//! Starts a stopped instance: gives its home permission to run and waits until its guest does.

use steadfast_model::action::{ActionKind, Outcome};
use steadfast_model::cause::{Cause, Scope};
use steadfast_model::claim::{Role, Said};
use steadfast_model::ids::InstanceId;
use steadfast_model::instance::{Fault, Instance, Operation, Power, VmEvent, VmState};

use crate::advance::{Next, Situation, advance_later};
use crate::home::{begin_at_home, repower};
use crate::seam::{Control, Halt, Tx, TxError};

/// The HTTP status that Nova gives the fault of an instance that could not be started.
const START_FAILED_CODE: u16 = 500;

/// # Errors
/// When another operation runs, or the instance is not stopped.
pub async fn start<C: Control>(env: &C, cause: &Cause, scope: Scope, id: InstanceId) -> Result<(), TxError> {
    let by = cause.clone();
    env.tx("start.request", cause, move |tx| request(tx, &by, &scope, id)).await?;
    advance_later(env, cause, id);
    Ok(())
}

fn request(tx: &mut Tx<'_>, cause: &Cause, scope: &Scope, id: InstanceId) -> Result<(), Halt> {
    let allowed = [VmState::Stopped];
    let home = begin_at_home(tx, cause, scope, id, ActionKind::Start, &allowed, |_| Operation::Start)?;
    repower(tx, &home, Power::On);
    Ok(())
}

/// The next step of a start.
pub(crate) fn step(tx: &mut Tx<'_>, now: &Situation) -> Result<Next, Halt> {
    let Some(home) = now.claim(Role::Home) else { return Ok(Next::Wait) };
    if now.host(home).is_fenced() {
        return Ok(fail(tx, now, &format!("Host {} is down.", home.host)));
    }
    match &home.said {
        Said::Running => {
            tx.called("start.end");
            if let Some(active) = now.instance.end(VmEvent::StartEnded, tx.now()) {
                tx.update(&now.instance, active);
            }
            now.close_action(tx, Outcome::Success);
            Ok(Next::Again)
        }
        Said::Failed(reason) => {
            Ok(fail(tx, now, &format!("Host {} could not start it: {reason}", home.host)))
        }
        Said::None | Said::Off => Ok(Next::Wait),
    }
}

/// The instance is in error; its permission stands, and the agent goes on trying (C6).
fn fail(tx: &mut Tx<'_>, now: &Situation, why: &str) -> Next {
    tx.called("start.fail");
    let at = tx.now();
    if let Some(error) = now.instance.end(VmEvent::StartFailed, at) {
        let fault = Some(Fault { code: START_FAILED_CODE, message: why.to_owned(), at });
        tx.update(&now.instance, Instance { fault, ..error });
    }
    now.close_action(tx, Outcome::Error(why.to_owned()));
    Next::Again
}
