//! Race U4: the source's agent starts and completes an evacuation that is still under way.
//!
//! Since race 10 was mended the source knows of evacuations under way, and marks each "completed" once it has cleaned
//! up. A completed move is not unfinished: the destination's next audit finds the instance neither at home nor on its
//! way, and frees the device. The lock that cured the seed does not help, for the source is another process.

use super::arranged::{Legacy, Repair};
use super::nova::{
    Action, ActionId, Host, Instance, InstanceId, Invariant, Migration, MigrationId, Nova, Process, Service,
    Stage, Status, Storage, Task,
};
use super::program::audit::{Audit, audit};
use super::program::evacuation::{Ending, Evacuation, evacuate};
use super::program::source_start::{ALL_TOMBSTONES, SourceStart, source_starts};

const SOURCE: Host = Host("src");
const DEST: Host = Host("dst");
const INSTANCE: InstanceId = InstanceId("i1");
const EVACUATION: Evacuation = Evacuation {
    instance: INSTANCE,
    migration: MigrationId("m1"),
    action: ActionId("the evacuation of i1"),
    process: Process::Agent(DEST),
    ending: Ending::Locked,
};
const STARTS: SourceStart = SourceStart {
    process: Process::Agent(SOURCE),
    tombstones: ALL_TOMBSTONES,
    asks_home: false,
    resets: false,
};

pub(super) const LEGACY: Legacy = Legacy {
    number: "U4",
    name: "source_completes_evacuation",
    about: "the source's agent starts and completes an evacuation that is under way, and the destination's \
        audit frees its device",
    rule: "2 and 7: observation never writes ownership, and status changes go through one table",
    breaks: Invariant::Dev2,
    operations: &["evacuation", "start of the source's agent", "audit of the destination"],
    faults: &["the source's agent restarts"],
    world,
    start: |stage| start(stage, STARTS),
    repair: Repair {
        about: "the source touches only evacuations that are done",
        start: |stage| {
            start(stage, SourceStart { tombstones: &[Status::Done], asks_home: true, ..STARTS });
        },
        spares: &[],
    },
};

fn world() -> Nova {
    let instance =
        Instance { task: Some(Task::Rebuilding), storage: Storage::Shared, ..Instance::active(SOURCE, 1) };
    let migration = Migration { instance: INSTANCE, source: SOURCE, dest: None, status: Status::Accepted };
    Nova::default()
        .with_guest(INSTANCE, instance, SOURCE, false)
        .with_devices(DEST, 1)
        .with(SOURCE, Service { up: false })
        .with(EVACUATION.migration, migration)
        .with(EVACUATION.action, Action::Open)
}

fn start(stage: &Stage, starts: SourceStart) {
    let agent = EVACUATION.process;
    stage.begin(agent, "evacuation", evacuate(stage.clone(), EVACUATION));
    stage.begin(STARTS.process, "start", source_starts(stage.clone(), starts));
    stage.begin(agent, "audit", audit(stage.clone(), Audit::of(agent), ActionId("the audit of dst")));
}
