//! Takes what an agent observed: Nova's `update_available_resource`, without the power to free anything.
//!
//! A report may add or remove unowned devices, answer an order about a claim or about a device that is to be sanitised,
//! or open a discrepancy (rule 2). That something is missing from it is never evidence.

use std::collections::{BTreeMap, BTreeSet};

use steadfast_model::cause::Cause;
use steadfast_model::claim::{Claim, Proof};
use steadfast_model::discrepancy::{Discrepancy, Subject};
use steadfast_model::host::Host;
use steadfast_model::ids::{ClaimId, HostId, InstanceId, Moment};
use steadfast_model::inventory::{Inventory, ResourceClass, Stock};
use steadfast_model::message::{Census, Report, Reported, Sanitized, Statement};
use steadfast_model::pci::{Address, Device, Dirt, Observed, Receipt, Sighting};

use crate::advance::advance_later;
use crate::refused::Refused;
use crate::release::release;
use crate::seam::{
    Control, Halt, Message, Seen, Step, Tx, TxError, devices_of, discrepancies_of, get, inventory_of,
};
use crate::stop;

/// How old a host's `last_seen` may get before a report that changes nothing else is written for it. Finer costs a
/// commit for every report; coarser makes a silent host look alive for longer.
const LAST_SEEN_GRAIN_MICROS: u64 = 5_000_000;

impl Message for Report {
    type Answer = Reported;
    const NAME: Step = "report";

    fn host(&self) -> &HostId {
        &self.host
    }

    /// Takes the report and goes on, beside the caller, with every instance that it said something new of.
    async fn handle<C: Control>(self, env: &C, cause: &Cause) -> Result<Reported, TxError> {
        let (answer, touched) = env.tx("report", cause, move |tx| take(tx, &self)).await?;
        touched.into_iter().for_each(|instance| advance_later(env, cause, instance));
        Ok(answer)
    }
}

fn take(tx: &mut Tx<'_>, report: &Report) -> Result<(Reported, BTreeSet<InstanceId>), Halt> {
    // Two statements of one claim would be two answers: the last one counts.
    let statements: BTreeMap<ClaimId, &Statement> =
        report.statements.iter().map(|said| (said.claim, said)).collect();
    let claims: Vec<_> = statements.keys().map(get::<Claim>).collect();
    let (host, claims) = tx.read((get::<Host>(&report.host), claims))?;
    let host =
        host.ok_or_else(|| Refused::Stale(format!("Host {} is not known: register first.", report.host)))?;
    host.admits(report.epoch)?;
    if report.seq <= host.report_seq {
        return Ok((Reported { stale: statements.into_keys().collect() }, BTreeSet::new()));
    }
    let mut stale = Vec::new();
    let mut touched = BTreeSet::new();
    for (statement, claim) in statements.into_values().zip(claims) {
        let claim = claim.filter(|claim| claim.host == report.host);
        let Some(claim) = claim else {
            stale.push(statement.claim);
            continue;
        };
        if let Some(proof) = Proof::gone(&claim, statement) {
            release(tx, &claim, proof)?;
            touched.insert(claim.instance);
        } else if let Some(answered) = claim.after_statement(statement) {
            if answered != *claim.row {
                touched.insert(claim.instance);
                stop::late(tx, &answered)?;
            }
            tx.update(&claim, answered);
        } else {
            stale.push(statement.claim);
        }
    }
    let noted = take_sanitized(tx, report)?;
    // What changes nothing need not be remembered, unless something older may still come.
    let confirms = touched.is_empty() && !noted && !report.unheard;
    let newest = if confirms { host.report_seq } else { report.seq };
    let heard = Host { report_seq: newest, ..refreshed(&host, tx.now()) };
    let heard = match &report.census {
        Some(census) if census.seq > host.inventory_seq => count(tx, heard, census)?,
        Some(_) | None => heard,
    };
    tx.update(&host, heard);
    Ok((Reported { stale }, touched))
}

/// Takes what became of the devices that were to be sanitised. Answers whether anything was new.
fn take_sanitized(tx: &mut Tx<'_>, report: &Report) -> Result<bool, Halt> {
    let answers: BTreeMap<Address, &Sanitized> =
        report.sanitized.iter().map(|answer| (answer.device, answer)).collect();
    let asks: Vec<_> = answers.keys().map(|at| get::<Device>(&(report.host.clone(), *at))).collect();
    let mut noted = false;
    for device in tx.read(asks)?.into_iter().flatten() {
        let answer = answers[&device.seen.address];
        if let Some(receipt) = Receipt::of_agent(&device, answer) {
            tx.sanitize(&device, receipt);
            noted = true;
        } else if let Some(stuck) = device.after_failure(answer) {
            noted |= stuck != *device.row;
            tx.update(&device, stuck);
        }
    }
    Ok(noted)
}

/// The host's row with a fresh `last_seen`, where the old one is stale enough to be worth a write.
fn refreshed(host: &Host, at: Moment) -> Host {
    Host { last_seen: seen(host.last_seen, at), ..host.clone() }
}

/// When a host was last seen that is heard of now. A moment far ahead is as stale as one long past: the clock went
/// back, and the host would seem alive until it comes there again.
fn seen(before: Moment, now: Moment) -> Moment {
    if now.0.abs_diff(before.0) >= LAST_SEEN_GRAIN_MICROS { now } else { before }
}

/// Takes a census: newer than the last one of this life, or it would not be here. Answers the host's row after it.
fn count(tx: &mut Tx<'_>, host: Host, census: &Census) -> Result<Host, Halt> {
    let id = &host.id;
    let (devices, inventory, discrepancies) =
        tx.read((devices_of(id), inventory_of(id), discrepancies_of(id)))?;
    stocks(tx, id, census, &inventory);
    let at = Sighting { epoch: host.epoch, seq: census.seq };
    let missing = count_devices(tx, id, at, census, &devices);
    let unknown = census.unknown_guests.iter().map(|guest| Subject::UnknownGuest(guest.tag.clone()));
    note(tx, id, missing.into_iter().chain(unknown).collect(), &discrepancies);
    let quarantined = host.quarantined && !census.unknown_guests.is_empty();
    let inventory_seq = census.seq;
    let machine = census.machine.clone();
    Ok(Host { inventory_seq, quarantined, machine, ..host })
}

fn stocks(tx: &mut Tx<'_>, host: &HostId, census: &Census, known: &[Seen<Inventory>]) {
    let stocks: BTreeMap<ResourceClass, &Stock> =
        census.stocks.iter().map(|stock| (stock.class, stock)).collect();
    for stock in stocks.values().copied() {
        let row = Inventory { host: host.clone(), stock: *stock };
        match known.iter().find(|row| row.stock.class == stock.class) {
            Some(old) => tx.update(old, row),
            None => tx.insert(row),
        }
    }
    for gone in known.iter().filter(|row| !stocks.contains_key(&row.stock.class)) {
        tx.remove(gone);
    }
}

/// Adds new devices, removes unowned ones that are gone, and answers which owned ones are missing.
fn count_devices(
    tx: &mut Tx<'_>,
    host: &HostId,
    at: Sighting,
    census: &Census,
    known: &[Seen<Device>],
) -> Vec<Subject> {
    let foreign: BTreeSet<Address> =
        census.unknown_guests.iter().flat_map(|guest| guest.devices.iter().copied()).collect();
    let mut known: BTreeMap<Address, &Seen<Device>> =
        known.iter().map(|row| (row.seen.address, row)).collect();
    let counted: BTreeMap<Address, &Observed> =
        census.devices.iter().map(|seen| (seen.address, seen)).collect();
    // What was left in a virtual function that is gone is in the hardware of its physical one.
    let left = |row: &Seen<Device>| row.to_sanitize().is_some() && !counted.contains_key(&row.seen.address);
    let heirs: BTreeSet<Address> =
        known.values().filter(|row| left(row)).filter_map(|row| row.seen.parent).collect();
    for seen in counted.values().copied() {
        // A virtual function of a physical one that somebody unknown holds is not ours to give either.
        let foreign = foreign.contains(&seen.address) || seen.parent.is_some_and(|pf| foreign.contains(&pf));
        match known.remove(&seen.address) {
            Some(row) => {
                let shown = row.shown(seen.clone(), foreign, at);
                let inherits = heirs.contains(&seen.address);
                tx.update(row, if inherits { shown.inherits(Dirt::Found(at)) } else { shown });
            }
            None => tx.insert(Device::found(host.clone(), seen.clone(), foreign, at)),
        }
    }
    let mut missing = Vec::new();
    for (address, row) in known {
        if row.owner.is_some() {
            tx.update(row, Device { present: false, ..row.row.as_ref().clone() });
            missing.push(Subject::MissingDevice(address));
        } else {
            tx.remove(row);
        }
    }
    missing
}

/// Opens the discrepancies that are new and closes those that this census no longer shows.
fn note(tx: &mut Tx<'_>, host: &HostId, shown: BTreeSet<Subject>, known: &[Seen<Discrepancy>]) {
    for row in known {
        let lasting = match row.subject {
            Subject::NeverDead(_) => true,
            Subject::UnknownGuest(_) | Subject::MissingDevice(_) => shown.contains(&row.subject),
        };
        if !lasting {
            tx.remove(row);
        }
    }
    let since = tx.now();
    for subject in shown {
        if !known.iter().any(|row| row.subject == subject) {
            tx.insert(Discrepancy { host: host.clone(), subject, since });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_seen_again_once_that_is_worth_a_write() {
        let grain = LAST_SEEN_GRAIN_MICROS.cast_signed();
        let cases = [
            ("just now", 0, grain - 1, 0),
            ("a while ago", 0, grain, grain),
            ("the clock went back a little", grain - 1, 0, grain - 1),
            ("the clock went back far", 1_000 * grain, 0, 0),
            ("the clock knows no bounds", i64::MIN, i64::MAX, i64::MAX),
        ];
        for (name, before, now, wanted) in cases {
            assert_eq!(seen(Moment(before), Moment(now)), Moment(wanted), "{name}");
        }
    }
}
