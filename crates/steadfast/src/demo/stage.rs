//! The site that the demonstration plays on, and the few things that it does to it.

use std::time::{Duration, Instant};

use steadfast_model::ids::{HostId, InstanceId};
use steadfast_model::invariant::guests::Observed;
use steadfast_store::Snapshot;

use super::api::{Api, Server};
use super::moves::Moves;
use super::timeline::Timeline;
use super::{Script, holding, reports};
use crate::exit::Failure;
use crate::site::{Layout, Plan, Reader, Site, fresh, listen};

/// As fast as an agent can report.
const REPORT_INTERVAL_MS: u64 = 1;
/// Any port: demonstrations and sites do not get in each other's way.
const LISTEN: &str = "127.0.0.1:0";
/// How long each act may take. It can only fail by this: nothing is concluded from time.
const ACT_TIMEOUT: Duration = Duration::from_secs(300);
/// How often it is looked whether an act is over.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);
/// The image and the flavors of the instances, taken in turn: a GPU, and two functions of a NIC.
const IMAGE: &str = "empty";
const FLAVORS: [&str; 2] = ["gpu", "nic"];

#[derive(Debug)]
pub struct Stage {
    pub site: Site,
    pub api: Api,
    pub reader: Reader,
    pub timeline: Timeline,
}

impl Stage {
    /// Makes a site and starts it.
    pub async fn set_up(script: Script, layout: Layout, timeline: Timeline) -> Result<Stage, Failure> {
        let plan = || -> Result<Plan, Failure> {
            Ok(Plan {
                hosts: script.hosts,
                hypervisor: script.hypervisor,
                store: None,
                listen: listen::free(LISTEN.parse().expect("it is an address"))?,
                report_interval_ms: REPORT_INTERVAL_MS,
                instances: script.instances,
                sanitizes: true,
            })
        };
        let mut site = Site::take(layout, plan)?;
        site.start().await?;
        let api = Api::log_in(site.listen, &fresh::admin_password(&site.layout)?).await?;
        let reader = Reader::open(&site.store).await?;
        let mut stage = Stage { site, api, reader, timeline };
        stage.wait_until_clean().await?;
        Ok(stage)
    }

    /// Waits until no device is left that nobody has seen clean: an instance that comes too early finds none.
    async fn wait_until_clean(&mut self) -> Result<(), Failure> {
        let deadline = Instant::now() + ACT_TIMEOUT;
        while self.snapshot().await?.rows.devices.iter().any(|device| device.to_sanitize().is_some()) {
            self.site.check(deadline, "the devices are not sanitised")?;
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        Ok(())
    }

    /// Boots instances on one host, and waits until all of them run.
    pub async fn boot(&mut self, count: u16, host: &HostId) -> Result<(), Failure> {
        let image = self.api.image(IMAGE).await?;
        for (n, flavor) in (1..=count).zip(FLAVORS.into_iter().cycle()) {
            self.api.boot(&format!("vm{n}"), flavor, image, host).await?;
        }
        self.wait_for_servers("boot", |server| server.host.as_ref() == Some(host)).await
    }

    /// Evacuates every instance of a host at once, and waits until all of them are at home elsewhere.
    pub async fn evacuate(&mut self, instances: &[InstanceId], host: &HostId) -> Result<(), Failure> {
        let mut moves = Moves::from_here(&mut self.reader).await?;
        let asked = instances.iter().map(|instance| self.api.evacuate(*instance));
        futures_util::future::try_join_all(asked).await?;
        let deadline = Instant::now() + ACT_TIMEOUT;
        loop {
            let settled = self.settled(|server| server.host.as_ref() != Some(host)).await?;
            for step in moves.news(&mut self.reader).await? {
                self.timeline.say_of(step.at, step.sentence)?;
            }
            if settled {
                return Ok(());
            }
            self.site.check(deadline, "the evacuations do not end")?;
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }

    async fn wait_for_servers(
        &mut self,
        what: &str,
        there: impl Fn(&Server) -> bool + Copy,
    ) -> Result<(), Failure> {
        let deadline = Instant::now() + ACT_TIMEOUT;
        while !self.settled(there).await? {
            self.site.check(deadline, &format!("the instances do not {what}"))?;
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        Ok(())
    }

    /// Whether every server runs where it should, with nothing left to do.
    async fn settled(&self, there: impl Fn(&Server) -> bool) -> Result<bool, Failure> {
        let servers = self.api.servers().await?;
        if let Some(server) = servers.iter().find(|server| server.status == "ERROR") {
            let why = server.fault.as_ref().map_or("no reason is given", |fault| fault.message.as_str());
            return Err(Failure::because(format_args!("{} is in error: {why}", server.name)));
        }
        let runs =
            |server: &Server| server.status == "ACTIVE" && server.task_state.is_none() && there(server);
        Ok(servers.iter().all(runs))
    }

    /// Waits until no claim is left on a host, and nothing of whoever had its devices.
    pub async fn wait_until_empty(&mut self, host: &HostId) -> Result<(), Failure> {
        let deadline = Instant::now() + ACT_TIMEOUT;
        while self.snapshot().await?.rows.claims.iter().any(|claim| claim.host == *host) {
            self.site.check(deadline, &format!("{host} does not let go of what left it"))?;
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        self.wait_until_clean().await
    }

    pub async fn snapshot(&mut self) -> Result<Snapshot, Failure> {
        self.reader.read(Snapshot::read).await
    }

    /// Reports taken so far.
    pub async fn reports(&self) -> Result<u64, Failure> {
        Ok(reports::taken(&self.api.metrics().await?))
    }

    /// The guests on one host, whose agent has ended.
    pub async fn guests_on(&self, host: &HostId) -> Result<Observed, Failure> {
        holding::of_guests(&self.site.layout, std::slice::from_ref(host)).await
    }

    /// The guests on all hosts. Their agents end for it.
    pub async fn all_guests(&mut self) -> Result<Observed, Failure> {
        self.site.stop_agents().await?;
        holding::of_guests(&self.site.layout, &self.site.hosts).await
    }
}
