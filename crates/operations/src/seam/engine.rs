//! What a store must be able to do. [`super::Tx`] is written once above it.

use steadfast_model::ids::Version;

use super::ask::Page;
use super::changes::{Changes, FeedEntry};
use super::record::{Key, Range, Record};
use super::rows::{Rows, Stored};
use uuid::Uuid;

/// One question to an engine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RawAsk<K = Key, G = Range> {
    Get(K),
    Of(G, Page<K>),
}

/// A question to an engine of these rows.
pub type AskOf<R> = RawAsk<<R as Rows>::Key, <R as Rows>::Range>;

/// Why a transaction could not go on. Nothing of it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Abort {
    /// Somebody else changed what was read: the body is run again.
    #[error("the transaction conflicts with another one")]
    Conflict,
    #[error("the store cannot be reached: {0}")]
    Unavailable(String),
    /// A row that this program cannot read. It never writes over one.
    #[error("the store holds something unreadable: {0}")]
    Corrupt(String),
}

/// Why a commit did not answer with a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// Nothing was stored.
    #[error("the commit conflicts with another one")]
    Conflict,
    /// Nobody knows whether it was stored: the feed does ([`Engine::committed`]).
    #[error("the answer to the commit was lost: {0}")]
    Lost(String),
    /// Nothing was stored.
    #[error("the store cannot be reached: {0}")]
    Unavailable(String),
}

/// A serialisable store. A transaction opens with the first [`Engine::fetch`] and ends with
/// [`Engine::commit`] or [`Engine::rollback`]; between them every fetch sees one version.
pub trait Engine<R: Rows = Record>: Send {
    /// Answers every question, in order, in one round trip.
    ///
    /// # Errors
    /// See [`Abort`].
    fn fetch(&mut self, asks: &[AskOf<R>]) -> Result<Vec<Vec<Stored<R>>>, Abort>;

    /// Stores a batch, all of it or nothing, each member with a feed entry of its own. Every write compares the
    /// generation that it carries. Answers the version of the last member. An empty batch ends the transaction and says
    /// whether what it read was true; its version means nothing.
    ///
    /// # Errors
    /// See [`CommitError`].
    fn commit(&mut self, batch: &[Changes<R>]) -> Result<Version, CommitError>;

    /// Ends the transaction without a trace.
    fn rollback(&mut self);

    /// Whether the commit numbered `n` of `writer` was stored. Asked after [`CommitError::Lost`].
    ///
    /// # Errors
    /// See [`Abort`].
    fn committed(&mut self, writer: Uuid, n: u64) -> Result<Option<Version>, Abort>;

    /// The commits after `since`, oldest first.
    ///
    /// # Errors
    /// See [`Abort`].
    fn feed(&mut self, since: Version, limit: usize) -> Result<Vec<FeedEntry<R::Key>>, Abort>;
}
