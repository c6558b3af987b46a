//! The two worlds of the seam, played by the explorer: a control plane's with the store, an agent's with a machine.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};

use futures_util::future::{Either, select};
use steadfast_explore::{Handle, When};
use steadfast_model::cause::Cause;
use steadfast_model::hypervisor::{Act, ActError, Seen};
use steadfast_model::ids::{ClaimId, HostId, ListGen, Moment, Version};
use steadfast_model::message::{Answer, AskList, List, Report};
use steadfast_model::schedule::{Fleet, HostView};
use steadfast_operations::seam::{
    Abort, CallError, Changes, Commit, CommitError, Control, Engine, Env, FeedEntry, Halt, Key, Machine,
    Message, Overlay, RawAsk, Step, Stored, Tx, TxError, View, claims_on, devices_of, draft, hosts,
    inventory_of, look,
};
use steadfast_store::Memory;
use uuid::Uuid;

use crate::mutant::{self, Rule, same};
use crate::site::{Object, Site, Touched, committed, on_machine, read};

/// The node that every control plane's task runs on.
pub(crate) const CONTROL: &str = "control";

/// The moment at which everything happens: no decision may depend on it.
const NOW: Moment = Moment(0);

/// Who commits in the simulated world.
const WRITER: Uuid = Uuid::from_u128(1);

pub(crate) fn agent_node(host: &HostId) -> String {
    format!("agent {host}")
}

pub(crate) fn machine_node(host: &HostId) -> String {
    format!("machine {host}")
}

/// The world of a control plane.
#[derive(Debug, Clone)]
pub(crate) struct Controller {
    pub site: Handle<Site>,
    /// Which act this is: ids of a later one sort after those of an earlier one.
    pub act: u32,
}

/// The store as a control plane without some rule reads it.
struct Bent<'a> {
    store: &'a mut Memory,
    without: Option<Rule>,
    step: Step,
    /// All that was asked: what a body that refused has read.
    asked: Vec<RawAsk>,
}

impl Engine for Bent<'_> {
    fn fetch(&mut self, asks: &[RawAsk]) -> Result<Vec<Vec<Stored>>, Abort> {
        self.asked.extend_from_slice(asks);
        let mut answers = self.store.fetch(asks)?;
        if let Some(rule) = self.without {
            answers.iter_mut().flatten().for_each(|row| mutant::bend_read(rule, self.step, &mut row.record));
        }
        Ok(answers)
    }

    fn commit(&mut self, batch: &[Changes]) -> Result<Version, CommitError> {
        self.store.commit(batch)
    }

    fn rollback(&mut self) {
        self.store.rollback();
    }

    fn committed(&mut self, writer: Uuid, n: u64) -> Result<Option<Version>, Abort> {
        self.store.committed(writer, n)
    }

    fn feed(&mut self, since: Version, limit: usize) -> Result<Vec<FeedEntry>, Abort> {
        self.store.feed(since, limit)
    }
}

impl Env for Controller {
    fn now(&self) -> Moment {
        NOW
    }

    fn id(&self) -> Uuid {
        id(&self.site, self.act)
    }

    async fn timer(&self, step: Step, _after_ms: u64) {
        timer(&self.site, step).await;
    }

    fn spawn(&self, task: Step, future: impl Future<Output = ()> + Send + 'static) {
        self.site.spawn(CONTROL, task, future);
    }
}

/// An id that only this call gets: its act in the upper bits, its task and number below.
fn id(site: &Handle<Site>, act: u32) -> Uuid {
    Uuid::from_u128((u128::from(act) << 96) + site.fresh())
}

/// A timer that goes off as often as the scenario lets it.
async fn timer(site: &Handle<Site>, name: Step) {
    // A tick before the failure that it is to mend would be wasted: it waits for the failure.
    let spoilt = move |site: &Site| name == "agent.tick" && site.failures.values().any(|left| *left > 0);
    let left = move |site: &Site| site.timers.get(name).is_some_and(|left| *left > 0) && !spoilt(site);
    let when = When::new([Object::Timer(name), Object::Failures], left);
    let go_off = move |site: &mut Site| {
        if let Some(left) = site.timers.get_mut(name) {
            *left -= 1;
        }
        ((), Touched::writes([Object::Timer(name)]))
    };
    site.step_when(name, when, go_off).await;
}

impl Control for Controller {
    async fn tx<T, B>(&self, step: Step, cause: &Cause, mut body: B) -> Result<T, TxError>
    where
        T: Send + 'static,
        B: FnMut(&mut Tx<'_>) -> Result<T, Halt> + Send + 'static,
    {
        let cause = cause.clone();
        self.site.step(step, move |site| transact(site, step, &cause, &mut body)).await
    }

    async fn view<T, B>(&self, step: Step, mut body: B) -> Result<T, TxError>
    where
        T: Send + 'static,
        B: FnMut(&mut View<'_>) -> Result<T, Halt> + Send + 'static,
    {
        self.site
            .step(step, move |site| {
                let mut engine =
                    Bent { store: &mut site.store, without: site.without, step, asked: Vec::new() };
                let looked = look(&mut engine, NOW, &mut body);
                (looked.map(|(value, _)| value).map_err(TxError::from), read(engine.asked))
            })
            .await
    }

    async fn changed(&self, step: Step, host: &HostId, since: ListGen) {
        let row = Object::Row(Key::Host(host.clone()));
        let host = host.clone();
        let differs = move |site: &Site| mutant::list_gen(site, &host).is_some_and(|now| now > since);
        self.site.step_when(step, When::new([row], differs), |_| ((), Touched::nothing())).await;
    }

    async fn fleet(&self, step: Step) -> Result<Arc<Fleet>, TxError> {
        self.view(step, |view| {
            let mut fleet = Fleet::default();
            for host in view.read(hosts())? {
                let here = (inventory_of(&host.id), devices_of(&host.id), claims_on(&host.id));
                let (inventory, devices, claims) = view.read(here)?;
                let view = HostView::new(
                    host.row.as_ref().clone(),
                    inventory.iter().map(|row| row.row.as_ref().clone()).collect(),
                    devices.iter().map(|row| row.row.as_ref().clone()).collect(),
                    claims.iter().map(|claim| claim.row.as_ref()),
                );
                fleet.hosts.insert(host.id.clone(), Arc::new(view));
            }
            Ok(Arc::new(fleet))
        })
        .await
    }
}

/// One transaction, committed at once: in memory nobody else can come between.
fn transact<T>(
    site: &mut Site,
    step: Step,
    cause: &Cause,
    body: &mut dyn FnMut(&mut Tx<'_>) -> Result<T, Halt>,
) -> (Result<T, TxError>, Touched) {
    site.commits += 1;
    let by = Commit { writer: WRITER, n: site.commits, step, cause };
    let mut engine = Bent { store: &mut site.store, without: site.without, step, asked: Vec::new() };
    let drafted = draft(&mut engine, &Overlay::default(), NOW, by, body);
    let mut drafted = match drafted {
        Ok(drafted) => drafted,
        Err(halt) => return (Err(halt.into()), read(engine.asked)),
    };
    if let Some(rule) = site.without {
        mutant::bend_write(rule, &site.store, &mut drafted.changes);
    }
    let label = Some(drafted.changes.step);
    if !drafted.changes.is_empty() {
        site.store
            .commit(std::slice::from_ref(&drafted.changes))
            .expect("a body over the newest rows commits");
    }
    (Ok(drafted.value), Touched { label, ..committed(drafted.footprint) })
}

/// What the network may do to an agent's messages, beyond being slow. One for each agent, across its lives.
#[derive(Debug, Clone, Default)]
pub(crate) struct Network(Arc<Mutex<Mishaps>>);

#[derive(Debug, Default)]
struct Mishaps {
    /// How many reports that say `off` are delivered a second time, at any later moment.
    late_offs: u32,
    /// How many times an older list may arrive instead of the newest.
    late_lists: u32,
    lists: Vec<List>,
    /// Claims whose order failed once.
    failed: BTreeSet<ClaimId>,
}

impl Network {
    pub fn with_late_offs(times: u32) -> Network {
        Network(Arc::new(Mutex::new(Mishaps { late_offs: times, ..Mishaps::default() })))
    }

    pub fn with_late_lists(times: u32) -> Network {
        Network(Arc::new(Mutex::new(Mishaps { late_lists: times, ..Mishaps::default() })))
    }

    fn mishaps(&self) -> MutexGuard<'_, Mishaps> {
        self.0.lock().expect("nothing panics while it holds the lock")
    }

    /// Whether this message is delivered twice.
    fn repeats<M: Message>(&self, message: &M) -> bool {
        let says_off = |report: Report| report.statements.iter().any(|said| said.answer == Answer::Off);
        let mut mishaps = self.mishaps();
        let repeats = mishaps.late_offs > 0 && same(message.clone()).is_some_and(says_off);
        mishaps.late_offs -= u32::from(repeats);
        repeats
    }

    /// The list before the newest one that was delivered, if it may arrive once more.
    fn older_list(&self) -> Option<List> {
        let mishaps = self.mishaps();
        let older = mishaps.lists.iter().rev().nth(1);
        older.filter(|_| mishaps.late_lists > 0).cloned()
    }
}

/// The world of one agent.
#[derive(Debug, Clone)]
pub(crate) struct AgentWorld {
    pub site: Handle<Site>,
    pub act: u32,
    pub host: HostId,
    pub cause: Cause,
    pub network: Network,
    pub without: Option<Rule>,
}

impl Env for AgentWorld {
    fn now(&self) -> Moment {
        NOW
    }

    fn id(&self) -> Uuid {
        id(&self.site, self.act)
    }

    async fn timer(&self, step: Step, _after_ms: u64) {
        timer(&self.site, step).await;
    }

    fn spawn(&self, task: Step, future: impl Future<Output = ()> + Send + 'static) {
        self.site.spawn(agent_node(&self.host), task, future);
    }
}

impl AgentWorld {
    /// Delivers a message: its handler runs on the control plane.
    async fn deliver<M: Message>(&self, message: M) -> Result<M::Answer, CallError> {
        let (controller, cause, without) =
            (Controller { site: self.site.clone(), act: self.act }, self.cause.clone(), self.without);
        let handled = async move {
            let message = mutant::bend_message(&controller.site, without, message).await;
            message.handle(&controller, &cause).await
        };
        match self.site.request(CONTROL, M::NAME, handled).await {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(TxError::Refused(refused))) => Err(CallError::Refused(refused)),
            Some(Err(TxError::Store(abort))) => Err(CallError::Unanswered(abort.to_string())),
            None => Err(CallError::Unanswered("the control plane died".to_owned())),
        }
    }

    /// The list of the control plane's answer, or an older one that arrives in its place.
    async fn list(&self, ask: AskList) -> Result<List, CallError> {
        let epoch = ask.epoch;
        let ask = mutant::bend_ask(self.without, ask, &self.network.mishaps().lists);
        let Some(older) = self.network.older_list() else { return self.deliver(ask).await };
        let real = pin!(self.deliver(ask));
        let late = pin!(self.site.step("late list", |_| ((), Touched::nothing())));
        match select(real, late).await {
            Either::Left((answer, _)) => answer,
            Either::Right(((), _)) => {
                self.network.mishaps().late_lists -= 1;
                Ok(mutant::bend_late_list(self.without, older, epoch))
            }
        }
    }
}

impl Machine for AgentWorld {
    async fn call<M: Message>(&self, message: M) -> Result<M::Answer, CallError> {
        if self.network.repeats(&message) {
            let (again, world) = (message.clone(), self.clone());
            self.site.spawn("network", format!("{} again", M::NAME), async move {
                let _ = world.deliver(again).await;
            });
        }
        let Some(ask) = same::<_, AskList>(message.clone()) else {
            return self.deliver(message).await;
        };
        let list = self.list(ask).await?;
        let mut mishaps = self.network.mishaps();
        mishaps.lists.push(list.clone());
        let list = mutant::bend_list(self.without, list, mishaps.lists.len());
        Ok(same(list).expect("a list answers a question for one"))
    }

    async fn settle(&self, step: Step) -> Result<(), ActError> {
        let (host, at) = (self.host.clone(), Object::Machine(self.host.clone()));
        let settled = move |site: &Site| {
            site.without == Some(Rule::A4Barrier) || site.machines[&host].orders.is_empty()
        };
        self.site.step_when(step, When::new([at], settled), |_| (Ok(()), Touched::nothing())).await
    }

    async fn observe(&self, step: Step) -> Result<Seen, ActError> {
        let host = self.host.clone();
        let observe = move |site: &mut Site| {
            (Ok(site.machines[&host].observe()), Touched::reads([Object::Machine(host)]))
        };
        self.site.step(step, observe).await
    }

    /// The order is begun, and ends by itself whether or not its agent still lives.
    async fn act(&self, _step: Step, act: Act) -> Result<(), ActError> {
        let (host, claim) = (self.host.clone(), act.claim());
        if self.without == Some(Rule::C6KeepsTrying) && self.network.mishaps().failed.contains(&claim) {
            return Err(ActError("it failed before".to_owned()));
        }
        let name = act.name();
        let gated = host.clone();
        // A machine does one thing to one guest at a time.
        let idle =
            move |site: &Site| !site.machines[&gated].orders.values().any(|open| open.claim() == claim);
        let when = When::new([Object::Machine(host.clone())], idle);
        let begin = move |site: &mut Site| {
            let order = site.machines.get_mut(&host).expect("an agent has a machine").begin(act);
            (order, on_machine(&host))
        };
        let (site, host) = (self.site.clone(), self.host.clone());
        let end = move |order| async move {
            site.step(format!("end {name}"), move |site| {
                let luck = (!site.failures.is_empty()).then_some(Object::Failures);
                (end_order(site, &host, order), on_machine(&host).and_writes(luck))
            })
            .await
        };
        let on = (machine_node(&self.host), name.to_owned());
        let ended = self.site.order(format!("begin {name}"), when, on, begin, end);
        if self.without == Some(Rule::A3OpenOrders) {
            // Nobody waits for it: the order is given, and taken for done.
            self.site.spawn(machine_node(&self.host), name, async move {
                ended.await;
            });
            return Ok(());
        }
        let ended = ended.await.unwrap_or_else(|| Err(ActError("the machine died".to_owned())));
        if ended.is_err() {
            self.network.mishaps().failed.insert(claim);
        }
        ended
    }
}

/// An order ends: it takes effect, or fails if one of the next orders is to.
fn end_order(site: &mut Site, host: &HostId, order: u64) -> Result<(), ActError> {
    mutant::bend_order(site, host, order);
    let machine = site.machines.get_mut(host).expect("an order has a machine");
    match site.failures.get_mut(host).filter(|left| **left > 0) {
        Some(left) => {
            *left -= 1;
            machine.orders.remove(&order);
            Err(ActError("out of luck".to_owned()))
        }
        None => machine.finish(order),
    }
}
