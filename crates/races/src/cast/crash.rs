//! What dies by itself: an agent's process, a host with all that runs there, the control plane.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use futures_util::FutureExt;
use steadfast_explore::When;
use steadfast_model::claim::Claim;
use steadfast_model::ids::{HostId, Version};
use steadfast_operations::seam::Range;
use uuid::Uuid;

use super::{Cast, FATE, starts};
use crate::fault::Fault;
use crate::mutant::Rule;
use crate::scene::host;
use crate::site::{Object, Site, Touched, on_guests, on_machine};
use crate::verdict::any;
use crate::world::{CONTROL, agent_node, connection_node, machine_node};

/// What one host waits for: to return, or a crash, and then the host's number.
type Coming = (Option<Crash>, Pin<Box<dyn Future<Output = u8> + Send>>);

/// What dies of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crash {
    /// Its agent's process: what runs there goes on.
    Agent,
    Host,
}

impl Cast {
    /// A host loses power with all that runs there, and is kept down by whoever holds it.
    pub(super) fn power_off(
        &self,
        number: u8,
        label: String,
        held: bool,
    ) -> impl Future<Output = ()> + Send + 'static {
        let host = host(number);
        let nodes = vec![agent_node(&host), machine_node(&host)];
        let autostart = self.without() == Some(Rule::B8NoAutostart);
        self.site.crash(label, nodes, move |site| {
            site.awake.remove(&host);
            if held {
                *site.held.entry(host.clone()).or_default() += 1;
            }
            let machine = site.machine(&host);
            let running: Vec<_> = machine.guests.values().map(|guest| guest.running).collect();
            machine.reboot(Uuid::from_u128(machine.boot_id.as_u128() + 1));
            if autostart {
                machine.guests.values_mut().zip(running).for_each(|(guest, ran)| guest.running = ran);
            }
            let guests = machine.guests.values().map(|guest| &guest.spec);
            let touched = on_guests(&host, guests);
            touched.and_writes([cut_short(site, &host)])
        })
    }

    /// An agent's process dies at some moment, and another starts.
    pub(crate) fn agent_restarts(&self, number: u8) {
        self.agent_restarts_once(number, None);
    }

    /// An agent's process dies at some moment after every claim has ended, and another starts.
    pub(crate) fn agent_restarts_after_claims(&self, number: u8) {
        let ended = |site: &Site| !any::<Claim>(site, |_| true);
        let when = When::new([Object::List(Range::ClaimsOn(host(number)))], ended);
        self.agent_restarts_once(number, Some(when));
    }

    fn agent_restarts_once(&self, number: u8, claims_ended: Option<When<Site>>) {
        let cast = self.clone();
        self.site.spawn(FATE, Fault::AgentCrash.name(), async move {
            if let Some(when) = claims_ended {
                cast.site.step_when("claims ended", when, |_| ((), Touched::nothing())).await;
            }
            cast.agent_dies(number).await;
            cast.agent(number);
        });
    }

    fn agent_dies(&self, number: u8) -> impl Future<Output = ()> + Send + 'static {
        let host = host(number);
        let node = agent_node(&host);
        self.site.crash(format!("{node} dies"), vec![node], move |site| {
            site.awake.remove(&host);
            on_machine(&host).and_writes([cut_short(site, &host)])
        })
    }

    /// A host loses power at some moment; `then` is what happens next.
    pub(crate) fn host_dies(&self, number: u8, then: impl FnOnce(&Cast) + Send + 'static) {
        let cast = self.clone();
        self.site.spawn(FATE, Fault::HostCrash.name(), async move {
            cast.power_off(number, format!("{} dies", host(number)), false).await;
            then(&cast);
        });
    }

    /// Each of these crashes hits one of the hosts on which an agent lives: `living` have one, and `returning` boots at
    /// some moment and has one from then on. What died starts again.
    ///
    /// It is one task for all of them: which hosts a crash can hit follows from what came before it, and needs no
    /// further step that looks.
    pub(crate) fn crashes(&self, mut crashes: Vec<Crash>, living: Vec<u8>, returning: Option<u8>) {
        let cast = self.clone();
        self.site.spawn(FATE, "crashes", async move {
            let mut hosts = living;
            let mut coming: Vec<Coming> = Vec::new();
            coming.extend(hosts.iter().flat_map(|number| cast.may_die(&crashes, *number)));
            coming.extend(returning.map(|number| -> Coming {
                (None, cast.started(number, "host returns").map(move |()| number).boxed())
            }));
            while !coming.is_empty() {
                let (what, number) = first(&mut coming).await;
                coming.retain(|(other, _)| *other != what);
                let Some(crash) = what else {
                    coming.extend(cast.may_die(&crashes, number));
                    hosts.push(number);
                    cast.begins_to_live(number);
                    continue;
                };
                crashes.remove(crashes.iter().position(|one| *one == crash).expect("it was to come"));
                if crashes.contains(&crash) {
                    coming.extend(hosts.iter().flat_map(|number| cast.may_die(&[crash], *number)));
                }
                cast.agent_anew(number);
            }
        });
    }

    /// The agent of a host starts that died before. Whatever its last life asked ends with it at the latest. Answered
    /// after the next life has registered, a question is refused, and nobody hears of that; answered between the start
    /// and the registration, the same comes of it as if the start were later: until it registers, a life only reads.
    fn agent_anew(&self, number: u8) {
        let connection = vec![connection_node(&host(number))];
        let started = self.site.restart("start", self.may_start(number), connection, starts(number));
        self.agent_after(number, started);
    }

    /// What can hit a host next, where these crashes are left: those of one kind come one after the other.
    fn may_die(&self, crashes: &[Crash], number: u8) -> Vec<Coming> {
        let one = |crash: &Crash| -> Coming {
            let dies = match crash {
                Crash::Agent => self.agent_dies(number).boxed(),
                Crash::Host => self.power_off(number, format!("{} dies", host(number)), false).boxed(),
            };
            (Some(*crash), dies.map(move |()| number).boxed())
        };
        [Crash::Agent, Crash::Host].iter().filter(|kind| crashes.contains(kind)).map(one).collect()
    }

    /// The control plane dies at some moment, and another starts and sweeps.
    pub(crate) fn control_dies(&self) {
        self.control_dies_at(None);
    }

    /// The control plane dies once the store is at `version`, or at some moment, and another starts and sweeps.
    pub(crate) fn control_dies_at(&self, version: Option<Version>) {
        let cast = self.clone();
        self.site.spawn(FATE, Fault::ControlCrash.name(), async move {
            if let Some(version) = version {
                // Only for runs in a fixed order: the version is read from every row.
                let when = When::new([], move |site: &Site| site.store.version() >= version);
                cast.site.step_when("crash point", when, |_| ((), Touched::everything())).await;
            }
            let several = cast.known.several;
            let unanswered = move |site: &mut Site| {
                let hosts: Vec<HostId> = site.machines.keys().cloned().collect();
                // An agent whose question dies with its report says all again at once, and if that is lost as well, at
                // the next tick.
                let timers = ["agent.retry", "agent.tick"].into_iter().take(1 + usize::from(several));
                let earned = timers.flat_map(|timer| hosts.iter().map(move |host| (host, timer)));
                Touched::writes(earned.map(|(host, timer)| site.earn(host, timer, 1)))
            };
            let connections = cast.known.boots.keys().map(connection_node);
            let nodes = connections.chain([CONTROL.to_owned()]).collect();
            cast.site.crash("control dies", nodes, unanswered).await;
            if cast.without() != Some(Rule::C2Sweep) {
                cast.sweep();
            }
        });
    }
}

/// A life ends in the middle of something. If that was its registration, the next one's may come too early.
fn cut_short(site: &mut Site, host: &HostId) -> Object {
    site.earn(host, "agent.retry", 1)
}

/// Whichever happens first.
async fn first(coming: &mut [Coming]) -> (Option<Crash>, u8) {
    poll_fn(|context| {
        for (what, happens) in coming.iter_mut() {
            if let Poll::Ready(number) = happens.poll_unpin(context) {
                return Poll::Ready((*what, number));
            }
        }
        Poll::Pending
    })
    .await
}
