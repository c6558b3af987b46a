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

use crate::postgres::Database;
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

/// Two control planes share a database. Requests go to both while agents report to one; each dies once, and whatever
/// either has begun is done.
#[test]
fn two_control_planes_on_one_database() {
    let database = Database::new();
    let mut scene = Scene::on(&database.url());
    let mut second = scene.second_control_plane();
    slow_down(&scene.dir());
    let image = scene.image();

    // Half of the boots by each, and the second dies with its own under way: the first one's sweep goes on with them.
    scene.api("the first boots", async |api| {
        try_join_all((0..INSTANCES).step_by(2).map(|n| boot(api.clone(), n, image))).await
    });
    let odd = (0..INSTANCES).skip(1).step_by(2).map(|n| boot(second.api.clone(), n, image));
    scene.block_on(try_join_all(odd)).expect("the second control plane boots");
    second.kill();
    scene.wait_until_active(|at| at == "host1");

    // The first dies under the evacuations that both took, and comes back.
    let mut second = scene.second_control_plane();
    let servers: Vec<InstanceId> = scene.servers().into_iter().map(|server| server.id).collect();
    scene.played("kill", "host1");
    scene.block_on(second.api.force_down(&host("host1"))).expect("the second control plane asserts");
    let by_second = servers.iter().skip(1).step_by(2).map(|id| evacuate(second.api.clone(), *id));
    scene.block_on(try_join_all(by_second)).expect("the second control plane evacuates");
    let by_first = servers.iter().step_by(2).copied().collect::<Vec<_>>();
    scene.ask_and_kill(Victim::Server, |api| by_first.iter().map(|id| evacuate(api.clone(), *id)).collect());
    scene.revive(Victim::Server);
    let again = servers.iter().step_by(2).map(|id| evacuate_unless_moved(second.api.clone(), *id));
    scene.block_on(try_join_all(again)).expect("the second control plane evacuates the rest");
    scene.wait_until_active(|at| at != "host1");
    second.kill();
    scene.played("start", "host1");
    scene.wait_for_rest();
    let (_, found) = scene.verify();
    assert_eq!(found["counts"]["claims"], INSTANCES, "{found}");
}

/// Evacuates a server whose first request was lost; one that has moved is on a host that lives, which is refused.
async fn evacuate_unless_moved(api: Api, id: InstanceId) -> Result<(), Failure> {
    match evacuate(api, id).await {
        Err(refused) if refused.to_string().contains("still in use") => Ok(()),
        answer => answer,
    }
}
