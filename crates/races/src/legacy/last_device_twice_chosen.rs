//! Race 43: two schedulers choose the same device, and one boot fails although another host has room.
//!
//! Each looks at all hosts and chooses the best. Both choose alike, one claim decides for the other, and the loser has
//! no alternate left. Placement moved this decision into one store for what it counts; devices stayed behind.

use super::arranged::{Legacy, Repair};
use super::nova::{
    Action, ActionId, Db, Device, Guest, Host, Instance, InstanceId, Invariant, Nova, Range, Slot, Stage,
    Statements, Vm,
};

const HOSTS: [Host; 2] = [Host("h1"), Host("h2")];
const BOOTS: [(InstanceId, ActionId); 2] =
    [(InstanceId("i1"), ActionId("the boot of i1")), (InstanceId("i2"), ActionId("the boot of i2"))];

pub(super) const LEGACY: Legacy = Legacy {
    number: "43",
    name: "last_device_twice_chosen",
    about: "two schedulers choose one device, and the one that loses finds no room although another host \
        has some",
    rule: "1: the claim's transaction decides; refused or lost, the next candidate is asked",
    breaks: Invariant::Live,
    operations: &["boot", "boot"],
    faults: &[],
    world: || {
        let hosts = HOSTS.into_iter().fold(Nova::default(), |nova, host| nova.with_devices(host, 1));
        BOOTS
            .into_iter()
            .fold(hosts, |nova, (id, action)| nova.with(id, Instance::building(1)).with(action, Action::Open))
    },
    start: |stage| start(stage, false),
    repair: Repair {
        about: "the host is chosen in the transaction that claims",
        start: |stage| start(stage, true),
        spares: &[],
    },
};

fn start(stage: &Stage, at_once: bool) {
    for (id, action) in BOOTS {
        stage.begin("scheduler", action.0, boot(stage.clone(), id, action, at_once));
    }
}

fn choose(db: &mut Db<'_>) -> Option<Host> {
    HOSTS.into_iter().find(|host| !db.list::<Device>(Range::FreeDevices(*host)).is_empty())
}

fn claim(db: &mut Db<'_>, host: Option<Host>, id: InstanceId) -> Option<Slot> {
    let slot = db.take_device(host?, id)?;
    db.change(id, |row: &mut Instance| row.host = host);
    Some(slot)
}

async fn boot(stage: Stage, id: InstanceId, action: ActionId, at_once: bool) {
    let claimed = if at_once {
        let both = move |db: &mut Db<'_>| {
            let host = choose(db);
            claim(db, host, id)
        };
        stage.step("claim", both).await
    } else {
        let host = stage.step("schedule", choose).await;
        stage.step("claim", move |db| claim(db, host, id)).await
    };
    let Some(slot) = claimed else {
        return stage.step("boot.refused", move |db| db.end(action, Action::NoRoom)).await;
    };
    let guest = Guest { running: true, uses: [slot].into() };
    stage.step("spawn", move |db| db.put((slot.host(), id), guest.clone())).await;
    let end = move |db: &mut Db<'_>| {
        db.change(id, |row: &mut Instance| row.vm = Vm::Active);
        db.end(action, Action::Done);
    };
    stage.step("boot.ends", end).await;
}
