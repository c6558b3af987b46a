//! Moves between hosts that live: a cold migration, a resize, and what becomes of what they leave behind.

use steadfast_model::claim::{Claim, Role};
use steadfast_model::instance::{Instance, Power, VmState};
use steadfast_model::migration::{Migration, MigrationStatus};

use crate::cast::Cast;
use crate::fault::Fault;
use crate::mutant::Rule;
use crate::scene::{Scene, host};
use crate::site::Site;
use crate::stage::Race;
use crate::verdict::{any, deleted, every};

pub(super) const RACES: &[Race] = &[
    Race::written(
        "b4_move_waits",
        "an instance is moved while its source is still stopping it",
        at_home,
        |cast| {
            both_ends(cast);
            cast.migrate();
        },
    )
    .rests(moved)
    .needs(Rule::B4MoveWaits),
    Race::written(
        "b5_revert_waits",
        "a move is reverted while the new home is still stopping the instance",
        || at_home().moved(),
        |cast| {
            both_ends(cast);
            cast.revert();
        },
    )
    .rests(reverted)
    .needs(Rule::B5RevertWaits),
    Race::written(
        "late_off_of_a_stop",
        "an instance was stopped and started, and is moved: a late `off` of that stop is no word of its source",
        || at_home().fault(Fault::MessageRepeated),
        |cast| {
            cast.living_agent(1);
            cast.stop_start_migrate();
        },
    ),
    Race::written(
        "moved_stopped",
        "a stopped instance is moved, and stays stopped, while the control plane dies",
        || at_home().stopped().timer("agent.retry", 2),
        |cast| {
            both_ends(cast);
            cast.migrate();
            cast.control_dies();
        },
    )
    .rests(|site| {
        let runs = |row: &Instance| row.host == Some(host(2)) && row.power == Power::On;
        if any::<Instance>(site, runs) { Err("it was not left stopped".to_owned()) } else { Ok(()) }
    }),
    Race::written(
        "deleted_on_the_way",
        "a stopped instance is deleted at any moment of its move",
        || at_home().stopped(),
        |cast| {
            cast.living_agent(2);
            cast.migrate();
            cast.delete();
        },
    )
    .rests(deleted),
    Race::written(
        "two_moves",
        "two people move one stopped instance at once: one of them is refused",
        || at_home().stopped(),
        |cast| {
            cast.living_agent(2);
            cast.migrate();
            cast.migrate();
        },
    )
    .rests(
        |site| if every::<Migration>(site).len() == 1 { moved(site) } else { Err("two moves".to_owned()) },
    ),
    Race::written(
        "move_after_a_failed_stop",
        "a stop failed, and its instance is moved: what the stop came to is no answer to the move",
        || at_home().fault(Fault::OrderFails),
        |cast| {
            both_ends(cast);
            cast.stop_fails_then_migrate();
        },
    ),
    Race::written(
        "move_cannot_stop",
        "the source fails once to stop what is to move: it stays, and runs",
        || at_home().fault(Fault::OrderFails),
        |cast| {
            cast.living_agent(1);
            cast.migrate();
        },
    ),
    Race::written(
        "move_without_room",
        "no other host has a device free, while a stop that had failed comes true",
        || without_room().fault(Fault::OrderFails),
        |cast| {
            cast.living_agent(1);
            cast.stop_fails_then_migrate();
        },
    ),
    Race::written(
        "move_refused_and_deleted",
        "an instance is deleted while its move finds no room and is rolled back",
        without_room,
        |cast| {
            cast.living_agent(1);
            cast.migrate();
            cast.delete();
        },
    )
    .rests(|site| {
        let left = |row: &Instance| row.host == Some(host(1)) && !row.is_deleted();
        if any::<Instance>(site, left) { Err("the instance is not deleted".to_owned()) } else { Ok(()) }
    }),
    Race::written("source_dies_on_the_way", "the source dies while its instance moves", at_home, |cast| {
        cast.living_agent(2);
        cast.migrate();
        cast.dies_and_is_asserted_down(1);
    }),
    Race::written(
        "dest_dies_on_the_way",
        "the destination dies while an instance moves there",
        at_home,
        |cast| {
            both_ends(cast);
            cast.migrate();
            cast.host_dies(2, |cast| cast.force_down(2));
        },
    ),
    Race::written(
        "moved_and_confirmed",
        "a move is confirmed while it is reverted, and while a second person confirms it",
        || at_home().moved(),
        |cast| {
            both_ends(cast);
            cast.confirm();
            cast.confirm();
            cast.revert();
        },
    )
    .rests(settled),
    Race::written(
        "confirmed_while_its_home_dies",
        "a move is confirmed while the new home dies: what was left behind may be the only good copy",
        || at_home().moved(),
        |cast| {
            cast.living_agent(1);
            cast.confirm();
            cast.host_dies(2, |cast| cast.force_down(2));
        },
    ),
    Race::written(
        "reverted_while_its_home_dies",
        "a move is reverted while the new home dies: a receipt answers for it",
        || at_home().moved(),
        |cast| {
            both_ends(cast);
            cast.revert();
            cast.host_dies(2, |cast| cast.force_down(2));
        },
    )
    .rests(reverted),
    Race::written(
        "reverted_while_its_source_dies",
        "a move is reverted while the host dies that it came from: it stays where it is, and runs",
        || at_home().moved(),
        |cast| {
            cast.living_agent(2);
            cast.revert();
            cast.dies_and_is_asserted_down(1);
        },
    ),
    Race::written(
        "revert_cannot_stop",
        "the new home fails once to stop what is to go back: it stays, and can be reverted again",
        || at_home().moved().fault(Fault::OrderFails),
        |cast| {
            cast.living_agent(2);
            cast.revert();
        },
    ),
    Race::written(
        "deleted_before_it_is_confirmed",
        "an instance that was moved is deleted, while that is confirmed and reverted",
        || at_home().moved(),
        |cast| {
            both_ends(cast);
            cast.delete();
            cast.confirm();
            cast.revert();
        },
    )
    .rests(deleted),
    Race::written(
        "resized_to_two_devices",
        "an instance of one device is resized to two, while another wants one of them",
        || Scene::with_gpus(&[1, 2]).with_instance(),
        |cast| {
            both_ends(cast);
            cast.resize(2);
            cast.boot(Some(2));
        },
    ),
    Race::written(
        "resize_reverted",
        "an instance of one device was resized to two, which is reverted while another wants those two",
        resized,
        |cast| {
            both_ends(cast);
            cast.revert();
            cast.boot_pair(2);
        },
    )
    .rests(reverted),
    Race::written(
        "resize_confirmed",
        "an instance of one device was resized to two, which is confirmed while another wants the one it had",
        resized,
        |cast| {
            both_ends(cast);
            cast.confirm();
            cast.boot(Some(1));
        },
    ),
];

/// An instance on host 1; host 2 has a device free.
fn at_home() -> Scene {
    Scene::new(2, 1).with_instance()
}

/// An instance on host 1, and another on the only device of host 2.
fn without_room() -> Scene {
    let full = Scene::new(2, 1).then(|cast| {
        cast.agent(2);
        cast.boot(Some(2));
    });
    full.with_instance()
}

/// The instance had a device on host 1, and has two on host 2 now.
fn resized() -> Scene {
    Scene::with_gpus(&[1, 2]).with_instance().then(|cast| {
        both_ends_begin(cast);
        cast.resize(2);
    })
}

fn both_ends(cast: &Cast) {
    cast.living_agent(1);
    cast.living_agent(2);
}

fn both_ends_begin(cast: &Cast) {
    cast.agent(1);
    cast.agent(2);
}

/// The instance is on host 2, and host 1 keeps what it left there.
fn moved(site: &Site) -> Result<(), String> {
    let there = |row: &Instance| row.host == Some(host(2)) && row.vm_state == VmState::Resized;
    let kept = |row: &Claim| row.host == host(1) && row.role == Role::Held && row.devices.len() == 1;
    if any::<Instance>(site, there) && any::<Claim>(site, kept) {
        Ok(())
    } else {
        Err("the instance was not moved".to_owned())
    }
}

/// The instance is on host 1 again.
fn reverted(site: &Site) -> Result<(), String> {
    let back = |row: &Migration| row.status == MigrationStatus::Reverted;
    let home = |row: &Instance| row.host == Some(host(1)) && row.operation.is_none();
    if any::<Migration>(site, back) && any::<Instance>(site, home) {
        Ok(())
    } else {
        Err("the move was not reverted".to_owned())
    }
}

/// The move was confirmed, or reverted, and nothing of it is left.
fn settled(site: &Site) -> Result<(), String> {
    let open = |row: &Migration| !row.status.is_terminal();
    let left = |row: &Claim| row.role != Role::Home;
    if any::<Migration>(site, open) || any::<Claim>(site, left) {
        return Err("the move is not settled".to_owned());
    }
    Ok(())
}
