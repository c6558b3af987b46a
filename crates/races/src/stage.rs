//! Sets a scene and starts its actors.
//!
//! A scene is made by the shipped operations themselves, run to rest in one order: hosts register, instances boot.
//! Then the actors of the race are started, and their orders are tried.

use std::collections::{BTreeMap, BTreeSet};

use steadfast_explore::{Handle, Scenario, rehearse};
use steadfast_model::cause::{Cause, Scope};
use steadfast_model::claim::Claim;
use steadfast_model::flavor::Flavor;
use steadfast_model::host::{Host, Machine};
use steadfast_model::hypervisor::Simulated;
use steadfast_model::ids::{Epoch, HostId, InstanceId, Moment, Version};
use steadfast_model::instance::{Instance, VmState};
use steadfast_model::inventory::{RatioMilli, ResourceClass, Stock};
use steadfast_model::pci::{Address, AliasSpec, DeviceRequest, HexId, Kind, Observed};
use steadfast_operations::agent::{self, Settings};
use steadfast_operations::{self as operations, Boot, Evacuate};
use steadfast_store::Memory;
use uuid::Uuid;

use crate::mutant::Rule;
use crate::site::{Site, Touched};
use crate::verdict::{self, any, every};
use crate::world::{AgentWorld, CONTROL, Controller, Network, agent_node, machine_node};

/// The longest rehearsal of a scene. The longest one there is takes about 150 steps.
const SCENE_STEPS_MAX: usize = 2_000;

/// The boot of a machine that lost power during a race.
const AFTER_POWER_OFF: Uuid = Uuid::from_u128(0xb007);

/// A race: a scene, its actors, and the rule that it is about.
pub struct Race {
    pub name: &'static str,
    /// What could go wrong, in a sentence.
    pub about: &'static str,
    pub scene: fn() -> Scene,
    pub start: fn(&Cast),
    /// What must be true of this race beyond what must always be true.
    pub rests: fn(&Site) -> Result<(), String>,
    /// The rule without which it goes wrong.
    pub rule: Option<Rule>,
    /// Whether all its orders can be tried within the bounds of the tests.
    pub exhaustive: bool,
}

impl std::fmt::Debug for Race {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// A race with its scene set, with or without its rule.
#[derive(Debug)]
pub struct Staged<'a> {
    race: &'a Race,
    scene: Scene,
}

impl Race {
    /// Sets the scene. With `without`, that rule is off from then on.
    ///
    /// # Panics
    /// When the scene cannot be set: it is made by the operations that are under test.
    #[must_use]
    pub fn staged(&self, without: Option<Rule>) -> Staged<'_> {
        let mut scene = (self.scene)();
        scene.site.without = without;
        Staged { race: self, scene }
    }
}

impl Staged<'_> {
    /// Runs the race once, in a fixed order, with the control plane dying after each commit in turn. Answers the step
    /// after which each crash came, and what came out.
    ///
    /// # Panics
    /// When a run does not come to rest.
    #[must_use]
    pub fn crash_after_each_commit(&self) -> Vec<(String, Result<(), String>)> {
        let before = self.scene.site.store.version();
        let whole = self.rehearse(None);
        let points = (before.0 + 1..=whole.store.version().0).map(Version);
        let crashed = points.map(|at| {
            let site = self.rehearse(Some(at));
            let place = usize::try_from(at.0 - 1).expect("few commits");
            let step = site.store.steps().nth(place).unwrap_or_default().to_owned();
            (step, verdict::always(&site).and_then(|()| self.at_rest(&site)))
        });
        crashed.collect()
    }

    fn rehearse(&self, crash: Option<Version>) -> Site {
        let site = &self.scene.site;
        let rested = rehearse(site.clone(), SCENE_STEPS_MAX, |handle| {
            let cast = Cast::new(handle, site, self.scene.acts + 1);
            // The crash comes first in the fixed order, so that it comes as soon as it can.
            crash.iter().for_each(|at| cast.control_dies_at(Some(*at)));
            (self.race.start)(&cast);
        });
        rested.expect("a race comes to rest")
    }
}

impl Scenario for Staged<'_> {
    type World = Site;

    fn world(&self) -> Site {
        self.scene.site.clone()
    }

    fn start(&self, world: &Handle<Site>) {
        (self.race.start)(&Cast::new(world, &self.scene.site, self.scene.acts + 1));
    }

    fn always(&self, site: &Site) -> Result<(), String> {
        verdict::always(site)
    }

    fn at_rest(&self, site: &Site) -> Result<(), String> {
        verdict::at_rest(site)?;
        (self.race.rests)(site)
    }
}

pub(crate) fn host(number: u8) -> HostId {
    format!("host{number}").parse().expect("a name")
}

pub(crate) fn cause(actor: &str) -> Cause {
    let name = "is a name";
    Cause {
        request: format!("req-{actor}").parse().expect(name),
        actor: actor.parse().expect(name),
        project: "project".parse().expect(name),
    }
}

fn gpu(bus: u8) -> Observed {
    Observed {
        address: Address { domain: 0, bus, slot: 0, function: 0 },
        kind: Kind::Pci,
        vendor: HexId(0x10de),
        product: HexId(0x20b0),
        numa_node: None,
        parent: None,
        resource_class: None,
        traits: BTreeSet::new(),
        tags: BTreeMap::new(),
    }
}

fn flavor() -> Flavor {
    Flavor {
        id: "gpu".parse().expect("a name"),
        name: "gpu".to_owned(),
        vcpus: 1,
        memory_mb: 64,
        root_gb: 1,
        ephemeral_gb: 0,
        swap_mb: 0,
        is_public: true,
        description: None,
        extra_specs: BTreeMap::new(),
        created_at: Moment(0),
    }
}

/// An instance of one GPU, on a host that is named or on any.
fn wish(on: Option<HostId>) -> Boot {
    let spec = AliasSpec {
        vendor_id: Some(HexId(0x10de)),
        product_id: Some(HexId(0x20b0)),
        device_type: None,
        tags: BTreeMap::new(),
    };
    Boot {
        name: "server".to_owned(),
        description: None,
        metadata: BTreeMap::new(),
        key_name: None,
        image: None,
        flavor: flavor(),
        devices: vec![DeviceRequest { alias: "gpu".to_owned(), count: 1, specs: vec![spec] }],
        host: on,
    }
}

/// The world before the race.
#[derive(Debug)]
pub struct Scene {
    site: Site,
    /// How many acts it took to set: ids of a later act sort after those of an earlier one.
    acts: u32,
}

impl Scene {
    /// `hosts` hosts with `gpus` GPUs each, registered and reported.
    pub(crate) fn new(hosts: u8, gpus: u8) -> Scene {
        let machine = |number: u8| {
            let stocks = ResourceClass::ALL.map(|class| Stock::plain(class, 1000, RatioMilli::ONE));
            let boot_id = Uuid::from_u128(u128::from(number) << 8);
            Simulated::new(boot_id, Machine::default(), stocks.to_vec(), (1..=gpus).map(gpu).collect())
        };
        let site = Site {
            store: Memory::new(),
            machines: (1..=hosts).map(|number| (host(number), machine(number))).collect(),
            timers: BTreeMap::new(),
            commits: 0,
            without: None,
            awake: BTreeSet::new(),
            failures: BTreeMap::new(),
        };
        let numbers: Vec<u8> = (1..=hosts).collect();
        Scene { site, acts: 0 }.then(move |cast| numbers.iter().for_each(|number| cast.agent(*number)))
    }

    /// Does something more, to its end, before the race begins. Agents that took part go to sleep after it.
    pub(crate) fn then(self, start: impl FnOnce(&Cast)) -> Scene {
        let act = self.acts + 1;
        let before = self.site.clone();
        let rehearsed = rehearse(self.site, SCENE_STEPS_MAX, |site| start(&Cast::new(site, &before, act)));
        let mut site = rehearsed.expect("a scene comes to rest");
        site.awake.clear();
        Scene { site, acts: act }
    }

    /// An instance that runs on host 1.
    pub(crate) fn with_instance(self) -> Scene {
        self.then(|cast| {
            cast.agent(1);
            cast.boot(Some(1));
        })
    }

    /// An instance that claimed on host 1, of which no agent has heard.
    pub(crate) fn with_instance_untold(self) -> Scene {
        self.then(|cast| cast.boot(Some(1)))
    }

    /// Host 1 dies, and a person says so.
    pub(crate) fn host1_down(self) -> Scene {
        self.host_down(1)
    }

    /// A host dies, and a person says so.
    pub(crate) fn host_down(mut self, number: u8) -> Scene {
        self.machine(number, |machine| machine.reboot(Uuid::from_u128(0xdead_0000 + u128::from(number))));
        self.then(|cast| cast.force_down(number))
    }

    pub(crate) fn machine(&mut self, number: u8, change: impl FnOnce(&mut Simulated)) {
        change(self.site.machines.get_mut(&host(number)).expect("a host of the scene"));
    }

    /// Lets a timer go off so many times during the race.
    pub(crate) fn timer(mut self, name: &'static str, times: u32) -> Scene {
        self.site.timers.insert(name, times);
        self
    }

    /// Lets the first order to a machine fail during the race.
    pub(crate) fn failing_once(mut self, number: u8) -> Scene {
        self.site.failures.insert(host(number), 1);
        self
    }
}

/// Who can act in a race.
#[derive(Debug, Clone)]
pub struct Cast {
    site: Handle<Site>,
    act: u32,
    without: Option<Rule>,
    instance: Option<InstanceId>,
    /// The epoch of each host when the act began.
    epochs: BTreeMap<HostId, Epoch>,
}

impl Cast {
    fn new(handle: &Handle<Site>, site: &Site, act: u32) -> Cast {
        let instances = every::<Instance>(site);
        let on_host1 = instances.iter().find(|instance| instance.host == Some(host(1)));
        Cast {
            site: handle.clone(),
            act,
            without: site.without,
            instance: on_host1.or(instances.first()).map(|instance| instance.id),
            epochs: every::<Host>(site).into_iter().map(|host| (host.id, host.epoch)).collect(),
        }
    }

    fn controller(&self) -> Controller {
        Controller { site: self.site.clone(), act: self.act }
    }

    /// Runs an operation on the control plane, on somebody's request.
    pub(crate) fn control<F: Future<Output = ()> + Send + 'static>(
        &self,
        name: &'static str,
        operation: impl FnOnce(Controller, Cause) -> F,
    ) {
        self.site.spawn(CONTROL, name, operation(self.controller(), cause(name)));
    }

    pub(crate) fn boot(&self, on: Option<u8>) {
        self.control("boot", move |env, cause| async move {
            let _ = operations::boot(&env, &cause, wish(on.map(host))).await;
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

    /// Does something to the instance of the scene: the one on host 1, or the only one there is.
    fn to_instance<F: Future<Output = ()> + Send + 'static>(
        &self,
        name: &'static str,
        operation: impl FnOnce(Controller, Cause, InstanceId) -> F,
    ) {
        let id = self.instance.expect("the scene has an instance");
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

    /// A host is fenced by a driver that powers it off; its machine boots again by itself.
    pub(crate) fn fence(&self, number: u8) {
        let (cast, boots) = (self.clone(), host(number));
        self.site.spawn("fate", "power returns", async move {
            let off = move |site: &Site| site.machines[&boots].boot_id == AFTER_POWER_OFF;
            cast.site.step_when("boots", off, move |_| ((), Touched::machine(&host(number)))).await;
            cast.agent(number);
        });
        let cast = self.clone();
        self.control("fence", move |env, cause| async move {
            let Ok(intent) = operations::fence_intend(&env, &cause, host(number)).await else { return };
            let nodes = vec![agent_node(&host(number)), machine_node(&host(number))];
            let power_off = cast.site.crash("power off", nodes, move |site| {
                let machine = site.machines.get_mut(&host(number)).expect("a host has a machine");
                machine.reboot(AFTER_POWER_OFF);
                Touched::machine(&host(number))
            });
            power_off.await;
            if operations::fence_receive(&env, &cause, host(number), intent).await.is_ok() {
                cast.evacuate();
            }
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

    /// Waits for a state, then does the next thing to the instance.
    pub(crate) fn stop_start_stop(&self) {
        let site = self.site.clone();
        self.to_instance("stop-start-stop", move |env, cause, id| async move {
            let _ = operations::stop(&env, &cause, Scope::All, id).await;
            site.step_when("stopped", |site| rests_in(site, VmState::Stopped), |_| ((), Touched::all()))
                .await;
            let _ = operations::start(&env, &cause, Scope::All, id).await;
            site.step_when("started", |site| rests_in(site, VmState::Active), |_| ((), Touched::all())).await;
            let _ = operations::stop(&env, &cause, Scope::All, id).await;
        });
    }

    /// The rule that is switched off in this race, if any.
    pub(crate) fn without(&self) -> Option<Rule> {
        self.without
    }

    /// An agent's process starts on a host: it registers a new life.
    pub(crate) fn agent(&self, number: u8) {
        self.agent_over(number, Network::default());
    }

    pub(crate) fn agent_over(&self, number: u8, network: Network) {
        let (world, settings, host) = (self.agent_world(number, network), settings(number), host(number));
        let site = self.site.clone();
        self.site.spawn(agent_node(&host.clone()), "agent", async move {
            let wake = site.step("start", move |site| {
                site.awake.insert(host.clone());
                ((), Touched::machine(&host))
            });
            wake.await;
            agent::run(world, settings).await;
        });
    }

    /// An agent that lives the life that registered while the scene was set, and has not asked for a list yet.
    pub(crate) fn living_agent(&self, number: u8) {
        self.living_agent_over(number, Network::default());
    }

    pub(crate) fn living_agent_over(&self, number: u8, network: Network) {
        let (world, settings) = (self.agent_world(number, network), settings(number));
        let epoch = self.epochs[&settings.host];
        self.site.prepare(|site| {
            site.awake.insert(settings.host.clone());
        });
        self.site.spawn(agent_node(&settings.host), "agent", async move {
            agent::live(&world, &settings, epoch).await;
            agent::run(world, settings).await;
        });
    }

    fn agent_world(&self, number: u8, network: Network) -> AgentWorld {
        let (site, act, without) = (self.site.clone(), self.act, self.without);
        AgentWorld { site, act, host: host(number), cause: cause("agent"), network, without }
    }

    /// An agent's process dies at some moment, and another starts.
    pub(crate) fn agent_restarts(&self, number: u8) {
        let (cast, node) = (self.clone(), agent_node(&host(number)));
        self.site.spawn("fate", "agent dies", async move {
            cast.site.crash("agent dies", vec![node], |_| Touched::default()).await;
            cast.agent(number);
        });
    }

    /// An agent's process dies at some moment after every claim has ended, and another starts.
    pub(crate) fn agent_restarts_after_claims(&self, number: u8, network: Network) {
        let (cast, node) = (self.clone(), agent_node(&host(number)));
        self.site.spawn("fate", "agent dies", async move {
            let ended = |site: &Site| !any::<Claim>(site, |_| true);
            cast.site.step_when("claims ended", ended, |_| ((), Touched::all())).await;
            cast.site.crash("agent dies", vec![node], |_| Touched::default()).await;
            cast.agent_over(number, network);
        });
    }

    /// A host loses power at some moment; `then` is what happens next.
    pub(crate) fn host_dies(&self, number: u8, then: impl FnOnce(&Cast) + Send + 'static) {
        let (cast, host) = (self.clone(), host(number));
        let nodes = vec![agent_node(&host), machine_node(&host)];
        let autostart = self.without == Some(Rule::B8NoAutostart);
        self.site.spawn("fate", "host dies", async move {
            let dies = cast.site.crash("host dies", nodes, move |site| {
                let machine = site.machines.get_mut(&host).expect("a host has a machine");
                let running: Vec<_> = machine.guests.values().map(|guest| guest.running).collect();
                machine.reboot(AFTER_POWER_OFF);
                if autostart {
                    machine.guests.values_mut().zip(running).for_each(|(guest, ran)| guest.running = ran);
                }
                site.awake.remove(&host);
                Touched::machine(&host)
            });
            dies.await;
            then(&cast);
        });
    }

    /// The control plane dies at some moment, and another starts and sweeps.
    pub(crate) fn control_dies(&self) {
        self.control_dies_at(None);
    }

    /// The control plane dies once the store is at `version`, or at some moment, and another starts and sweeps.
    pub(crate) fn control_dies_at(&self, version: Option<Version>) {
        let cast = self.clone();
        self.site.spawn("fate", "control dies", async move {
            if let Some(version) = version {
                let reached = move |site: &Site| site.store.version() >= version;
                cast.site.step_when("crash point", reached, |_| ((), Touched::all())).await;
            }
            cast.site.crash("control dies", vec![CONTROL.to_owned()], |_| Touched::default()).await;
            if cast.without != Some(Rule::C2Sweep) {
                cast.control("sweep", |env, cause| async move {
                    let _ = operations::sweep(&env, &cause).await;
                });
            }
        });
    }
}

fn settings(number: u8) -> Settings {
    Settings { host: host(number), report_interval_ms: 1, retry_ms: 1 }
}

fn rests_in(site: &Site, state: VmState) -> bool {
    any::<Instance>(site, |instance| instance.vm_state == state && instance.operation.is_none())
}

/// Nothing beyond what must always be true.
pub(crate) fn nothing_more(_: &Site) -> Result<(), String> {
    Ok(())
}

/// The only instance is deleted, and nothing of it is left on a living host.
pub(crate) fn deleted(site: &Site) -> Result<(), String> {
    if any::<Instance>(site, |instance| !instance.is_deleted()) {
        return Err("L4: a deleted instance is not deleted".to_owned());
    }
    Ok(())
}
