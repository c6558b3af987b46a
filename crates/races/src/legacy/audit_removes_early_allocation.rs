//! Race 15, LP 1729371: an audit removes the allocation of a server that is being created.
//!
//! The scheduler allocates before the instance's row is made. The host's audit finds an allocation of an instance that
//! does not exist, takes it for a left-over, and removes it. The instance is then made and built without one.

use super::arranged::{Legacy, Repair};
use super::nova::{
    Action, ActionId, Allocation, Consumer, Db, Guest, Host, Instance, InstanceId, Invariant, Nova, Process,
    Provider, Stage, Statements, Vm,
};
use super::program::audit::{Audit, Strangers, audit};

const HOST: Host = Host("h");
const INSTANCE: InstanceId = InstanceId("i1");
const BOOT: ActionId = ActionId("the boot of i1");

pub(super) const LEGACY: Legacy = Legacy {
    number: "15",
    name: "audit_removes_early_allocation",
    about: "an audit finds the allocation of an instance whose row is not made yet, and removes it as a \
        left-over",
    rule: "1: an allocation is written in the transaction of the claim that it describes",
    breaks: Invariant::Alloc,
    operations: &["boot", "audit of its host"],
    faults: &[],
    world: || Nova::default().with(HOST.node(), Provider).with(BOOT, Action::Open),
    start: |stage| start(stage, Strangers::RemovedUnlessLive),
    repair: Repair {
        about: "only the allocation of an instance that was deleted is removed",
        start: |stage| start(stage, Strangers::RemovedIfDeleted),
        spares: &[],
    },
};

fn start(stage: &Stage, strangers: Strangers) {
    let agent = Process::Agent(HOST);
    let audits = Audit { strangers, ..Audit::of(agent) };
    stage.begin("conductor", "boot", boot(stage.clone()));
    stage.begin(agent, "audit", audit(stage.clone(), audits, ActionId("the audit of h")));
}

async fn boot(stage: Stage) {
    let allocate = |db: &mut Db<'_>| {
        db.put(Consumer::Instance(INSTANCE), Allocation { generation: 1, on: [HOST.node()].into() });
    };
    stage.step("schedule.allocate", allocate).await;
    stage.step("create", |db| db.put(INSTANCE, Instance::building(0))).await;
    let claim = |db: &mut Db<'_>| {
        db.change(INSTANCE, |row: &mut Instance| row.host = Some(HOST));
    };
    stage.step("claim", claim).await;
    let guest = Guest { running: true, uses: [].into() };
    stage.step("spawn", move |db| db.put((HOST, INSTANCE), guest.clone())).await;
    let end = |db: &mut Db<'_>| {
        db.change(INSTANCE, |row: &mut Instance| row.vm = Vm::Active);
        db.end(BOOT, Action::Done);
    };
    stage.step("boot.ends", end).await;
}
