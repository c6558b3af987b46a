//! Race 53, CloudStack issues 11574 and 12910: a report resets devices in use to free.
//!
//! A host's report is made while a guest is about to start, or with a tool that failed, and shows its device as unused.
//! The collector writes the device free when the guest already runs with it.

use std::collections::BTreeSet;

use super::arranged::{Legacy, Repair};
use super::nova::{
    Action, ActionId, Db, Device, Guest, Host, Instance, InstanceId, Invariant, Nova, Process, Range, Slot,
    Stage, Statements,
};
use super::program::boot::{Boot, LateClaim, boot};

const HOST: Host = Host("h");
const BOOT: Boot = Boot {
    instance: InstanceId("i1"),
    action: ActionId("the boot of i1"),
    process: Process::Agent(HOST),
    late_claim: LateClaim::Fatal,
};

pub(super) const LEGACY: Legacy = Legacy {
    number: "53",
    name: "report_frees_what_it_missed",
    about: "a host's report misses a guest that is about to start, and its device is written free \
        (CloudStack)",
    rule: "2: observation never writes ownership",
    breaks: Invariant::Dev2,
    operations: &["boot", "report"],
    faults: &[],
    world: || {
        Nova::default()
            .with_devices(HOST, 1)
            .with(BOOT.instance, Instance::building(1))
            .with(BOOT.action, Action::Open)
    },
    start: |stage| start(stage, true),
    repair: Repair {
        about: "a report changes nothing about a device that is owned",
        start: |stage| start(stage, false),
        spares: &[],
    },
};

fn start(stage: &Stage, frees: bool) {
    stage.begin(BOOT.process, "boot", boot(stage.clone(), BOOT));
    stage.begin("collector", "report", collect(stage.clone(), frees));
}

fn used(db: &mut Db<'_>) -> BTreeSet<Slot> {
    db.list::<Guest>(Range::GuestsOn(HOST)).into_iter().flat_map(|(_, guest)| guest.uses).collect()
}

async fn collect(stage: Stage, frees: bool) {
    let used = stage.step("report.guests", used).await;
    let write = move |db: &mut Db<'_>| {
        let unseen = db.list::<Device>(Range::HeldDevices(HOST));
        for (slot, _) in unseen.into_iter().filter(|(slot, _)| frees && !used.contains(slot)) {
            db.put(slot, Device { owner: None });
        }
    };
    stage.step("report.devices", write).await;
}
