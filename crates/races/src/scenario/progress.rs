//! Rules C: every operation ends, and one at a time may act.

use steadfast_model::instance::{Instance, VmState};
use steadfast_model::migration::Migration;

use super::evacuation::{evacuated, host1_down};
use crate::fault::Fault;
use crate::mutant::Rule;
use crate::scene::Scene;
use crate::stage::Race;
use crate::verdict::any;

pub(super) const RACES: &[Race] = &[
    Race::written(
        "c1_receipt_answers",
        "a stop is asked for, and the host dies",
        || Scene::new(1, 1).with_instance(),
        |cast| {
            cast.living_agent(1);
            cast.stop();
            cast.host_dies(1, |cast| cast.force_down(1));
        },
    )
    .needs(Rule::C1ReceiptAnswers),
    Race::written(
        "c2_sweep",
        "the control plane dies between any two steps of an evacuation",
        || host1_down().timer("agent.retry", 3),
        |cast| {
            cast.living_agent(2);
            cast.evacuate();
            cast.control_dies();
        },
    )
    .needs(Rule::C2Sweep),
    Race::written(
        "c5_removal_refuses",
        "a host is removed while an instance still lives there",
        host1_down,
        |cast| {
            cast.living_agent(2);
            cast.evacuate();
            cast.remove_host(1);
        },
    )
    .needs(Rule::C5RemovalRefuses),
    Race::written(
        "c6_keeps_trying",
        "a start fails once: the operation ends, the trying does not",
        || {
            let stopped = Scene::new(1, 1).with_instance().stopped();
            stopped.fault(Fault::OrderFails)
        },
        |cast| {
            cast.living_agent(1);
            cast.start();
        },
    )
    .needs(Rule::C6KeepsTrying),
    Race::written(
        "stopped_late",
        "a stop fails once and is done later: the instance does not stay active without running",
        || Scene::new(1, 1).with_instance().fault(Fault::OrderFails),
        |cast| {
            cast.living_agent(1);
            cast.stop();
        },
    ),
    Race::written(
        "evacuation_of_a_stopped_instance",
        "a stopped instance is evacuated and stays stopped, while the control plane dies",
        || {
            let stopped = Scene::new(2, 1).with_instance().stopped();
            stopped.host1_down().timer("agent.retry", 3)
        },
        |cast| {
            cast.living_agent(2);
            cast.evacuate();
            cast.control_dies();
        },
    )
    .rests(|site| {
        let stopped = |row: &Instance| row.vm_state == VmState::Stopped && !row.power.is_on();
        if !any::<Instance>(site, stopped) {
            return Err("it did not stay stopped".to_owned());
        }
        // The control plane may have died before it was asked.
        let asked = any::<Migration>(site, |_| true);
        if asked { evacuated(site) } else { Ok(()) }
    }),
];
