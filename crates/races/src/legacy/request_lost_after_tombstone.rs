//! Race U5: the request to evacuate is lost after its record was written.
//!
//! The API writes the record of the evacuation, and dies before it tells anybody. The source's agent starts, finds the
//! record, and destroys the guest. Nobody is building another.

use super::arranged::{Legacy, Repair};
use super::nova::{
    Action, ActionId, Db, Host, Instance, InstanceId, Invariant, Migration, MigrationId, Nova, Process,
    Service, Stage, Statements, Status, Task,
};
use super::program::evacuation::{Ending, Evacuation, evacuate};
use super::program::source_start::{ALL_TOMBSTONES, SourceStart, source_starts};

const SOURCE: Host = Host("src");
const API: &str = "api";
const EVACUATION: Evacuation = Evacuation {
    instance: InstanceId("i1"),
    migration: MigrationId("m1"),
    action: ActionId("the evacuation of i1"),
    process: Process::Agent(Host("dst")),
    ending: Ending::Locked,
};
const STARTS: SourceStart = SourceStart {
    process: Process::Agent(SOURCE),
    tombstones: ALL_TOMBSTONES,
    asks_home: false,
    resets: false,
};

pub(super) const LEGACY: Legacy = Legacy {
    number: "U5",
    name: "request_lost_after_tombstone",
    about: "an evacuation's record is written and its request lost, and the source destroys the only guest \
        on the strength of it",
    rule: "3: a claim ends only with proof; a request is none",
    breaks: Invariant::Data,
    operations: &["evacuation request", "evacuation", "start of the source's agent"],
    faults: &["the API dies", "the source's agent restarts"],
    world: || {
        Nova::default()
            .with_guest(EVACUATION.instance, Instance::active(SOURCE, 0), SOURCE, false)
            .with(SOURCE, Service { up: false })
    },
    start: |stage| start(stage, STARTS),
    repair: Repair {
        about: "the source destroys only what is at home elsewhere",
        start: |stage| {
            start(stage, SourceStart { tombstones: &[Status::Done], asks_home: true, ..STARTS });
        },
        // Nobody goes on with a request that was lost: that takes a sweep.
        spares: &[Invariant::Live],
    },
};

fn start(stage: &Stage, starts: SourceStart) {
    stage.begin(API, "evacuation request", request(stage.clone()));
    stage.begin("fate", "death of the API", stage.stops(API));
    stage.begin(STARTS.process, "start", source_starts(stage.clone(), starts));
}

async fn request(stage: Stage) {
    let accept = |db: &mut Db<'_>| {
        let id = EVACUATION.instance;
        let row = Migration { instance: id, source: SOURCE, dest: None, status: Status::Accepted };
        db.put(EVACUATION.migration, row);
        db.change(id, |row: &mut Instance| row.task = Some(Task::Rebuilding));
        db.put(EVACUATION.action, Action::Open);
    };
    stage.step("evacuate.accept", accept).await;
    stage.step("evacuate.cast", |_| ()).await;
    stage.begin(EVACUATION.process, "evacuation", evacuate(stage.clone(), EVACUATION));
}
