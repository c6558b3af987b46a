//! The engine in memory: what the explorer runs on, and the measure of what the others must answer.

use std::collections::{BTreeMap, BTreeSet};

use steadfast_model::ids::{Generation, Version};
use steadfast_operations::seam::{
    Abort, Changes, CommitError, Engine, FeedEntry, Key, LedgerLine, Page, Range, RawAsk, Stored, Table,
    Write,
};
use uuid::Uuid;

use crate::backend::Backend;

/// All rows of one store, with its feed and its ledger.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    rows: BTreeMap<Key, Stored>,
    ranges: BTreeMap<Range, BTreeSet<Key>>,
    feed: Vec<FeedEntry>,
    ledger: Vec<LedgerLine>,
}

impl Memory {
    #[must_use]
    pub fn new() -> Self {
        Memory::default()
    }

    /// Every row, by key.
    pub fn rows(&self) -> impl Iterator<Item = (&Key, &Stored)> {
        self.rows.iter()
    }

    /// The row with this key.
    #[must_use]
    pub fn row(&self, key: &Key) -> Option<&Stored> {
        self.rows.get(key)
    }

    /// The rows in a list, by key.
    pub fn rows_in(&self, range: &Range) -> impl Iterator<Item = (&Key, &Stored)> {
        let keys = self.ranges.get(range).into_iter().flatten();
        keys.filter_map(|key| self.rows.get_key_value(key))
    }

    /// The names of the steps that were committed, in order.
    pub fn steps(&self) -> impl Iterator<Item = &str> {
        self.feed.iter().map(|entry| entry.step.as_str())
    }

    #[must_use]
    pub fn ledger(&self) -> &[LedgerLine] {
        &self.ledger
    }

    #[must_use]
    pub fn version(&self) -> Version {
        Version(self.feed.len() as u64)
    }

    fn answer(&self, ask: &RawAsk) -> Vec<Stored> {
        match ask {
            RawAsk::Get(key) => self.rows.get(key).cloned().into_iter().collect(),
            RawAsk::Of(range, page) => self.list(range, page),
        }
    }

    fn list(&self, range: &Range, page: &Page) -> Vec<Stored> {
        let Some(keys) = self.ranges.get(range) else { return Vec::new() };
        let row = |key: &Key| self.rows.get(key).cloned().expect("a list names rows that exist");
        let reached = |key: &&Key| page.reaches(key);
        if page.descending {
            keys.iter().rev().filter(reached).take(page.limit).map(row).collect()
        } else {
            keys.iter().filter(reached).take(page.limit).map(row).collect()
        }
    }

    fn expected(&self, write: &Write, ahead: &BTreeMap<Key, Option<Generation>>) -> bool {
        let stored = || self.rows.get(&write.key).map(|row| row.generation);
        let now = ahead.get(&write.key).copied().unwrap_or_else(stored);
        now == write.expects
    }

    fn put(&mut self, write: &Write) {
        let old = self.rows.remove(&write.key);
        for range in old.iter().flat_map(|row| row.record.ranges()) {
            if let Some(keys) = self.ranges.get_mut(&range) {
                keys.remove(&write.key);
            }
        }
        let Some(record) = write.record.clone() else { return };
        for range in record.ranges() {
            self.ranges.entry(range).or_default().insert(write.key.clone());
        }
        let generation = write.expects.map_or(Generation(1), Generation::next);
        let children = old.map_or_else(Generation::default, |row| row.children);
        self.rows.insert(write.key.clone(), Stored { record, generation, children });
    }

    fn store(&mut self, changes: &Changes) {
        changes.writes.iter().for_each(|write| self.put(write));
        for key in &changes.bumps {
            if let Some(row) = self.rows.get_mut(key) {
                row.children = row.children.next();
            }
        }
        let version = self.version().next();
        let Changes { writer, n, step, cause, at, .. } = changes;
        let step = (*step).to_owned();
        self.ledger.extend(changes.ledger.iter().map(|entry| {
            let (step, cause, entry) = (step.clone(), cause.clone(), entry.clone());
            LedgerLine { version, at: *at, step, cause, entry }
        }));
        self.feed.push(FeedEntry { version, writer: *writer, n: *n, step, at: *at, keys: changes.keys() });
    }
}

impl Engine for Memory {
    fn fetch(&mut self, asks: &[RawAsk]) -> Result<Vec<Vec<Stored>>, Abort> {
        Ok(asks.iter().map(|ask| self.answer(ask)).collect())
    }

    fn commit(&mut self, batch: &[Changes]) -> Result<Version, CommitError> {
        // A member may build on the one before it: what it expects is what that one will have written.
        let mut ahead: BTreeMap<Key, Option<Generation>> = BTreeMap::new();
        for write in batch.iter().flat_map(|changes| &changes.writes) {
            if !self.expected(write, &ahead) {
                return Err(CommitError::Conflict);
            }
            let written =
                write.record.as_ref().map(|_| write.expects.map_or(Generation(1), Generation::next));
            ahead.insert(write.key.clone(), written);
        }
        batch.iter().for_each(|changes| self.store(changes));
        Ok(self.version())
    }

    fn rollback(&mut self) {}

    fn committed(&mut self, writer: Uuid, n: u64) -> Result<Option<Version>, Abort> {
        Ok(self
            .feed
            .iter()
            .rev()
            .find(|entry| entry.writer == writer && entry.n == n)
            .map(|entry| entry.version))
    }

    fn feed(&mut self, since: Version, limit: usize) -> Result<Vec<FeedEntry>, Abort> {
        let after = usize::try_from(since.0).unwrap_or(usize::MAX);
        Ok(self.feed.iter().skip(after).take(limit).cloned().collect())
    }
}

impl Backend for Memory {
    fn whole(&mut self, table: Table) -> Result<Vec<Stored>, Abort> {
        let rows = self.rows.iter().filter(|(key, _)| key.table() == table);
        Ok(rows.map(|(_, row)| row.clone()).collect())
    }

    fn ledger(&mut self) -> Result<Vec<LedgerLine>, Abort> {
        Ok(self.ledger.clone())
    }

    fn head(&mut self) -> Result<Version, Abort> {
        Ok(self.version())
    }
}
