//! Databases that a program with the first schema wrote: whatever the schema becomes, they open and say the same.
//!
//! `tests/v1` holds one of each engine, with the rows of [`crate::lists::rows`] as they were then. A later schema adds
//! what it makes of them here; the databases stay as they are.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use steadfast_model::host::{Host, Receipt};
use steadfast_model::ids::{ReportSeq, Version};
use steadfast_model::instance::Power;
use steadfast_model::migration::Migration;
use steadfast_model::pci::{Device, Observed};
use steadfast_operations::seam::{Key, Record, Rows, Table};
use steadfast_store::{Backend, Postgres, Snapshot, Sqlite};

use crate::engines::{Folder, commit};
use crate::server::Database;
use crate::{lists, sample};

/// A row of [`lists::rows`], with what the later steps of the schema put into the columns that version 1 did not have.
fn migrated(record: Record) -> Record {
    match record {
        // The instance of the third was in error and wanted off; the others' was active. Nothing was resized.
        Record::Migration(row) => {
            let power_before = if row.id == sample::migration_id(3) { Power::Off } else { Power::On };
            Record::Migration(Arc::new(Migration { power_before, resize: None, ..row.as_ref().clone() }))
        }
        // Of an assertion that stands, the newest boot; reports had no numbers.
        Record::Host(row) => {
            let asserted = matches!(row.receipt, Some(Receipt::Asserted(_)));
            let asserted_dead = row.boot_id.filter(|_| asserted);
            let report_seq = ReportSeq::default();
            Record::Host(Arc::new(Host { asserted_dead, report_seq, ..row.as_ref().clone() }))
        }
        // No device was sanitised.
        Record::Device(row) => {
            let seen = Observed { sanitizer: None, ..row.seen.clone() };
            Record::Device(Arc::new(Device { seen, dirt: None, stuck: None, ..row.as_ref().clone() }))
        }
        other => other,
    }
}

fn check(engine: &mut dyn Backend) {
    let mut rows: BTreeMap<Key, Record> = BTreeMap::new();
    for table in Table::ALL {
        let stored = engine.whole(*table).expect("every row can be read");
        rows.extend(stored.into_iter().map(|row| (row.record.key(), row.record)));
    }
    engine.rollback();
    let expected: BTreeMap<Key, Record> =
        lists::rows().into_iter().map(|record| (record.key(), migrated(record))).collect();
    assert_eq!(rows, expected);
    let snapshot = Snapshot::read(engine).expect("every line can be read");
    assert_eq!((snapshot.version, snapshot.ledger.len()), (Version(2), 4), "{:#?}", snapshot.ledger);
    let (_, version) = commit(engine, 3, |tx| {
        tx.insert(sample::host("new"));
        Ok(())
    })
    .expect("it goes on where it was");
    assert_eq!(version, Version(3));
}

#[test]
fn a_file_of_the_first_schema_opens() {
    let folder = Folder::new();
    let copy = folder.file("store");
    let v1 = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/v1/store.sqlite");
    std::fs::copy(v1, &copy).expect("the file is copied");
    check(&mut Sqlite::writer(&copy).expect("it opens"));
}

#[test]
fn a_database_of_the_first_schema_opens() {
    let database = Database::bare();
    database.sql(include_str!("../v1/store.sql"));
    check(&mut Postgres::writer(&database.config, Arc::default()).expect("it opens"));
}
