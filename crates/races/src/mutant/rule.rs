//! The rules of the protocol, each as a switch: what the shipped code would do without it.

use std::sync::Arc;
use steadfast_explore::Handle;
use steadfast_model::claim::{Claim, Role};
use steadfast_model::host::Host;
use steadfast_model::hypervisor::Act;
use steadfast_model::ids::{ClaimId, Epoch, HostId, InstanceId, ListGen, ReportSeq};
use steadfast_model::instance::{Instance, Operation};
use steadfast_model::ledger::{Entry, Event};
use steadfast_model::message::{Answer, AskList, List, Report, Statement};
use steadfast_model::pci::Device;
use steadfast_operations::seam::{Changes, Key, Message, Record, Row, Step, Write};
use steadfast_store::Memory;

use super::forgotten::tells_of;
use super::same;
use crate::listed::listed;
use crate::site::{Site, Touched};

listed! {
    /// A rule of PROTOCOL §4, by the name it has there. Those of sanitising, which is not in that protocol, are called
    /// D.
    pub enum Rule {
        A1Told,
        A2ListGen,
        A3OpenOrders,
        A4Barrier,
        A5EpochPerLife,
        A6GoneAnswers,
        A7Tombstone,
        A8Quarantine,
        A9ClaimRechecks,
        B1OneRunner,
        B2ReceiptVoid,
        B3FenceCompares,
        B4MoveWaits,
        B5RevertWaits,
        B6OrderEchoed,
        B7RollBackWaits,
        B8NoAutostart,
        B9LivingHome,
        B10NamedByClaim,
        C1ReceiptAnswers,
        C2Sweep,
        C3DeleteOvertakes,
        C4OneOperation,
        C5RemovalRefuses,
        C6KeepsTrying,
        /// What a guest may have used is dirty.
        D1Used,
        /// That a device is clean answers its present dirt.
        D2DirtEchoed,
        /// What is dirty is not granted.
        D3CleanGrants,
        /// Nothing is said of a device, nor done with it, while it is being sanitised.
        D4OneAtATime,
        /// What is seen for the first time is dirty.
        D5Found,
        /// A person's word is of the dirt that they saw.
        D6AssertedDirt,
        /// Rule 2: a report frees nothing. Without it, the historic audit runs beside the reports.
        Observation,
    }
}

/// Changes a row of a kind as it is read.
pub(super) fn bend<R: Row<Of = Record>>(record: &mut Record, change: impl FnOnce(&mut R)) {
    if let Some(row) = R::of_record(record) {
        let mut row = row.as_ref().clone();
        change(&mut row);
        *record = Arc::new(row).into_record();
    }
}

/// What a control plane without the rule reads in place of a row.
pub(super) fn bend_read(rule: Rule, store: &Memory, step: Step, record: &mut Record) {
    match (rule, step) {
        (Rule::A1Told, "delete" | "advance") => bend::<Claim>(record, |claim| claim.told = false),
        (Rule::A7Tombstone, "register" | "list" | "report") => {
            bend::<Host>(record, |host| host.removed = false);
        }
        (Rule::A8Quarantine, _) => bend::<Host>(record, |host| host.quarantined = false),
        (Rule::A9ClaimRechecks, "boot.claim") => bend::<Device>(record, |device| device.owner = None),
        (Rule::B3FenceCompares, "fence.receipt") => bend::<Host>(record, |host| {
            // The receipt finds the host as the intent left it, whatever happened since.
            host.fence_intent = Some(FENCE_INTENT);
            host.epoch = FENCE_INTENT;
            host.registered = false;
        }),
        // The number of a report guards the same within one life, so it is off as well.
        (Rule::B6OrderEchoed | Rule::D2DirtEchoed, "report") => unnumber(record),
        (Rule::D3CleanGrants, "schedule" | "boot.claim" | "evacuate.claim" | "migrate.claim") => {
            bend::<Device>(record, |device| device.dirt = None);
        }
        (Rule::B4MoveWaits | Rule::B5RevertWaits, "advance") => bend::<Claim>(record, |claim| {
            claim.hot &= claim.role != Role::Home || !waits_by(rule, operation(store, claim.instance));
        }),
        (Rule::B7RollBackWaits, "advance") => bend::<Claim>(record, |claim| {
            claim.hot &= claim.role != Role::Leaving;
        }),
        (Rule::B9LivingHome, "advance" | "confirm") => bend::<Host>(record, |host| {
            host.registered = true;
            host.receipt = None;
        }),
        (Rule::C1ReceiptAnswers, "advance") => bend::<Host>(record, |host| host.receipt = None),
        (Rule::C4OneOperation, "evacuate.request" | "confirm" | "revert.request") => {
            bend::<Instance>(record, |instance| instance.operation = None);
        }
        (Rule::C5RemovalRefuses, "remove_host") => bend::<Claim>(record, |claim| claim.role = Role::Leaving),
        // At other steps nothing is bent.
        (
            Rule::A1Told
            | Rule::A7Tombstone
            | Rule::A9ClaimRechecks
            | Rule::B3FenceCompares
            | Rule::B4MoveWaits
            | Rule::B5RevertWaits
            | Rule::B6OrderEchoed
            | Rule::B7RollBackWaits
            | Rule::B9LivingHome
            | Rule::C1ReceiptAnswers
            | Rule::C4OneOperation
            | Rule::C5RemovalRefuses
            | Rule::D2DirtEchoed
            | Rule::D3CleanGrants,
            _,
        )
        // These are bent as something is written, in messages, at the machine, or by whoever acts.
        | (
            Rule::A2ListGen
            | Rule::A3OpenOrders
            | Rule::A4Barrier
            | Rule::A5EpochPerLife
            | Rule::A6GoneAnswers
            | Rule::B1OneRunner
            | Rule::B2ReceiptVoid
            | Rule::B8NoAutostart
            | Rule::B10NamedByClaim
            | Rule::C2Sweep
            | Rule::C3DeleteOvertakes
            | Rule::C6KeepsTrying
            | Rule::D1Used
            | Rule::D4OneAtATime
            | Rule::D5Found
            | Rule::D6AssertedDirt
            | Rule::Observation,
            _,
        ) => {}
    }
}

/// Whether it is by this rule that the operation waits until the home is quiet.
fn waits_by(rule: Rule, operation: Option<Operation>) -> bool {
    match operation {
        Some(Operation::Migrate(_)) => rule == Rule::B4MoveWaits,
        Some(Operation::Revert(_)) => rule == Rule::B5RevertWaits,
        Some(
            Operation::Boot
            | Operation::Stop
            | Operation::Start
            | Operation::Evacuate(_)
            | Operation::RollBack(_),
        )
        | None => false,
    }
}

/// The operation on an instance, if one runs.
fn operation(store: &Memory, instance: InstanceId) -> Option<Operation> {
    let row = store.row(&Key::Instance(instance))?;
    Instance::of_record(&row.record)?.operation
}

/// The epoch that the fencing of the B3 race opens: its host registered twice while the scene was set.
const FENCE_INTENT: Epoch = Epoch(3);

/// What a control plane without the rule writes in place of its changes.
pub(super) fn bend_write(rule: Rule, store: &Memory, changes: &mut Changes) {
    let step = changes.step;
    for write in &mut changes.writes {
        let Some(record) = &mut write.record else { continue };
        let old = store.row(&write.key).map(|row| row.record.clone());
        match (rule, step) {
            (Rule::B1OneRunner, "evacuate.request") => bend::<Claim>(record, |claim| {
                claim.run = old.as_ref().and_then(Claim::of_record).is_some_and(|old| old.run);
            }),
            // Nobody says that a home is quiet: it only is not looked at.
            (Rule::B4MoveWaits, "migrate.hand_over") | (Rule::B5RevertWaits, "revert.hand_over") => {
                bend::<Claim>(record, |claim| {
                    claim.hot |= old.as_ref().and_then(Claim::of_record).is_some_and(|old| old.hot);
                });
            }
            (Rule::B2ReceiptVoid, "register") => bend::<Host>(record, |host| {
                let old = old.as_ref().and_then(Host::of_record);
                host.receipt = old.and_then(|old| old.receipt.clone());
            }),
            (Rule::C3DeleteOvertakes, "delete") => bend::<Instance>(record, |instance| {
                let old = old.as_ref().and_then(Instance::of_record);
                instance.operation = old.and_then(|old| old.operation);
                instance.attempt = old.map_or(instance.attempt, |old| old.attempt);
            }),
            (Rule::D1Used, "report") => bend::<Device>(record, |device| {
                device.dirt = device.dirt.filter(|dirt| dirt.claim().is_none());
            }),
            (Rule::D5Found, "report") => bend::<Device>(record, |device| {
                device.dirt = device.dirt.filter(|dirt| dirt.claim().is_some());
            }),
            // At other steps nothing is bent; all other rules are bent elsewhere.
            (
                Rule::A1Told
                | Rule::A2ListGen
                | Rule::A3OpenOrders
                | Rule::A4Barrier
                | Rule::A5EpochPerLife
                | Rule::A6GoneAnswers
                | Rule::A7Tombstone
                | Rule::A8Quarantine
                | Rule::A9ClaimRechecks
                | Rule::B1OneRunner
                | Rule::B2ReceiptVoid
                | Rule::B3FenceCompares
                | Rule::B4MoveWaits
                | Rule::B5RevertWaits
                | Rule::B6OrderEchoed
                | Rule::B7RollBackWaits
                | Rule::B8NoAutostart
                | Rule::B9LivingHome
                | Rule::B10NamedByClaim
                | Rule::C1ReceiptAnswers
                | Rule::C2Sweep
                | Rule::C3DeleteOvertakes
                | Rule::C4OneOperation
                | Rule::C5RemovalRefuses
                | Rule::C6KeepsTrying
                | Rule::D1Used
                | Rule::D2DirtEchoed
                | Rule::D3CleanGrants
                | Rule::D4OneAtATime
                | Rule::D5Found
                | Rule::D6AssertedDirt
                | Rule::Observation,
                _,
            ) => {}
        }
    }
    let Changes { writes, ledger, .. } = changes;
    ledger.retain(|entry| entry.event != Event::Dirtied || writes.iter().any(|write| is_dirty(write, entry)));
}

/// Whether the row that an entry of the ledger tells of is dirty as it is written.
fn is_dirty(write: &Write, entry: &Entry) -> bool {
    let device = write.record.as_ref().and_then(Device::of_record);
    tells_of(write, entry) && device.is_some_and(|device| device.dirt.is_some())
}

/// A host that has heard no report of its present life.
pub(super) fn unnumber(record: &mut Record) {
    bend::<Host>(record, |host| host.report_seq = ReportSeq::default());
}

/// What arrives in place of a message.
pub(super) async fn bend_message<M: Message>(site: &Handle<Site>, rule: Rule, message: M) -> M {
    let (Rule::A6GoneAnswers | Rule::B6OrderEchoed | Rule::D2DirtEchoed) = rule else { return message };
    let Some(report) = same::<_, Report>(message.clone()) else { return message };
    let bent =
        site.step("bend", move |site| (bend_report(rule, site, report.clone()), Touched::everything())).await;
    same(bent).expect("a report in place of a report")
}

pub(super) fn claims_of_host<'a>(site: &'a Site, host: &'a HostId) -> impl Iterator<Item = Claim> + 'a {
    let claims = site.store.rows().filter_map(|(_, row)| Claim::of_record(&row.record));
    claims.filter(move |claim| claim.host == *host).map(|claim| claim.as_ref().clone())
}

fn bend_report(rule: Rule, site: &Site, mut report: Report) -> Report {
    let claims: Vec<Claim> = claims_of_host(site, &report.host).collect();
    if rule == Rule::B6OrderEchoed {
        for statement in &mut report.statements {
            let claim = claims.iter().find(|claim| claim.id == statement.claim);
            statement.order = claim.map_or(statement.order, |claim| claim.order);
        }
        return report;
    }
    if rule == Rule::D2DirtEchoed {
        for answer in &mut report.sanitized {
            let row = site.store.row(&Key::Device((report.host.clone(), answer.device)));
            let dirt = row.and_then(|row| Device::of_record(&row.record)).and_then(|device| device.dirt);
            answer.dirt = dirt.unwrap_or(answer.dirt);
        }
        return report;
    }
    let unmentioned = |claim: &&Claim| !report.statements.iter().any(|statement| statement.claim == claim.id);
    let gone: Vec<Statement> = claims
        .iter()
        .filter(|claim| claim.is_leaving())
        .filter(unmentioned)
        .map(|claim| Statement { claim: claim.id, order: claim.order, answer: Answer::Gone })
        .collect();
    report.statements.extend(gone);
    report
}

/// What an agent that takes any list asks: under the numbers that it was given, see [`bend_list`].
pub(crate) fn bend_ask(without: Option<Rule>, ask: AskList, taken: &[List]) -> AskList {
    let Some(number) = ask.since.filter(|_| without == Some(Rule::A2ListGen)) else { return ask };
    let place = usize::try_from(number.0).expect("few lists were taken") - 1;
    AskList { since: Some(taken[place].list_gen), ..ask }
}

/// What an agent that takes any list takes: one that looks newer than any before.
pub(crate) fn bend_list(without: Option<Rule>, list: List, place: usize) -> List {
    let list_gen = if without == Some(Rule::A2ListGen) { ListGen(place as u64) } else { list.list_gen };
    List { list_gen, ..list }
}

/// A late list, as it looks where lives have no epochs of their own.
pub(crate) fn bend_late_list(without: Option<Rule>, list: List, epoch: Epoch) -> List {
    let epoch = if without == Some(Rule::A5EpochPerLife) { epoch } else { list.epoch };
    List { epoch, ..list }
}

/// What an order to a machine turns out to do.
pub(crate) fn bend_order(site: &mut Site, host: &HostId, order: u64) {
    let open = site.machines[host].orders.get(&order);
    if let (Some(Rule::B10NamedByClaim), Some(Act::Destroy(claim))) = (site.without(), open) {
        let act = Act::Destroy(namesake(site, host, *claim));
        site.machine(host).orders.insert(order, act);
    }
}

/// The guest of the same instance that a machine would find if guests were named after instances.
fn namesake(site: &Site, host: &HostId, claim: ClaimId) -> ClaimId {
    let instance = claims_of_host(site, host).find(|row| row.id == claim).map(|row| row.instance);
    let guests = site.machines[host].guests.values();
    let twin = guests
        .filter(|guest| Some(guest.spec.instance) == instance)
        .map(|guest| guest.spec.claim)
        .next_back();
    twin.unwrap_or(claim)
}
