//! Rules B: one guest of an instance runs, and moves only when the other is quiet.

use steadfast_model::host::Host;

use super::evacuation::host1_down;
use crate::fault::Fault;
use crate::mutant::Rule;
use crate::scene::{Scene, host};
use crate::site::Site;
use crate::stage::Race;
use crate::verdict::{any, nothing_more};

pub(super) const RACES: &[Race] = &[
    Race {
        name: "b2_receipt_void",
        about: "the host returns after the receipt, and an evacuation is asked for",
        scene: host1_down,
        start: |cast| {
            cast.agent(1);
            cast.evacuate();
            cast.living_agent(2);
        },
        rests: nothing_more,
        rule: Some(Rule::B2ReceiptVoid),
        exhaustive: false,
    },
    Race {
        name: "b3_fence_compares",
        about: "a host is powered off, boots and registers before its receipt is written",
        scene: || Scene::new(2, 1).with_instance(),
        start: |cast| {
            cast.living_agent(2);
            cast.fence(1);
        },
        rests: nothing_more,
        rule: Some(Rule::B3FenceCompares),
        exhaustive: false,
    },
    Race {
        name: "b6_order_echoed",
        about: "a late `off` of an earlier stop arrives during a later one",
        scene: || Scene::new(1, 1).with_instance().fault(Fault::MessageRepeated),
        start: |cast| {
            cast.living_agent(1);
            cast.stop_start_stop();
        },
        rests: nothing_more,
        rule: Some(Rule::B6OrderEchoed),
        exhaustive: false,
    },
    Race {
        name: "b7_roll_back_waits",
        about: "the destination fails once and tries again, while the source returns",
        scene: || host1_down().fault(Fault::OrderFails),
        start: |cast| {
            cast.living_agent(2);
            cast.evacuate();
            cast.agent(1);
        },
        rests: nothing_more,
        rule: Some(Rule::B7RollBackWaits),
        exhaustive: false,
    },
    Race {
        name: "b8_no_autostart",
        about: "a machine that boots again would start its guests by itself",
        scene: || Scene::new(2, 1).with_instance(),
        start: |cast| {
            cast.living_agent(2);
            cast.host_dies(1, |cast| cast.force_down_then_evacuate(1, 2));
        },
        rests: nothing_more,
        rule: Some(Rule::B8NoAutostart),
        exhaustive: true,
    },
    Race {
        name: "b9_living_home",
        about: "the destination dies just before the hand-over",
        scene: host1_down,
        start: |cast| {
            cast.living_agent(2);
            cast.evacuate();
            cast.host_dies(2, |cast| cast.force_down(2));
        },
        rests: handed_to_the_living,
        rule: Some(Rule::B9LivingHome),
        exhaustive: true,
    },
    Race {
        name: "b10_named_by_claim",
        about: "an instance is evacuated back to a host that still has its old guest",
        scene: || {
            // Two devices: the old guest's is owed until it is gone, and the new guest needs one as well.
            let away = Scene::new(2, 2).with_instance().host1_down().then(|cast| {
                cast.agent(2);
                cast.evacuate();
            });
            away.host_down(2)
        },
        start: |cast| {
            cast.agent(1);
            cast.evacuate();
        },
        rests: nothing_more,
        rule: Some(Rule::B10NamedByClaim),
        exhaustive: false,
    },
];

/// No hand-over was committed after a person had said that its destination is down.
fn handed_to_the_living(site: &Site) -> Result<(), String> {
    let place = |name: &str| site.store.steps().collect::<Vec<_>>().iter().rposition(|step| *step == name);
    let fenced = any::<Host>(site, |row| row.id == host(2) && row.is_fenced());
    match (place("evacuate.hand_over"), place("force_down")) {
        (Some(handed), Some(down)) if fenced && handed > down => {
            Err("B9: handed over to the dead".to_owned())
        }
        _ => Ok(()),
    }
}
