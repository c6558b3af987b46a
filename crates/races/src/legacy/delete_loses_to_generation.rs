//! Race 19, LP 1836754: a delete fails because somebody else wrote the allocation.
//!
//! The delete reads the allocation's generation and writes an empty allocation with it. In between another writer, a
//! move that allocates its destination, raised the generation. The delete is refused and the server is left in error.
//! Nova now deletes whatever is there, which can remove a newer claim.

use super::arranged::{Legacy, Repair};
use super::nova::{
    Action, ActionId, Allocation, Consumer, Db, Host, Instance, InstanceId, Invariant, Nova, Provider, Stage,
    Statements, Vm,
};

const HOST: Host = Host("src");
const DEST: Host = Host("dst");
const INSTANCE: InstanceId = InstanceId("i1");
const CONSUMER: Consumer = Consumer::Instance(INSTANCE);
const DELETION: ActionId = ActionId("the deletion of i1");

/// How often a repaired delete reads and writes. Every other writer can take one of them away.
const TRIES: u32 = 3;

pub(super) const LEGACY: Legacy = Legacy {
    number: "19",
    name: "delete_loses_to_generation",
    about: "somebody else writes the allocation between a delete's reading and its writing, and the delete \
        fails",
    rule: "7: delete ends whatever runs",
    breaks: Invariant::Live,
    operations: &["delete", "allocation for a move"],
    faults: &[],
    world: || {
        Nova::default()
            .with(HOST.node(), Provider)
            .with(DEST.node(), Provider)
            .with(INSTANCE, Instance::active(HOST, 0))
            .with(CONSUMER, Allocation { generation: 1, on: [HOST.node()].into() })
            .with(DELETION, Action::Open)
    },
    start: |stage| start(stage, 1),
    repair: Repair {
        about: "the delete reads and writes again",
        start: |stage| start(stage, TRIES),
        spares: &[],
    },
};

fn start(stage: &Stage, tries: u32) {
    stage.begin("api", "delete", delete(stage.clone(), tries));
    stage.begin("scheduler", "allocation", allocate(stage.clone()));
}

fn generation(db: &mut Db<'_>) -> Option<u32> {
    db.find::<Allocation>(CONSUMER).map(|allocation| allocation.generation)
}

/// Removes the allocation if nobody wrote it since it was read.
fn remove(db: &mut Db<'_>, seen: Option<u32>) -> bool {
    let same = generation(db) == seen;
    if same {
        db.delete::<Allocation>(CONSUMER);
    }
    same
}

async fn delete(stage: Stage, tries: u32) {
    let mark = |db: &mut Db<'_>| {
        db.change(INSTANCE, |row: &mut Instance| row.vm = Vm::Deleted);
    };
    stage.step("delete.instance", mark).await;
    for _ in 0..tries {
        let seen = stage.step("delete.generation", generation).await;
        if stage.step("delete.allocation", move |db| remove(db, seen)).await {
            return stage.step("delete.ends", |db| db.end(DELETION, Action::Done)).await;
        }
    }
    let failed = Action::Failed("somebody else wrote the allocation");
    stage.step("delete.fails", move |db| db.end(DELETION, failed)).await;
}

async fn allocate(stage: Stage) {
    let seen = stage.step("schedule.generation", generation).await;
    let add = move |db: &mut Db<'_>| {
        if seen.is_some() && generation(db) == seen {
            db.change(CONSUMER, |allocation: &mut Allocation| {
                allocation.generation += 1;
                allocation.on.insert(DEST.node());
            });
        }
    };
    stage.step("schedule.allocate", add).await;
}
