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
    Abort, AskOf, Changes, CommitError, Engine, FeedEntry, LedgerLine, Page, RawAsk, Record, Rows, Stored,
    Table, Write,
};
use uuid::Uuid;

use crate::backend::Backend;

/// All rows of one store, with its feed and its ledger.
#[derive(Debug, Clone)]
pub struct Memory<R: Rows = Record> {
    tables: BTreeMap<R::Table, TableRows<R>>,
    ranges: Arc<BTreeMap<R::Range, ListKeys<R>>>,
    feed: Log<FeedEntry<R::Key>>,
    ledger: Log<LedgerLine>,
}

/// The rows of one table.
type TableRows<R> = Arc<BTreeMap<<R as Rows>::Key, Stored<R>>>;
/// The rows in one list.
type ListKeys<R> = Arc<BTreeSet<<R as Rows>::Key>>;

impl Memory {
    #[must_use]
    pub fn new() -> Self {
        Memory::default()
    }
}

impl<R: Rows> Default for Memory<R> {
    fn default() -> Self {
        let (tables, ranges) = (BTreeMap::new(), Arc::default());
        Memory { tables, ranges, feed: Log::default(), ledger: Log::default() }
    }
}

impl<R: Rows> Memory<R> {
    /// Every row, by key.
    pub fn rows(&self) -> impl Iterator<Item = (&R::Key, &Stored<R>)> {
        self.tables.values().flat_map(|rows| rows.iter())
    }

    /// The rows of one table, by key.
    pub fn rows_of(&self, table: R::Table) -> impl Iterator<Item = &Stored<R>> {
        self.tables.get(&table).into_iter().flat_map(|rows| rows.values())
    }

    /// The row with this key.
    #[must_use]
    pub fn row(&self, key: &R::Key) -> Option<&Stored<R>> {
        self.tables.get(&R::table(key))?.get(key)
    }

    /// The rows in a list, by key.
    pub fn rows_in(&self, range: &R::Range) -> impl Iterator<Item = (&R::Key, &Stored<R>)> {
        let rows = self.tables.get(&R::table_of(range));
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

    fn answer(&self, ask: &AskOf<R>) -> Vec<Stored<R>> {
        match ask {
            RawAsk::Get(key) => self.row(key).cloned().into_iter().collect(),
            RawAsk::Of(range, page) => self.list(range, page),
        }
    }

    fn list(&self, range: &R::Range, page: &Page<R::Key>) -> Vec<Stored<R>> {
        let Some(keys) = self.ranges.get(range) else { return Vec::new() };
        let row = |key: &R::Key| self.row(key).cloned().expect("a list names rows that exist");
        let reached = |key: &&R::Key| page.reaches(key);
        if page.descending {
            keys.iter().rev().filter(reached).take(page.limit).map(row).collect()
        } else {
            keys.iter().filter(reached).take(page.limit).map(row).collect()
        }
    }

    fn expected(&self, write: &Write<R>, ahead: &BTreeMap<&R::Key, Option<Generation>>) -> bool {
        let stored = || self.row(&write.key).map(|row| row.generation);
        let now = ahead.get(&write.key).copied().unwrap_or_else(stored);
        now == write.expects
    }

    fn table(&mut self, table: R::Table) -> &mut BTreeMap<R::Key, Stored<R>> {
        Arc::make_mut(self.tables.entry(table).or_default())
    }

    fn put(&mut self, write: &Write<R>) {
        let generation = write.expects.map_or(Generation(1), Generation::next);
        let rows = self.table(R::table(&write.key));
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

    fn list_anew(&mut self, key: &R::Key, stood: &[R::Range], stands: Vec<R::Range>) {
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

    fn store(&mut self, changes: &Changes<R>) {
        changes.writes.iter().for_each(|write| self.put(write));
        for key in &changes.bumps {
            if let Some(row) = self.table(R::table(key)).get_mut(key) {
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
fn ranges<R: Rows>(record: Option<&R>) -> Vec<R::Range> {
    record.map_or_else(Vec::new, Rows::ranges)
}

impl<R: Rows> Engine<R> for Memory<R> {
    fn fetch(&mut self, asks: &[AskOf<R>]) -> Result<Vec<Vec<Stored<R>>>, Abort> {
        Ok(asks.iter().map(|ask| self.answer(ask)).collect())
    }

    fn commit(&mut self, batch: &[Changes<R>]) -> Result<Version, CommitError> {
        // A member may build on the one before it: what it expects is what that one will have written.
        let mut ahead: BTreeMap<&R::Key, Option<Generation>> = BTreeMap::new();
        for write in batch.iter().flat_map(|changes| &changes.writes) {
            if !self.expected(write, &ahead) {
                return Err(CommitError::Conflict);
            }
            let written =
                write.record.as_ref().map(|_| write.expects.map_or(Generation(1), Generation::next));
            ahead.insert(&write.key, written);
        }
        batch.iter().for_each(|changes| self.store(changes));
        Ok(self.version())
    }

    fn rollback(&mut self) {}

    fn committed(&mut self, writer: Uuid, n: u64) -> Result<Option<Version>, Abort> {
        Ok(self.feed.newest().find(|entry| entry.writer == writer && entry.n == n).map(|entry| entry.version))
    }

    fn feed(&mut self, since: Version, limit: usize) -> Result<Vec<FeedEntry<R::Key>>, Abort> {
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
