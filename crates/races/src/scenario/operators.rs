//! What operators do to hosts and instances, and what guests that nobody knows do to devices.

use steadfast_model::action::{Action, ActionKind, Outcome};
use steadfast_model::claim::Claim;
use steadfast_model::discrepancy::{Discrepancy, Subject};
use steadfast_model::host::{Host, Receipt};
use steadfast_model::instance::{Instance, VmState};
use steadfast_model::pci::Device;

use super::evacuation::host1_down;
use crate::fault::Fault;
use crate::scene::{Scene, gpu_at, host};
use crate::site::Site;
use crate::stage::Race;
use crate::verdict::{any, deleted, every};

pub(super) const RACES: &[Race] = &[
    Race::written(
        "boot_deleted",
        "an instance is deleted at any moment of its boot, from the first on",
        || Scene::new(1, 1),
        |cast| {
            cast.living_agent(1);
            cast.boot_then_delete(1);
        },
    )
    .rests(deleted),
    Race::written(
        "no_host_and_delete",
        "an instance is deleted while it is being refused by every host",
        || Scene::new(1, 0),
        |cast| cast.boot_then_delete(1),
    )
    .rests(deleted),
    Race::written(
        "no_room_and_delete",
        "an instance is deleted while its evacuation finds no room and is rolled back",
        || {
            let full = Scene::new(2, 1).then(|cast| {
                cast.agent(2);
                cast.boot(Some(2));
            });
            full.with_instance().host1_down()
        },
        |cast| {
            cast.evacuate();
            cast.delete();
        },
    )
    .rests(|site| {
        let kept = |row: &Instance| row.host == Some(host(1)) && !row.is_deleted();
        if any::<Instance>(site, kept) { Err("it is not deleted".to_owned()) } else { Ok(()) }
    }),
    Race::written(
        "deleted_twice",
        "two people delete one instance at once: one of them finds none",
        || Scene::new(1, 1).with_instance(),
        |cast| {
            cast.living_agent(1);
            cast.delete();
            cast.delete();
        },
    )
    .rests(|site| {
        let deletions = every::<Action>(site).into_iter().filter(|row| row.kind == ActionKind::Delete);
        if deletions.count() == 1 { deleted(site) } else { Err("deleted twice".to_owned()) }
    }),
    Race::written(
        "stop_after_a_failed_start",
        "a start fails and a stop follows: the stop is not told of what the start came to",
        || {
            let stopped = Scene::new(1, 1).with_instance().stopped();
            stopped.fault(Fault::OrderFails)
        },
        |cast| {
            cast.living_agent(1);
            cast.start_fails_then_stop();
            cast.failure_is_told_late(1);
        },
    )
    .rests(stopped_after_all),
    Race::written(
        "stopping_evacuation_fails",
        "an evacuation that should leave its instance stopped fails: the instance is wanted as before",
        || host1_down().fault(Fault::OrderFails),
        |cast| {
            cast.living_agent(2);
            cast.evacuate_to(None, true);
        },
    )
    .rests(|site| {
        let stays = |row: &Instance| row.host == Some(host(1)) && row.operation.is_none();
        let as_before = |row: &Instance| row.vm_state == VmState::Active && row.power.is_on();
        let other = any::<Instance>(site, |row| stays(row) && !as_before(row));
        if other { Err("it is not as it was before".to_owned()) } else { Ok(()) }
    }),
    Race::written(
        "dest_fenced",
        "the destination of an evacuation is fenced: the roll-back waits for it no longer",
        || host1_down().fault(Fault::OrderFails),
        |cast| {
            cast.living_agent(2);
            cast.evacuate();
            cast.fence(2);
        },
    ),
    Race::written(
        "fenced_meanwhile",
        "a host is fenced while an instance is booted on it: nothing is claimed on it any more",
        || Scene::new(1, 1),
        |cast| {
            cast.boot(Some(1));
            cast.fence(1);
        },
    )
    .rests(|site| match receipt(site) {
        Some(Receipt::Driver) => Ok(()),
        Some(Receipt::Asserted(_)) | None => Err("a fenced host has no receipt".to_owned()),
    }),
    Race::written(
        "disabled_meanwhile",
        "a host is disabled while an instance is booted on it: nothing is claimed on it any more",
        || Scene::new(1, 1),
        |cast| {
            cast.living_agent(1);
            cast.boot(Some(1));
            cast.disable(1, Some("broken"));
        },
    )
    .rests(|site| {
        let enabled = any::<Host>(site, |row| row.disabled.is_none());
        if enabled { Err("a disabled host is not disabled".to_owned()) } else { Ok(()) }
    }),
    Race::written(
        "wrongly_down",
        "a person asserts that a host is down, and it is not: it returns, and that is noted",
        || Scene::new(1, 1).timer("agent.retry", 2),
        |cast| {
            cast.living_agent(1);
            cast.force_down(1);
        },
    )
    .rests(|site| {
        let noted = any::<Discrepancy>(site, |row| matches!(row.subject, Subject::NeverDead(_)));
        if noted { Ok(()) } else { Err("nobody notes that the host was never dead".to_owned()) }
    }),
    Race::written(
        "late_registration",
        "a registration arrives after its host has died and a person has said so",
        || Scene::new(1, 1).fault(Fault::MessageRepeated).fault(Fault::AnswerLost),
        |cast| {
            cast.agent(1);
            cast.dies_and_is_asserted_down(1);
        },
    )
    .rests(|site| {
        let back = site.awake.contains(&host(1));
        if back || receipt(site).is_some() { Ok(()) } else { Err("the dead registered".to_owned()) }
    }),
    Race::written(
        "taken_back",
        "an assertion is taken back: the host is silent again, and not proven down",
        host1_down,
        |cast| cast.unforce_down(1),
    )
    .rests(|site| match receipt(site) {
        None => Ok(()),
        Some(_) => Err("an assertion that was taken back stands".to_owned()),
    }),
    Race::written(
        "not_a_persons_to_take_back",
        "somebody takes back what a fencing driver saw",
        || Scene::new(1, 1).then(|cast| cast.fence(1)),
        |cast| cast.unforce_down(1),
    )
    .rests(|site| match receipt(site) {
        Some(Receipt::Driver) => Ok(()),
        Some(Receipt::Asserted(_)) | None => Err("a driver's receipt was taken back".to_owned()),
    }),
    Race::written(
        "removed_or_back",
        "a host is removed while it returns: one that is back is not removed",
        || {
            host1_down().then(|cast| {
                cast.agent(2);
                cast.evacuate();
            })
        },
        |cast| {
            cast.agent(1);
            cast.remove_host(1);
        },
    )
    .rests(|site| {
        let boot_id = site.machines[&host(1)].boot_id;
        let lived = |row: &Host| row.removed && row.boot_id == Some(boot_id);
        if any::<Host>(site, lived) { Err("a living host was removed".to_owned()) } else { Ok(()) }
    }),
    Race::written(
        "readmitted_twice",
        "a host is re-admitted by two people while it returns",
        || {
            let emptied = Scene::new(1, 1).host1_down().then(|cast| cast.remove_host(1));
            emptied.timer("agent.retry", 2)
        },
        |cast| {
            cast.agent(1);
            cast.readmit_host(1);
            cast.readmit_host(1);
        },
    ),
    Race::written(
        "foreign_hands",
        "a guest that nobody knows takes a device, and a report from before arrives late",
        || Scene::new(1, 2).fault(Fault::MessageRepeated),
        |cast| {
            cast.agent(1);
            cast.guest_appears(1, gpu_at(1));
        },
    )
    .rests(|site| {
        let noted = any::<Discrepancy>(site, |row| matches!(row.subject, Subject::UnknownGuest(_)));
        let held = any::<Device>(site, |row| row.seen.address == gpu_at(1) && row.foreign);
        if noted && held { Ok(()) } else { Err("it is not known that somebody holds a device".to_owned()) }
    }),
    Race::written(
        "foreign_hands_keep",
        "a guest that nobody knows holds a device, and instances want one",
        || {
            let scene = Scene::new(1, 2);
            scene.with_stranger(1, gpu_at(1))
        },
        |cast| {
            cast.living_agent(1);
            cast.boot(Some(1));
            cast.boot(Some(1));
        },
    )
    .rests(|site| {
        let granted = any::<Claim>(site, |claim| claim.devices.contains(&gpu_at(1)));
        if granted { Err("a device in foreign hands was granted".to_owned()) } else { Ok(()) }
    }),
];

/// The receipt of host 1.
fn receipt(site: &Site) -> Option<Receipt> {
    every::<Host>(site).into_iter().find(|row| row.id == host(1)).and_then(|row| row.receipt.clone())
}

/// No stop failed: the only order that may fail is that of the start.
fn stopped_after_all(site: &Site) -> Result<(), String> {
    let failed = |row: &Action| matches!(row.ended, Some((_, Outcome::Error(_))));
    if any::<Action>(site, |row| row.kind == ActionKind::Stop && failed(row)) {
        return Err("the stop was told of what the start came to".to_owned());
    }
    Ok(())
}
