//! A whole store at one version: what `verify` judges.

use std::sync::Arc;

use steadfast_model::discrepancy::Discrepancy;
use steadfast_model::ids::Version;
use steadfast_model::invariant::{self, Violation};
use steadfast_operations::seam::{Abort, LedgerLine, Record, Row, Table};

use crate::backend::Backend;

/// The rows and the ledger of a store, of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub version: Version,
    pub rows: invariant::Snapshot,
    pub discrepancies: Vec<Arc<Discrepancy>>,
    pub ledger: Vec<LedgerLine>,
}

impl Snapshot {
    /// Reads a whole store, and changes nothing in it.
    ///
    /// # Errors
    /// When a row cannot be read; the sentence names it.
    pub fn read(engine: &mut dyn Backend) -> Result<Snapshot, Abort> {
        let snapshot = read(engine);
        engine.rollback();
        snapshot
    }

    /// Everything in it that should be impossible.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        let mut found = invariant::rows::check(&self.rows);
        found.extend(invariant::history::check(self.ledger.iter().map(|line| &line.entry), &self.rows));
        found
    }
}

fn read(engine: &mut dyn Backend) -> Result<Snapshot, Abort> {
    let version = engine.head()?;
    let rows = invariant::Snapshot {
        hosts: table(engine, Table::Host)?,
        devices: table(engine, Table::Device)?,
        claims: table(engine, Table::Claim)?,
        instances: table(engine, Table::Instance)?,
        migrations: table(engine, Table::Migration)?,
    };
    let discrepancies = table(engine, Table::Discrepancy)?;
    Ok(Snapshot { version, rows, discrepancies, ledger: engine.ledger()? })
}

fn table<R: Row<Of = Record>>(engine: &mut dyn Backend, table: Table) -> Result<Vec<Arc<R>>, Abort> {
    let rows = engine.whole(table)?;
    let row = |record| {
        let row = R::of_record(record).expect("an engine answers with rows of the table it was asked");
        Arc::clone(row)
    };
    Ok(rows.iter().map(|stored| row(&stored.record)).collect())
}
