//! Who can act in a race: users and operators through the control plane, agents, and fate.

mod crash;
mod machine;
mod report;

pub(crate) use crash::Crash;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::select_all;
use steadfast_explore::{Handle, When};
use steadfast_model::cause::{Cause, Scope};
use steadfast_model::host::Host;
use steadfast_model::ids::{Epoch, HostId, InstanceId, ReportSeq};
use steadfast_model::instance::{Instance, VmState};
use steadfast_model::pci::{Address, Device, Dirt, Kind};
use steadfast_operations::agent::{self, Settings};
use steadfast_operations::seam::Key;
use steadfast_operations::{self as operations, Evacuate, Migrate};
use uuid::Uuid;

use crate::agent::AgentWorld;
use crate::fault::{Fault, at_once, goes_wrong};
use crate::mutant::{Mutant, Rule};
use crate::scene::{cause, host, sized, wish};
use crate::site::{Object, Site, Touched, on_machine};
use crate::verdict::{any, every};
use crate::world::{CONTROL, Controller, agent_node};

/// The node of whatever happens by itself.
pub(crate) const FATE: &str = "fate";

/// Who can act in a race.
#[derive(Debug, Clone)]
pub struct Cast {
    site: Handle<Site>,
    act: u32,
    mutant: Option<Mutant>,
    known: Arc<Known>,
}

/// What is known when an act begins.
#[derive(Debug)]
pub(crate) struct Known {
    instance: Option<InstanceId>,
    /// The epoch of each host, and the last report of its life that counted.
    lives: BTreeMap<HostId, (Epoch, ReportSeq)>,
    /// The device that is dirty, if one is.
    dirty: Option<(HostId, Address, Dirt)>,
    /// The boot of each machine.
    boots: BTreeMap<HostId, Uuid>,
    /// What may go wrong in this act, and whether more than one thing may.
    possible: Arc<BTreeSet<Fault>>,
    several: bool,
}

impl Known {
    pub(crate) fn of(site: &Site) -> Arc<Known> {
        let mut instances = every::<Instance>(site);
        instances.sort_by_key(|instance| instance.is_deleted());
        let on_host1 =
            instances.iter().find(|instance| instance.host == Some(host(1)) && !instance.is_deleted());
        Arc::new(Known {
            instance: on_host1.or(instances.first()).map(|instance| instance.id),
            lives: every::<Host>(site)
                .into_iter()
                .map(|host| (host.id.clone(), (host.epoch, host.report_seq)))
                .collect(),
            dirty: every::<Device>(site)
                .into_iter()
                .find_map(|device| Some((device.host.clone(), device.seen.address, device.to_sanitize()?))),
            boots: site.machines.iter().map(|(host, machine)| (host.clone(), machine.boot_id)).collect(),
            possible: Arc::new(site.faults.keys().copied().collect()),
            several: site.faults.values().sum::<u32>() > 1,
        })
    }
}

impl Cast {
    pub(crate) fn new(site: &Handle<Site>, known: &Arc<Known>, act: u32, mutant: Option<Mutant>) -> Cast {
        Cast { site: site.clone(), act, mutant, known: Arc::clone(known) }
    }

    fn controller(&self, by: &'static str) -> Controller {
        let (site, possible) = (self.site.clone(), Arc::clone(&self.known.possible));
        Controller { site, act: self.act, by, mutant: self.mutant, possible }
    }

    /// Runs an operation on the control plane, on somebody's request.
    pub(crate) fn control<F: Future<Output = ()> + Send + 'static>(
        &self,
        name: &'static str,
        operation: impl FnOnce(Controller, Cause) -> F,
    ) {
        self.site.spawn(CONTROL, name, operation(self.controller(name), cause(name)));
    }

    pub(crate) fn boot(&self, on: Option<u8>) {
        self.boots(on, 1, Kind::Pci);
    }

    /// Boots an instance of two devices.
    pub(crate) fn boot_pair(&self, on: u8) {
        self.boots(Some(on), 2, Kind::Pci);
    }

    /// Boots an instance of one function of this kind.
    pub(crate) fn boot_function(&self, on: u8, kind: Kind) {
        self.boots(Some(on), 1, kind);
    }

    fn boots(&self, on: Option<u8>, devices: u32, kind: Kind) {
        self.control("boot", move |env, cause| async move {
            let _ = operations::boot(&env, &cause, wish(on.map(host), devices, kind)).await;
        });
    }

    /// Boots an instance on a host, and deletes it as soon as its id is known.
    pub(crate) fn boot_then_delete(&self, on: u8) {
        self.control("boot", move |env, cause| async move {
            if let Ok(instance) = operations::boot(&env, &cause, wish(Some(host(on)), 1, Kind::Pci)).await {
                let _ = operations::delete(&env, &cause, Scope::All, instance.id).await;
            }
        });
    }

    /// Asserts that a host is down, then evacuates its instance to another.
    pub(crate) fn force_down_then_evacuate(&self, down: u8, to: u8) {
        let cast = self.clone();
        self.control("force_down", move |env, cause| async move {
            if operations::force_down(&env, &cause, host(down)).await.is_ok() {
                cast.evacuate_to(Some(to), false);
            }
        });
    }

    /// Does something to the instance of the scene: the one on host 1, or the first that is not deleted, if any is not.
    fn to_instance<F: Future<Output = ()> + Send + 'static>(
        &self,
        name: &'static str,
        operation: impl FnOnce(Controller, Cause, InstanceId) -> F,
    ) {
        let id = self.known.instance.expect("the scene has an instance");
        self.control(name, |env, cause| operation(env, cause, id));
    }

    pub(crate) fn evacuate(&self) {
        self.evacuate_to(None, false);
    }

    pub(crate) fn evacuate_to(&self, on: Option<u8>, stopped: bool) {
        self.to_instance("evacuate", move |env, cause, instance| async move {
            let ask = Evacuate { instance, host: on.map(host), stopped };
            let _ = operations::evacuate(&env, &cause, ask).await;
        });
    }

    /// Moves the instance to wherever there is room, while it is off.
    pub(crate) fn migrate(&self) {
        self.moves("migrate", None);
    }

    /// The same to a size of so many devices.
    pub(crate) fn resize(&self, devices: u32) {
        self.moves("resize", Some(devices));
    }

    fn moves(&self, name: &'static str, devices: Option<u32>) {
        self.to_instance(name, move |env, cause, instance| async move {
            let size = devices.map(sized);
            let _ =
                operations::migrate(&env, &cause, Scope::All, Migrate { instance, host: None, size }).await;
        });
    }

    pub(crate) fn confirm(&self) {
        self.to_instance("confirm", |env, cause, id| async move {
            let _ = operations::confirm(&env, &cause, Scope::All, id).await;
        });
    }

    pub(crate) fn revert(&self) {
        self.to_instance("revert", |env, cause, id| async move {
            let _ = operations::revert(&env, &cause, Scope::All, id).await;
        });
    }

    pub(crate) fn delete(&self) {
        self.to_instance("delete", |env, cause, id| async move {
            let _ = operations::delete(&env, &cause, Scope::All, id).await;
        });
    }

    pub(crate) fn stop(&self) {
        self.to_instance("stop", |env, cause, id| async move {
            let _ = operations::stop(&env, &cause, Scope::All, id).await;
        });
    }

    pub(crate) fn start(&self) {
        self.to_instance("start", |env, cause, id| async move {
            let _ = operations::start(&env, &cause, Scope::All, id).await;
        });
    }

    pub(crate) fn force_down(&self, number: u8) {
        self.control("force_down", move |env, cause| async move {
            let _ = operations::force_down(&env, &cause, host(number)).await;
        });
    }

    /// A host is fenced by a driver that powers it off; its machine boots again by itself, and its instance is
    /// evacuated.
    pub(crate) fn fence_then_evacuate(&self, number: u8) {
        let (cast, at, before) = (self.clone(), host(number), self.known.boots[&host(number)]);
        self.site.spawn(FATE, "power returns", async move {
            let off = move |site: &Site| site.machines[&at].boot_id != before;
            let when = When::new([Object::Machine(host(number))], off);
            cast.site.step_when("boots", when, |_| ((), Touched::nothing())).await;
            cast.agent(number);
        });
        self.fence_then(number, |cast| cast.evacuate());
    }

    /// A host is fenced by a driver that powers it off.
    pub(crate) fn fence(&self, number: u8) {
        self.fence_then(number, |_| ());
    }

    fn fence_then(&self, number: u8, then: impl FnOnce(&Cast) + Send + 'static) {
        let cast = self.clone();
        self.control("fence", move |env, cause| async move {
            let Ok(intent) = operations::fence_intend(&env, &cause, host(number)).await else { return };
            cast.power_off(number, "power off".to_owned(), false).await;
            if operations::fence_receive(&env, &cause, host(number), intent).await.is_ok() {
                then(&cast);
            }
        });
    }

    /// A host dies, and a person says so, who keeps it down until that is recorded: the assertion is true.
    pub(crate) fn dies_and_is_asserted_down(&self, number: u8) {
        let cast = self.clone();
        self.site.spawn("person", "asserts down", async move {
            cast.power_off(number, format!("{} dies", host(number)), true).await;
            let (env, by) = (cast.controller("force_down"), cause("force_down"));
            let asserts = async move { drop(operations::force_down(&env, &by, host(number)).await) };
            cast.site.request(CONTROL, "force_down", asserts).await;
            let lets_go = move |site: &mut Site| {
                *site.held.entry(host(number)).or_default() -= 1;
                ((), on_machine(&host(number)))
            };
            cast.site.step("lets go", lets_go).await;
        });
    }

    pub(crate) fn unforce_down(&self, number: u8) {
        self.control("unforce_down", move |env, cause| async move {
            let _ = operations::unforce_down(&env, &cause, host(number)).await;
        });
    }

    /// Keeps new instances off a host, or lets them come again.
    pub(crate) fn disable(&self, number: u8, why: Option<&'static str>) {
        let name = if why.is_some() { "disable" } else { "enable" };
        self.control(name, move |env, cause| async move {
            let _ = operations::disable(&env, &cause, host(number), why.map(str::to_owned)).await;
        });
    }

    pub(crate) fn sweep(&self) {
        self.control("sweep", |env, cause| async move {
            let _ = operations::sweep(&env, &cause).await;
        });
    }

    pub(crate) fn remove_host(&self, number: u8) {
        self.control("remove_host", move |env, cause| async move {
            let _ = operations::remove_host(&env, &cause, host(number)).await;
        });
    }

    pub(crate) fn readmit_host(&self, number: u8) {
        self.control("readmit_host", move |env, cause| async move {
            let _ = operations::readmit_host(&env, &cause, host(number)).await;
        });
    }

    /// A person says that the device is clean which is dirty when the race begins, if one is.
    pub(crate) fn assert_clean(&self) {
        let Some((host, device, dirt)) = self.known.dirty.clone() else { return };
        self.assert_clean_of(host, device, dirt);
    }

    /// A person says at some moment that a device is clean of this dirt.
    pub(crate) fn assert_clean_of(&self, host: HostId, device: Address, seen: Dirt) {
        let (site, late) = (self.site.clone(), self.without() == Some(Rule::D6AssertedDirt));
        self.control("assert_clean", move |env, cause| async move {
            let mut dirt = seen;
            if late {
                let key = Object::Row(Key::Device((host.clone(), device)));
                let look = move |site: &mut Site| (now_dirty_of(site, device), Touched::reads([key.clone()]));
                dirt = site.step("looks", look).await.unwrap_or(seen);
            }
            let _ = operations::assert_clean(&env, &cause, host, device, dirt).await;
        });
    }

    /// Waits for a state, then does the next thing to the instance.
    pub(crate) fn stop_start_stop(&self) {
        let site = self.site.clone();
        self.to_instance("stop-start-stop", move |env, cause, id| async move {
            let _ = operations::stop(&env, &cause, Scope::All, id).await;
            rests_in(&site, id, VmState::Stopped).await;
            let _ = operations::start(&env, &cause, Scope::All, id).await;
            rests_in(&site, id, VmState::Active).await;
            let _ = operations::stop(&env, &cause, Scope::All, id).await;
        });
    }

    /// Stops the instance, starts it again, and moves it.
    pub(crate) fn stop_start_migrate(&self) {
        let (cast, site) = (self.clone(), self.site.clone());
        self.to_instance("stop-start", move |env, cause, id| async move {
            let _ = operations::stop(&env, &cause, Scope::All, id).await;
            rests_in(&site, id, VmState::Stopped).await;
            let _ = operations::start(&env, &cause, Scope::All, id).await;
            rests_in(&site, id, VmState::Active).await;
            cast.migrate();
        });
    }

    /// Moves the instance once a stop of it has failed, or is done.
    pub(crate) fn stop_fails_then_migrate(&self) {
        let (cast, site) = (self.clone(), self.site.clone());
        self.to_instance("stop", move |env, cause, id| async move {
            let _ = operations::stop(&env, &cause, Scope::All, id).await;
            let rests =
                move |site: &Site| any::<Instance>(site, |row| row.id == id && row.operation.is_none());
            let when = When::new([Object::Row(Key::Instance(id))], rests);
            site.step_when("stop ended", when, |_| ((), Touched::nothing())).await;
            cast.migrate();
        });
    }

    /// Starts the instance, and stops it if that failed.
    pub(crate) fn start_fails_then_stop(&self) {
        let site = self.site.clone();
        self.to_instance("start-stop", move |env, cause, id| async move {
            let _ = operations::start(&env, &cause, Scope::All, id).await;
            rests_in(&site, id, VmState::Error).await;
            let _ = operations::stop(&env, &cause, Scope::All, id).await;
        });
    }

    /// The rule that is switched off in this race, if any.
    pub(crate) fn without(&self) -> Option<Rule> {
        self.mutant.and_then(Mutant::rule)
    }

    /// An agent's process starts on a host: it registers a new life.
    pub(crate) fn agent(&self, number: u8) {
        self.agent_after(number, self.started(number, "start"));
    }

    fn agent_after(&self, number: u8, started: impl Future<Output = ()> + Send + 'static) {
        let cast = self.clone();
        self.site.spawn(agent_node(&host(number)), "agent", async move {
            started.await;
            agent::run(cast.agent_world(number), settings(number)).await;
        });
    }

    /// A host that was down boots at some moment, unless somebody holds it down, and its agent starts.
    pub(crate) fn host_returns(&self, number: u8) {
        let (cast, started) = (self.clone(), self.started(number, "host returns"));
        self.site.spawn(FATE, "host returns", async move {
            started.await;
            cast.begins_to_live(number);
        });
    }

    fn begins_to_live(&self, number: u8) {
        let life = agent::run(self.agent_world(number), settings(number));
        self.site.spawn(agent_node(&host(number)), "agent", life);
    }

    /// A host's agent starts, unless another one runs, which has locked its directory, or somebody holds the host down.
    fn started(&self, number: u8, label: &'static str) -> impl Future<Output = ()> + Send + 'static {
        let mut starts = starts(number);
        self.site.step_when(label, self.may_start(number), move |site| ((), starts(site)))
    }

    fn may_start(&self, number: u8) -> When<Site> {
        let at = host(number);
        let machine = Object::Machine(at.clone());
        When::new([machine], move |site: &Site| {
            !site.awake.contains(&at) && site.held.get(&at).is_none_or(|holders| *holders == 0)
        })
    }

    /// An agent that lives the life that registered while the scene was set, and has not asked for a list yet. It has
    /// forgotten that it has counted its machine, so its next count has the number of the last one: where a machine
    /// changes, a new life must look ([`Cast::agent`]).
    pub(crate) fn living_agent(&self, number: u8) {
        let (world, settings) = (self.agent_world(number), settings(number));
        let (epoch, sent) = self.known.lives[&settings.host];
        self.site.prepare(|site| {
            site.awake.insert(settings.host.clone());
        });
        self.site.spawn(agent_node(&settings.host), "agent", async move {
            agent::live(&world, &settings, epoch, sent).await;
            agent::run(world, settings).await;
        });
    }

    fn agent_world(&self, number: u8) -> AgentWorld {
        let (site, act, mutant) = (self.site.clone(), self.act, self.mutant);
        let (host, possible) = (host(number), Arc::clone(&self.known.possible));
        let (process, drawn, older) = (site.standing(), Arc::default(), Arc::default());
        AgentWorld { site, act, host, process, drawn, older, cause: cause("agent"), mutant, possible }
    }

    /// One of these hosts cannot be reached for a while, if there are any.
    pub(crate) fn partition(&self, numbers: &[u8]) {
        if numbers.is_empty() {
            return;
        }
        let (cast, numbers) = (self.clone(), numbers.to_vec());
        self.site.spawn(FATE, Fault::Partition.name(), async move {
            let cut = numbers.iter().map(|number| cast.is_cut_off(*number).map(|()| *number).boxed());
            let (number, ..) = select_all(cut).await;
            let healed = host(number);
            let heals = move |site: &mut Site| {
                site.cut.remove(&healed);
                ((), Touched::writes([Object::Link(healed.clone())]))
            };
            cast.site.step("network heals", heals).await;
        });
    }

    fn is_cut_off(&self, number: u8) -> impl Future<Output = ()> + Send + 'static {
        let cut = host(number);
        let cuts = move |site: &mut Site| {
            site.cut.insert(cut.clone());
            // Its question and its report both find nobody.
            let earned = [site.earn(&cut, "agent.retry", 2), site.earn(&cut, "agent.tick", 1)];
            ((), Touched::writes([Object::Link(cut.clone())]).and_writes(earned))
        };
        goes_wrong(&self.site, Fault::Partition, format!("{} is cut off", host(number)), at_once(), cuts)
    }
}

/// What the start of an agent does to the world.
fn starts(number: u8) -> impl FnMut(&mut Site) -> Touched + Send + 'static {
    let at = host(number);
    move |site| {
        site.awake.insert(at.clone());
        on_machine(&at)
    }
}

fn settings(number: u8) -> Settings {
    Settings { host: host(number), report_interval_ms: 1, retry_ms: 1 }
}

/// What a device of this address has to be sanitised of, on the only host that has one.
fn now_dirty_of(site: &Site, device: Address) -> Option<Dirt> {
    every::<Device>(site).into_iter().find(|row| row.seen.address == device)?.to_sanitize()
}

/// Waits until the instance rests in a state.
async fn rests_in(site: &Handle<Site>, id: InstanceId, state: VmState) {
    let rests = move |site: &Site| {
        any::<Instance>(site, |row| row.id == id && row.vm_state == state && row.operation.is_none())
    };
    let when = When::new([Object::Row(Key::Instance(id))], rests);
    site.step_when(state.name(), when, |_| ((), Touched::nothing())).await;
}
