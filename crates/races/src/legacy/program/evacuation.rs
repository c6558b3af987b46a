//! Nova's evacuation on the destination's agent: a move claim under the lock, the guest, and then the end, which was
//! once three statements outside of the lock.

use std::collections::BTreeSet;

use crate::legacy::nova::{
    Action, ActionId, Db, Extra, Guest, Host, Instance, InstanceId, Migration, MigrationId, Process, Slot,
    Stage, Statements, Status, Task, Vm,
};

/// How the host, the context and the migration's end are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// One after the other, outside of the lock.
    Apart,
    /// The same, and the migration's end comes first.
    MigrationFirst,
    /// One after the other, under the lock of the agent.
    Locked,
    /// In one transaction.
    AtOnce,
}

#[derive(Debug, Clone, Copy)]
pub struct Evacuation {
    pub instance: InstanceId,
    pub migration: MigrationId,
    pub action: ActionId,
    /// The destination's agent.
    pub process: Process,
    pub ending: Ending,
}

/// The instance comes home here, if it is still being rebuilt: the save that expects a task state.
fn come_home(db: &mut Db<'_>, id: InstanceId, host: Host) -> bool {
    let row = db.row::<Instance>(id);
    let expected = row.task == Some(Task::Rebuilding);
    if expected {
        db.put(id, Instance { host: Some(host), vm: Vm::Active, task: None, ..row });
    }
    expected
}

fn drop_context(db: &mut Db<'_>, id: InstanceId) {
    db.change(id, |extra: &mut Extra| extra.context = None);
}

/// The move's status, written over whatever stands there.
fn set_status(db: &mut Db<'_>, id: MigrationId, status: Status) {
    db.change(id, |row: &mut Migration| row.status = status);
}

/// The move claim: the migration is named and taken first, and the devices last.
async fn claim(stage: &Stage, how: Evacuation) -> Option<BTreeSet<Slot>> {
    let Evacuation { instance, migration, process, .. } = how;
    let host = process.host();
    stage.lock(process).await;
    let take = move |db: &mut Db<'_>| {
        let taken = Status::PreMigrating;
        db.change(migration, |row: &mut Migration| (row.status, row.dest) = (taken, Some(host)));
    };
    stage.step("claim.migration", take).await;
    let context =
        move |db: &mut Db<'_>| db.put(instance, Extra { context: Some(migration), ..Extra::default() });
    stage.step("claim.context", context).await;
    let devices = move |db: &mut Db<'_>| {
        let needs = db.row::<Instance>(instance).needs;
        (0..needs).map(|_| db.take_device(host, instance)).collect::<Option<BTreeSet<Slot>>>()
    };
    let claimed = stage.step("claim.devices", devices).await;
    stage.unlock(process).await;
    claimed
}

async fn fail(stage: &Stage, how: Evacuation, outcome: Action) {
    let Evacuation { migration, action, .. } = how;
    stage.step("evacuation.fails", move |db| set_status(db, migration, Status::Failed)).await;
    stage.step("evacuation.told", move |db| db.end(action, outcome)).await;
}

/// Writes the end. Answers whether the instance was still being rebuilt.
async fn finish(stage: &Stage, how: Evacuation) -> bool {
    let Evacuation { instance, migration, process, ending, .. } = how;
    let host = process.host();
    if ending == Ending::AtOnce {
        let whole = move |db: &mut Db<'_>| {
            let home = come_home(db, instance, host);
            if home {
                drop_context(db, instance);
                set_status(db, migration, Status::Done);
            }
            home
        };
        return stage.step("finish", whole).await;
    }
    if ending == Ending::Locked {
        stage.lock(process).await;
    }
    let ends = || stage.step("finish.migration", move |db| set_status(db, migration, Status::Done));
    if ending == Ending::MigrationFirst {
        ends().await;
    }
    let home = stage.step("finish.host", move |db| come_home(db, instance, host)).await;
    if home {
        stage.step("finish.context", move |db| drop_context(db, instance)).await;
    }
    if home && ending != Ending::MigrationFirst {
        ends().await;
    }
    if ending == Ending::Locked {
        stage.unlock(process).await;
    }
    home
}

/// The destination's part, from the message to the end.
pub async fn evacuate(stage: Stage, how: Evacuation) {
    let Some(uses) = claim(&stage, how).await else {
        return fail(&stage, how, Action::NoRoom).await;
    };
    let (at, action) = ((how.process.host(), how.instance), how.action);
    let guest = Guest { running: true, uses };
    stage.step("spawn", move |db| db.put(at, guest.clone())).await;
    if !finish(&stage, how).await {
        return fail(&stage, how, Action::Failed("the instance was no longer being rebuilt")).await;
    }
    stage.step("evacuation.ends", move |db| db.end(action, Action::Done)).await;
}
