//! Engines that lose answers and meet conflicts when a test says so.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use steadfast_model::ids::Version;
use steadfast_operations::seam::{
    Abort, Changes, CommitError, Engine, FeedEntry, LedgerLine, RawAsk, Stored, Table,
};
use steadfast_store::{Backend, Engines, OpenError, Sqlite};
use uuid::Uuid;

/// What happens to one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Another transaction was faster.
    Conflict,
    /// The answer is lost, and nothing was stored.
    LostBefore,
    /// The answer is lost, and all was stored.
    LostAfter,
    /// As [`Fault::LostAfter`], and the feed cannot be read either.
    LostForGood,
}

/// One SQLite file whose commits meet these faults in turn.
#[derive(Debug, Clone)]
pub struct FaultyFile {
    pub path: PathBuf,
    pub faults: Arc<Mutex<VecDeque<Fault>>>,
}

struct Faulty {
    engine: Sqlite,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    deaf: bool,
}

impl FaultyFile {
    pub fn new(path: PathBuf, faults: impl IntoIterator<Item = Fault>) -> FaultyFile {
        FaultyFile { path, faults: Arc::new(Mutex::new(faults.into_iter().collect())) }
    }
}

impl Engines for FaultyFile {
    fn writers(&self) -> Result<Vec<Box<dyn Backend>>, OpenError> {
        let engine = Sqlite::writer(&self.path)?;
        Ok(vec![Box::new(Faulty { engine, faults: Arc::clone(&self.faults), deaf: false })])
    }

    fn readers(&self) -> Result<Vec<Box<dyn Backend>>, OpenError> {
        Ok(vec![Box::new(Sqlite::reader(&self.path)?)])
    }

    fn follower(&self) -> Result<Option<Box<dyn Backend>>, OpenError> {
        Ok(Some(Box::new(Sqlite::reader(&self.path)?)))
    }
}

impl Engine for Faulty {
    fn fetch(&mut self, asks: &[RawAsk]) -> Result<Vec<Vec<Stored>>, Abort> {
        self.engine.fetch(asks)
    }

    fn commit(&mut self, batch: &[Changes]) -> Result<Version, CommitError> {
        let fault = self.faults.lock().expect("no test panics with it").pop_front().unwrap_or(Fault::None);
        let lost = || Err(CommitError::Lost("the line was cut".to_owned()));
        match fault {
            Fault::None => self.engine.commit(batch),
            Fault::Conflict => {
                self.engine.rollback();
                Err(CommitError::Conflict)
            }
            Fault::LostBefore => {
                self.engine.rollback();
                lost()
            }
            Fault::LostAfter | Fault::LostForGood => {
                self.engine.commit(batch)?;
                self.deaf = fault == Fault::LostForGood;
                lost()
            }
        }
    }

    fn rollback(&mut self) {
        self.engine.rollback();
    }

    fn committed(&mut self, writer: Uuid, n: u64) -> Result<Option<Version>, Abort> {
        if self.deaf {
            return Err(Abort::Unavailable("the line is cut".to_owned()));
        }
        self.engine.committed(writer, n)
    }

    fn feed(&mut self, since: Version, limit: usize) -> Result<Vec<FeedEntry>, Abort> {
        self.engine.feed(since, limit)
    }
}

impl Backend for Faulty {
    fn whole(&mut self, table: Table) -> Result<Vec<Stored>, Abort> {
        self.engine.whole(table)
    }

    fn ledger(&mut self) -> Result<Vec<LedgerLine>, Abort> {
        self.engine.ledger()
    }

    fn head(&mut self) -> Result<Version, Abort> {
        self.engine.head()
    }
}
