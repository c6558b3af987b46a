//! What every set of rows has in common: keys, lists, and what follows from a change.
//!
//! Engines and transactions are written once, over any such set. Steadfast's is [`Record`].

use std::fmt;
use std::hash::Hash;
use std::ops::Deref;
use std::sync::Arc;

use steadfast_model::ids::Generation;
use steadfast_model::ledger;

use super::engine::Abort;
use super::record::Record;
use super::tx::Tx;

/// A closed set of rows: a value is one row of any of its tables.
pub trait Rows: fmt::Debug + Clone + Eq + Hash + Send + Sync + 'static {
    type Table: fmt::Debug + Copy + Ord + Send + Sync + 'static;
    /// What names one row in the whole store. Keys sort by table first, and within one as lists show them.
    type Key: fmt::Debug + Clone + Ord + Hash + Send + Sync + 'static;
    /// A list that a query can ask for. Every row says in which of them it stands, so that engines, indexes and
    /// footprints cannot disagree about it.
    type Range: fmt::Debug + Clone + Ord + Hash + Send + Sync + 'static;
    /// What a transaction keeps beside its writes, to tell of them.
    type Grounds: Default + Send;

    fn key(&self) -> Self::Key;

    /// The lists that the row stands in.
    fn ranges(&self) -> Vec<Self::Range>;

    /// The rows whose `children` generation a change of this row raises: whatever a decision lists it under.
    fn parents(&self) -> Vec<Self::Key>;

    fn table(key: &Self::Key) -> Self::Table;

    /// The table whose rows a list is of.
    fn table_of(range: &Self::Range) -> Self::Table;

    /// What follows from the writes of a transaction, and no body may forget: it writes what else changes, and answers
    /// what the ledger tells.
    ///
    /// # Errors
    /// When the store cannot answer.
    fn follow(tx: &mut Tx<'_, Self>) -> Result<Vec<ledger::Entry>, Abort>;
}

/// A type that is stored as rows of one table.
pub trait Row: fmt::Debug + Clone + PartialEq + Send + Sync + 'static {
    /// The set that it belongs to.
    type Of: Rows;
    type Key: Clone;

    const TABLE: <Self::Of as Rows>::Table;

    fn key(&self) -> Self::Key;
    fn name_key(key: Self::Key) -> <Self::Of as Rows>::Key;
    fn into_record(self: Arc<Self>) -> Self::Of;
    fn of_record(record: &Self::Of) -> Option<&Arc<Self>>;
}

/// A row as an engine holds it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Stored<R = Record> {
    pub record: R,
    /// Counts the changes of the row itself.
    pub generation: Generation,
    /// Counts the changes of the rows listed under it.
    pub children: Generation,
}

/// A row as a transaction saw it. Handing it back with a change compares its generation, in this transaction or a
/// later one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Seen<T> {
    pub row: Arc<T>,
    pub generation: Generation,
    pub children: Generation,
}

impl<T: Row> Seen<T> {
    pub(crate) fn of(stored: Stored<T::Of>) -> Seen<T> {
        let row =
            T::of_record(&stored.record).expect("an engine answers with rows of the table it was asked");
        Seen { row: Arc::clone(row), generation: stored.generation, children: stored.children }
    }
}

impl<T> Deref for Seen<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.row
    }
}
