//! Race 11, LP 1713783: an evacuation that found no host leaves a record by which the source destroys the only copy.
//!
//! The record of the evacuation is written when it is asked for. No host is found, the instance stays where it is, and
//! so does the record. When the source's agent starts, it reads the record as "evacuated away", and destroys the guest.

use super::arranged::{Legacy, Repair};
use super::nova::{
    Action, ActionId, Db, Host, Instance, InstanceId, Invariant, Migration, MigrationId, Nova, Process,
    Service, Stage, Statements, Status, Task,
};
use super::program::source_start::{ALL_TOMBSTONES, SourceStart, source_starts};

const SOURCE: Host = Host("src");
const INSTANCE: InstanceId = InstanceId("i1");
const MIGRATION: MigrationId = MigrationId("m1");
const EVACUATION: ActionId = ActionId("the evacuation of i1");

pub(super) const LEGACY: Legacy = Legacy {
    number: "11",
    name: "tombstone_without_evacuation",
    about: "no host is found for an evacuation, its record stays, and the source destroys the only guest \
        on the strength of it",
    rule: "3: a claim ends only with proof; a request is none",
    breaks: Invariant::Data,
    operations: &["evacuation request", "start of the source's agent"],
    faults: &["the source's agent restarts"],
    world,
    start: |stage| {
        let source = SourceStart { tombstones: ALL_TOMBSTONES, asks_home: false, ..STARTS };
        start(stage, Status::Accepted, source);
    },
    repair: Repair {
        about: "the record is ended, and only what is at home elsewhere is destroyed",
        start: |stage| start(stage, Status::Error, STARTS),
        spares: &[],
    },
};

const STARTS: SourceStart = SourceStart {
    process: Process::Agent(SOURCE),
    tombstones: &[Status::Done],
    asks_home: true,
    resets: false,
};

fn world() -> Nova {
    Nova::default()
        .with_guest(INSTANCE, Instance::active(SOURCE, 0), SOURCE, false)
        .with(SOURCE, Service { up: false })
}

fn start(stage: &Stage, unplaced: Status, starts: SourceStart) {
    stage.begin("api", "evacuation request", request(stage.clone(), unplaced));
    stage.begin(STARTS.process, "start", source_starts(stage.clone(), starts));
}

async fn request(stage: Stage, unplaced: Status) {
    let accept = |db: &mut Db<'_>| {
        let row = Migration { instance: INSTANCE, source: SOURCE, dest: None, status: Status::Accepted };
        db.put(MIGRATION, row);
        db.change(INSTANCE, |row: &mut Instance| row.task = Some(Task::Rebuilding));
    };
    stage.step("evacuate.accept", accept).await;
    let no_host = move |db: &mut Db<'_>| {
        db.change(MIGRATION, |row: &mut Migration| row.status = unplaced);
        db.change(INSTANCE, |row: &mut Instance| row.task = None);
        db.end(EVACUATION, Action::Refused);
    };
    stage.step("schedule.no_host", no_host).await;
}
