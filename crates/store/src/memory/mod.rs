//! The engine in memory: what the explorer runs on, and the measure of what the others must answer.
//!
//! A clone is cheap: it shares every table, list and entry with the first until one of them writes there. The explorer
//! keeps one for every point that it may come back to.

mod log;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use log::Log;
use steadfast_model::ids::{Generation, Version};
use steadfast_operations::seam::{
    Abort, Changes, CommitError, Engine, FeedEntry, Key, LedgerLine, Page, Range, RawAsk, Record, Stored,
    Table, Write,
};
use uuid::Uuid;

use crate::backend::Backend;

/// All rows of one store, with its feed and its ledger.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    tables: BTreeMap<Table, Arc<BTreeMap<Key, Stored>>>,
    ranges: Arc<BTreeMap<Range, Arc<BTreeSet<Key>>>>,
    feed: Log<FeedEntry>,
    ledger: Log<LedgerLine>,
}

impl Memory {
    #[must_use]
    pub fn new() -> Self {
        Memory::default()
    }

    /// Every row, by key.
    pub fn rows(&self) -> impl Iterator<Item = (&Key, &Stored)> {
        // Keys sort by table first.
        self.tables.values().flat_map(|rows| rows.iter())
    }

    /// The rows of one table, by key.
    pub fn rows_of(&self, table: Table) -> impl Iterator<Item = &Stored> {
        self.tables.get(&table).into_iter().flat_map(|rows| rows.values())
    }

    /// The row with this key.
    #[must_use]
    pub fn row(&self, key: &Key) -> Option<&Stored> {
        self.tables.get(&key.table())?.get(key)
    }

    /// The rows in a list, by key.
    pub fn rows_in(&self, range: &Range) -> impl Iterator<Item = (&Key, &Stored)> {
        let rows = self.tables.get(&range.table());
        let keys = self.ranges.get(range).into_iter().flat_map(|keys| keys.iter());
        keys.filter_map(move |key| rows?.get_key_value(key))
    }

    /// The names of the steps that were committed, in order.
    pub fn steps(&self) -> impl Iterator<Item = &str> {
        self.feed.oldest().map(|entry| entry.step.as_str())
    }

    /// The ledger, from its first line on.
    pub fn ledger(&self) -> impl Iterator<Item = &LedgerLine> {
        self.ledger.oldest()
    }

    /// The newest line of the ledger.
    #[must_use]
    pub fn newest_line(&self) -> Option<&LedgerLine> {
        self.ledger.newest().next()
    }

    #[must_use]
    pub fn version(&self) -> Version {
        Version(self.feed.len())
    }

    fn answer(&self, ask: &RawAsk) -> Vec<Stored> {
        match ask {
            RawAsk::Get(key) => self.row(key).cloned().into_iter().collect(),
            RawAsk::Of(range, page) => self.list(range, page),
        }
    }

    fn list(&self, range: &Range, page: &Page) -> Vec<Stored> {
        let Some(keys) = self.ranges.get(range) else { return Vec::new() };
        let row = |key: &Key| self.row(key).cloned().expect("a list names rows that exist");
        let reached = |key: &&Key| page.reaches(key);
        if page.descending {
            keys.iter().rev().filter(reached).take(page.limit).map(row).collect()
        } else {
            keys.iter().filter(reached).take(page.limit).map(row).collect()
        }
    }

    fn expected(&self, write: &Write, ahead: &BTreeMap<Key, Option<Generation>>) -> bool {
        let stored = || self.row(&write.key).map(|row| row.generation);
        let now = ahead.get(&write.key).copied().unwrap_or_else(stored);
        now == write.expects
    }

    fn table(&mut self, table: Table) -> &mut BTreeMap<Key, Stored> {
        Arc::make_mut(self.tables.entry(table).or_default())
    }

    fn put(&mut self, write: &Write) {
        let generation = write.expects.map_or(Generation(1), Generation::next);
        let rows = self.table(write.key.table());
        let children = rows.get(&write.key).map_or_else(Generation::default, |row| row.children);
        let old = match write.record.clone() {
            Some(record) => rows.insert(write.key.clone(), Stored { record, generation, children }),
            None => rows.remove(&write.key),
        };
        let (stood, stands) = (ranges(old.map(|row| row.record).as_ref()), ranges(write.record.as_ref()));
        if stood != stands {
            self.list_anew(&write.key, &stood, stands);
        }
    }

    fn list_anew(&mut self, key: &Key, stood: &[Range], stands: Vec<Range>) {
        let lists = Arc::make_mut(&mut self.ranges);
        for range in stood.iter().filter(|range| !stands.contains(range)) {
            if let Some(keys) = lists.get_mut(range) {
                Arc::make_mut(keys).remove(key);
            }
        }
        for range in stands.into_iter().filter(|range| !stood.contains(range)) {
            Arc::make_mut(lists.entry(range).or_default()).insert(key.clone());
        }
    }

    fn store(&mut self, changes: &Changes) {
        changes.writes.iter().for_each(|write| self.put(write));
        for key in &changes.bumps {
            if let Some(row) = self.table(key.table()).get_mut(key) {
                row.children = row.children.next();
            }
        }
        let version = self.version().next();
        let Changes { writer, n, step, cause, at, .. } = changes;
        let step = (*step).to_owned();
        for entry in &changes.ledger {
            let (step, cause, entry) = (step.clone(), cause.clone(), entry.clone());
            self.ledger.push(LedgerLine { version, at: *at, step, cause, entry });
        }
        self.feed.push(FeedEntry { version, writer: *writer, n: *n, step, at: *at, keys: changes.keys() });
    }
}

/// The lists that a row stands in; none for one that is not there.
fn ranges(record: Option<&Record>) -> Vec<Range> {
    record.map_or_else(Vec::new, Record::ranges)
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
        Ok(self.feed.newest().find(|entry| entry.writer == writer && entry.n == n).map(|entry| entry.version))
    }

    fn feed(&mut self, since: Version, limit: usize) -> Result<Vec<FeedEntry>, Abort> {
        let after = usize::try_from(since.0).unwrap_or(usize::MAX);
        Ok(self.feed.oldest().skip(after).take(limit).cloned().collect())
    }
}

impl Backend for Memory {
    fn whole(&mut self, table: Table) -> Result<Vec<Stored>, Abort> {
        Ok(self.rows_of(table).cloned().collect())
    }

    fn ledger(&mut self) -> Result<Vec<LedgerLine>, Abort> {
        Ok(self.ledger.oldest().cloned().collect())
    }

    fn head(&mut self) -> Result<Version, Abort> {
        Ok(self.version())
    }
}
