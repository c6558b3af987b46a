//! Several devices for one claim, and devices that vanish and come back. Where they do, a new life of the agent counts
//! them.

use steadfast_model::claim::{Claim, Role};
use steadfast_model::discrepancy::{Discrepancy, Subject};
use steadfast_model::instance::Instance;
use steadfast_model::pci::Device;

use super::evacuation::host1_down;
use crate::cast::Cast;
use crate::scene::{Scene, gpu_at, host};
use crate::site::Site;
use crate::stage::Race;
use crate::verdict::{any, every};

pub(super) const RACES: &[Race] = &[
    Race::written(
        "two_devices_or_none",
        "an instance of two devices and one of one want the two of a host: one of them has all it asked for",
        || Scene::new(1, 2),
        |cast| {
            cast.living_agent(1);
            cast.boot_pair(1);
            cast.boot(Some(1));
        },
    )
    .rests(|site| if every::<Claim>(site).len() == 1 { Ok(()) } else { Err("not one of the two".to_owned()) }),
    Race::written(
        "two_devices_deleted",
        "an instance of two devices is deleted while it is built, and others want both and one of them",
        || Scene::new(1, 2).then(|cast| cast.boot_pair(1)),
        |cast| {
            cast.living_agent(1);
            cast.delete();
            cast.boot_pair(1);
            cast.boot(Some(1));
        },
    ),
    Race::written(
        "two_devices_evacuated",
        "an instance of two devices is evacuated, and its source returns meanwhile",
        || Scene::new(2, 2).with_pair(1).host1_down(),
        |cast| {
            cast.living_agent(2);
            cast.evacuate();
            cast.agent(1);
        },
    ),
    Race::written(
        "two_devices_one_left",
        "an instance of two devices is evacuated while another takes one of the two that are free",
        || Scene::new(2, 2).with_pair(1).host1_down(),
        |cast| {
            cast.living_agent(2);
            cast.evacuate();
            cast.boot(Some(2));
        },
    )
    .rests(|site| {
        let on_host2 = every::<Claim>(site).into_iter().filter(|claim| claim.host == host(2));
        if on_host2.count() == 1 { Ok(()) } else { Err("not one of the two".to_owned()) }
    }),
    Race::written(
        "two_devices_one_owed",
        "an instance of two devices is evacuated to a host that owes one of its own until an old guest is gone",
        || {
            let owing = Scene::new(2, 2).with_instance().host1_down().then(Cast::delete);
            owing.with_pair(2).host_down(2)
        },
        |cast| {
            cast.agent(1);
            cast.evacuate();
        },
    )
    .rests(|site| {
        let moved = any::<Instance>(site, |row| row.host == Some(host(1)) && !row.is_deleted());
        let owes = any::<Claim>(site, |claim| claim.host == host(1) && claim.is_leaving());
        if moved && owes { Err("a device that was owed was granted".to_owned()) } else { Ok(()) }
    }),
    Race::written(
        "unplugged_while_claimed",
        "a device vanishes and comes back while an instance has it, which is deleted, and another wants it",
        || Scene::new(1, 1).with_instance(),
        |cast| {
            cast.agent(1);
            cast.unplugged_for_a_while(1, gpu_at(1));
            cast.delete();
            cast.boot(Some(1));
        },
    )
    .rests(all_are_there),
    Race::written(
        "unplugged_while_chosen",
        "a device vanishes and comes back while an instance is booted that may choose it",
        || Scene::new(1, 2),
        |cast| {
            cast.agent(1);
            cast.unplugged_for_a_while(1, gpu_at(1));
            cast.boot(Some(1));
        },
    )
    .rests(all_are_there),
    Race::written(
        "unplugged_for_good",
        "a device vanishes for good while an instance has it: it stays the instance's until that is gone",
        || Scene::new(1, 1).with_instance(),
        |cast| {
            cast.agent(1);
            cast.unplugged(1, gpu_at(1));
            cast.delete();
        },
    )
    .rests(|site| if any::<Device>(site, |_| true) { Err("it is still there".to_owned()) } else { Ok(()) }),
    Race::written(
        "unplugged_under_a_running_guest",
        "a device vanishes and comes back under a guest that goes on, while the agent of its host dies",
        || Scene::new(1, 1).with_instance().timer("agent.retry", 2),
        |cast| {
            cast.agent(1);
            cast.unplugged_for_a_while(1, gpu_at(1));
            cast.agent_restarts(1);
        },
    )
    .rests(|site| {
        let held = any::<Device>(site, |row| row.owner.is_some());
        let home = any::<Claim>(site, |claim| claim.role == Role::Home && claim.devices.len() == 1);
        all_are_there(site)?;
        if held && home { Ok(()) } else { Err("the instance lost its device".to_owned()) }
    }),
    Race::written(
        "unplugged_at_the_destination",
        "a device vanishes and comes back at the destination of an evacuation",
        host1_down,
        |cast| {
            cast.agent(2);
            cast.evacuate();
            cast.unplugged_for_a_while(2, gpu_at(1));
        },
    )
    .rests(all_are_there),
    Race::written(
        "one_of_two_unplugged",
        "one of two devices vanishes and comes back at the destination of an evacuation that needs both",
        || Scene::new(2, 2).with_pair(1).host1_down(),
        |cast| {
            cast.agent(2);
            cast.evacuate();
            cast.unplugged_for_a_while(2, gpu_at(2));
        },
    )
    .rests(all_are_there),
];

/// Every device that came back is known to be there, and nothing is noted about it any more.
fn all_are_there(site: &Site) -> Result<(), String> {
    if any::<Device>(site, |row| !row.present) {
        return Err("a device that is back still counts as missing".to_owned());
    }
    if any::<Discrepancy>(site, |row| matches!(row.subject, Subject::MissingDevice(_))) {
        return Err("it is still noted that a device is missing".to_owned());
    }
    let shown: usize = site.machines.values().map(|machine| machine.devices.len()).sum();
    let known = every::<Device>(site).len();
    if known == shown { Ok(()) } else { Err(format!("{known} devices are known, and there are {shown}")) }
}
