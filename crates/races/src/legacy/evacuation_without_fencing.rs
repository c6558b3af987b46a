//! Race 13: a host that is only cut off has its instance evacuated, and gives the device away when it is back.
//!
//! The source is silent and taken for dead; its guest runs on. The instance is evacuated. When the source is heard of
//! again its agent has not restarted, so nothing is cleaned up: its audit finds that the instance lives elsewhere,
//! frees the device under the guest that still runs, and the next boot is given it. Nova asks its operators to fence.

use super::arranged::{Legacy, Repair};
use super::nova::{
    Action, ActionId, Db, Guest, Host, Instance, InstanceId, Invariant, Migration, MigrationId, Nova,
    Process, Service, Stage, Statements, Status, Storage, Task,
};
use super::program::audit::{Audit, audit};
use super::program::boot::{Boot, LateClaim, boot};
use super::program::evacuation::{Ending, Evacuation, evacuate};

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
const BOOT: Boot = Boot {
    instance: InstanceId("i2"),
    action: ActionId("the boot of i2"),
    process: Process::Agent(SOURCE),
    late_claim: LateClaim::Fatal,
};

pub(super) const LEGACY: Legacy = Legacy {
    number: "13",
    name: "evacuation_without_fencing",
    about: "a host that was only cut off still runs an evacuated guest, and its audit frees the guest's \
        device for the next one",
    rule: "3 and 4: a claim ends only with proof, and run moves only from a fenced host",
    breaks: Invariant::Dev1,
    operations: &["evacuation", "audit of the source", "boot on the source"],
    faults: &["the source is cut off"],
    world,
    start: |stage| start(stage, false),
    repair: Repair {
        about: "the source is fenced before its instance is evacuated",
        start: |stage| start(stage, true),
        spares: &[],
    },
};

fn world() -> Nova {
    let instance =
        Instance { task: Some(Task::Rebuilding), storage: Storage::Shared, ..Instance::active(SOURCE, 1) };
    let migration = Migration { instance: INSTANCE, source: SOURCE, dest: None, status: Status::Accepted };
    Nova::default()
        .with_guest(INSTANCE, instance, SOURCE, true)
        .with_devices(DEST, 1)
        .with(SOURCE, Service { up: false })
        .with(EVACUATION.migration, migration)
        .with(EVACUATION.action, Action::Open)
        .with(BOOT.instance, Instance::building(1))
        .with(BOOT.action, Action::Open)
}

fn start(stage: &Stage, fenced: bool) {
    let evacuated = {
        let stage = stage.clone();
        async move {
            if fenced {
                let power_off = |db: &mut Db<'_>| {
                    db.change((SOURCE, INSTANCE), |guest: &mut Guest| guest.running = false);
                };
                stage.step("fence", power_off).await;
            }
            evacuate(stage, EVACUATION).await;
        }
    };
    let agent = Process::Agent(SOURCE);
    stage.begin(EVACUATION.process, "evacuation", evacuated);
    stage.begin(agent, "audit", audit(stage.clone(), Audit::of(agent), ActionId("the audit of src")));
    stage.begin(agent, "boot", boot(stage.clone(), BOOT));
}
