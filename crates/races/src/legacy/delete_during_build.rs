//! Race 16, LP 1679750: a server is deleted between its scheduling and the making of its row.
//!
//! There is no row to delete yet, so the API deletes the request to build. The conductor, which has allocated
//! meanwhile, finds the request gone and stops, and nobody removes the allocation.

use super::arranged::{Legacy, Repair};
use super::nova::{
    Action, ActionId, Allocation, BuildRequest, Consumer, Db, Host, Instance, InstanceId, Invariant, Nova,
    Provider, Stage, Statements, Vm,
};

const HOST: Host = Host("h");
const INSTANCE: InstanceId = InstanceId("i1");
const CONSUMER: Consumer = Consumer::Instance(INSTANCE);
const DELETION: ActionId = ActionId("the deletion of i1");

pub(super) const LEGACY: Legacy = Legacy {
    number: "16",
    name: "delete_during_build",
    about: "a server is deleted between its scheduling and the making of its row, and its allocation is \
        left behind",
    rule: "1 and 7: an allocation is written with its claim, and delete ends whatever runs",
    breaks: Invariant::Alloc,
    operations: &["build", "delete"],
    faults: &[],
    world: || {
        Nova::default().with(HOST.node(), Provider).with(INSTANCE, BuildRequest).with(DELETION, Action::Open)
    },
    start: |stage| start(stage, false),
    repair: Repair {
        about: "a conductor that finds the request gone removes what it allocated",
        start: |stage| start(stage, true),
        spares: &[],
    },
};

fn start(stage: &Stage, undoes: bool) {
    stage.begin("conductor", "build", build(stage.clone(), undoes));
    stage.begin("api", "delete", delete(stage.clone()));
}

/// The request to build becomes a row, unless it was taken back.
fn create(db: &mut Db<'_>) -> bool {
    let wanted = db.find::<BuildRequest>(INSTANCE).is_some();
    if wanted {
        db.delete::<BuildRequest>(INSTANCE);
        db.put(INSTANCE, Instance::building(0));
    }
    wanted
}

async fn build(stage: Stage, undoes: bool) {
    let allocate = |db: &mut Db<'_>| {
        db.put(CONSUMER, Allocation { generation: 1, on: [HOST.node()].into() });
    };
    stage.step("schedule.allocate", allocate).await;
    if !stage.step("create", create).await && undoes {
        stage.step("build.deallocate", |db| db.delete::<Allocation>(CONSUMER)).await;
    }
}

async fn delete(stage: Stage) {
    let take_back = |db: &mut Db<'_>| {
        let there = db.find::<BuildRequest>(INSTANCE).is_some();
        if there {
            db.delete::<BuildRequest>(INSTANCE);
        }
        there
    };
    if !stage.step("delete.build_request", take_back).await {
        let mark = |db: &mut Db<'_>| {
            db.change(INSTANCE, |row: &mut Instance| row.vm = Vm::Deleted);
        };
        stage.step("delete.instance", mark).await;
        stage.step("delete.allocation", |db| db.delete::<Allocation>(CONSUMER)).await;
    }
    stage.step("delete.ends", |db| db.end(DELETION, Action::Done)).await;
}
