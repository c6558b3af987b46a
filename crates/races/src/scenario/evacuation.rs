//! An evacuation and whatever may come between its steps.

use steadfast_model::claim::{Claim, Role};
use steadfast_model::instance::Instance;
use steadfast_model::migration::{Migration, MigrationStatus};

use crate::cast::Cast;
use crate::legacy::audit::audit;
use crate::mutant::Rule;
use crate::scene::{Scene, host};
use crate::site::Site;
use crate::stage::Race;
use crate::verdict::{any, deleted, every, nothing_more};

pub(super) const RACES: &[Race] = &[
    Race {
        name: "seed",
        about: "an evacuation finishes while its destination reports, and an audit may free its device",
        scene: || host1_down().timer("agent.tick", 1),
        start: |cast| {
            cast.living_agent(2);
            cast.evacuate();
            if cast.without() == Some(Rule::Observation) {
                cast.control("audit", |env, cause| async move {
                    let _ = audit(&env, &cause, host(2)).await;
                });
            }
        },
        rests: evacuated,
        rule: Some(Rule::Observation),
        exhaustive: true,
    },
    Race {
        name: "delete_during_evacuation",
        about: "the instance is deleted at any moment of its evacuation",
        scene: host1_down,
        start: |cast| {
            cast.living_agent(2);
            cast.evacuate();
            cast.delete();
        },
        rests: deleted,
        rule: Some(Rule::C3DeleteOvertakes),
        exhaustive: true,
    },
    Race {
        name: "two_evacuations",
        about: "two operators evacuate one instance at once: one of them is refused",
        scene: host1_down,
        start: |cast| {
            cast.living_agent(2);
            cast.evacuate();
            cast.evacuate();
        },
        rests: |site| {
            if every::<Migration>(site).len() == 1 { evacuated(site) } else { Err("two moves".to_owned()) }
        },
        rule: Some(Rule::C4OneOperation),
        exhaustive: true,
    },
    Race {
        name: "no_room",
        about: "no other host has a device free: nothing changes hands, and the reason is kept",
        scene: || {
            let full = Scene::new(2, 1).then(|cast| {
                cast.agent(2);
                cast.boot(Some(2));
            });
            full.with_instance().host1_down()
        },
        start: Cast::evacuate,
        rests: |site| {
            let refused = |row: &Migration| {
                let why = row.reason.as_deref().unwrap_or_default();
                row.status == MigrationStatus::Error && why.contains("host1") && why.contains("host2")
            };
            let told = any::<Migration>(site, refused);
            let stays = |claim: &Claim| claim.host == host(1) && claim.role == Role::Home;
            if told && any::<Claim>(site, stays) {
                Ok(())
            } else {
                Err("not refused with its reasons".to_owned())
            }
        },
        rule: None,
        exhaustive: true,
    },
    Race {
        name: "dest_agent_dies",
        about: "the destination's agent dies while it builds, and another takes over",
        scene: || host1_down().timer("agent.retry", 2),
        start: |cast| {
            cast.living_agent(2);
            cast.evacuate();
            cast.agent_restarts(2);
        },
        rests: evacuated,
        rule: None,
        exhaustive: true,
    },
    Race {
        name: "evacuated_again",
        about: "the destination dies in its turn, and the first source returns while the instance moves on",
        scene: || {
            let moved = Scene::new(3, 1).with_instance().host1_down().then(|cast| {
                cast.agent(2);
                cast.evacuate_to(Some(2), false);
            });
            moved.host_down(2)
        },
        start: |cast| {
            cast.living_agent(3);
            cast.evacuate_to(Some(3), false);
            cast.agent(1);
        },
        rests: nothing_more,
        rule: None,
        exhaustive: false,
    },
    Race {
        name: "source_returns",
        about: "the source comes back at any moment of the evacuation",
        scene: host1_down,
        start: |cast| {
            cast.living_agent(2);
            cast.evacuate();
            cast.agent(1);
        },
        rests: nothing_more,
        rule: Some(Rule::B1OneRunner),
        exhaustive: false,
    },
    Race {
        name: "delete_while_down",
        about: "an instance is deleted while its host is down, and the host returns",
        scene: host1_down,
        start: |cast| {
            cast.delete();
            cast.agent(1);
        },
        rests: deleted,
        rule: None,
        exhaustive: true,
    },
    Race {
        name: "evacuated_to_stop",
        about: "an evacuation that leaves its instance stopped, as microversion 2.95 asks",
        scene: || host1_down().timer("agent.retry", 2),
        start: |cast| {
            cast.living_agent(2);
            cast.evacuate_to(None, true);
            cast.control_dies();
        },
        rests: nothing_more,
        rule: None,
        exhaustive: true,
    },
];

/// An instance on host 1, which is down; host 2 has a device free.
pub(super) fn host1_down() -> Scene {
    Scene::new(2, 1).with_instance().host1_down()
}

/// The instance is on host 2, and host 1 owes its device until it returns.
pub(super) fn evacuated(site: &Site) -> Result<(), String> {
    let moved =
        any::<Instance>(site, |instance| instance.host == Some(host(2)) && instance.operation.is_none());
    let owed = |claim: &Claim| claim.host == host(1) && claim.is_leaving() && claim.devices.len() == 1;
    if !moved {
        return Err("the instance was not evacuated".to_owned());
    }
    if !any::<Claim>(site, owed) {
        return Err("the source's device is free although nobody saw its guest go".to_owned());
    }
    Ok(())
}
