//! Rules A: a claim ends only when its guest is gone for sure.

use steadfast_model::claim::Claim;
use steadfast_model::host::Host;
use steadfast_model::hypervisor::SeenGuest;

use crate::cast::Cast;
use crate::fault::Fault;
use crate::mutant::Rule;
use crate::scene::{Scene, host};
use crate::stage::Race;
use crate::verdict::{any, nothing_more};

/// One host with one device.
fn contended() -> Scene {
    Scene::new(1, 1)
}

pub(super) const RACES: &[Race] = &[
    Race {
        name: "a1_told",
        about: "a list in flight says Run while its instance is deleted and the device wanted again",
        scene: || contended().with_instance_untold(),
        start: |cast| {
            cast.living_agent(1);
            cast.delete();
        },
        rests: nothing_more,
        rule: Some(Rule::A1Told),
        exhaustive: true,
    },
    Race {
        name: "a2_list_gen",
        about: "an older list arrives after a newer one",
        scene: || contended().with_instance_untold().fault(Fault::LateList),
        start: |cast| {
            cast.living_agent(1);
            cast.delete();
        },
        rests: nothing_more,
        rule: Some(Rule::A2ListGen),
        exhaustive: true,
    },
    Race {
        name: "a3_open_orders",
        about: "a guest must go while the order to build it is still open",
        scene: || contended().with_instance_untold(),
        start: |cast| {
            cast.living_agent(1);
            cast.delete();
        },
        rests: nothing_more,
        rule: Some(Rule::A3OpenOrders),
        exhaustive: true,
    },
    Race {
        name: "a4_barrier",
        about: "an agent dies while its order is open, and the next one asks what to do",
        scene: || contended().with_instance_untold().timer("agent.retry", 2),
        start: |cast| {
            cast.living_agent(1);
            cast.agent_restarts(1);
            cast.delete();
        },
        rests: nothing_more,
        rule: Some(Rule::A4Barrier),
        exhaustive: true,
    },
    Race {
        name: "a5_epoch",
        about: "a list of an agent's former life arrives after the new life said that the guest is gone",
        scene: || contended().with_instance_untold().fault(Fault::LateList),
        start: |cast| {
            cast.living_agent(1);
            cast.agent_restarts_after_claims(1);
            cast.delete();
        },
        rests: nothing_more,
        rule: Some(Rule::A5EpochPerLife),
        exhaustive: true,
    },
    Race {
        name: "a6_gone_answers",
        about: "a report made before the build is read after the claim is leaving",
        scene: || contended().with_instance_untold(),
        start: |cast| {
            cast.living_agent(1);
            cast.delete();
        },
        rests: nothing_more,
        rule: Some(Rule::A6GoneAnswers),
        exhaustive: true,
    },
    Race {
        name: "a7_tombstone",
        about: "the agent of a removed host comes back",
        scene: || {
            contended().with_instance().host1_down().then(Cast::delete).then(|cast| cast.remove_host(1))
        },
        start: |cast| cast.agent(1),
        rests: |site| {
            let back = any::<Host>(site, |row| row.registered);
            if back { Err("a removed host registered".to_owned()) } else { Ok(()) }
        },
        rule: Some(Rule::A7Tombstone),
        exhaustive: true,
    },
    Race {
        name: "a8_quarantine",
        about: "a re-admitted host still has a guest that nobody knows, and its device looks free",
        scene: || {
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
        start: |cast| {
            cast.agent(1);
            cast.boot(Some(1));
        },
        rests: |site| {
            let granted = any::<Claim>(site, |claim| claim.host == host(1));
            if granted { Err("a quarantined host was given an instance".to_owned()) } else { Ok(()) }
        },
        rule: Some(Rule::A8Quarantine),
        exhaustive: true,
    },
    Race {
        name: "a9_claim_rechecks",
        about: "two schedulers choose one device",
        scene: contended,
        start: |cast| {
            cast.boot(Some(1));
            cast.boot(Some(1));
        },
        rests: nothing_more,
        rule: Some(Rule::A9ClaimRechecks),
        exhaustive: true,
    },
    Race {
        name: "boot_and_delete",
        about: "an instance is deleted at any moment of its boot, and another wants its device",
        scene: || contended().with_instance_untold(),
        start: |cast| {
            cast.living_agent(1);
            cast.delete();
            cast.boot(Some(1));
        },
        rests: nothing_more,
        rule: None,
        exhaustive: true,
    },
];
