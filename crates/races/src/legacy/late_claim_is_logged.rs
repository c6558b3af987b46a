//! Race 22, LP 1986838: two boots are scheduled onto one device, and the second boots without.
//!
//! The scheduler looks at each request alone, and the device is free for both. The host's claim for the second finds it
//! taken, writes that into the log, and goes on.

use super::arranged::{Legacy, Repair};
use super::nova::{Action, ActionId, Host, Instance, InstanceId, Invariant, Nova, Process, Stage};
use super::program::boot::{Boot, LateClaim, boot};

const HOST: Host = Host("h");
const BOOTS: [(InstanceId, ActionId); 2] =
    [(InstanceId("i1"), ActionId("the boot of i1")), (InstanceId("i2"), ActionId("the boot of i2"))];

pub(super) const LEGACY: Legacy = Legacy {
    number: "22",
    name: "late_claim_is_logged",
    about: "two boots are scheduled onto one device, the second claim is refused, and its guest runs without",
    rule: "1: the claim's transaction asks the device's row, and decides",
    breaks: Invariant::Dev2,
    operations: &["boot", "boot"],
    faults: &[],
    world: || {
        BOOTS.into_iter().fold(Nova::default().with_devices(HOST, 1), |nova, (id, action)| {
            nova.with(id, Instance::building(1)).with(action, Action::Open)
        })
    },
    start: |stage| start(stage, LateClaim::Logged),
    repair: Repair {
        about: "a claim that fails fails the boot",
        start: |stage| start(stage, LateClaim::Fatal),
        spares: &[],
    },
};

fn start(stage: &Stage, late_claim: LateClaim) {
    let agent = Process::Agent(HOST);
    for (instance, action) in BOOTS {
        let how = Boot { instance, action, process: agent, late_claim };
        stage.begin(agent, action.0, boot(stage.clone(), how));
    }
}
