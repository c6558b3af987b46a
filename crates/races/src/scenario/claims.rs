//! Rules A: a claim ends only when its guest is gone for sure.

use steadfast_model::claim::Claim;
use steadfast_model::host::Host;
use steadfast_model::hypervisor::SeenGuest;

use crate::cast::Cast;
use crate::fault::Fault;
use crate::mutant::Rule;
use crate::scene::{Scene, host};
use crate::stage::Race;
use crate::verdict::any;

/// One host with one device.
fn contended() -> Scene {
    Scene::new(1, 1)
}

pub(super) const RACES: &[Race] = &[
    Race::written(
        "a1_told",
        "a list in flight says Run while its instance is deleted and the device wanted again",
        || contended().with_instance_untold(),
        |cast| {
            cast.living_agent(1);
            cast.delete();
        },
    )
    .needs(Rule::A1Told),
    Race::written(
        "a2_list_gen",
        "an older list arrives after a newer one",
        || contended().with_instance_untold().fault(Fault::LateList),
        |cast| {
            cast.living_agent(1);
            cast.delete();
        },
    )
    .needs(Rule::A2ListGen),
    Race::written(
        "a3_open_orders",
        "a guest must go while the order to build it is still open",
        || contended().with_instance_untold(),
        |cast| {
            cast.living_agent(1);
            cast.delete();
        },
    )
    .needs(Rule::A3OpenOrders),
    Race::written(
        "a4_barrier",
        "an agent dies while its order is open, and the next one asks what to do",
        || contended().with_instance_untold().timer("agent.retry", 2),
        |cast| {
            cast.living_agent(1);
            cast.agent_restarts(1);
            cast.delete();
        },
    )
    .needs(Rule::A4Barrier),
    Race::written(
        "a5_epoch",
        "a list of an agent's former life arrives after the new life said that the guest is gone",
        || contended().with_instance_untold().fault(Fault::LateList),
        |cast| {
            cast.living_agent(1);
            cast.agent_restarts_after_claims(1);
            cast.delete();
        },
    )
    .needs(Rule::A5EpochPerLife),
    Race::written(
        "a6_gone_answers",
        "a report made before the build is read after the claim is leaving",
        || contended().with_instance_untold(),
        |cast| {
            cast.living_agent(1);
            cast.delete();
        },
    )
    .needs(Rule::A6GoneAnswers),
    Race::written(
        "a7_tombstone",
        "the agent of a removed host comes back",
        || contended().with_instance().host1_down().then(Cast::delete).then(|cast| cast.remove_host(1)),
        |cast| cast.agent(1),
    )
    .rests(|site| {
        let back = any::<Host>(site, |row| row.registered);
        if back { Err("a removed host registered".to_owned()) } else { Ok(()) }
    })
    .needs(Rule::A7Tombstone),
    Race::written(
        "a8_quarantine",
        "a re-admitted host still has a guest that nobody knows, and its device looks free",
        || {
            let mut scene = contended()
                .with_instance()
                .host1_down()
                .then(Cast::delete)
                .then(|cast| cast.remove_host(1))
                .then(|cast| cast.readmit_host(1));
            let tag = "somebody".parse().expect("a name");
            let guest = SeenGuest { tag, claim: None, running: false, devices: Vec::new() };
            scene.machine(1, |machine| machine.foreign.push(guest));
            scene
        },
        |cast| {
            cast.agent(1);
            cast.boot(Some(1));
        },
    )
    .rests(|site| {
        let granted = any::<Claim>(site, |claim| claim.host == host(1));
        if granted { Err("a quarantined host was given an instance".to_owned()) } else { Ok(()) }
    })
    .needs(Rule::A8Quarantine),
    Race::written("a9_claim_rechecks", "two schedulers choose one device", contended, |cast| {
        cast.boot(Some(1));
        cast.boot(Some(1));
    })
    .needs(Rule::A9ClaimRechecks),
    Race::written(
        "boot_and_delete",
        "an instance is deleted at any moment of its boot, and another wants its device",
        || contended().with_instance_untold(),
        |cast| {
            cast.living_agent(1);
            cast.delete();
            cast.boot(Some(1));
        },
    ),
];
