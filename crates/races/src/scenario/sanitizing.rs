//! Devices that are sanitised between two grants, and before the first. Where a machine changes, a new life of the
//! agent counts it.

use steadfast_model::claim::Claim;
use steadfast_model::ids::{Epoch, InventorySeq};
use steadfast_model::pci::{Device, Dirt, Kind, Sighting};

use crate::cast::Cast;
use crate::fault::Fault;
use crate::mutant::Rule;
use crate::scene::{Scene, gpu_at, host};
use crate::site::Site;
use crate::stage::Race;
use crate::verdict::{any, every};

/// How the only device of a host came to be dirty when its first life counted it.
const FIRST: Dirt = Dirt::Found(Sighting { epoch: Epoch(1), seq: InventorySeq(1) });

pub(super) const RACES: &[Race] = &[
    Race::written(
        "d1_used",
        "an instance is deleted, and another wants its device: it comes after what the first left there is gone",
        with_instance,
        |cast| {
            cast.living_agent(1);
            cast.delete();
            cast.boot(Some(1));
        },
    )
    .needs(Rule::D1Used),
    Race::written(
        "d2_late_answer",
        "that the device is clean arrives once more, after it was used again, and another instance wants it",
        with_instance,
        |cast| {
            cast.living_agent(1);
            cast.delete();
            cast.boot(Some(1));
            cast.sanitized_is_told_late(1, gpu_at(1), FIRST);
        },
    )
    .needs(Rule::D2DirtEchoed),
    Race::written(
        "d3_dirty",
        "an instance wants the only device, which is being sanitised",
        dirty,
        |cast| {
            cast.living_agent(1);
            cast.boot(Some(1));
        },
    )
    .needs(Rule::D3CleanGrants),
    Race::written(
        "d4_asserted_meanwhile",
        "a person says that a device is clean while it is sanitised, and an instance is built on it",
        found,
        |cast| {
            cast.living_agent(1);
            cast.assert_clean();
            cast.boot(Some(1));
        },
    )
    .needs(Rule::D4OneAtATime),
    Race::written(
        "d5_found",
        "a device was unplugged before it was sanitised, and is back, and an instance wants it",
        back_with_dirt,
        |cast| {
            cast.agent(1);
            cast.boot(Some(1));
        },
    )
    .needs(Rule::D5Found),
    Race::written(
        "d6_late_word",
        "a person's word that a device is clean arrives after it was used again, and another instance wants it",
        with_instance,
        |cast| {
            cast.living_agent(1);
            cast.delete();
            cast.boot(Some(1));
            cast.assert_clean_of(host(1), gpu_at(1), FIRST);
        },
    )
    .needs(Rule::D6AssertedDirt),
    Race::written(
        "unplugged_while_sanitized",
        "a device vanishes and comes back while it is sanitised, and an instance wants it",
        dirty,
        |cast| {
            cast.agent(1);
            cast.unplugged_for_a_while(1, gpu_at(1));
            cast.boot(Some(1));
        },
    )
    .rests(nothing_is_dirty),
    Race::written(
        "sanitizing_outlives_its_agent",
        "an agent dies while it sanitises a device, which a person calls clean: the next one builds there",
        found,
        |cast| {
            cast.agent(1);
            cast.agent_restarts(1);
            cast.assert_clean();
            cast.boot(Some(1));
        },
    )
    .needs(Rule::A4Barrier),
    Race::written(
        "sanitizing_fails_once",
        "a device could not be sanitised when it was tried first, and an instance wants it",
        || dirty().fault(Fault::OrderFails),
        |cast| {
            cast.living_agent(1);
            cast.boot(Some(1));
        },
    )
    .rests(nothing_is_dirty),
    Race::written(
        "sanitizing_seems_to_fail",
        "a device was sanitised, its agent was told that it failed, and a person calls it clean meanwhile",
        || found().fault(Fault::OrderAnswerLost),
        |cast| {
            cast.living_agent(1);
            cast.assert_clean();
            cast.boot(Some(1));
        },
    )
    .rests(nothing_is_dirty),
    Race::written(
        "sanitizing_the_source",
        "the source of an evacuation returns, and an instance wants the device that it was left with",
        || Scene::sanitizing(2, 1).with_instance().host1_down(),
        |cast| {
            cast.living_agent(2);
            cast.evacuate();
            cast.agent(1);
            cast.boot(Some(1));
        },
    ),
    Race::written(
        "sanitizing_a_failed_destination",
        "an evacuation fails on a device that may have been used by then, and another instance wants that",
        || Scene::sanitizing(2, 1).with_instance().host1_down().fault(Fault::OrderFails),
        |cast| {
            cast.living_agent(2);
            cast.evacuate();
            cast.boot(Some(2));
        },
    )
    .rests(|site| nothing_is_dirty_on(site, 2)),
    Race::written(
        "untold_leaves_no_dirt",
        "an instance of which no agent has heard is deleted: its device was not used, and another has it at once",
        || Scene::sanitizing(1, 1).with_instance_untold(),
        |cast| {
            cast.living_agent(1);
            cast.delete();
            cast.boot(Some(1));
        },
    )
    .rests(nothing_is_dirty),
    Race::written(
        "stranger_on_a_dirty_device",
        "a guest that nobody knows appears on a device while it is sanitised: it stays dirty, whoever calls it clean",
        found,
        |cast| {
            cast.agent(1);
            cast.guest_appears(1, gpu_at(1));
            cast.assert_clean();
            cast.boot(Some(1));
        },
    )
    .rests(|site| {
        let home = any::<Claim>(site, |_| true);
        let dirty = any::<Device>(site, |row| row.foreign && row.dirt.is_some());
        if home || dirty { Ok(()) } else { Err("it counts as clean in the hands of a stranger".to_owned()) }
    }),
    Race::written(
        "readmitted_with_a_dirty_device",
        "a host was removed with a dirty device, and is re-admitted: the device is as dirty as before",
        || removed_with_dirt().then(|cast| cast.readmit_host(1)),
        |cast| {
            cast.agent(1);
            cast.boot(Some(1));
        },
    )
    .needs(Rule::D5Found),
    Race::written(
        "nobody_can_sanitize_it",
        "a device is dirty for which no sanitizer is named any more: it is said so, and a person calls it clean",
        without_sanitizer,
        |cast| {
            cast.agent(1);
            cast.assert_clean();
        },
    )
    .rests(nothing_is_dirty),
    Race::written(
        "nobody_says_that_it_is_clean",
        "a device is dirty for which no sanitizer is named any more, and an instance wants it",
        without_sanitizer,
        |cast| {
            cast.agent(1);
            cast.boot(Some(1));
        },
    )
    .rests(|site| if any::<Claim>(site, |_| true) { Err("it was granted".to_owned()) } else { Ok(()) }),
    Race::written(
        "whole_function_beside_a_dirty_one",
        "an instance had a virtual function, and another wants the physical one: it waits until all are sanitised",
        || Scene::split().then(|cast| {
            cast.agent(1);
            cast.boot_function(1, Kind::Vf);
        }),
        |cast| {
            cast.living_agent(1);
            cast.delete();
            cast.boot_function(1, Kind::Pf);
        },
    ),
    Race::written(
        "virtual_function_of_a_dirty_one",
        "an instance had a physical function, and another wants a virtual one of it",
        || Scene::split().then(|cast| {
            cast.agent(1);
            cast.boot_function(1, Kind::Pf);
        }),
        |cast| {
            cast.living_agent(1);
            cast.delete();
            cast.boot_function(1, Kind::Vf);
        },
    ),
    Race::written(
        "virtual_function_vanishes",
        "a virtual function vanishes that an instance has or had, and another wants the physical one: it is dirty then",
        || {
            Scene::split().then(|cast| {
                cast.agent(1);
                cast.boot_function(1, Kind::Vf);
            })
        },
        |cast| {
            cast.agent(1);
            cast.delete();
            cast.unplugged(1, gpu_at(2));
            cast.boot_function(1, Kind::Pf);
        },
    ),
    Race::written(
        "two_devices_sanitized",
        "an instance of two devices is deleted, and others want both and one of them",
        || Scene::sanitizing(1, 2).with_pair(1),
        |cast| {
            cast.living_agent(1);
            cast.delete();
            cast.boot_pair(1);
            cast.boot(Some(1));
        },
    ),
];

/// An instance on the only device of the only host.
fn with_instance() -> Scene {
    Scene::sanitizing(1, 1).with_instance()
}

/// An instance had the only device of the only host, is gone, and left it dirty.
fn dirty() -> Scene {
    let mut deleted = with_instance().then(Cast::delete);
    deleted.machine(1, |machine| machine.guests.clear());
    deleted.then(|cast| cast.looks_once(1))
}

/// The same, and the device was not there for a while.
fn back_with_dirt() -> Scene {
    let mut gone = dirty();
    let mut devices = Vec::new();
    gone.machine(1, |machine| std::mem::swap(&mut machine.devices, &mut devices));
    let mut back = gone.then(|cast| cast.looks_once(1));
    back.machine(1, |machine| machine.devices = devices);
    back
}

/// The only device of the only host was counted for the first time just now.
fn found() -> Scene {
    Scene::sanitizing(1, 0).with_dirty_gpu(1)
}

/// The only device of the only host is dirty, and its `device_spec` names no sanitizer any more.
fn without_sanitizer() -> Scene {
    let mut found = found();
    found.machine(1, |machine| machine.devices[0].sanitizer = None);
    found
}

/// The only host died with an instance, which was deleted, and was removed.
fn removed_with_dirt() -> Scene {
    let deleted = with_instance().host1_down().then(Cast::delete);
    let mut removed = deleted.then(|cast| cast.remove_host(1));
    removed.machine(1, |machine| machine.guests.clear());
    removed
}

fn nothing_is_dirty(site: &Site) -> Result<(), String> {
    if any::<Device>(site, |row| row.to_sanitize().is_some()) {
        return Err("a device stays dirty".to_owned());
    }
    Ok(())
}

fn nothing_is_dirty_on(site: &Site, number: u8) -> Result<(), String> {
    let dirty =
        every::<Device>(site).iter().any(|row| row.host == host(number) && row.to_sanitize().is_some());
    if dirty { Err("a device stays dirty".to_owned()) } else { Ok(()) }
}
