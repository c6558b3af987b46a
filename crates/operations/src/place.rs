//! Finds a host for an instance and claims on it: the part that a boot and the moves share.
//!
//! The fleet only proposes. Each candidate's claim is one transaction that reads the host's rows again and may
//! refuse (A9); then the next candidate is asked, and every refusal is kept for whoever wants to know why.

use std::collections::BTreeSet;

use steadfast_model::action::Outcome;
use steadfast_model::cause::Cause;
use steadfast_model::claim::{Claim, Role, Said};
use steadfast_model::host::Host;
use steadfast_model::ids::{Attempt, ClaimId, HostId, InstanceId, Order};
use steadfast_model::instance::{Fault, Instance, Operation, VmEvent};
use steadfast_model::migration::{Migration, MigrationStatus};
use steadfast_model::pci::Device;
use steadfast_model::schedule::{self, Grant, HostView, Refusal, Refused};

use crate::seam::{
    Abort, Control, Halt, Seen, Tx, TxError, claims_of, claims_on, devices_of, get, inventory_of,
};

/// The HTTP status that Nova gives the fault of an instance that found no host.
const NO_VALID_HOST_CODE: u16 = 500;

/// A host wanted for an operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Job {
    pub instance: InstanceId,
    pub operation: Operation,
    pub attempt: Attempt,
    pub request: schedule::Request,
}

impl Job {
    /// What to look for: the instance's size and devices, on the named host if there is one, never on `leaving`.
    pub fn new(
        instance: &Instance,
        operation: Operation,
        only: Option<HostId>,
        leaving: Option<HostId>,
    ) -> Job {
        let request = schedule::Request {
            amounts: instance.flavor.amounts(),
            devices: instance.devices.clone(),
            only,
            exclude: BTreeSet::from_iter(leaving),
        };
        Job { instance: instance.id, operation, attempt: instance.attempt, request }
    }

    /// Whether nothing else of the instance can be running: a cold migration's source may be, until it is quiet.
    fn runs_at_once(&self) -> bool {
        match self.operation {
            Operation::Boot
            | Operation::Stop
            | Operation::Start
            | Operation::Evacuate(_)
            | Operation::RollBack(_) => true,
            Operation::Migrate(_) | Operation::Revert(_) => false,
        }
    }

    /// What the claim is for, and what its transaction is called.
    fn role(&self) -> (Role, &'static str, &'static str) {
        match self.operation {
            Operation::Boot | Operation::Stop | Operation::Start => {
                (Role::Home, "boot.claim", "boot.no_host")
            }
            Operation::Evacuate(_) | Operation::RollBack(_) => {
                (Role::Incoming, "evacuate.claim", "evacuate.no_host")
            }
            Operation::Migrate(_) | Operation::Revert(_) => {
                (Role::Incoming, "migrate.claim", "migrate.no_host")
            }
        }
    }
}

/// What one candidate came to.
#[derive(Clone, Debug, Hash)]
enum Verdict {
    Claimed,
    Refused(Refusal),
    /// The operation is over, or somebody else found a host for it.
    Overtaken,
}

/// Claims on the best host that agrees, or ends the operation with every refusal.
pub(crate) async fn place<C: Control>(env: &C, cause: &Cause, job: &Job) -> Result<(), TxError> {
    let from = env.standing();
    let (_, claim_step, no_host_step) = job.role();
    let fleet = env.fleet("schedule").await?;
    let ranking = schedule::rank(&fleet, &job.request);
    let mut refused = ranking.refused;
    for (tried, host) in ranking.candidates.iter().enumerate() {
        env.stands_at(&(from, &ranking.candidates[tried..], &refused));
        let (job, id, on) = (job.clone(), ClaimId(env.id()), host.clone());
        match env.tx(claim_step, cause, move |tx| claim(tx, &job, &on, id)).await? {
            Verdict::Claimed | Verdict::Overtaken => return Ok(()),
            Verdict::Refused(why) => refused.push(Refused { host: host.clone(), why }),
        }
    }
    refused.sort_by(|a, b| a.host.cmp(&b.host));
    let (job, why) = (job.clone(), schedule::no_valid_host(&refused));
    env.tx(no_host_step, cause, move |tx| no_host(tx, &job, &why)).await
}

/// The instance, if the job's operation may still act and has no claim of its own yet.
fn current(tx: &mut Tx<'_>, job: &Job) -> Result<Option<Seen<Instance>>, Abort> {
    let (role, ..) = job.role();
    let (instance, claims) = tx.read((get::<Instance>(&job.instance), claims_of(job.instance)))?;
    let placed = claims.iter().any(|claim| claim.role == role);
    Ok(instance.filter(|row| row.is_at(job.operation, job.attempt) && !placed))
}

fn claim(tx: &mut Tx<'_>, job: &Job, on: &HostId, id: ClaimId) -> Result<Verdict, Halt> {
    let Some(instance) = current(tx, job)? else { return Ok(Verdict::Overtaken) };
    let here = (get::<Host>(on), inventory_of(on), devices_of(on), claims_on(on));
    let migration: Vec<_> = job.operation.migration().iter().map(get::<Migration>).collect();
    let ((host, inventory, devices, claims), migration) = tx.read((here, migration))?;
    let Some(host) = host else { return Ok(Verdict::Refused(Refusal::Removed)) };
    let view = HostView::new(
        host.row.as_ref().clone(),
        inventory.iter().map(|row| row.row.as_ref().clone()).collect(),
        devices.iter().map(|row| row.row.as_ref().clone()).collect(),
        claims.iter().map(|claim| claim.row.as_ref()),
    );
    match schedule::admit(&view, &job.request) {
        Ok(grant) => {
            let migration = migration.into_iter().flatten().next();
            grant_to(tx, job, &instance, on, id, &grant, &devices, migration.as_ref());
            Ok(Verdict::Claimed)
        }
        Err(why) => Ok(Verdict::Refused(why)),
    }
}

#[allow(clippy::too_many_arguments, reason = "one transaction's rows, each of another kind")]
fn grant_to(
    tx: &mut Tx<'_>,
    job: &Job,
    instance: &Seen<Instance>,
    on: &HostId,
    id: ClaimId,
    grant: &Grant,
    devices: &[Seen<Device>],
    migration: Option<&Seen<Migration>>,
) {
    let (role, ..) = job.role();
    let run = instance.power.is_on() && job.runs_at_once();
    tx.insert(Claim {
        id,
        instance: job.instance,
        host: on.clone(),
        role,
        told: false,
        run,
        hot: run,
        order: Order(1),
        said: Said::None,
        devices: grant.devices.clone(),
        amounts: job.request.amounts,
        attempt: job.attempt,
        migration: job.operation.migration(),
        created_at: tx.now(),
    });
    for device in devices.iter().filter(|device| grant.devices.contains(&device.seen.address)) {
        tx.update(device, Device { owner: Some(id), ..device.row.as_ref().clone() });
    }
    if role == Role::Home {
        let placed =
            Instance { host: Some(on.clone()), updated_at: tx.now(), ..instance.row.as_ref().clone() };
        tx.update(instance, placed);
    }
    let moving =
        migration.and_then(|row| Some((row, row.becoming(MigrationStatus::PreMigrating, tx.now())?)));
    if let Some((migration, moving)) = moving {
        let moving = Migration { dest_host: Some(on.clone()), dest_claim: Some(id), ..moving };
        tx.update(migration, moving);
    }
}

/// Nobody would have it: a boot ends in error, a move is rolled back.
fn no_host(tx: &mut Tx<'_>, job: &Job, why: &str) -> Result<(), Halt> {
    let Some(instance) = current(tx, job)? else { return Ok(()) };
    let action = get::<steadfast_model::action::Action>(&(job.instance, job.attempt));
    let migration: Vec<_> = job.operation.migration().iter().map(get::<Migration>).collect();
    let (action, migration) = tx.read((action, migration))?;
    let migration = migration.into_iter().flatten().next();
    let at = tx.now();
    let fault = Fault { code: NO_VALID_HOST_CODE, message: why.to_owned(), at };
    let after = match &migration {
        None => {
            let error = instance.end(VmEvent::BootFailed, at);
            error.map(|error| Instance { fault: Some(fault), ..error })
        }
        Some(migration) => Some(instance.rolling_back(migration, fault)),
    };
    if let Some(after) = after {
        tx.update(&instance, after);
    }
    if let Some(migration) = migration
        && let Some(failed) = migration.becoming(MigrationStatus::Error, at)
    {
        tx.update(&migration, Migration { reason: Some(why.to_owned()), ..failed });
    }
    if let Some(action) = action {
        tx.update(&action, action.ended(at, Outcome::Error(why.to_owned())));
    }
    Ok(())
}
