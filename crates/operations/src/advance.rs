//! Goes on with whatever an instance's operation needs next.
//!
//! The whole state of an operation is rows, so the request, every report that touches the instance, the start of a
//! control plane and the sweep all call [`advance`], in any process, as often as they like. A crash loses nothing:
//! whoever comes next asks again (C2).

use std::collections::BTreeMap;

use steadfast_model::action::{Action, Outcome};
use steadfast_model::cause::Cause;
use steadfast_model::claim::{Claim, Role};
use steadfast_model::host::Host;
use steadfast_model::ids::{HostId, InstanceId};
use steadfast_model::instance::{Instance, Operation};
use steadfast_model::migration::Migration;

use crate::place::{self, Job};
use crate::seam::{Abort, Control, Halt, Seen, Tx, TxError, claims_of, get};
use crate::{boot, evacuate, migrate, revert, roll_back, start, stop};

/// Everything that the next step of an operation depends on, of one version of the store.
#[derive(Debug)]
pub(crate) struct Situation {
    pub instance: Seen<Instance>,
    pub operation: Operation,
    pub claims: Vec<Seen<Claim>>,
    pub hosts: BTreeMap<HostId, Seen<Host>>,
    pub migration: Option<Seen<Migration>>,
    pub action: Option<Seen<Action>>,
}

/// What the next step of an operation came to.
#[derive(Clone, Debug, Hash)]
pub(crate) enum Next {
    /// Something was written: there may be more to do.
    Again,
    /// Nothing to do until somebody says something.
    Wait,
    /// A host must be found.
    Place(Job),
}

impl Situation {
    fn read(tx: &mut Tx<'_>, id: InstanceId) -> Result<Option<Situation>, Abort> {
        let (instance, claims) = tx.read((get::<Instance>(&id), claims_of(id)))?;
        let Some((instance, operation)) =
            instance.and_then(|row| row.operation.map(|operation| (row, operation)))
        else {
            return Ok(None);
        };
        let hosts: Vec<_> = claims.iter().map(|claim| get::<Host>(&claim.host)).collect();
        let migration: Vec<_> = operation.migration().iter().map(get::<Migration>).collect();
        let action = get::<Action>(&(id, instance.attempt));
        let (hosts, migration, action) = tx.read((hosts, migration, action))?;
        let hosts = hosts.into_iter().flatten().map(|host| (host.id.clone(), host)).collect();
        let migration = migration.into_iter().flatten().next();
        Ok(Some(Situation { instance, operation, claims, hosts, migration, action }))
    }

    pub fn claim(&self, role: Role) -> Option<&Seen<Claim>> {
        self.claims.iter().find(|claim| claim.role == role)
    }

    pub fn host(&self, claim: &Claim) -> &Seen<Host> {
        self.hosts.get(&claim.host).expect("the host of every claim was read with it")
    }

    /// The move that the operation is about.
    pub fn migration(&self) -> &Seen<Migration> {
        self.migration.as_ref().expect("an operation names a migration that exists, and it is never removed")
    }

    /// Closes the action that asked for the operation.
    pub fn close_action(&self, tx: &mut Tx<'_>, outcome: Outcome) {
        if let Some(action) = &self.action {
            let ended = action.ended(tx.now(), outcome);
            tx.update(action, ended);
        }
    }
}

/// Does every step that can be done now.
///
/// # Errors
/// When the store cannot go on. What was done stays done.
pub async fn advance<C: Control>(env: &C, cause: &Cause, instance: InstanceId) -> Result<(), TxError> {
    let from = env.standing();
    loop {
        env.stands_at(&(from, instance));
        let next = env.tx("advance", cause, move |tx| step(tx, instance)).await?;
        match next {
            Next::Again => {}
            Next::Wait => return Ok(()),
            Next::Place(job) => place::place(env, cause, &job).await?,
        }
    }
}

fn step(tx: &mut Tx<'_>, id: InstanceId) -> Result<Next, Halt> {
    let Some(situation) = Situation::read(tx, id)? else { return Ok(Next::Wait) };
    match situation.operation {
        Operation::Boot => boot::step(tx, &situation),
        Operation::Stop => stop::step(tx, &situation),
        Operation::Start => start::step(tx, &situation),
        Operation::Evacuate(_) => evacuate::step(tx, &situation),
        Operation::Migrate(_) => migrate::step(tx, &situation),
        Operation::Revert(_) => revert::step(tx, &situation),
        Operation::RollBack(_) => roll_back::step(tx, &situation),
    }
}

/// Goes on beside the caller. If this process dies first, the sweep finds the instance.
pub fn advance_later<C: Control>(env: &C, cause: &Cause, instance: InstanceId) {
    let (world, cause) = (env.clone(), cause.clone());
    env.spawn("advance", async move {
        world.stands_at(&instance);
        // A store that cannot go on now is asked again by the sweep.
        let _ = advance(&world, &cause, instance).await;
    });
}
