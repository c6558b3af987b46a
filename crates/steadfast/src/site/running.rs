//! A site whose processes this one keeps.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::future::{select_all, try_join_all};
use http::{HeaderMap, Method, Uri};
use steadfast_model::host::Host;
use steadfast_model::ids::{Epoch, HostId, InventorySeq};
use steadfast_operations::seam::{Row, Table};

use super::lock::SiteLock;
use super::process::{Process, Role};
use super::record::{ProcessRecord, SiteRecord, endpoints};
use super::{Layout, Plan, Reader, driver, flavors, fresh, listen};
use crate::config::{AgentConfig, HypervisorKind, ServerConfig};
use crate::exit::Failure;
use crate::http::Http;
use crate::world::ControlWorld;

/// How long a site may take to be ready. A slow machine is no failure; one that never comes is.
const READY_TIMEOUT: Duration = Duration::from_secs(120);
/// How often it is looked whether something came to be.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// A site, its processes and the lock on its directory.
#[derive(Debug)]
pub struct Site {
    pub layout: Layout,
    pub hosts: Vec<HostId>,
    pub hypervisor: HypervisorKind,
    pub listen: SocketAddr,
    /// The store's URL.
    pub store: String,
    server: Option<Process>,
    agents: BTreeMap<HostId, Process>,
    _lock: SiteLock,
}

impl Site {
    /// Takes the site in a directory, and makes it by `plan` where there is none. Nothing runs yet.
    ///
    /// # Errors
    /// When another process keeps it, or its files are not right.
    pub fn take(layout: Layout, plan: impl FnOnce() -> Result<Plan, Failure>) -> Result<Self, Failure> {
        fresh::make_dir(&layout)?;
        let lock = SiteLock::take(&layout)?;
        if !fresh::is_site(&layout) {
            fresh::make(&layout, &plan()?)?;
        }
        let (store, listen) = ServerConfig::read_place(&layout.server())?;
        let hosts = fresh::hosts(&layout)?;
        let first = hosts
            .first()
            .ok_or_else(|| Failure::Usage(format!("{} names no host", layout.agents().display())))?;
        let hypervisor = AgentConfig::read(&layout.agent(first))?.kind;
        let agents = BTreeMap::new();
        Ok(Site { layout, hosts, hypervisor, listen, store, server: None, agents, _lock: lock })
    }

    /// Starts everything, and waits until the API answers and all hosts have reported.
    ///
    /// # Errors
    /// When a process ends, or nothing comes in time.
    pub async fn start(&mut self) -> Result<(), Failure> {
        listen::wait_until_free(self.listen).await?;
        let before = self.prepare_store().await?;
        let (config, log) = (self.layout.server(), self.layout.log("server"));
        self.server = Some(Process::start(Role::Server, None, &config, log)?);
        self.wait_until_served().await?;
        for host in self.hosts.clone() {
            self.start_process_of(&host)?;
        }
        self.write_record()?;
        self.wait_until_reported(&before).await
    }

    /// The store as it is before anything runs: made, if it is new, and the epochs of its hosts.
    async fn prepare_store(&self) -> Result<BTreeMap<HostId, Epoch>, Failure> {
        let url = self.store.clone();
        let opened = tokio::task::spawn_blocking(move || ControlWorld::open(&url)).await;
        let world = opened.map_err(Failure::because)??;
        flavors::seed(&world).await?;
        drop(world);
        let hosts = read_hosts(&mut Reader::open(&self.store).await?).await?;
        Ok(hosts.into_iter().map(|host| (host.id, host.epoch)).collect())
    }

    async fn wait_until_served(&mut self) -> Result<(), Failure> {
        let http = Http::default();
        let url: Uri = format!("http://{}/healthz", self.listen).parse().map_err(Failure::because)?;
        let deadline = Instant::now() + READY_TIMEOUT;
        loop {
            let answer = http.send(Method::GET, &url, &HeaderMap::new(), "").await;
            if answer.is_ok_and(|answer| answer.status.is_success()) {
                return Ok(());
            }
            self.check(deadline, "the API does not answer")?;
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }

    /// Waits until a life that began after `before` has counted each host.
    async fn wait_until_reported(&mut self, before: &BTreeMap<HostId, Epoch>) -> Result<(), Failure> {
        let mut reader = Reader::open(&self.store).await?;
        let deadline = Instant::now() + READY_TIMEOUT;
        loop {
            let known = read_hosts(&mut reader).await?;
            let reported = |id: &HostId| {
                let host = known.iter().find(|host| host.id == *id);
                host.is_some_and(|host| has_reported(host, before.get(id).copied()))
            };
            let silent = self.hosts.iter().find(|host| !reported(host));
            let Some(silent) = silent.cloned() else { return Ok(()) };
            self.check(deadline, &format!("{silent} does not report"))?;
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }

    /// Refuses to wait on: nothing more comes once a process has ended, or when all is too late.
    ///
    /// # Errors
    /// When it is so.
    pub fn check(&mut self, deadline: Instant, waiting: &str) -> Result<(), Failure> {
        for process in self.server.iter_mut().chain(self.agents.values_mut()) {
            if let Some(status) = process.ended() {
                let (name, words) = (process.name(), process.last_words());
                return Err(Failure::because(format_args!("{name} ended ({status}): {words}")));
            }
        }
        if Instant::now() > deadline {
            return Err(Failure::because(format_args!("{waiting}, and it is waited no longer")));
        }
        Ok(())
    }

    fn start_process_of(&mut self, host: &HostId) -> Result<(), Failure> {
        let (config, log) = (self.layout.agent(host), self.layout.log(host.as_str()));
        let process = Process::start(Role::Agent, Some(host.clone()), &config, log)?;
        self.agents.insert(host.clone(), process);
        Ok(())
    }

    /// Starts the agent of a host. After [`Site::kill_host`] the host has booted anew.
    ///
    /// # Errors
    /// When there is no such host, or its agent lives.
    pub fn start_agent(&mut self, host: &HostId) -> Result<u32, Failure> {
        self.check_host(host)?;
        if self.agents.get_mut(host).is_some_and(|process| process.ended().is_none()) {
            return Err(Failure::because(format_args!("{host}'s agent lives already")));
        }
        self.start_process_of(host)?;
        self.write_record()?;
        Ok(self.agents[host].pid)
    }

    /// Ends the agent of a host as `kill -9` does. Its guests run on. Answers its process id, if it lived.
    ///
    /// # Errors
    /// When there is no such host.
    pub async fn kill_agent(&mut self, host: &HostId) -> Result<Option<u32>, Failure> {
        self.check_host(host)?;
        let Some(process) = self.agents.remove(host) else { return Ok(None) };
        let pid = process.pid;
        process.kill().await?;
        self.write_record()?;
        Ok(Some(pid))
    }

    /// The host loses power: its agent and its guests die.
    ///
    /// # Errors
    /// When there is no such host, or a guest cannot be ended.
    pub async fn kill_host(&mut self, host: &HostId) -> Result<(), Failure> {
        self.kill_agent(host).await?;
        let (kind, directory) = (self.hypervisor, self.layout.host(host));
        let killed = tokio::task::spawn_blocking(move || driver::kill_host(kind, &directory)).await;
        killed.map_err(Failure::because)?
    }

    /// Ends every agent, and leaves the control plane.
    ///
    /// # Errors
    /// When one cannot be ended.
    pub async fn stop_agents(&mut self) -> Result<(), Failure> {
        let agents = std::mem::take(&mut self.agents);
        let stops = agents.into_values().map(Process::stop);
        try_join_all(stops).await?;
        self.write_record()
    }

    /// Ends every process: agents first, so that none waits for a control plane that is gone.
    ///
    /// # Errors
    /// When one cannot be ended.
    pub async fn stop(&mut self) -> Result<(), Failure> {
        self.stop_agents().await?;
        if let Some(server) = self.server.take() {
            server.stop().await?;
        }
        self.write_record()
    }

    /// Done once one of the processes has ended.
    pub async fn an_end(&mut self) {
        let processes = self.server.iter_mut().chain(self.agents.values_mut());
        let ends: Vec<_> = processes.map(|process| Box::pin(process.end())).collect();
        if ends.is_empty() {
            return std::future::pending().await;
        }
        // How it ended is asked when it is buried.
        let _ = select_all(ends).await;
    }

    /// Takes out the processes that ended by themselves, and says so of each.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub fn bury(&mut self) -> Result<Vec<String>, Failure> {
        let mut obituaries = Vec::new();
        let mut say = |process: &mut Process| match process.ended() {
            Some(status) => {
                obituaries.push(format!("{} ended: {status}", process.name()));
                false
            }
            None => true,
        };
        self.server = self.server.take().and_then(|mut server| say(&mut server).then_some(server));
        self.agents.retain(|_, process| say(process));
        if !obituaries.is_empty() {
            self.write_record()?;
        }
        Ok(obituaries)
    }

    fn check_host(&self, host: &HostId) -> Result<(), Failure> {
        if self.hosts.contains(host) {
            return Ok(());
        }
        let known: Vec<&str> = self.hosts.iter().map(HostId::as_str).collect();
        Err(Failure::Usage(format!("there is no host {host} here; there are {}", known.join(", "))))
    }

    fn write_record(&self) -> Result<(), Failure> {
        let (endpoints, store) = (endpoints(self.listen), self.store.clone());
        let processes = self.server.iter().chain(self.agents.values()).map(ProcessRecord::from).collect();
        SiteRecord { endpoints, store, processes }.write(&self.layout)
    }
}

fn has_reported(host: &Host, before: Option<Epoch>) -> bool {
    let newer = before.is_none_or(|before| host.epoch > before);
    newer && host.registered && host.inventory_seq > InventorySeq::default()
}

async fn read_hosts(reader: &mut Reader) -> Result<Vec<Host>, Failure> {
    let read = |rows: Vec<steadfast_operations::seam::Stored>| {
        rows.iter().filter_map(|row| Host::of_record(&row.record)).map(|host| host.as_ref().clone()).collect()
    };
    reader.read(move |engine| Ok(read(engine.whole(Table::Host)?))).await
}
