//! Race 45, kubernetes PR 137534: what is reserved is counted anew from what is committed.
//!
//! The device manager of a kubelet reserves a device for a pod, and lets its lock go while a plug-in prepares it. The
//! admission of the next pod counts anew from the pods that are committed. The first is not among them, and its device
//! is given away again.

use super::arranged::{Legacy, Repair};
use super::nova::{
    Action, ActionId, Db, Device, Guest, Host, Instance, InstanceId, Invariant, Memory, Nova, Process, Slot,
    Stage, Statements, Vm,
};

const HOST: Host = Host("h");
const DEVICE: Slot = Slot::Device(HOST, 0);
const KUBELET: Process = Process::Agent(HOST);
const PODS: [(InstanceId, ActionId); 2] =
    [(InstanceId("i1"), ActionId("the boot of i1")), (InstanceId("i2"), ActionId("the boot of i2"))];

pub(super) const LEGACY: Legacy = Legacy {
    number: "45",
    name: "rebuild_forgets_reservation",
    about: "what is reserved is counted anew from what is committed, while one reservation is not \
        committed yet (Kubernetes)",
    rule: "1: one record owns, and usage is not counted anywhere else",
    breaks: Invariant::Dev1,
    operations: &["boot", "boot"],
    faults: &[],
    world: || {
        PODS.into_iter().fold(Nova::default().with_devices(HOST, 1), |nova, (id, action)| {
            nova.with(id, Instance::building(1)).with(action, Action::Open)
        })
    },
    start: |stage| start(stage, false),
    repair: Repair {
        about: "what is pending is kept in a set of its own, which the counting keeps",
        start: |stage| start(stage, true),
        spares: &[],
    },
};

fn start(stage: &Stage, keeps_pending: bool) {
    for (id, action) in PODS {
        stage.begin(KUBELET, action.0, boot(stage.clone(), id, action, keeps_pending));
    }
}

/// Counts anew, and reserves the device if it is free then: one critical section.
fn admit(db: &mut Db<'_>, id: InstanceId, keeps_pending: bool) -> bool {
    let mut memory = db.find::<Memory>(KUBELET).unwrap_or_default();
    memory.held = memory.committed.clone();
    memory.held.extend(memory.in_flight.clone());
    let free = !memory.held.contains_key(&DEVICE);
    if free {
        memory.held.insert(DEVICE, id);
        if keeps_pending {
            memory.in_flight.insert(DEVICE, id);
        }
    }
    db.put(KUBELET, memory);
    free
}

fn commit(db: &mut Db<'_>, id: InstanceId) {
    let mut memory = db.find::<Memory>(KUBELET).unwrap_or_default();
    memory.committed.insert(DEVICE, id);
    memory.in_flight.remove(&DEVICE);
    db.put(KUBELET, memory);
    db.put(DEVICE, Device { owner: Some(id) });
    db.change(id, |row: &mut Instance| (row.host, row.vm) = (Some(HOST), Vm::Active));
}

async fn boot(stage: Stage, id: InstanceId, action: ActionId, keeps_pending: bool) {
    if !stage.step("admit", move |db| admit(db, id, keeps_pending)).await {
        return stage.step("boot.refused", move |db| db.end(action, Action::Refused)).await;
    }
    stage.step("plugin.prepare", |db| db.find::<Device>(DEVICE)).await;
    stage.step("commit", move |db| commit(db, id)).await;
    let guest = Guest { running: true, uses: [DEVICE].into() };
    stage.step("run", move |db| db.put((HOST, id), guest.clone())).await;
    stage.step("boot.ends", move |db| db.end(action, Action::Done)).await;
}
