//! A transaction: reads and buffered writes over an engine, and what follows from them.
//!
//! What no operation may forget is made here, from the difference between old rows and new ones: the ledger, the
//! `list_gen` of a host where something else is wanted of a claim or a device, the generations of parent rows, the
//! footprint.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use steadfast_model::cause::Cause;
use steadfast_model::claim::{Claim, Proof};
use steadfast_model::discrepancy::Discrepancy;
use steadfast_model::flavor::Flavor;
use steadfast_model::host::Host;
use steadfast_model::ids::{ClaimId, Generation, HostId, Moment};
use steadfast_model::inventory::Inventory;
use steadfast_model::ledger;
use steadfast_model::pci::{Address, Device, Receipt};
use uuid::Uuid;

use super::ask::{Ask, get};
use super::changes::{Changes, Write};
use super::engine::{Abort, Engine, RawAsk};
use super::overlay::Overlay;
use super::row::{Key, Range, Record, Row, Seen, Stored};
use crate::refused::Refused;

/// Why a body ended without a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt {
    /// The decision was no. Nothing is written.
    Refused(Refused),
    /// The store could not go on.
    Abort(Abort),
}

impl From<Abort> for Halt {
    fn from(abort: Abort) -> Halt {
        Halt::Abort(abort)
    }
}

impl<R: Into<Refused>> From<R> for Halt {
    fn from(refused: R) -> Halt {
        Halt::Refused(refused.into())
    }
}

/// What a transaction touched: two whose footprints do not meet can run in either order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Footprint {
    pub asked: Vec<RawAsk>,
    pub wrote: BTreeSet<Key>,
    /// The lists that a written row stood or stands in.
    pub moved: BTreeSet<Range>,
}

impl Footprint {
    /// Whether the order of the two can matter.
    #[must_use]
    pub fn meets(&self, other: &Footprint) -> bool {
        let both_write = self.wrote.iter().any(|key| other.wrote.contains(key));
        both_write || self.reads_of(other) || other.reads_of(self)
    }

    fn reads_of(&self, writer: &Footprint) -> bool {
        self.asked.iter().any(|ask| match ask {
            RawAsk::Get(key) => writer.wrote.contains(key),
            RawAsk::Of(range, _) => writer.moved.contains(range),
        })
    }
}

/// One version of the store, to read.
pub struct View<'a> {
    engine: &'a mut dyn Engine,
    base: &'a Overlay,
    own: Overlay,
    asked: Vec<RawAsk>,
    now: Moment,
}

impl View<'_> {
    /// All that is asked for, own writes included, in one round trip.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn read<A: Ask>(&mut self, ask: A) -> Result<A::Answer, Abort> {
        let mut asks = Vec::new();
        ask.pose(&mut asks);
        let rows = self.fetch(&asks)?;
        self.asked.append(&mut asks);
        Ok(ask.take(&mut rows.into_iter()))
    }

    fn fetch(&mut self, asks: &[RawAsk]) -> Result<Vec<Vec<Stored>>, Abort> {
        // Own writes lie over those of the batch, and these over the engine's answer.
        let of_batch: Vec<RawAsk> = asks.iter().map(|ask| self.own.widen(ask)).collect();
        let of_engine: Vec<RawAsk> = of_batch.iter().map(|ask| self.base.widen(ask)).collect();
        let answers = self.engine.fetch(&of_engine)?;
        let over_batch = of_batch.iter().zip(answers).map(|(ask, rows)| self.base.apply(ask, rows));
        Ok(asks.iter().zip(over_batch).map(|(ask, rows)| self.own.apply(ask, rows)).collect())
    }

    /// When the transaction began.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.now
    }
}

/// A row that is written: as it was when first seen here, and as it will be.
struct Pending {
    expects: Option<Generation>,
    children: Generation,
    old: Option<Record>,
    new: Option<Record>,
}

impl Pending {
    /// The host whose agent is to do something that it was not told before.
    fn wants_anew(&self) -> Option<HostId> {
        let (old, new) = (self.old.as_ref(), self.new.as_ref()?);
        if let Some(new) = Claim::of_record(new) {
            let old = old.and_then(Claim::of_record);
            let as_before = old.is_some_and(|old| old.order == new.order && old.wanted() == new.wanted());
            return (!as_before).then(|| new.host.clone());
        }
        let device = Device::of_record(new)?;
        let before = old.and_then(Device::of_record).and_then(|old| old.to_sanitize());
        let anew = device.to_sanitize().filter(|dirt| before != Some(*dirt));
        anew.map(|_| device.host.clone())
    }
}

/// A transaction. Its body reads, decides and writes, and may be run again: it must change nothing else.
pub struct Tx<'a> {
    view: View<'a>,
    pending: BTreeMap<Key, Pending>,
    proofs: BTreeMap<ClaimId, Proof>,
    receipts: BTreeMap<(HostId, Address), Receipt>,
    step: Option<&'static str>,
}

impl<'a> Deref for Tx<'a> {
    type Target = View<'a>;

    fn deref(&self) -> &View<'a> {
        &self.view
    }
}

impl<'a> DerefMut for Tx<'a> {
    fn deref_mut(&mut self) -> &mut View<'a> {
        &mut self.view
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").field("asked", &self.asked).finish_non_exhaustive()
    }
}

impl fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx")
            .field("step", &self.step)
            .field("wrote", &self.pending.keys())
            .finish_non_exhaustive()
    }
}

/// Rows that may simply be removed. A claim is none of them: it ends with a proof.
pub trait Removable: Row {}
impl Removable for Device {}
impl Removable for Discrepancy {}
impl Removable for Flavor {}
impl Removable for Inventory {}

impl Tx<'_> {
    /// Names the step more exactly than its caller could: what it turned out to do.
    pub fn called(&mut self, step: &'static str) {
        self.step = Some(step);
    }

    /// A row that must not exist yet.
    pub fn insert<R: Row>(&mut self, row: R) {
        self.write::<R>(None, Some(row));
    }

    /// Another version of a row, seen here or in an earlier step. Writing what is already there is no write.
    pub fn update<R: Row>(&mut self, old: &Seen<R>, new: R) {
        if *old.row != new {
            self.write(Some(old), Some(new));
        }
    }

    pub fn remove<R: Removable>(&mut self, old: &Seen<R>) {
        self.write(Some(old), None);
    }

    /// Ends a claim. Its devices are the caller's to release, in this transaction.
    ///
    /// # Panics
    /// When the proof is of another claim.
    pub fn end_claim(&mut self, old: &Seen<Claim>, proof: Proof) {
        assert_eq!(proof.claim(), old.id, "a proof ends the claim that it is of");
        self.proofs.insert(old.id, proof);
        self.write(Some(old), None);
    }

    /// Calls a device clean, on the strength of a receipt.
    ///
    /// # Panics
    /// When the receipt is of another device.
    pub fn sanitize(&mut self, old: &Seen<Device>, receipt: Receipt) {
        let clean = old.sanitized(&receipt);
        self.receipts.insert(old.key(), receipt);
        self.write(Some(old), Some(clean));
    }

    fn write<R: Row>(&mut self, old: Option<&Seen<R>>, new: Option<R>) {
        let key = R::name_key(new.as_ref().map_or_else(|| old.expect("a write has a row").key(), Row::key));
        let record = new.map(|row| Arc::new(row).into_record());
        let seen = old.map(|old| (old.generation, Arc::clone(&old.row).into_record()));
        let children = old.map_or_else(Generation::default, |old| old.children);
        let pending = self.pending.entry(key.clone()).or_insert_with(|| {
            let (expects, old) = seen.clone().unzip();
            Pending { expects, children, old, new: None }
        });
        // A second write of a row must build on the first, or it would undo it.
        if pending.new.is_some() {
            let built_on = seen.map(|(_, record)| record);
            assert_eq!(built_on, pending.new, "a row is written twice from the same sight");
        }
        pending.new.clone_from(&record);
        self.view.own.put(key, record, pending.expects, pending.children);
    }

    /// Raises `list_gen` where a claim is new or something else is wanted of it, or a device is to be sanitised, or
    /// need not be any more though its agent did not say so (A2): agents wake to it, and drop lists that are older.
    fn raise_list_gens(&mut self) -> Result<(), Abort> {
        let anew = self.pending.values().filter_map(Pending::wants_anew);
        let asserted = self.receipts.iter().filter(|(_, receipt)| receipt.is_asserted());
        let raised: BTreeSet<HostId> = anew.chain(asserted.map(|((host, _), _)| host.clone())).collect();
        let asks: Vec<_> = raised.iter().map(get::<Host>).collect();
        if asks.is_empty() {
            return Ok(());
        }
        for host in self.view.read(asks)?.into_iter().flatten() {
            let list_gen = host.list_gen.next();
            self.update(&host, Host { list_gen, ..host.row.as_ref().clone() });
        }
        Ok(())
    }

    fn ledger(&self) -> Vec<ledger::Entry> {
        let mut opened = Vec::new();
        let mut devices = Vec::new();
        let mut ended = Vec::new();
        for pending in self.pending.values() {
            let old = pending.old.as_ref();
            let new = pending.new.as_ref();
            let claim = (old.and_then(Claim::of_record), new.and_then(Claim::of_record));
            let proof = claim.0.and_then(|claim| self.proofs.get(&claim.id));
            let of_claim = ledger::of_claim(claim.0.map(Arc::as_ref), claim.1.map(Arc::as_ref), proof);
            if claim.0.is_some() {
                ended.extend(of_claim)
            } else {
                opened.extend(of_claim)
            }
            let device = (old.and_then(Device::of_record), new.and_then(Device::of_record));
            let receipt =
                new.or(old).and_then(Device::of_record).and_then(|row| self.receipts.get(&row.key()));
            devices.extend(ledger::of_device(device.0.map(Arc::as_ref), device.1.map(Arc::as_ref), receipt));
        }
        opened.into_iter().chain(devices).chain(ended).collect()
    }

    fn settle(mut self, by: Commit<'_>) -> Result<(Changes, Footprint), Abort> {
        self.raise_list_gens()?;
        let ledger = self.ledger();
        let mut footprint = Footprint { asked: self.view.asked, ..Footprint::default() };
        let mut bumps = BTreeSet::new();
        let mut writes = Vec::with_capacity(self.pending.len());
        for (key, pending) in self.pending {
            for record in [&pending.old, &pending.new].into_iter().flatten() {
                footprint.moved.extend(record.ranges());
                bumps.extend(record.parents());
            }
            footprint.wrote.insert(key.clone());
            let Pending { expects, children, old, new } = pending;
            if old.is_some() || new.is_some() {
                writes.push(Write { key, expects, children, record: new });
            }
        }
        let Commit { writer, n, step, cause } = by;
        let (cause, at, step) = (cause.clone(), self.view.now, self.step.unwrap_or(step));
        Ok((Changes { writer, n, step, cause, at, writes, bumps, ledger }, footprint))
    }
}

/// Under which name and number a transaction commits, and on whose request.
#[derive(Debug, Clone, Copy)]
pub struct Commit<'a> {
    pub writer: Uuid,
    pub n: u64,
    pub step: &'static str,
    pub cause: &'a Cause,
}

/// A body that ran: its result, and what it wants written.
#[derive(Debug)]
pub struct Draft<T> {
    pub value: T,
    pub changes: Changes,
    pub footprint: Footprint,
}

/// Runs a body over an engine and the batch before it. Nothing is stored yet.
///
/// # Errors
/// When the body refuses, or the store cannot go on.
pub fn draft<T>(
    engine: &mut dyn Engine,
    base: &Overlay,
    now: Moment,
    by: Commit<'_>,
    body: &mut dyn FnMut(&mut Tx<'_>) -> Result<T, Halt>,
) -> Result<Draft<T>, Halt> {
    let view = View { engine, base, own: Overlay::default(), asked: Vec::new(), now };
    let mut tx =
        Tx { view, pending: BTreeMap::new(), proofs: BTreeMap::new(), receipts: BTreeMap::new(), step: None };
    let value = body(&mut tx)?;
    let (changes, footprint) = tx.settle(by)?;
    Ok(Draft { value, changes, footprint })
}

/// Runs a body that only reads.
///
/// # Errors
/// When the body refuses, or the store cannot go on.
pub fn look<T>(
    engine: &mut dyn Engine,
    now: Moment,
    body: &mut dyn FnMut(&mut View<'_>) -> Result<T, Halt>,
) -> Result<(T, Footprint), Halt> {
    let base = Overlay::default();
    let mut view = View { engine, base: &base, own: Overlay::default(), asked: Vec::new(), now };
    let value = body(&mut view)?;
    Ok((value, Footprint { asked: view.asked, ..Footprint::default() }))
}
