//! Race 17, LP 1848343: a move that is rolled back gives a deleted server its allocation again.
//!
//! A move puts the allocation of its instance under its own name. The instance is deleted: under its name there is
//! nothing to remove. The move finds no host, and puts the allocation back under the name of what no longer exists.

use super::arranged::{Legacy, Repair};
use super::nova::{
    Action, ActionId, Allocation, Consumer, Db, Host, Instance, InstanceId, Invariant, Migration,
    MigrationId, Nova, Provider, Stage, Statements, Status, Storage, Vm,
};

const HOST: Host = Host("src");
const INSTANCE: InstanceId = InstanceId("i1");
const MIGRATION: MigrationId = MigrationId("m1");
const DELETION: ActionId = ActionId("the deletion of i1");

pub(super) const LEGACY: Legacy = Legacy {
    number: "17",
    name: "rollback_after_delete",
    about: "a server is deleted while its move holds its allocation, and the move's roll-back gives it the \
        allocation again",
    rule: "1 and 6: an allocation is written with its claim, and a step of an operation that was overtaken \
        changes nothing",
    breaks: Invariant::Alloc,
    operations: &["move", "delete"],
    faults: &[],
    world,
    start: |stage| start(stage, false),
    repair: Repair {
        about: "the allocation is put back only if the instance lives, in one transaction",
        start: |stage| start(stage, true),
        spares: &[],
    },
};

fn world() -> Nova {
    let migration = Migration { instance: INSTANCE, source: HOST, dest: None, status: Status::Accepted };
    Nova::default()
        .with(HOST.node(), Provider)
        .with(INSTANCE, Instance { storage: Storage::Shared, ..Instance::active(HOST, 0) })
        .with(Consumer::Instance(INSTANCE), Allocation { generation: 1, on: [HOST.node()].into() })
        .with(MIGRATION, migration)
        .with(DELETION, Action::Open)
}

fn start(stage: &Stage, looks: bool) {
    stage.begin("conductor", "move", moves(stage.clone(), looks));
    stage.begin("api", "delete", delete(stage.clone()));
}

/// Puts what one consumer holds under the name of another.
fn pass(db: &mut Db<'_>, from: Consumer, to: Consumer) {
    if let Some(held) = db.find::<Allocation>(from) {
        db.delete::<Allocation>(from);
        db.put(to, held);
    }
}

fn roll_back(db: &mut Db<'_>, looks: bool) {
    let (instance, migration) = (Consumer::Instance(INSTANCE), Consumer::Migration(MIGRATION));
    if looks && !db.row::<Instance>(INSTANCE).lives() {
        db.delete::<Allocation>(migration);
    } else {
        pass(db, migration, instance);
    }
}

async fn moves(stage: Stage, looks: bool) {
    let (instance, migration) = (Consumer::Instance(INSTANCE), Consumer::Migration(MIGRATION));
    stage.step("move.allocation", move |db| pass(db, instance, migration)).await;
    stage.step("move.roll_back", move |db| roll_back(db, looks)).await;
    let end = |db: &mut Db<'_>| {
        db.change(MIGRATION, |row: &mut Migration| row.status = Status::Failed);
    };
    stage.step("move.fails", end).await;
}

async fn delete(stage: Stage) {
    let mark = |db: &mut Db<'_>| {
        db.change(INSTANCE, |row: &mut Instance| row.vm = Vm::Deleted);
    };
    stage.step("delete.instance", mark).await;
    stage.step("delete.allocation", |db| db.delete::<Allocation>(Consumer::Instance(INSTANCE))).await;
    stage.step("delete.ends", |db| db.end(DELETION, Action::Done)).await;
}
