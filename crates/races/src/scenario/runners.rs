//! Rules B: one guest of an instance runs, and moves only when the other is quiet.

use super::evacuation::host1_down;
use crate::fault::Fault;
use crate::mutant::Rule;
use crate::scene::Scene;
use crate::stage::Race;

pub(super) const RACES: &[Race] = &[
    Race::written(
        "b2_receipt_void",
        "the host returns after the receipt, and an evacuation is asked for",
        host1_down,
        |cast| {
            cast.agent(1);
            cast.evacuate();
            cast.living_agent(2);
        },
    )
    .needs(Rule::B2ReceiptVoid),
    Race::written(
        "b3_fence_compares",
        "a host is powered off, boots and registers before its receipt is written",
        || Scene::new(2, 1).with_instance(),
        |cast| {
            cast.living_agent(2);
            cast.fence_then_evacuate(1);
        },
    )
    .needs(Rule::B3FenceCompares),
    Race::written(
        "b6_order_echoed",
        "a late `off` of an earlier stop arrives during a later one",
        || Scene::new(1, 1).with_instance().fault(Fault::MessageRepeated),
        |cast| {
            cast.living_agent(1);
            cast.stop_start_stop();
        },
    )
    .needs(Rule::B6OrderEchoed),
    Race::written(
        "b7_roll_back_waits",
        "the destination fails once and tries again, while the source returns",
        || host1_down().fault(Fault::OrderFails),
        |cast| {
            cast.living_agent(2);
            cast.evacuate();
            cast.agent(1);
        },
    )
    .needs(Rule::B7RollBackWaits),
    Race::written(
        "b8_no_autostart",
        "a machine that boots again would start its guests by itself",
        || Scene::new(2, 1).with_instance(),
        |cast| {
            cast.living_agent(2);
            cast.host_dies(1, |cast| cast.force_down_then_evacuate(1, 2));
        },
    )
    .needs(Rule::B8NoAutostart),
    Race::written("b9_living_home", "the destination dies just before the hand-over", host1_down, |cast| {
        cast.living_agent(2);
        cast.evacuate();
        cast.host_dies(2, |cast| cast.force_down(2));
    })
    .needs(Rule::B9LivingHome),
    Race::written(
        "b10_named_by_claim",
        "an instance is evacuated back to a host that still has its old guest",
        || {
            // Two devices: the old guest's is owed until it is gone, and the new guest needs one as well.
            let away = Scene::new(2, 2).with_instance().host1_down().then(|cast| {
                cast.agent(2);
                cast.evacuate();
            });
            away.host_down(2)
        },
        |cast| {
            cast.agent(1);
            cast.evacuate();
        },
    )
    .needs(Rule::B10NamedByClaim),
];
