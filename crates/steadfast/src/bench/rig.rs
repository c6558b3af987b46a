//! A site within this process: one control plane on a listener, and the agents of simulated hosts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use steadfast_model::ids::HostId;
use steadfast_operations::agent;
use steadfast_operations::seam::{Control, Page, Transactions, hosts, unfinished};
use tokio::task::JoinHandle;

use super::Load;
use crate::config::{AgentConfig, HypervisorKind, ServerConfig};
use crate::control_plane::ControlPlane;
use crate::demo::api::Api;
use crate::exit::Failure;
use crate::site::{Layout, Plan, driver, flavors, fresh, listen};
use crate::world::{ControlWorld, MachineWorld, id};

/// Agents report what happened at once; without anything they are silent, as in production.
const REPORT_INTERVAL_MS: u64 = 10_000;
const LISTEN: &str = "127.0.0.1:0";

#[derive(Debug)]
pub struct Rig {
    pub api: Api,
    pub world: ControlWorld,
    pub hosts: Vec<HostId>,
    layout: Layout,
    agents: BTreeMap<HostId, JoinHandle<()>>,
    _control_plane: ControlPlane,
}

impl Rig {
    /// Sets everything up over an empty store.
    ///
    /// # Errors
    /// When the store is not empty, or something does not start.
    pub async fn set_up(store: &str, load: Load) -> Result<Rig, Failure> {
        let dir = std::env::temp_dir().join(format!("steadfast-bench-{}", id()));
        let layout = Layout::at(&dir).map_err(Failure::cannot("find the directory for temporary files"))?;
        let plan = Plan {
            hosts: load.hosts,
            hypervisor: HypervisorKind::Sim,
            store: Some(store.to_owned()),
            listen: listen::free(LISTEN.parse().expect("it is an address"))?,
            report_interval_ms: REPORT_INTERVAL_MS,
            sanitizes: false,
            // Half the hosts take everything, and not all of them take alike.
            instances: (load.instances / load.hosts + 1) * 3,
        };
        fresh::make_dir(&layout)?;
        fresh::make(&layout, &plan)?;
        let control_plane = ControlPlane::start(ServerConfig::read(&layout.server())?).await?;
        let world = control_plane.world.clone();
        flavors::seed(&world).await?;
        let api = Api::log_in(plan.listen, &fresh::admin_password(&layout)?).await?;
        let hosts = fresh::hosts(&layout)?;
        let mut rig =
            Rig { api, world, hosts, layout, agents: BTreeMap::new(), _control_plane: control_plane };
        rig.require_empty().await?;
        rig.start_agents(&rig.hosts.clone())?;
        rig.wait_until_counted().await?;
        Ok(rig)
    }

    async fn require_empty(&self) -> Result<(), Failure> {
        let known = self.world.view("bench.hosts", |view| Ok(view.read(hosts())?.len())).await;
        match known.map_err(Failure::because)? {
            0 => Ok(()),
            n => Err(Failure::Usage(format!("the store knows {n} hosts already; give an empty one"))),
        }
    }

    pub fn start_agents(&mut self, hosts: &[HostId]) -> Result<(), Failure> {
        for host in hosts {
            let config = AgentConfig::read(&self.layout.agent(host))?;
            let driver = Arc::from(driver::open(&config)?);
            let AgentConfig { settings, control, key, allotment, .. } = config;
            let world = MachineWorld::new(&control, &key, driver, allotment);
            self.agents.insert(host.clone(), tokio::spawn(agent::run(world, settings)));
        }
        Ok(())
    }

    /// Hosts lose power: their agents end in the midst of whatever they do.
    pub async fn kill(&mut self, hosts: &[HostId]) -> Result<(), Failure> {
        for host in hosts {
            if let Some(agent) = self.agents.remove(host) {
                agent.abort();
                // It ends by being aborted: that is no news.
                let _ = agent.await;
            }
            let directory = self.layout.host(host);
            let kill = move || driver::kill_host(HypervisorKind::Sim, &directory);
            tokio::task::spawn_blocking(kill).await.map_err(Failure::because)??;
        }
        Ok(())
    }

    /// Waits until every host has told what it has.
    pub async fn wait_until_counted(&self) -> Result<(), Failure> {
        for host in &self.hosts {
            loop {
                let fleet = self.world.fleet("bench.fleet").await.map_err(Failure::because)?;
                let view = fleet.hosts.get(host);
                if view.is_some_and(|view| view.host.registered && !view.inventory.is_empty()) {
                    break;
                }
                tokio::time::sleep(super::run::LOOK_INTERVAL).await;
            }
        }
        Ok(())
    }

    /// Whether no operation is open.
    pub async fn is_at_rest(&self) -> Result<bool, Failure> {
        let one = Page { after: None, limit: 1, descending: false };
        let open = self.world.view("bench.rest", move |view| Ok(view.read(unfinished(one.clone()))?.len()));
        Ok(open.await.map_err(Failure::because)? == 0)
    }

    /// Claims that are left on any host.
    pub async fn claims(&self) -> Result<u64, Failure> {
        let fleet = self.world.fleet("bench.fleet").await.map_err(Failure::because)?;
        Ok(fleet.hosts.values().map(|view| view.claimed.vcpus).sum())
    }

    /// Where everything is kept.
    #[must_use]
    pub fn dir(&self) -> PathBuf {
        self.layout.dir().to_owned()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.agents.values().for_each(JoinHandle::abort);
        // What is left of it is in the directory for temporary files.
        let _ = std::fs::remove_dir_all(self.layout.dir());
    }
}
