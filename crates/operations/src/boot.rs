//! Boots an instance: record it, claim on a host, wait until its agent says that it runs.

use std::collections::BTreeMap;

use steadfast_model::action::{Action, ActionKind, Outcome};
use steadfast_model::cause::Cause;
use steadfast_model::claim::{Role, Said};
use steadfast_model::flavor::Flavor;
use steadfast_model::ids::{Attempt, HostId, InstanceId};
use steadfast_model::instance::{Fault, Instance, Operation, Power, VmEvent, VmState};
use steadfast_model::pci::DeviceRequest;
use uuid::Uuid;

use crate::advance::{Next, Situation, advance_later};
use crate::place::Job;
use crate::release::leave;
use crate::seam::{Control, Halt, Tx, TxError};

/// The HTTP status that Nova gives the fault of an instance that could not be built.
const BUILD_FAILED_CODE: u16 = 500;

/// What a user asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boot {
    pub name: String,
    pub description: Option<String>,
    pub metadata: BTreeMap<String, String>,
    pub key_name: Option<String>,
    pub image: Option<Uuid>,
    pub flavor: Flavor,
    /// The flavor's device requests, resolved against the aliases that hold now.
    pub devices: Vec<DeviceRequest>,
    pub host: Option<HostId>,
}

/// Records the instance and goes on beside the caller.
///
/// # Errors
/// When the store cannot go on.
pub async fn boot<C: Control>(env: &C, cause: &Cause, request: Boot) -> Result<Instance, TxError> {
    let id = InstanceId(env.id());
    let by = cause.clone();
    let instance = env.tx("boot.request", cause, move |tx| Ok(record(tx, &by, id, &request))).await?;
    advance_later(env, cause, id);
    Ok(instance)
}

fn record(tx: &mut Tx<'_>, cause: &Cause, id: InstanceId, request: &Boot) -> Instance {
    let at = tx.now();
    let attempt = Attempt(1);
    let request = request.clone();
    let instance = Instance {
        id,
        project: cause.project.clone(),
        user: cause.actor.clone(),
        name: request.name,
        description: request.description,
        metadata: request.metadata,
        key_name: request.key_name,
        image: request.image,
        flavor: request.flavor,
        devices: request.devices,
        requested_host: request.host,
        vm_state: VmState::Building,
        power: Power::On,
        operation: Some(Operation::Boot),
        attempt,
        host: None,
        fault: None,
        created_at: at,
        updated_at: at,
        launched_at: None,
        terminated_at: None,
    };
    tx.insert(instance.clone());
    tx.insert(Action::begun(&instance, ActionKind::Create, cause, at));
    instance
}

/// The next step of a boot.
pub(crate) fn step(tx: &mut Tx<'_>, now: &Situation) -> Result<Next, Halt> {
    let Some(home) = now.claim(Role::Home) else {
        let only = now.instance.requested_host.clone();
        return Ok(Next::Place(Job::new(&now.instance, now.operation, only, None)));
    };
    if now.host(home).is_fenced() {
        return fail(tx, now, &format!("Host {} died while the instance was built on it.", home.host));
    }
    match &home.said {
        Said::Running => {
            tx.called("boot.end");
            if let Some(active) = now.instance.end(VmEvent::BootEnded, tx.now()) {
                tx.update(&now.instance, active);
            }
            now.close_action(tx, Outcome::Success);
            Ok(Next::Again)
        }
        Said::Failed(reason) => fail(tx, now, &format!("Host {} could not build it: {reason}", home.host)),
        Said::None | Said::Off => Ok(Next::Wait),
    }
}

/// The instance ends in error and without a home; what it claimed must go first.
fn fail(tx: &mut Tx<'_>, now: &Situation, why: &str) -> Result<Next, Halt> {
    tx.called("boot.fail");
    let at = tx.now();
    if let Some(home) = now.claim(Role::Home) {
        leave(tx, home)?;
    }
    if let Some(error) = now.instance.end(VmEvent::BootFailed, at) {
        let fault = Some(Fault { code: BUILD_FAILED_CODE, message: why.to_owned(), at });
        tx.update(&now.instance, Instance { fault, host: None, ..error });
    }
    now.close_action(tx, Outcome::Error(why.to_owned()));
    Ok(Next::Again)
}
