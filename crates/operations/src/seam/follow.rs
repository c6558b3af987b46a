//! What follows from a transaction of ours and no operation may forget, made from the difference between old rows and
//! new ones: the ledger, and the `list_gen` of a host where something else is wanted of a claim or a device.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use steadfast_model::claim::{Claim, Proof};
use steadfast_model::discrepancy::Discrepancy;
use steadfast_model::flavor::Flavor;
use steadfast_model::host::Host;
use steadfast_model::ids::{ClaimId, HostId};
use steadfast_model::inventory::Inventory;
use steadfast_model::ledger;
use steadfast_model::pci::{Address, Device, Receipt};

use super::ask::get;
use super::engine::Abort;
use super::rows::{Row, Seen};
use super::tx::{Pending, Removable, Tx};

/// On what grounds a transaction ends claims, and calls devices clean.
#[derive(Debug, Default)]
pub struct Grounds {
    proofs: BTreeMap<ClaimId, Proof>,
    receipts: BTreeMap<(HostId, Address), Receipt>,
}

// A claim is none of them: it ends with a proof.
impl Removable for Device {}
impl Removable for Discrepancy {}
impl Removable for Flavor {}
impl Removable for Inventory {}

impl Tx<'_> {
    /// Ends a claim. Its devices are the caller's to release, in this transaction.
    ///
    /// # Panics
    /// When the proof is of another claim.
    pub fn end_claim(&mut self, old: &Seen<Claim>, proof: Proof) {
        assert_eq!(proof.claim(), old.id, "a proof ends the claim that it is of");
        self.grounds.proofs.insert(old.id, proof);
        self.write(Some(old), None);
    }

    /// Calls a device clean, on the strength of a receipt.
    ///
    /// # Panics
    /// When the receipt is of another device.
    pub fn sanitize(&mut self, old: &Seen<Device>, receipt: Receipt) {
        let clean = old.sanitized(&receipt);
        self.grounds.receipts.insert(old.key(), receipt);
        self.write(Some(old), Some(clean));
    }
}

/// Raises `list_gen` where a claim is new or something else is wanted of it, or a device is to be sanitised, or need
/// not be any more though its agent did not say so (A2): agents wake to it, and drop lists that are older.
pub(super) fn raise_list_gens(tx: &mut Tx<'_>) -> Result<(), Abort> {
    let anew = tx.pending.values().filter_map(wants_anew);
    let asserted = tx.grounds.receipts.iter().filter(|(_, receipt)| receipt.is_asserted());
    let raised: BTreeSet<HostId> = anew.chain(asserted.map(|((host, _), _)| host.clone())).collect();
    let asks: Vec<_> = raised.iter().map(get::<Host>).collect();
    if asks.is_empty() {
        return Ok(());
    }
    for host in tx.read(asks)?.into_iter().flatten() {
        let list_gen = host.list_gen.next();
        tx.update(&host, Host { list_gen, ..host.row.as_ref().clone() });
    }
    Ok(())
}

/// The host whose agent is to do something that it was not told before.
fn wants_anew(pending: &Pending) -> Option<HostId> {
    let (old, new) = (pending.old.as_ref(), pending.new.as_ref()?);
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

/// What the ledger tells of the writes: what was opened, what became of devices, what ended.
pub(super) fn ledger(tx: &Tx<'_>) -> Vec<ledger::Entry> {
    let mut opened = Vec::new();
    let mut devices = Vec::new();
    let mut ended = Vec::new();
    for pending in tx.pending.values() {
        let old = pending.old.as_ref();
        let new = pending.new.as_ref();
        let claim = (old.and_then(Claim::of_record), new.and_then(Claim::of_record));
        let proof = claim.0.and_then(|claim| tx.grounds.proofs.get(&claim.id));
        let of_claim = ledger::of_claim(claim.0.map(Arc::as_ref), claim.1.map(Arc::as_ref), proof);
        if claim.0.is_some() {
            ended.extend(of_claim)
        } else {
            opened.extend(of_claim)
        }
        let device = (old.and_then(Device::of_record), new.and_then(Device::of_record));
        let receipt =
            new.or(old).and_then(Device::of_record).and_then(|row| tx.grounds.receipts.get(&row.key()));
        devices.extend(ledger::of_device(device.0.map(Arc::as_ref), device.1.map(Arc::as_ref), receipt));
    }
    opened.into_iter().chain(devices).chain(ended).collect()
}
