//! Each operation by itself: what the crash tests go through, commit by commit.

use super::evacuation::host1_down;
use crate::cast::Cast;
use crate::fault::Fault;
use crate::scene::Scene;
use crate::site::Site;
use crate::stage::Race;
use crate::verdict::{any, deleted};
use steadfast_model::instance::{Instance, VmState};

/// How often an agent may ask again, after its control plane died under it.
const RETRIES: u32 = 4;

fn rests(site: &Site, state: VmState) -> Result<(), String> {
    let done = any::<Instance>(site, |instance| instance.vm_state == state && instance.operation.is_none());
    if done { Ok(()) } else { Err(format!("no instance rests {}", state.name())) }
}

fn patient(scene: Scene) -> Scene {
    scene.timer("agent.retry", RETRIES)
}

fn alone(
    name: &'static str,
    scene: fn() -> Scene,
    start: fn(&Cast),
    rests: fn(&Site) -> Result<(), String>,
) -> Race {
    Race::written(name, "the operation by itself", scene, start).rests(rests)
}

/// Every operation, by itself.
#[must_use]
pub fn operations() -> Vec<Race> {
    vec![
        alone(
            "boot",
            || patient(Scene::new(1, 1)),
            |cast| {
                cast.living_agent(1);
                cast.boot(None);
            },
            |site| rests(site, VmState::Active),
        ),
        alone(
            "stop",
            || patient(Scene::new(1, 1).with_instance()),
            |cast| {
                cast.living_agent(1);
                cast.stop();
            },
            |site| rests(site, VmState::Stopped),
        ),
        alone(
            "start",
            || {
                let stopped = Scene::new(1, 1).with_instance().stopped();
                patient(stopped)
            },
            |cast| {
                cast.living_agent(1);
                cast.start();
            },
            |site| rests(site, VmState::Active),
        ),
        alone(
            "evacuate",
            || patient(host1_down()),
            |cast| {
                cast.living_agent(2);
                cast.evacuate();
            },
            super::evacuation::evacuated,
        ),
        alone(
            "evacuate, and the first build fails",
            || patient(host1_down().fault(Fault::OrderFails)),
            |cast| {
                cast.living_agent(2);
                cast.evacuate();
            },
            |site| rests(site, VmState::Active),
        ),
        alone(
            "delete",
            || patient(Scene::new(1, 1).with_instance()),
            |cast| {
                cast.living_agent(1);
                cast.delete();
            },
            deleted,
        ),
    ]
}
