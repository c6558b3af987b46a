//! Race 8, LP 1454451: an audit forgets pins that are not saved yet.
//!
//! A boot is given a processor in the memory of the agent, under its lock, and saves it only after it let the lock go.
//! An audit in between counts anew from the rows, in which the instance has no processor. The next boot is given the
//! same one.

use super::arranged::{Legacy, Repair};
use super::nova::{
    Action, ActionId, Db, Extra, Guest, Host, Instance, InstanceId, Invariant, Memory, Nova, Process, Range,
    Slot, Stage, Statements, Vm,
};

const HOST: Host = Host("h");
const AGENT: Process = Process::Agent(HOST);
const PROCESSOR: Slot = Slot::Processor(HOST, 0);
const BOOTS: [(InstanceId, ActionId); 2] =
    [(InstanceId("i1"), ActionId("the boot of i1")), (InstanceId("i2"), ActionId("the boot of i2"))];

pub(super) const LEGACY: Legacy = Legacy {
    number: "8",
    name: "unsaved_pins",
    about: "an audit counts from the rows while a boot has its processor only in memory, and the next boot \
        is given it too",
    rule: "1: one record owns, and usage is not counted anywhere else",
    breaks: Invariant::Dev1,
    operations: &["boot", "boot", "audit"],
    faults: &[],
    world: || {
        BOOTS.into_iter().fold(Nova::default(), |nova, (id, action)| {
            nova.with(id, Instance::building(1)).with(action, Action::Open)
        })
    },
    start: |stage| start(stage, false),
    repair: Repair {
        about: "the processor is saved before the lock is let go",
        start: |stage| start(stage, true),
        spares: &[],
    },
};

fn start(stage: &Stage, saved_under_lock: bool) {
    for (id, action) in BOOTS {
        stage.begin(AGENT, action.0, boot(stage.clone(), id, action, saved_under_lock));
    }
    stage.begin(AGENT, "audit", audit(stage.clone()));
}

/// Takes the processor in memory, if it is free there.
fn claim(db: &mut Db<'_>, id: InstanceId) -> bool {
    let mut memory = db.find::<Memory>(AGENT).unwrap_or_default();
    let free = !memory.held.contains_key(&PROCESSOR);
    if free {
        memory.held.insert(PROCESSOR, id);
        db.put(AGENT, memory);
    }
    free
}

async fn boot(stage: Stage, id: InstanceId, action: ActionId, saved_under_lock: bool) {
    let save = move |db: &mut Db<'_>| {
        db.put(id, Extra { context: None, pins: [PROCESSOR].into() });
    };
    stage.lock(AGENT).await;
    if !stage.step("claim.memory", move |db| claim(db, id)).await {
        stage.unlock(AGENT).await;
        return stage.step("boot.refused", move |db| db.end(action, Action::Refused)).await;
    }
    let place = move |db: &mut Db<'_>| {
        db.change(id, |row: &mut Instance| row.host = Some(HOST));
    };
    stage.step("claim.host", place).await;
    if saved_under_lock {
        stage.step("save.pins", save).await;
        stage.unlock(AGENT).await;
    } else {
        stage.unlock(AGENT).await;
        stage.step("save.pins", save).await;
    }
    let guest = Guest { running: true, uses: [PROCESSOR].into() };
    stage.step("spawn", move |db| db.put((HOST, id), guest.clone())).await;
    let end = move |db: &mut Db<'_>| {
        db.change(id, |row: &mut Instance| row.vm = Vm::Active);
        db.end(action, Action::Done);
    };
    stage.step("boot.ends", end).await;
}

/// Counts anew from the rows.
async fn audit(stage: Stage) {
    stage.lock(AGENT).await;
    let read = |db: &mut Db<'_>| {
        let here = db.list::<Instance>(Range::InstancesOn(HOST));
        let pinned = here.into_iter().flat_map(|(id, _)| {
            let pins = db.find::<Extra>(id).map(|extra| extra.pins).unwrap_or_default();
            pins.into_iter().map(move |slot| (slot, id))
        });
        pinned.collect()
    };
    let held = stage.step("audit.instances", read).await;
    let usage = Memory { held, ..Memory::default() };
    stage.step("audit.usage", move |db| db.put(AGENT, usage.clone())).await;
    stage.unlock(AGENT).await;
}
