//! Who can act in a race: users and operators through the control plane, agents, and fate.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use steadfast_explore::{Handle, When};
use steadfast_model::cause::{Cause, Scope};
use steadfast_model::claim::Claim;
use steadfast_model::host::Host;
use steadfast_model::ids::{Epoch, HostId, InstanceId, Version};
use steadfast_model::instance::{Instance, VmState};
use steadfast_operations::agent::{self, Settings};
use steadfast_operations::seam::{Key, Range};
use steadfast_operations::{self as operations, Evacuate};
use uuid::Uuid;

use crate::agent::{AgentWorld, Heard};
use crate::fault::Fault;
use crate::mutant::Rule;
use crate::scene::{cause, host, wish};
use crate::site::{Object, Site, Touched, on_machine};
use crate::verdict::{any, every};
use crate::world::{CONTROL, Controller, agent_node, machine_node};

/// The boot of a machine that lost power during a race.
const AFTER_POWER_OFF: Uuid = Uuid::from_u128(0xb007);

/// Who can act in a race.
#[derive(Debug, Clone)]
pub struct Cast {
    site: Handle<Site>,
    act: u32,
    without: Option<Rule>,
    instance: Option<InstanceId>,
    /// The epoch of each host when the act began.
    epochs: BTreeMap<HostId, Epoch>,
    /// What each host's agent was told in this act, across its lives.
    heard: BTreeMap<HostId, Heard>,
    /// What may go wrong in this act.
    possible: Arc<BTreeSet<Fault>>,
}

impl Cast {
    pub(crate) fn new(handle: &Handle<Site>, site: &Site, act: u32) -> Cast {
        let instances = every::<Instance>(site);
        let on_host1 = instances.iter().find(|instance| instance.host == Some(host(1)));
        Cast {
            site: handle.clone(),
            act,
            without: site.without,
            instance: on_host1.or(instances.first()).map(|instance| instance.id),
            epochs: every::<Host>(site).into_iter().map(|host| (host.id, host.epoch)).collect(),
            heard: site.machines.keys().map(|host| (host.clone(), Heard::default())).collect(),
            possible: Arc::new(site.faults.keys().copied().collect()),
        }
    }

    fn controller(&self) -> Controller {
        Controller { site: self.site.clone(), act: self.act, possible: Arc::clone(&self.possible) }
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
            let when = When::new([Object::Machine(host(number))], off);
            cast.site.step_when("boots", when, |_| ((), Touched::nothing())).await;
            cast.agent(number);
        });
        let cast = self.clone();
        self.control("fence", move |env, cause| async move {
            let Ok(intent) = operations::fence_intend(&env, &cause, host(number)).await else { return };
            let nodes = vec![agent_node(&host(number)), machine_node(&host(number))];
            let power_off = cast.site.crash("power off", nodes, move |site| {
                let machine = site.machines.get_mut(&host(number)).expect("a host has a machine");
                machine.reboot(AFTER_POWER_OFF);
                on_machine(&host(number))
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
            rests_in(&site, id, VmState::Stopped).await;
            let _ = operations::start(&env, &cause, Scope::All, id).await;
            rests_in(&site, id, VmState::Active).await;
            let _ = operations::stop(&env, &cause, Scope::All, id).await;
        });
    }

    /// The rule that is switched off in this race, if any.
    pub(crate) fn without(&self) -> Option<Rule> {
        self.without
    }

    /// An agent's process starts on a host: it registers a new life.
    pub(crate) fn agent(&self, number: u8) {
        let (world, settings, host) = (self.agent_world(number), settings(number), host(number));
        let (site, gated) = (self.site.clone(), host.clone());
        let free = move |site: &Site| !site.held.contains(&gated);
        let when = When::new([Object::Machine(host.clone())], free);
        self.site.spawn(agent_node(&host.clone()), "agent", async move {
            let wake = site.step_when("start", when, move |site| {
                site.awake.insert(host.clone());
                ((), on_machine(&host))
            });
            wake.await;
            agent::run(world, settings).await;
        });
    }

    /// An agent that lives the life that registered while the scene was set, and has not asked for a list yet.
    pub(crate) fn living_agent(&self, number: u8) {
        let (world, settings) = (self.agent_world(number), settings(number));
        let epoch = self.epochs[&settings.host];
        self.site.prepare(|site| {
            site.awake.insert(settings.host.clone());
        });
        self.site.spawn(agent_node(&settings.host), "agent", async move {
            agent::live(&world, &settings, epoch).await;
            agent::run(world, settings).await;
        });
    }

    fn agent_world(&self, number: u8) -> AgentWorld {
        let (site, act, without) = (self.site.clone(), self.act, self.without);
        let (host, possible) = (host(number), Arc::clone(&self.possible));
        let heard = self.heard[&host].clone();
        AgentWorld { site, act, host, cause: cause("agent"), heard, without, possible }
    }

    /// An agent's process dies at some moment, and another starts.
    pub(crate) fn agent_restarts(&self, number: u8) {
        let (cast, node) = (self.clone(), agent_node(&host(number)));
        self.site.spawn("fate", "agent dies", async move {
            cast.site.crash("agent dies", vec![node], |_| Touched::nothing()).await;
            cast.agent(number);
        });
    }

    /// An agent's process dies at some moment after every claim has ended, and another starts.
    pub(crate) fn agent_restarts_after_claims(&self, number: u8) {
        let (cast, node) = (self.clone(), agent_node(&host(number)));
        self.site.spawn("fate", "agent dies", async move {
            let ended = |site: &Site| !any::<Claim>(site, |_| true);
            let when = When::new([Object::List(Range::ClaimsOn(host(number)))], ended);
            cast.site.step_when("claims ended", when, |_| ((), Touched::nothing())).await;
            cast.site.crash("agent dies", vec![node], |_| Touched::nothing()).await;
            cast.agent(number);
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
                on_machine(&host)
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
                // Only for runs in a fixed order: the version is read from every row.
                let when = When::new([], move |site: &Site| site.store.version() >= version);
                cast.site.step_when("crash point", when, |_| ((), Touched::everything())).await;
            }
            cast.site.crash("control dies", vec![CONTROL.to_owned()], |_| Touched::nothing()).await;
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

/// Waits until the instance rests in a state.
async fn rests_in(site: &Handle<Site>, id: InstanceId, state: VmState) {
    let rests = move |site: &Site| {
        any::<Instance>(site, |row| row.id == id && row.vm_state == state && row.operation.is_none())
    };
    let when = When::new([Object::Row(Key::Instance(id))], rests);
    site.step_when(state.name(), when, |_| ((), Touched::nothing())).await;
}
