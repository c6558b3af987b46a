//! What one transaction writes, ready to be stored.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use steadfast_model::cause::Cause;
use steadfast_model::ids::{Generation, Moment, Version};
use steadfast_model::ledger;
use uuid::Uuid;

use super::record::{Key, Record};
use super::rows::Rows;

/// One row that is written, and the generation that it must still have; none for one that must not exist.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Write<R: Rows = Record> {
    pub key: R::Key,
    pub expects: Option<Generation>,
    /// The row's `children` generation as last seen.
    pub children: Generation,
    /// The row as it will be; none when it is removed.
    pub record: Option<R>,
}

/// All that one transaction writes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Changes<R: Rows = Record> {
    /// Who commits, and its how-manieth commit this is: how a lost answer is found again.
    pub writer: Uuid,
    pub n: u64,
    pub step: &'static str,
    pub cause: Cause,
    pub at: Moment,
    pub writes: Vec<Write<R>>,
    /// Rows whose `children` generation rises, because a row listed under them changed.
    pub bumps: BTreeSet<R::Key>,
    pub ledger: Vec<ledger::Entry>,
}

impl<R: Rows> Changes<R> {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// The keys that the feed names.
    #[must_use]
    pub fn keys(&self) -> Vec<R::Key> {
        self.writes.iter().map(|write| write.key.clone()).collect()
    }
}

/// One commit, as the feed tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedEntry<K = Key> {
    pub version: Version,
    pub writer: Uuid,
    pub n: u64,
    pub step: String,
    pub at: Moment,
    pub keys: Vec<K>,
}

/// One line of the ledger with the commit that wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerLine {
    pub version: Version,
    pub at: Moment,
    pub step: String,
    pub cause: Cause,
    pub entry: ledger::Entry,
}
