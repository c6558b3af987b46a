//! An engine that can also be read as a whole: what `verify` and the index of hosts start from.

use steadfast_model::ids::Version;
use steadfast_operations::seam::{Abort, Engine, LedgerLine, Stored, Table};

/// Like [`Engine::fetch`], each of these opens a transaction if none is open, and sees its version. So does
/// [`Engine::feed`], where one is open.
pub trait Backend: Engine {
    /// Every row of a table, by key.
    ///
    /// # Errors
    /// See [`Abort`].
    fn whole(&mut self, table: Table) -> Result<Vec<Stored>, Abort>;

    /// Every line of the ledger, oldest first.
    ///
    /// # Errors
    /// See [`Abort`].
    fn ledger(&mut self) -> Result<Vec<LedgerLine>, Abort>;

    /// The version of the newest commit.
    ///
    /// # Errors
    /// See [`Abort`].
    fn head(&mut self) -> Result<Version, Abort>;
}
