//! Race 10, LP 1764883: the source's agent starts while its instance is being evacuated.
//!
//! It looks for evacuations that are accepted or done, and this one is under way: pre-migrating. So it takes the
//! instance for one of its own whose rebuild was cut short, and puts it in error. The evacuation then finds the
//! instance in a state that it does not expect, and fails.

use super::arranged::{Legacy, Repair};
use super::nova::{
    Action, ActionId, Guest, Host, Instance, InstanceId, Invariant, Migration, MigrationId, Nova, Process,
    Service, Stage, Status, Storage, Task,
};
use super::program::evacuation::{Ending, Evacuation, evacuate};
use super::program::source_start::{ALL_TOMBSTONES, SourceStart, source_starts};

const SOURCE: Host = Host("src");
const INSTANCE: InstanceId = InstanceId("i1");
const EVACUATION: Evacuation = Evacuation {
    instance: INSTANCE,
    migration: MigrationId("m1"),
    action: ActionId("the evacuation of i1"),
    process: Process::Agent(Host("dst")),
    ending: Ending::Apart,
};

pub(super) const LEGACY: Legacy = Legacy {
    number: "10",
    name: "source_resets_evacuation",
    about: "the source's agent starts, does not know of an evacuation that is under way, and puts its \
        instance in error",
    rule: "8: a host asks before it acts, and touches nothing that its list does not say",
    breaks: Invariant::Live,
    operations: &["evacuation", "start of the source's agent"],
    faults: &["the source's agent restarts"],
    world,
    start: |stage| start(stage, &[Status::Accepted, Status::Done]),
    repair: Repair {
        about: "evacuations under way are known too",
        start: |stage| start(stage, ALL_TOMBSTONES),
        spares: &[],
    },
};

fn world() -> Nova {
    let instance =
        Instance { task: Some(Task::Rebuilding), storage: Storage::Shared, ..Instance::active(SOURCE, 0) };
    let migration = Migration { instance: INSTANCE, source: SOURCE, dest: None, status: Status::Accepted };
    Nova::default()
        .with(INSTANCE, instance)
        .with((SOURCE, INSTANCE), Guest { running: false, uses: [].into() })
        .with(SOURCE, Service { up: false })
        .with(EVACUATION.migration, migration)
        .with(EVACUATION.action, Action::Open)
}

fn start(stage: &Stage, tombstones: &'static [Status]) {
    let source = Process::Agent(SOURCE);
    let starts = SourceStart { process: source, tombstones, asks_home: false, resets: true };
    stage.begin(EVACUATION.process, "evacuation", evacuate(stage.clone(), EVACUATION));
    stage.begin(source, "start", source_starts(stage.clone(), starts));
}
