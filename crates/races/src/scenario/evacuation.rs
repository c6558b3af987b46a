//! An evacuation and whatever may come between its steps.

use steadfast_model::claim::{Claim, Role};
use steadfast_model::instance::{Instance, VmState};
use steadfast_model::migration::{Migration, MigrationStatus};

use crate::cast::Cast;
use crate::legacy::audit::audit;
use crate::mutant::Rule;
use crate::scene::{Scene, host};
use crate::site::Site;
use crate::stage::Race;
use crate::verdict::{any, deleted, every};

pub(super) const RACES: &[Race] =
    &[
        Race::written(
            "evacuate_while_reporting",
            "an evacuation finishes while its destination reports, and an audit may free its device",
            || host1_down().timer("agent.tick", 1),
            |cast| {
                cast.living_agent(2);
                cast.evacuate();
                if cast.without() == Some(Rule::Observation) {
                    cast.control("audit", |env, cause| async move {
                        let _ = audit(&env, &cause, host(2)).await;
                    });
                }
            },
        )
        .rests(evacuated)
        .needs(Rule::Observation),
        Race::written(
            "delete_during_evacuation",
            "the instance is deleted at any moment of its evacuation",
            host1_down,
            |cast| {
                cast.living_agent(2);
                cast.evacuate();
                cast.delete();
            },
        )
        .rests(deleted)
        .needs(Rule::C3DeleteOvertakes),
        Race::written(
            "two_evacuations",
            "two operators evacuate one instance at once: one of them is refused",
            host1_down,
            |cast| {
                cast.living_agent(2);
                cast.evacuate();
                cast.evacuate();
            },
        )
        .rests(|site| {
            if every::<Migration>(site).len() == 1 { evacuated(site) } else { Err("two moves".to_owned()) }
        })
        .needs(Rule::C4OneOperation),
        Race::written(
            "no_room",
            "no other host has a device free: nothing changes hands, and the reason is kept",
            || {
                let full = Scene::new(2, 1).then(|cast| {
                    cast.agent(2);
                    cast.boot(Some(2));
                });
                full.with_instance().host1_down()
            },
            Cast::evacuate,
        )
        .rests(|site| {
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
        }),
        Race::written(
            "dest_agent_dies",
            "the destination's agent dies while it builds, and another takes over",
            || host1_down().timer("agent.retry", 2),
            |cast| {
                cast.living_agent(2);
                cast.evacuate();
                cast.agent_restarts(2);
            },
        )
        .rests(evacuated),
        Race::written(
            "evacuated_again",
            "the destination dies in its turn, and the first source returns while the instance moves on",
            || {
                let moved = Scene::new(3, 1).with_instance().host1_down().then(|cast| {
                    cast.agent(2);
                    cast.evacuate_to(Some(2), false);
                });
                moved.host_down(2)
            },
            |cast| {
                cast.living_agent(3);
                cast.evacuate_to(Some(3), false);
                cast.agent(1);
            },
        ),
        Race::written(
            "source_returns",
            "the source comes back at any moment of the evacuation",
            host1_down,
            |cast| {
                cast.living_agent(2);
                cast.evacuate();
                cast.agent(1);
            },
        )
        .needs(Rule::B1OneRunner),
        Race::written(
            "delete_while_down",
            "an instance is deleted while its host is down, and the host returns",
            host1_down,
            |cast| {
                cast.delete();
                cast.agent(1);
            },
        )
        .rests(deleted),
        Race::written(
            "evacuated_to_stop",
            "an evacuation that leaves its instance stopped, as microversion 2.95 asks",
            || host1_down().timer("agent.retry", 2),
            |cast| {
                cast.living_agent(2);
                cast.evacuate_to(None, true);
                cast.control_dies();
            },
        )
        .rests(|site| {
            let runs = |row: &Instance| row.host == Some(host(2)) && row.vm_state != VmState::Stopped;
            if any::<Instance>(site, runs) { Err("it was not left stopped".to_owned()) } else { Ok(()) }
        }),
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
