//! What a batch of transactions comes to: one change of each row.
//!
//! A member may write a row that a member before it wrote. Only the first of these writes is compared with what is
//! stored, and only the last one needs to be stored; those between are compared here, each with the one before it.

use std::collections::BTreeMap;

use steadfast_model::ids::{Generation, Version};
use steadfast_operations::seam::{Changes, FeedEntry, Key, LedgerLine, Table, Write};

use super::columns::Columns;
use super::layout::{key, put};
use super::value::{Field, Value};

/// A row that must not be stored yet: all its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Insert {
    pub values: Vec<Value>,
}

/// A row that must be stored with generation `expects`. `bumps` is added to its `children`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Update {
    pub values: Vec<Value>,
    pub generation: Value,
    pub bumps: Value,
    pub expects: Value,
}

/// A row that must be stored with generation `expects`, and goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delete {
    pub key: Vec<Value>,
    pub expects: Value,
}

/// A row that is not written, but rows listed under it are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bump {
    pub key: Vec<Value>,
    pub bumps: Value,
}

/// What happens to one table, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TableBatch {
    pub inserts: Vec<Insert>,
    pub updates: Vec<Update>,
    pub deletes: Vec<Delete>,
    pub bumps: Vec<Bump>,
}

/// The first and the last write of a row in a batch.
struct Chain<'a> {
    first: &'a Write,
    last: &'a Write,
}

/// The rows that a batch changes, by table; none if a member did not expect what a member before it writes.
pub(crate) fn rows(batch: &[Changes]) -> Option<BTreeMap<Table, TableBatch>> {
    let mut chains: BTreeMap<&Key, Chain<'_>> = BTreeMap::new();
    let mut bumps: BTreeMap<&Key, u64> = BTreeMap::new();
    for changes in batch {
        for write in &changes.writes {
            let chain = chains.entry(&write.key).or_insert(Chain { first: write, last: write });
            if !std::ptr::eq(chain.last, write) && leaves(chain.last) != write.expects {
                return None;
            }
            chain.last = write;
            if write.expects.is_none() {
                // What rose before there was a row is forgotten.
                bumps.remove(&write.key);
            }
        }
        changes.bumps.iter().for_each(|key| *bumps.entry(key).or_default() += 1);
    }
    let mut tables: BTreeMap<Table, TableBatch> = BTreeMap::new();
    for (row, chain) in chains {
        let bumps = bumps.remove(row).unwrap_or_default();
        tables.entry(row.table()).or_default().add(row, &chain, bumps);
    }
    for (row, bumps) in bumps {
        let bump = Bump { key: key(row), bumps: bumps.put() };
        tables.entry(row.table()).or_default().bumps.push(bump);
    }
    Some(tables)
}

/// The generation that a row has after a write; none if it is removed.
fn leaves(write: &Write) -> Option<Generation> {
    write.record.as_ref().map(|_| generation(write))
}

fn generation(write: &Write) -> Generation {
    write.expects.map_or(Generation(1), Generation::next)
}

impl TableBatch {
    fn add(&mut self, row: &Key, chain: &Chain<'_>, bumps: u64) {
        match (chain.first.expects, &chain.last.record) {
            (None, Some(record)) => {
                let mut values = put(record);
                values.extend([generation(chain.last).put(), bumps.put()]);
                self.inserts.push(Insert { values });
            }
            (Some(expects), Some(record)) => self.updates.push(Update {
                values: put(record),
                generation: generation(chain.last).put(),
                bumps: bumps.put(),
                expects: expects.put(),
            }),
            (Some(expects), None) => self.deletes.push(Delete { key: key(row), expects: expects.put() }),
            // Came and went within the batch. It is inserted all the same: that it did not exist must be true.
            (None, None) => {
                let came = chain.first.record.as_ref().expect("what is expected absent is written to come");
                let mut values = put(came);
                values.extend([generation(chain.first).put(), 0u64.put()]);
                self.inserts.push(Insert { values });
                self.deletes.push(Delete { key: key(row), expects: generation(chain.first).put() });
            }
        }
    }
}

/// The feed's entries for a batch whose first member gets the version `first`.
pub(crate) fn feed(batch: &[Changes], first: Version) -> Vec<Vec<Value>> {
    let entry = |(changes, version): (&Changes, u64)| {
        let Changes { writer, n, step, at, .. } = changes;
        let (version, step) = (Version(version), (*step).to_owned());
        let mut values = Vec::new();
        FeedEntry { version, writer: *writer, n: *n, step, at: *at, keys: changes.keys() }
            .spread(&mut values);
        values
    };
    batch.iter().zip(first.0..).map(entry).collect()
}

/// The ledger's lines for a batch whose first member gets the version `first`.
pub(crate) fn ledger(batch: &[Changes], first: Version) -> Vec<Vec<Value>> {
    let mut lines = Vec::new();
    for (changes, version) in batch.iter().zip(first.0..) {
        for (entry, line) in changes.ledger.iter().zip(0u64..) {
            let Changes { step, cause, at, .. } = changes;
            let (step, cause, entry) = ((*step).to_owned(), cause.clone(), entry.clone());
            let mut values = Vec::new();
            LedgerLine { version: Version(version), at: *at, step, cause, entry }.spread(&mut values);
            values.push(line.put());
            lines.push(values);
        }
    }
    lines
}
