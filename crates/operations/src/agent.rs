//! The agent of one host: behind a barrier it registers; then it asks what should be true of every claim, and which
//! devices it is to sanitise, acts, and says what is true.
//!
//! ```text
//!   barrier ─▶ hello ─▶ register ─▶ ┌ list ─▶ look ─▶ act ─▶ look ─▶ report ┐
//!      ▲                            └──────────────◀── a list, an act's end, ┘
//!      └──── refused as stale: own orders end ◀────    or a tick ────────────
//! ```
//!
//! It is level-triggered: whatever wakes it, it compares its newest list with what it sees. It starts nothing and
//! destroys nothing that the list does not say (rule 8), touches no guest that the list does not name, goes on with
//! the list it has when it reaches nobody, and keeps nothing but its host's name across a restart.

mod scrubs;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use steadfast_model::agent::{act_for, statement};
use steadfast_model::hypervisor::{Act, ActError, Seen, SeenGuest, Target};
use steadfast_model::ids::{ClaimId, Epoch, HostId, InventorySeq, ListGen, Order, ReportSeq, SanitizerName};
use steadfast_model::message::{
    AskList, Census, Entry, Hello, List, PROTOCOL_VERSION, Register, Report, Reported, Sanitize, Sanitized,
    Statement, UnknownGuest,
};

use crate::refused::Refused;
use crate::seam::{CallError, Machine};
use scrubs::Scrubs;

/// How an agent is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub host: HostId,
    /// How often it looks and reports although nothing happened.
    pub report_interval_ms: u64,
    /// How long it waits before it asks again where it had no answer.
    pub retry_ms: u64,
}

/// What wakes an agent.
enum Event {
    Listed(Result<List, CallError>),
    Acted(ClaimId, Order, Result<(), ActError>),
    Scrubbed(Sanitize, SanitizerName, Result<(), ActError>),
    Reported(Result<Reported, CallError>),
    Tick,
}

impl Event {
    /// In which order events are taken that are there at the same time: whichever came first, the same comes of them.
    /// An act that failed before a tick is tried again after it.
    fn turn(&self) -> (u8, Option<Target>) {
        match self {
            Event::Acted(claim, ..) => (0, Some(Target::Guest(*claim))),
            Event::Scrubbed(asked, ..) => (0, Some(Target::Device(asked.device))),
            Event::Tick => (1, None),
            Event::Reported(_) => (2, None),
            Event::Listed(_) => (3, None),
        }
    }
}

type Wakeup = Pin<Box<dyn Future<Output = Event> + Send>>;

/// Why a life of the agent ended.
enum Ended {
    /// Another life began, or the host was fenced: register again.
    Stale,
    /// The host was removed.
    Removed,
}

/// What is to be done about what woke the agent.
enum Taken {
    /// Look at the machine, and compare.
    Look,
    Nothing,
    Over(Ended),
}

/// Lives one life after another, for ever.
pub async fn run<M: Machine>(world: M, settings: Settings) {
    loop {
        world.stands_at(&"between two lives");
        let Some(epoch) = begin_life(&world, &settings).await else {
            world.timer("agent.retry", settings.retry_ms).await;
            continue;
        };
        world.stands_at(&epoch);
        live(&world, &settings, epoch, ReportSeq::default()).await;
    }
}

/// Lives the life that registered as `epoch`, until it is over. `sent` numbers the last report that it has sent so far.
pub async fn live<M: Machine>(world: &M, settings: &Settings, epoch: Epoch, sent: ReportSeq) {
    match Life::new(world, settings, epoch, sent).live().await {
        Ended::Stale => {}
        Ended::Removed => world.timer("agent.retry", settings.retry_ms).await,
    }
}

/// The barrier, then the registration: nothing that an earlier life ordered can take effect any more when the
/// store hears of the new one (A4).
async fn begin_life<M: Machine>(world: &M, settings: &Settings) -> Option<Epoch> {
    world.settle("agent.barrier").await.ok()?;
    let boot_id = world.observe("agent.boot").await.ok()?.boot_id;
    let host = settings.host.clone();
    let from = world.call(Hello { host: host.clone(), protocol: PROTOCOL_VERSION }).await.ok()?.epoch;
    let nonce = world.id();
    let register = Register { host, protocol: PROTOCOL_VERSION, nonce, boot_id, from };
    world.call(register).await.ok().map(|at| at.epoch)
}

/// The order that was last tried for a claim.
#[derive(Hash)]
struct Tried {
    order: Order,
    act: Act,
    failed: Option<String>,
}

/// One life: what it knows is forgotten with it.
struct Life<'a, M: Machine> {
    world: &'a M,
    settings: &'a Settings,
    /// Where its caller stood.
    from: u64,
    epoch: Epoch,
    list: Option<Arc<List>>,
    wakeups: FuturesUnordered<Wakeup>,
    /// Claims with an order of this life that has not ended.
    open: BTreeSet<ClaimId>,
    /// Orders that were tried since the last tick, and why those failed that did. Tried again after it.
    tried: BTreeMap<ClaimId, Tried>,
    scrubs: Scrubs,
    /// The statements that the control plane has heard.
    heard: BTreeMap<ClaimId, Statement>,
    census: Option<Census>,
    census_heard: InventorySeq,
    /// A report is due although nothing may be new: the control plane shall see that this life goes on.
    beat_due: bool,
    /// The last report that was sent, and whether one had no answer since one had.
    sent: ReportSeq,
    unheard: bool,
    /// The report that is on its way; what is new meanwhile is said after it.
    saying: Option<Report>,
    unsaid: bool,
}

impl<'a, M: Machine> Life<'a, M> {
    fn new(world: &'a M, settings: &'a Settings, epoch: Epoch, sent: ReportSeq) -> Self {
        Life {
            world,
            settings,
            from: world.standing(),
            epoch,
            list: None,
            wakeups: FuturesUnordered::new(),
            open: BTreeSet::new(),
            tried: BTreeMap::new(),
            scrubs: Scrubs::default(),
            heard: BTreeMap::new(),
            census: None,
            census_heard: InventorySeq::default(),
            beat_due: false,
            sent,
            unheard: false,
            saying: None,
            unsaid: false,
        }
    }

    async fn live(mut self) -> Ended {
        self.ask_list(None, false);
        self.await_tick();
        let mut look = false;
        loop {
            // Whatever happened already is taken before it looks: one look answers for all of it.
            let mut events = self.happened();
            if events.is_empty() {
                self.stands(look);
                if std::mem::take(&mut look) {
                    self.reconcile().await;
                    continue;
                }
                events.push(self.wakeups.next().await.expect("a tick is always awaited"));
                events.extend(self.happened());
            }
            events.sort_by_key(Event::turn);
            for event in events {
                match self.take(event) {
                    Taken::Look => look = true,
                    Taken::Nothing => {}
                    Taken::Over(ended) => {
                        self.end_orders().await;
                        return ended;
                    }
                }
            }
        }
    }

    /// What happened and was not taken yet.
    fn happened(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.wakeups.next().now_or_never().flatten()).collect()
    }

    /// Says where this life stands: all that it knows, and whether it looks now. What it waits for follows from it.
    fn stands(&self, looks: bool) {
        let Life {
            world,
            settings: _,
            from,
            epoch,
            list,
            wakeups: _,
            open,
            tried,
            scrubs,
            heard,
            census,
            census_heard,
            beat_due,
            sent,
            unheard,
            saying,
            unsaid,
        } = self;
        let said = (heard, census, census_heard, beat_due, sent, unheard, saying, unsaid);
        world.waits_at(&(from, epoch, list, open, tried, scrubs, said, looks));
    }

    /// Takes what woke the agent.
    fn take(&mut self, event: Event) -> Taken {
        match event {
            Event::Listed(answer) => self.take_list(answer),
            Event::Acted(claim, order, outcome) => {
                self.acted(claim, order, outcome);
                Taken::Look
            }
            Event::Scrubbed(asked, by, outcome) => {
                self.scrubs.ended(asked, by, outcome);
                Taken::Look
            }
            Event::Reported(answer) => self.reported(answer),
            Event::Tick => {
                let open = &self.open;
                self.tried.retain(|claim, _| open.contains(claim));
                self.heard.clear();
                self.scrubs.tick();
                self.beat_due = true;
                self.await_tick();
                Taken::Look
            }
        }
    }

    fn ask_list(&mut self, since: Option<ListGen>, after_pause: bool) {
        let (world, host, epoch) = (self.world.clone(), self.settings.host.clone(), self.epoch);
        let retry_ms = self.settings.retry_ms;
        self.wakeups.push(Box::pin(async move {
            if after_pause {
                world.timer("agent.retry", retry_ms).await;
            }
            Event::Listed(world.call(AskList { host, epoch, since }).await)
        }));
    }

    fn await_tick(&mut self) {
        let (world, after_ms) = (self.world.clone(), self.settings.report_interval_ms);
        self.wakeups.push(Box::pin(async move {
            world.timer("agent.tick", after_ms).await;
            Event::Tick
        }));
    }

    /// Takes a list of this epoch that is newer than the newest one taken, and drops any other (A2, A5).
    fn take_list(&mut self, answer: Result<List, CallError>) -> Taken {
        let known = self.list.as_ref().map(|list| list.list_gen);
        match answer {
            Ok(list) => {
                let newer = known.is_none_or(|known| list.list_gen > known);
                if newer && list.epoch == self.epoch {
                    self.ask_list(Some(list.list_gen), false);
                    self.forget_others(&list);
                    self.list = Some(Arc::new(list));
                } else {
                    self.ask_list(known, false);
                }
                Taken::Look
            }
            Err(CallError::Refused(refused)) => Taken::Over(ended_by(&refused)),
            Err(CallError::Unanswered(_)) => {
                self.ask_list(known, true);
                Taken::Look
            }
        }
    }

    /// A claim that is no longer listed has ended, and never comes back.
    fn forget_others(&mut self, list: &List) {
        let listed: BTreeSet<ClaimId> = list.entries.iter().map(|entry| entry.guest.claim).collect();
        self.heard.retain(|claim, _| listed.contains(claim));
        self.scrubs.forget_others(list);
        let open = &self.open;
        self.tried.retain(|claim, _| listed.contains(claim) || open.contains(claim));
    }

    fn acted(&mut self, claim: ClaimId, order: Order, outcome: Result<(), ActError>) {
        self.open.remove(&claim);
        if let Some(tried) = self.tried.get_mut(&claim).filter(|tried| tried.order == order) {
            tried.failed = outcome.err().map(|why| why.to_string());
        }
    }

    /// Compares the newest list with what is there, gives orders, and says what is true. A machine that cannot be
    /// looked at now is looked at again at the next tick; nothing is done and nothing said meanwhile.
    async fn reconcile(&mut self) {
        let Some(list) = self.list.clone() else { return };
        let Ok(seen) = self.world.observe("agent.observe").await else { return };
        let guests: BTreeMap<ClaimId, &SeenGuest> =
            seen.guests.iter().filter_map(|guest| Some((guest.claim?, guest))).collect();
        for entry in &list.entries {
            self.order(entry, guests.get(&entry.guest.claim).copied());
        }
        self.sanitize(&list, &seen);
        let statements = self.statements(&list, &guests);
        let sanitized = self.scrubs.answers(&list, &seen);
        self.recount(&list, seen);
        self.report(&list, statements, sanitized);
    }

    /// Gives the order that brings a guest nearer to what is wanted, one at a time for each claim, and none while a
    /// device of it is being sanitised. An act that was tried for this very order, and left the guest as it was, waits
    /// for the next tick.
    fn order(&mut self, entry: &Entry, seen: Option<&SeenGuest>) {
        let (claim, order) = (entry.guest.claim, entry.order);
        if self.open.contains(&claim) || self.scrubs.hold(&entry.guest.devices) {
            return;
        }
        let Some(act) = act_for(entry, seen) else { return };
        if self.tried.get(&claim).is_some_and(|tried| tried.order == order && tried.act == act) {
            return;
        }
        self.open.insert(claim);
        self.tried.insert(claim, Tried { order, act: act.clone(), failed: None });
        let world = self.world.clone();
        self.wakeups.push(Box::pin(async move {
            let outcome = world.act("agent.act", act).await;
            Event::Acted(claim, order, outcome)
        }));
    }

    /// Gives the orders to sanitise that are due. An order that is open for a claim without an entry could be to any
    /// device: then there are none.
    fn sanitize(&mut self, list: &List, seen: &Seen) {
        let listed = |claim: &ClaimId| list.entries.iter().any(|entry| entry.guest.claim == *claim);
        if !self.open.iter().all(listed) {
            return;
        }
        for (asked, by) in self.scrubs.due(list, seen) {
            let (world, act) = (self.world.clone(), Act::Sanitize { device: asked.device, by: by.clone() });
            self.wakeups.push(Box::pin(async move {
                let outcome = world.act("agent.act", act).await;
                Event::Scrubbed(asked, by, outcome)
            }));
        }
    }

    /// Counts what the host has. A count like the last one keeps its number.
    fn recount(&mut self, list: &List, seen: Seen) {
        let named = |claim| list.entries.iter().any(|entry| Some(entry.guest.claim) == claim);
        let Seen { machine, stocks, devices, guests, .. } = seen;
        let unknown = guests.into_iter().filter(|guest| !named(guest.claim));
        let unknown_guests =
            unknown.map(|SeenGuest { tag, running, devices, .. }| UnknownGuest { tag, running, devices });
        let unknown_guests = unknown_guests.collect();
        let seq = self.census.as_ref().map_or(InventorySeq::default(), |census| census.seq);
        let census = Census { seq, machine, stocks, devices, unknown_guests };
        if self.census.as_ref() != Some(&census) {
            self.census = Some(Census { seq: seq.next(), ..census });
        }
    }

    fn statements(&self, list: &List, guests: &BTreeMap<ClaimId, &SeenGuest>) -> Vec<Statement> {
        let of = |entry: &Entry| {
            let claim = entry.guest.claim;
            let tried = self.tried.get(&claim).filter(|tried| tried.order == entry.order);
            let failed = tried.and_then(|tried| tried.failed.as_deref());
            statement(entry, guests.get(&claim).copied(), self.open.contains(&claim), failed)
        };
        let all = list.entries.iter().filter_map(of);
        all.filter(|statement| self.heard.get(&statement.claim) != Some(statement)).collect()
    }

    /// Sends what is new, one report at a time: orders go on whether or not anybody hears of them.
    fn report(&mut self, list: &List, statements: Vec<Statement>, sanitized: Vec<Sanitized>) {
        let census = self.census.as_ref().filter(|census| census.seq > self.census_heard);
        let news = !statements.is_empty() || !sanitized.is_empty() || census.is_some();
        if !news && !self.beat_due {
            return;
        }
        if self.saying.is_some() {
            self.unsaid = true;
            return;
        }
        self.beat_due = false;
        let (host, epoch, list_gen) = (self.settings.host.clone(), self.epoch, list.list_gen);
        self.sent = self.sent.next();
        let (seq, unheard, census) = (self.sent, self.unheard, census.cloned());
        let report = Report { host, epoch, seq, unheard, list_gen, statements, sanitized, census };
        let world = self.world.clone();
        self.saying = Some(report.clone());
        self.wakeups.push(Box::pin(async move {
            let answer = world.call(report).await;
            Event::Reported(answer)
        }));
    }

    fn reported(&mut self, answer: Result<Reported, CallError>) -> Taken {
        let said = self.saying.take().expect("only what was said is answered");
        match answer {
            Ok(_) => {
                self.unheard = false;
                self.heard.extend(said.statements.into_iter().map(|statement| (statement.claim, statement)));
                self.scrubs.heard(said.sanitized);
                self.census_heard = said.census.map_or(self.census_heard, |census| census.seq);
            }
            Err(CallError::Refused(refused)) => return Taken::Over(ended_by(&refused)),
            // Said again at the next event or tick.
            Err(CallError::Unanswered(_)) => self.unheard = true,
        }
        if std::mem::take(&mut self.unsaid) { Taken::Look } else { Taken::Nothing }
    }

    /// Lets the own orders to guests end, so that the barrier of the next life has less to wait for. It cuts short what
    /// is being sanitised.
    async fn end_orders(&mut self) {
        while !self.open.is_empty() {
            match self.wakeups.next().await {
                Some(Event::Acted(claim, order, outcome)) => self.acted(claim, order, outcome),
                Some(Event::Scrubbed(..) | Event::Listed(_) | Event::Reported(..) | Event::Tick) => {}
                None => return,
            }
        }
    }
}

fn ended_by(refused: &Refused) -> Ended {
    match refused {
        Refused::Removed(_) => Ended::Removed,
        Refused::Stale(_) | Refused::NotFound(_) | Refused::Invalid(_) | Refused::Conflict(_) => Ended::Stale,
    }
}
