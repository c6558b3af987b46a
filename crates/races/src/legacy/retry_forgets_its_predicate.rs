//! Race 28, LP 1821373: a save that expects a state forgets it when it tries again.
//!
//! A rebuild and a delete both save "busy with me" on the condition that the instance is busy with nothing. One of them
//! meets a conflict and tries again, and the second attempt has lost the condition. Both go on: the delete frees the
//! device, and the rebuild starts a guest with it.

use super::arranged::{Legacy, Repair};
use super::nova::{
    Action, ActionId, Db, Device, Guest, Host, Instance, InstanceId, Invariant, Nova, Process, Slot, Stage,
    Statements, Task, Vm,
};

const HOST: Host = Host("h");
const DEVICE: Slot = Slot::Device(HOST, 0);
const INSTANCE: InstanceId = InstanceId("i1");
const DELETION: ActionId = ActionId("the deletion of i1");
const REBUILD: ActionId = ActionId("the rebuild of i1");

pub(super) const LEGACY: Legacy = Legacy {
    number: "28",
    name: "retry_forgets_its_predicate",
    about: "a save meets a conflict, tries again without its condition, and a delete and a rebuild both go \
        on",
    rule: "6 and 7: a step names its attempt, and status changes go through one table",
    breaks: Invariant::Dev2,
    operations: &["delete", "rebuild"],
    faults: &[],
    world: || {
        Nova::default()
            .with_guest(INSTANCE, Instance::active(HOST, 1), HOST, true)
            .with(DELETION, Action::Open)
            .with(REBUILD, Action::Open)
    },
    start: |stage| start(stage, false),
    repair: Repair {
        about: "the second attempt expects what the first did",
        start: |stage| start(stage, true),
        spares: &[],
    },
};

fn start(stage: &Stage, keeps: bool) {
    let agent = Process::Agent(HOST);
    stage.begin(agent, "delete", delete(stage.clone(), keeps));
    stage.begin(agent, "rebuild", rebuild(stage.clone(), keeps));
}

fn set_task(db: &mut Db<'_>, task: Task) {
    db.change(INSTANCE, |row: &mut Instance| row.task = Some(task));
}

/// Saves what the instance is busy with, if it is busy with nothing. Answers whether it was saved.
async fn save(stage: &Stage, task: Task, keeps: bool) -> bool {
    let seen = stage.step("save.read", |db| db.row::<Instance>(INSTANCE)).await;
    if seen.task.is_some() {
        return false;
    }
    let write = move |db: &mut Db<'_>| {
        let same = db.row::<Instance>(INSTANCE) == seen;
        if same {
            set_task(db, task);
        }
        same
    };
    if stage.step("save.write", write).await {
        return true;
    }
    let again = move |db: &mut Db<'_>| {
        let holds = !keeps || db.row::<Instance>(INSTANCE).task.is_none();
        if holds {
            set_task(db, task);
        }
        holds
    };
    stage.step("save.retry", again).await
}

async fn delete(stage: Stage, keeps: bool) {
    if !save(&stage, Task::Deleting, keeps).await {
        return stage.step("delete.refused", |db| db.end(DELETION, Action::Refused)).await;
    }
    stage.step("delete.guest", |db| db.delete::<Guest>((HOST, INSTANCE))).await;
    stage.step("delete.device", |db| db.put(DEVICE, Device { owner: None })).await;
    let end = |db: &mut Db<'_>| {
        db.change(INSTANCE, |row: &mut Instance| row.vm = Vm::Deleted);
        db.end(DELETION, Action::Done);
    };
    stage.step("delete.ends", end).await;
}

async fn rebuild(stage: Stage, keeps: bool) {
    if !save(&stage, Task::Rebuilding, keeps).await {
        return stage.step("rebuild.refused", |db| db.end(REBUILD, Action::Refused)).await;
    }
    stage.step("rebuild.destroy", |db| db.delete::<Guest>((HOST, INSTANCE))).await;
    let guest = Guest { running: true, uses: [DEVICE].into() };
    stage.step("rebuild.spawn", move |db| db.put((HOST, INSTANCE), guest.clone())).await;
    let end = |db: &mut Db<'_>| {
        db.change(INSTANCE, |row: &mut Instance| row.task = None);
        db.end(REBUILD, Action::Done);
    };
    stage.step("rebuild.ends", end).await;
}
