//! Every process of a site dies with `kill -9`, in turn, during boots and during evacuations, and is started again:
//! everything that was asked for is done, and the store is clean.

use std::path::Path;

use futures_util::StreamExt;
use futures_util::future::try_join_all;
use futures_util::stream::FuturesUnordered;
use steadfast::demo::api::{Api, Server};
use steadfast::exit::Failure;
use steadfast_host::driver::sim::{Fault, OrderName, inject};
use steadfast_model::ids::InstanceId;
use uuid::Uuid;

use crate::scene::{Scene, host, kill, wait_for};

/// How many instances boot, all on host1.
const INSTANCES: usize = 4;
const HOSTS: [&str; 3] = ["host1", "host2", "host3"];
/// How long a guest takes to be built.
const BUILD_MS: u64 = 300;

/// Which process dies.
#[derive(Debug, Clone, Copy)]
enum Victim {
    Server,
    Agent(&'static str),
}

impl Scene {
    /// Asks for several things at once, and kills the victim as soon as the first of them is answered. The other
    /// answers may be lost with it.
    fn ask_and_kill<F>(&mut self, victim: Victim, asks: impl Fn(Api) -> Vec<F>)
    where
        F: Future<Output = Result<(), Failure>>,
    {
        let pid = match victim {
            Victim::Server => self.server_pid(),
            Victim::Agent(name) => self.pid_of(Some(name)),
        };
        let api = self.api("the API", async |api| Ok(api.clone()));
        self.block_on(async {
            let mut answers: FuturesUnordered<F> = asks(api).into_iter().collect();
            answers.next().await;
            kill(pid, "KILL");
            while answers.next().await.is_some() {}
        });
    }

    /// Starts a process that was killed.
    fn revive(&mut self, victim: Victim) {
        match victim {
            Victim::Server => self.start_server(),
            Victim::Agent(name) => {
                // Its death is heard of before it can be started.
                wait_for("the obituary", || {
                    let record = self.record();
                    let there = record.processes.iter().any(|it| it.host.as_ref() == Some(&host(name)));
                    (!there).then_some(())
                });
                self.played("start", name);
            }
        }
    }

    /// Boots the instances that are not there: all of them, or those whose request was lost.
    fn boot_missing(&mut self, image: Uuid) {
        self.api("the boots", async |api| {
            let known = api.servers().await?;
            for n in (0..INSTANCES).filter(|n| !known.iter().any(|server| server.name == name(*n))) {
                boot(api.clone(), n, image).await?;
            }
            Ok(())
        });
    }

    /// Waits until every server runs where it should.
    fn wait_until_active(&mut self, there: impl Fn(&str) -> bool) {
        wait_for("the servers", || {
            let servers = self.servers();
            let runs = |server: &&Server| {
                let at = server.host.as_ref().is_some_and(|host| there(host.as_str()));
                server.status == "ACTIVE" && server.task_state.is_none() && at
            };
            (servers.iter().filter(runs).count() == INSTANCES).then_some(())
        });
    }
}

fn name(n: usize) -> String {
    format!("vm{n}")
}

async fn boot(api: Api, n: usize, image: Uuid) -> Result<(), Failure> {
    let flavor = ["gpu", "nic"][n % 2];
    api.boot(&name(n), flavor, image, &host("host1")).await.map(drop)
}

/// Evacuates a server. One whose request was taken before its answer was lost is evacuated already.
async fn evacuate(api: Api, id: InstanceId) -> Result<(), Failure> {
    match api.evacuate(id).await {
        Err(refused) if refused.to_string().contains("409") => Ok(()),
        answer => answer,
    }
}

/// Has guests take their time, so that what dies dies on the way.
fn slow_down(site: &Path) {
    let slow = Fault { order: Some(OrderName::Build), delay_ms: BUILD_MS, ..Fault::default() };
    for name in HOSTS {
        inject(&site.join("hosts").join(name), std::slice::from_ref(&slow)).expect("a host's directory");
    }
}

fn check(victim: Victim) {
    let mut scene = Scene::fresh();
    slow_down(&scene.dir());
    let image = scene.image();
    scene.ask_and_kill(victim, |api| (0..INSTANCES).map(|n| boot(api.clone(), n, image)).collect());
    scene.revive(victim);
    scene.boot_missing(image);
    scene.wait_until_active(|at| at == "host1");

    let servers: Vec<InstanceId> = scene.servers().into_iter().map(|server| server.id).collect();
    let evacuations = |api: Api| servers.iter().map(|id| evacuate(api.clone(), *id)).collect::<Vec<_>>();
    scene.played("kill", "host1");
    scene.api("the assertion", async |api| api.force_down(&host("host1")).await);
    if let Victim::Agent("host1") = victim {
        // It is dead already: it comes back on the way.
        scene.api("the evacuations", async |api| try_join_all(evacuations(api.clone())).await);
        scene.played("start", "host1");
    } else {
        scene.ask_and_kill(victim, evacuations);
        scene.revive(victim);
        scene.api("the evacuations", async |api| {
            for server in api.servers().await?.iter().filter(|server| server.host == Some(host("host1"))) {
                evacuate(api.clone(), server.id).await?;
            }
            Ok(())
        });
        scene.played("start", "host1");
    }
    scene.wait_until_active(|at| at != "host1");
    scene.wait_for_rest();
    let (_, found) = scene.verify();
    assert_eq!(found["counts"]["claims"], INSTANCES, "{found}");
}

#[test]
fn the_control_plane_dies() {
    check(Victim::Server);
}

#[test]
fn the_sources_agent_dies() {
    check(Victim::Agent("host1"));
}

#[test]
fn one_destinations_agent_dies() {
    check(Victim::Agent("host2"));
}

#[test]
fn the_other_destinations_agent_dies() {
    check(Victim::Agent("host3"));
}

#[test]
fn everything_dies_at_once() {
    let mut scene = Scene::fresh();
    slow_down(&scene.dir());
    let image = scene.image();
    scene.boot_missing(image);
    scene.end_up("KILL");
    scene.resume();
    scene.wait_until_active(|at| at == "host1");
    scene.wait_for_rest();
}
