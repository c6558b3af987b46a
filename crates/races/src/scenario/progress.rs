//! Rules C: every operation ends, and one at a time may act.

use super::evacuation::{evacuated, host1_down};
use crate::cast::Cast;
use crate::fault::Fault;
use crate::mutant::Rule;
use crate::scene::Scene;
use crate::stage::Race;
use crate::verdict::nothing_more;

pub(super) const RACES: &[Race] = &[
    Race {
        name: "c1_receipt_answers",
        about: "a stop is asked for, and the host dies",
        scene: || Scene::new(1, 1).with_instance(),
        start: |cast| {
            cast.living_agent(1);
            cast.stop();
            cast.host_dies(1, |cast| cast.force_down(1));
        },
        rests: nothing_more,
        rule: Some(Rule::C1ReceiptAnswers),
        exhaustive: true,
    },
    Race {
        name: "c2_sweep",
        about: "the control plane dies between any two steps of an evacuation",
        scene: || host1_down().timer("agent.retry", 3),
        start: |cast| {
            cast.living_agent(2);
            cast.evacuate();
            cast.control_dies();
        },
        rests: nothing_more,
        rule: Some(Rule::C2Sweep),
        exhaustive: true,
    },
    Race {
        name: "c5_removal_refuses",
        about: "a host is removed while an instance still lives there",
        scene: host1_down,
        start: |cast| {
            cast.living_agent(2);
            cast.evacuate();
            cast.remove_host(1);
        },
        rests: nothing_more,
        rule: Some(Rule::C5RemovalRefuses),
        exhaustive: true,
    },
    Race {
        name: "c6_keeps_trying",
        about: "a start fails once: the operation ends, the trying does not",
        scene: || {
            let stopped = Scene::new(1, 1).with_instance().then(|cast| {
                cast.agent(1);
                cast.stop();
            });
            stopped.fault(Fault::OrderFails)
        },
        start: |cast| {
            cast.living_agent(1);
            cast.start();
        },
        rests: nothing_more,
        rule: Some(Rule::C6KeepsTrying),
        exhaustive: false,
    },
    Race {
        name: "evacuation_of_a_stopped_instance",
        about: "a stopped instance is evacuated and stays stopped, while the control plane dies",
        scene: || {
            let stopped = Scene::new(2, 1).with_instance().then(|cast| {
                cast.agent(1);
                cast.stop();
            });
            stopped.host1_down().timer("agent.retry", 3)
        },
        start: |cast: &Cast| {
            cast.living_agent(2);
            cast.evacuate();
        },
        rests: evacuated,
        rule: None,
        exhaustive: true,
    },
];
