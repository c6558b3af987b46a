//! Race 44, kubernetes#133602: a device is promised to one pod, and a second one finds it in neither of two sets.
//!
//! A scheduler marks what it promises as in flight, and writes the promise down; an informer puts what was written into
//! a cache, and then the mark is taken off. A second pod reads the cache, then the marks. The device was not yet in the
//! one, and is no longer in the other. It is the seed's race in one process: two reads, and one move between them. (A
//! mark that is taken off before the cache has the device, as it once was, loses it without any such luck.)

use super::arranged::{Legacy, Repair};
use super::nova::{
    Action, ActionId, Db, Device, Guest, Host, Instance, InstanceId, Invariant, Memory, Nova, Process, Slot,
    Stage, Statements, Vm,
};

const HOST: Host = Host("h");
const DEVICE: Slot = Slot::Device(HOST, 0);
const SCHEDULER: Process = Process::Scheduler;
const PODS: [(InstanceId, ActionId); 2] =
    [(InstanceId("i1"), ActionId("the boot of i1")), (InstanceId("i2"), ActionId("the boot of i2"))];

pub(super) const LEGACY: Legacy = Legacy {
    number: "44",
    name: "marked_in_neither_set",
    about: "a device goes from the set in flight to the cache while a second pod reads one after the other \
        (Kubernetes)",
    rule: "1: one record owns",
    breaks: Invariant::Dev1,
    operations: &["boot", "boot", "informer"],
    faults: &[],
    world: || {
        PODS.into_iter().fold(Nova::default().with_devices(HOST, 1), |nova, (id, action)| {
            nova.with(id, Instance::building(1)).with(action, Action::Open)
        })
    },
    start: |stage| start(stage, false),
    repair: Repair { about: "both sets are read at once", start: |stage| start(stage, true), spares: &[] },
};

fn start(stage: &Stage, one_view: bool) {
    for (id, action) in PODS {
        stage.begin(SCHEDULER, action.0, boot(stage.clone(), id, action, one_view));
    }
    let written = |device: Option<&Device>| device.is_some_and(|device| device.owner.is_some());
    let observe = |db: &mut Db<'_>| {
        let owner = db.row::<Device>(DEVICE).owner;
        remember(db, |memory| memory.held.extend(owner.map(|owner| (DEVICE, owner))));
    };
    let observed = stage.step_when("informer.observe", DEVICE, written, observe);
    stage.begin(SCHEDULER, "informer", observed);
}

fn memory(db: &mut Db<'_>) -> Memory {
    db.find(SCHEDULER).unwrap_or_default()
}

fn remember(db: &mut Db<'_>, change: impl FnOnce(&mut Memory)) {
    let mut memory = memory(db);
    change(&mut memory);
    db.put(SCHEDULER, memory);
}

/// Marks the device, if it is neither in the cache as it was read nor in flight now.
fn mark(db: &mut Db<'_>, cached: bool, id: InstanceId) -> bool {
    let free = !cached && !memory(db).in_flight.contains_key(&DEVICE);
    if free {
        remember(db, |memory| memory.in_flight.extend([(DEVICE, id)]));
    }
    free
}

fn cached(db: &mut Db<'_>) -> bool {
    memory(db).held.contains_key(&DEVICE)
}

async fn boot(stage: Stage, id: InstanceId, action: ActionId, one_view: bool) {
    let marked = if one_view {
        let both = move |db: &mut Db<'_>| {
            let cached = cached(db);
            mark(db, cached, id)
        };
        stage.step("allocate", both).await
    } else {
        let cached = stage.step("allocate.cache", cached).await;
        stage.step("allocate.in_flight", move |db| mark(db, cached, id)).await
    };
    if !marked {
        return stage.step("boot.refused", move |db| db.end(action, Action::Refused)).await;
    }
    let write = move |db: &mut Db<'_>| {
        db.put(DEVICE, Device { owner: Some(id) });
        db.change(id, |row: &mut Instance| (row.host, row.vm) = (Some(HOST), Vm::Active));
    };
    stage.step("status", write).await;
    let seen = |memory: Option<&Memory>| memory.is_some_and(|memory| memory.held.contains_key(&DEVICE));
    let unmark = |db: &mut Db<'_>| remember(db, |memory| memory.in_flight.retain(|slot, _| *slot != DEVICE));
    stage.step_when("unmark", SCHEDULER, seen, unmark).await;
    let guest = Guest { running: true, uses: [DEVICE].into() };
    stage.step("run", move |db| db.put((HOST, id), guest.clone())).await;
    stage.step("boot.ends", move |db| db.end(action, Action::Done)).await;
}
