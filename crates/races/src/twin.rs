//! The real SQLite beside the engine in memory: both are asked the same, and must answer the same.
//!
//! What the explorer shows is shown on the engine in memory, because it is fast. It holds for the shipped engine as far
//! as the two agree; this compares every answer, every commit, and every row at the end of each run.

use std::sync::{Arc, Mutex, MutexGuard};

use steadfast_model::ids::Version;
use steadfast_operations::seam::{Changes, CommitError, Engine, RawAsk, Stored, Table};
use steadfast_store::{Backend, Memory, SqliteCopy};

/// The same store on SQLite. Clones share one database, which each run begins by setting back.
#[derive(Debug, Clone)]
pub struct Twin {
    copy: Arc<Mutex<SqliteCopy>>,
    /// What the two engines first answered differently.
    differs: Option<String>,
}

impl Twin {
    /// # Panics
    /// When SQLite cannot take the rows.
    #[must_use]
    pub fn of(memory: &Memory) -> Twin {
        let copy = SqliteCopy::of(&mut memory.clone()).expect("a database in memory takes any rows");
        Twin { copy: Arc::new(Mutex::new(copy)), differs: None }
    }

    fn copy(&self) -> MutexGuard<'_, SqliteCopy> {
        self.copy.lock().expect("nothing panics while it holds the database")
    }

    /// Begins a run.
    pub(crate) fn reset(&self) {
        self.copy().reset().expect("a database in memory can be set back");
    }

    /// What the two engines first answered differently, if they did.
    pub(crate) fn differs(&self) -> Option<&str> {
        self.differs.as_deref()
    }

    fn note(&mut self, what: impl FnOnce() -> String) {
        if self.differs.is_none() {
            self.differs = Some(what());
        }
    }

    /// Asks the same.
    pub(crate) fn fetch(&mut self, asks: &[RawAsk], expected: &[Vec<Stored>]) {
        let answered = self.copy().engine().fetch(asks);
        if answered.as_deref() != Ok(expected) {
            self.note(|| format!("{asks:?}: {expected:?} in memory, {answered:?} on SQLite"));
        }
    }

    /// Commits the same.
    pub(crate) fn commit(&mut self, batch: &[Changes], expected: &Result<Version, CommitError>) {
        let answered = self.copy().engine().commit(batch);
        if answered != *expected {
            self.note(|| format!("a commit: {expected:?} in memory, {answered:?} on SQLite"));
        }
    }

    /// Ends a transaction that wrote nothing.
    pub(crate) fn rollback(&mut self) {
        self.copy().engine().rollback();
    }

    /// Compares every row, the feed and the ledger.
    ///
    /// # Errors
    /// What differs.
    pub(crate) fn compare(&self, memory: &Memory) -> Result<(), String> {
        let (mut memory, mut copy) = (memory.clone(), self.copy());
        let sqlite = copy.engine();
        for table in Table::ALL {
            let (expected, found) = (memory.whole(*table), sqlite.whole(*table));
            if expected != found {
                return Err(format!(
                    "Engines: {}: {expected:?} in memory, {found:?} on SQLite",
                    table.name()
                ));
            }
        }
        let same = Backend::ledger(&mut memory) == sqlite.ledger()
            && memory.feed(Version::default(), usize::MAX) == sqlite.feed(Version::default(), usize::MAX);
        sqlite.rollback();
        if same { Ok(()) } else { Err("Engines: feed or ledger differ".to_owned()) }
    }
}
