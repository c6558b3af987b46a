//! The world of one agent, played by the explorer: a machine, and messages that have a fate.

use std::collections::BTreeSet;
use std::hash::Hash;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use futures_util::FutureExt;
use futures_util::future::{Either, select, select_all};
use steadfast_explore::{Handle, Steady, When};
use steadfast_model::cause::Cause;
use steadfast_model::host::Host;
use steadfast_model::hypervisor::{Act, ActError, Seen, Target};
use steadfast_model::ids::{HostId, Moment};
use steadfast_model::message::{AskList, List, Report};
use steadfast_operations::seam::{CallError, Env, Key, Machine, Message, Row, Step, TxError};
use uuid::Uuid;

use crate::fault::{Fault, at_once, goes_wrong, moment};
use crate::mutant::{self, Again, Mutant, Rule, same};
use crate::site::{Object, Site, Told, Touched, on_machine};
use crate::world::{CONTROL, Controller, agent_node, connection_node, id, machine_node};

/// The world of one agent.
#[derive(Debug, Clone)]
pub(crate) struct AgentWorld {
    pub site: Handle<Site>,
    pub act: u32,
    pub host: HostId,
    /// Tells this process from others of the same host, and how many ids it has drawn.
    pub process: u64,
    pub drawn: Arc<AtomicU32>,
    /// The older list that may come in answer to its question, as a number: a task that waits for the answer holds it.
    pub older: Arc<AtomicU64>,
    pub cause: Cause,
    pub mutant: Option<Mutant>,
    /// What may go wrong in this act.
    pub possible: Arc<BTreeSet<Fault>>,
}

impl Env for AgentWorld {
    fn now(&self) -> Moment {
        moment(&self.site, &self.possible)
    }

    fn id(&self) -> Uuid {
        let nth = self.drawn.fetch_add(1, Ordering::Relaxed);
        id(self.act, Steady::of(&(self.process, nth)))
    }

    /// A timer that goes off as often as it was earned, while anybody can be reached. Asking again before the host is
    /// re-admitted would waste it.
    async fn timer(&self, step: Step, _after_ms: u64) {
        let (key, reads) = ((self.host.clone(), step), self.clock(step));
        let retry = step == "agent.retry";
        let left = move |site: &Site| {
            site.timers.get(&key).is_some_and(|left| *left > 0)
                && !site.cut.contains(&key.0)
                && !(retry && is_removed(site, &key.0))
        };
        let (key, object) = ((self.host.clone(), step), Object::Timer(self.host.clone(), step));
        let go_off = move |site: &mut Site| {
            if let Some(left) = site.timers.get_mut(&key) {
                *left -= 1;
            }
            ((), Touched::writes([object.clone()]))
        };
        let due = self.site.step_when(step, When::new(reads, left), go_off);
        if self.may(Fault::TimerEarly) {
            let body = |_: &mut Site| ((), Touched::nothing());
            let early = goes_wrong(&self.site, Fault::TimerEarly, format!("{step} early"), at_once(), body);
            select(early, due).await;
        } else {
            due.await;
        }
    }

    fn stands_at(&self, state: &impl Hash) {
        self.site.stands_at(&(self.knows(), state));
    }

    fn waits_at(&self, state: &impl Hash) {
        self.site.waits_at(&(self.knows(), state));
    }

    fn standing(&self) -> u64 {
        self.site.standing()
    }

    fn spawn(&self, task: Step, future: impl Future<Output = ()> + Send + 'static) {
        self.site.spawn(agent_node(&self.host), task, future);
    }
}

/// What becomes of a message on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Fate {
    Lost,
    AnswerLost,
    Repeated,
    Delayed,
}

impl Fate {
    const ALL: [(Fate, Fault, &str); 4] = [
        (Fate::Lost, Fault::MessageLost, "is lost"),
        (Fate::AnswerLost, Fault::AnswerLost, "is given up"),
        (Fate::Repeated, Fault::MessageRepeated, "is repeated"),
        (Fate::Delayed, Fault::AnswerDelayed, "is answered late"),
    ];
}

type Coming<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Fates = Vec<Coming<Fate>>;

impl AgentWorld {
    /// What counts beside what the agent itself knows: which ids it draws, and what its question may be answered with.
    fn knows(&self) -> (u64, u32, u64) {
        (self.process, self.drawn.load(Ordering::Relaxed), self.older.load(Ordering::Relaxed))
    }

    /// The rule that is switched off, if any.
    fn without(&self) -> Option<Rule> {
        self.mutant.and_then(Mutant::rule)
    }

    fn says_before_it_acts(&self) -> bool {
        matches!(self.mutant, Some(Mutant::Swapped(swapped)) if swapped.says_before_it_acts())
    }

    /// What was told to the host's agents so far. Where nothing of it can come again, nothing is kept.
    fn told<T>(&self, ask: impl FnOnce(&mut Told) -> T) -> Option<T> {
        let kept = self.mutant.is_some() || self.may(Fault::LateList);
        let told = |site: &mut Site| ask(site.told.get_mut(&self.host).expect("a host has agents"));
        kept.then(|| self.site.touch(Object::Told(self.host.clone()), told))
    }

    fn may(&self, fault: Fault) -> bool {
        self.possible.contains(&fault)
    }

    /// What a timer of the agent is read from.
    fn clock(&self, step: Step) -> Vec<Object> {
        let link = self.may(Fault::Partition).then(|| Object::Link(self.host.clone()));
        let host = (step == "agent.retry").then(|| Object::Row(Key::Host(self.host.clone())));
        [Object::Timer(self.host.clone(), step)].into_iter().chain(link).chain(host).collect()
    }

    /// The handler of a message, as a task of the control plane.
    pub(crate) fn handling<M: Message>(&self, message: M) -> Coming<Result<M::Answer, TxError>> {
        let (site, act, possible) = (self.site.clone(), self.act, Arc::clone(&self.possible));
        let (cause, mutant) = (self.cause.clone(), self.mutant);
        let controller = Controller { site, act, by: M::NAME, mutant, possible };
        if mutant.is_none() {
            return Box::pin(async move {
                controller.site.stands_at(&message);
                message.handle(&controller, &cause).await
            });
        }
        Box::pin(async move {
            controller.site.stands_at(&message);
            let message = mutant::bend_message(&controller.site, mutant, message).await;
            if mutant.is_some_and(|mutant| mutant.does_again(Again::Message(M::NAME))) {
                // Whatever the first one came to, the sender hears of the second.
                let _ = message.clone().handle(&controller, &cause).await;
            }
            message.handle(&controller, &cause).await
        })
    }

    /// What may become of a message until it is handled. A question that waits for news is not worth losing before
    /// there are any.
    fn fates<M: Message>(&self, message: &M) -> Fates {
        let mut fates = Fates::new();
        for (fate, fault, what) in Fate::ALL {
            if !self.may(fault) {
                continue;
            }
            let since = same::<_, AskList>(message.clone()).and_then(|ask| ask.since);
            let (host, row) = (self.host.clone(), Object::Row(Key::Host(self.host.clone())));
            let reads = since.map(|_| row).into_iter().collect();
            let news = move |site: &Site| {
                since.is_none_or(|since| mutant::list_gen(site, &host).is_some_and(|now| now > since))
            };
            let (host, timer) = (self.host.clone(), mended_by::<M>());
            let body = move |site: &mut Site| {
                let unheard = matches!(fate, Fate::Lost | Fate::AnswerLost);
                (fate, Touched::writes(unheard.then(|| site.earn(&host, timer, 1))))
            };
            let label = format!("{} {what}", M::NAME);
            fates.push(Box::pin(goes_wrong(&self.site, fault, label, (reads, news), body)));
        }
        fates
    }

    /// Delivers a message: its handler runs on the control plane.
    async fn deliver<M: Message>(&self, message: M) -> Result<M::Answer, CallError> {
        if self.may(Fault::Partition) && !self.gets_out::<M>().await {
            return Err(CallError::Unanswered("nobody can be reached".to_owned()));
        }
        let (fates, handling) = (self.fates(&message), self.handling(message.clone()));
        let asks = M::NAME == AskList::NAME;
        let on = if asks { connection_node(&self.host) } else { CONTROL.to_owned() };
        let answered = if fates.is_empty() {
            self.site.request(on, M::NAME, handling.map(Some)).await
        } else {
            let world = self.clone();
            let handled = async move { world.fated(message, fates, handling).await };
            self.site.request(on, M::NAME, handled).await
        };
        match answered {
            Some(Some(Ok(answer))) => Ok(answer),
            Some(Some(Err(TxError::Refused(refused)))) => Err(CallError::Refused(refused)),
            Some(Some(Err(TxError::Store(abort)))) => Err(CallError::Unanswered(abort.to_string())),
            Some(None) => Err(CallError::Unanswered("no answer came".to_owned())),
            None => Err(CallError::Unanswered("the control plane died".to_owned())),
        }
    }

    /// Handles a message that may meet its fate before. Answers what the sender hears, if anything.
    async fn fated<M: Message>(
        &self,
        message: M,
        fates: Fates,
        handling: Coming<Result<M::Answer, TxError>>,
    ) -> Option<Result<M::Answer, TxError>> {
        let (fate, handling) = match select(select_all(fates), handling).await {
            Either::Left(((fate, ..), handling)) => (fate, handling),
            Either::Right((answer, _)) => return Some(answer),
        };
        match fate {
            Fate::Lost => return None,
            Fate::AnswerLost => {
                self.site.spawn(CONTROL, format!("{} late", M::NAME), async move { drop(handling.await) });
                return None;
            }
            Fate::Repeated => {
                let again = self.handling(message);
                self.site.spawn(CONTROL, format!("{} again", M::NAME), async move { drop(again.await) });
            }
            Fate::Delayed => {}
        }
        let answer = handling.await;
        if fate == Fate::Delayed {
            self.site.step(format!("{} answered", M::NAME), |_| ((), Touched::nothing())).await;
        }
        Some(answer)
    }

    /// Whether a message leaves the host.
    async fn gets_out<M: Message>(&self) -> bool {
        let link = || [Object::Link(self.host.clone())];
        let (whole, cut) = (self.host.clone(), self.host.clone());
        let whole = When::new(link(), move |site: &Site| !site.cut.contains(&whole));
        let cut = When::new(link(), move |site: &Site| site.cut.contains(&cut));
        let goes = self.site.step_when(format!("{} goes out", M::NAME), whole, |_| ((), Touched::nothing()));
        let fails =
            self.site.step_when(format!("{} goes nowhere", M::NAME), cut, |_| ((), Touched::nothing()));
        matches!(select(goes, fails).await, Either::Left(_))
    }

    /// The list of the control plane's answer, or an older one that arrives in its place.
    async fn list(&self, ask: AskList) -> Result<List, CallError> {
        let epoch = ask.epoch;
        let told = self.told(|told| told.clone()).unwrap_or_default();
        let ask = mutant::bend_ask(self.without(), ask, &told.lists);
        let older = told.older_list().filter(|_| self.may(Fault::LateList)).cloned();
        self.older.store(Steady::of(&older), Ordering::Relaxed);
        let Some(older) = older else { return self.deliver(ask).await };
        let real = pin!(self.deliver(ask));
        let body = |_: &mut Site| ((), Touched::nothing());
        let late = goes_wrong(&self.site, Fault::LateList, "late list".to_owned(), at_once(), body);
        match select(late, real).await {
            Either::Left(((), _)) => Ok(mutant::bend_late_list(self.without(), older, epoch)),
            Either::Right((answer, _)) => answer,
        }
    }

    /// Lets an order take effect again at some later moment, if that is what is wrong.
    fn act_again(&self, name: &'static str, act: Act) {
        if !self.mutant.is_some_and(|mutant| mutant.does_again(Again::Act(name))) {
            return;
        }
        let host = self.host.clone();
        let again = self.site.step(format!("{name} again"), move |site| {
            let order = site.machine(&host).begin(act.clone());
            ((), site.finish(&host, order).1)
        });
        self.site.spawn(machine_node(&self.host), name, again);
    }

    /// An order ends: it takes effect and its agent is told so, unless something goes wrong.
    async fn end(self, name: &'static str, target: Target, order: u64) -> Result<(), ActError> {
        let sanitizes = matches!(target, Target::Device(_));
        let host = self.host.clone();
        let ends = self.site.step(format!("end {name}"), move |site| {
            mutant::bend_order(site, &host, order);
            let act = site.machines[&host].orders.get(&order).cloned();
            let (outcome, touched) = site.finish(&host, order);
            ((outcome, act), touched)
        });
        let world = self.clone();
        let ends = async move {
            let (outcome, act) = ends.await;
            act.into_iter().for_each(|act| world.act_again(name, act));
            outcome
        };
        let ends = Box::pin(ends);
        let mut mishaps: Vec<Coming<Result<(), ActError>>> = Vec::new();
        for fault in [Fault::OrderFails, Fault::OrderAnswerLost] {
            if !self.may(fault) {
                continue;
            }
            let host = self.host.clone();
            let body = move |site: &mut Site| {
                let touched = if fault == Fault::OrderFails {
                    site.machine(&host).orders.remove(&order);
                    // It is tried again at the next tick.
                    on_machine(&host).and_writes([site.earn(&host, "agent.tick", 1)])
                } else {
                    mutant::bend_order(site, &host, order);
                    let done = site.finish(&host, order).1;
                    // A look at the guests shows what was done. What was sanitised does not look so: it is done again.
                    if sanitizes { done.and_writes([site.earn(&host, "agent.tick", 1)]) } else { done }
                };
                (Err(ActError("out of luck".to_owned())), touched)
            };
            let what = if fault == Fault::OrderFails { "fails" } else { "seems to fail" };
            let mishap = goes_wrong(&self.site, fault, format!("{name} {what}"), at_once(), body);
            mishaps.push(Box::pin(mishap));
        }
        if mishaps.is_empty() {
            return ends.await;
        }
        match select(select_all(mishaps), ends).await {
            Either::Left(((outcome, ..), _)) | Either::Right((outcome, _)) => outcome,
        }
    }
}

fn is_removed(site: &Site, host: &HostId) -> bool {
    let row = site.store.row(&Key::Host(host.clone()));
    row.and_then(|row| Host::of_record(&row.record)).is_some_and(|host| host.removed)
}

/// The timer that brings an agent back to what it did not get across.
fn mended_by<M: Message>() -> Step {
    if M::NAME == Report::NAME { "agent.tick" } else { "agent.retry" }
}

impl Machine for AgentWorld {
    async fn call<M: Message>(&self, message: M) -> Result<M::Answer, CallError> {
        let Some(ask) = same::<_, AskList>(message.clone()) else {
            return self.deliver(message).await;
        };
        let list = self.list(ask).await?;
        let taken = self.told(|told| {
            told.lists.push(list.clone());
            told.lists.len()
        });
        let list = taken.map_or(list.clone(), |place| mutant::bend_list(self.without(), list, place));
        Ok(same(list).expect("a list answers a question for one"))
    }

    async fn settle(&self, step: Step) -> Result<(), ActError> {
        let (host, at) = (self.host.clone(), Object::Machine(self.host.clone()));
        let settled = move |site: &Site| {
            site.without() == Some(Rule::A4Barrier) || site.machines[&host].orders.is_empty()
        };
        self.site.step_when(step, When::new([at], settled), |_| (Ok(()), Touched::nothing())).await
    }

    async fn observe(&self, step: Step) -> Result<Seen, ActError> {
        let (host, ahead) = (self.host.clone(), self.says_before_it_acts());
        let observe = move |site: &mut Site| {
            let mut machine = Arc::clone(&site.machines[&host]);
            if ahead {
                let machine = Arc::make_mut(&mut machine);
                let open: Vec<u64> = machine.orders.keys().copied().collect();
                open.into_iter().for_each(|order| drop(machine.finish(order)));
            }
            (Ok(machine.observe()), Touched::reads([Object::Machine(host.clone())]))
        };
        self.site.step(step, observe).await
    }

    /// The order is begun, and ends by itself whether or not its agent still lives.
    async fn act(&self, _step: Step, act: Act) -> Result<(), ActError> {
        let (host, target) = (self.host.clone(), act.target());
        let failed = self.told(|told| told.failed.contains(&target)).unwrap_or_default();
        if self.without() == Some(Rule::C6KeepsTrying) && failed {
            return Err(ActError("it failed before".to_owned()));
        }
        let name = act.name();
        let gated = host.clone();
        // A machine does one thing to one guest or device at a time.
        let idle =
            move |site: &Site| !site.machines[&gated].orders.values().any(|open| open.target() == target);
        let when = When::new([Object::Machine(host.clone())], idle);
        let begin = move |site: &mut Site| (site.machine(&host).begin(act.clone()), on_machine(&host));
        let world = self.clone();
        let end = move |order| async move {
            world.site.stands_at(&order);
            world.end(name, target, order).await
        };
        let on = (machine_node(&self.host), name.to_owned());
        let ended = self.site.order((format!("begin {name}"), target), when, on, begin, end);
        let sanitizes = matches!(target, Target::Device(_));
        let forgets = self.without() == Some(Rule::A3OpenOrders)
            || (self.without() == Some(Rule::D4OneAtATime) && sanitizes);
        if forgets || self.says_before_it_acts() {
            // Nobody waits for it: the order is given, and taken for done.
            self.site.spawn(machine_node(&self.host), name, async move {
                ended.await;
            });
            return Ok(());
        }
        let ended = ended.await.unwrap_or_else(|| Err(ActError("the machine died".to_owned())));
        if ended.is_err() {
            self.told(|told| told.failed.insert(target));
        }
        ended
    }
}
