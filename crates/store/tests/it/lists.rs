//! What an engine answers: rows by key, lists in the order of keys, pages up and down.

use std::sync::Arc;

use steadfast_model::action::Outcome;
use steadfast_model::cause::Scope;
use steadfast_model::claim::Said;
use steadfast_model::host::{Host, Receipt};
use steadfast_model::instance::{Instance, Operation, VmState};
use steadfast_model::inventory::ResourceClass;
use steadfast_operations::seam::{Key, Page, Range, RawAsk, Record, Row, Rows, Tx};
use steadfast_store::Backend;

use crate::engines::{commit, on_each};
use crate::sample;

/// A row as a transaction inserts it.
fn insert(tx: &mut Tx<'_>, record: &Record) {
    match record {
        Record::Host(row) => tx.insert(row.as_ref().clone()),
        Record::Inventory(row) => tx.insert(row.as_ref().clone()),
        Record::Device(row) => tx.insert(row.as_ref().clone()),
        Record::Discrepancy(row) => tx.insert(row.as_ref().clone()),
        Record::Flavor(row) => tx.insert(row.as_ref().clone()),
        Record::Instance(row) => tx.insert(row.as_ref().clone()),
        Record::Claim(row) => tx.insert(row.as_ref().clone()),
        Record::Migration(row) => tx.insert(row.as_ref().clone()),
        Record::Action(row) => tx.insert(row.as_ref().clone()),
    }
}

fn record(row: impl Row<Of = Record>) -> Record {
    Arc::new(row).into_record()
}

/// Rows of every table, with every variant of every column.
pub fn rows() -> Vec<Record> {
    let mut rows = vec![
        record(sample::full_host("h1")),
        record(Host { receipt: Some(Receipt::Driver), ..sample::host("h2") }),
        // Capitals sort before small letters, and letters by their bytes.
        record(sample::host("H3")),
        record(sample::host("hé")),
        record(sample::full_device("h1", 3)),
        record(sample::device("h1", 0xaf)),
        record(sample::dirty_device("h1", 4)),
        record(sample::device("h2", 3)),
        record(sample::flavor("1")),
        record(sample::flavor("gpu.large")),
        record(sample::instance(1, "blue")),
        record(sample::full_instance(2, "blue")),
        record(Instance { operation: Some(Operation::Boot), ..sample::instance(3, "red") }),
        record(Instance {
            vm_state: VmState::Deleted,
            host: Some(sample::host_id("h1")),
            ..sample::instance(4, "blue")
        }),
        record(sample::claim(1, 1, "h1")),
        record(sample::full_claim(2, 1, "h2")),
        record(steadfast_model::claim::Claim { said: Said::Running, ..sample::claim(3, 2, "h1") }),
        record(sample::migration(1, 1)),
        record(sample::full_migration(2, 1)),
        record(sample::migration(3, 2)),
        record(sample::action(1, 2)),
        // Numbers sort as numbers: 10 after 2.
        record(sample::ended_action(1, 10, Outcome::Success)),
        record(sample::ended_action(2, 1, Outcome::Error("no host".to_owned()))),
    ];
    rows.extend(ResourceClass::ALL.map(|class| record(sample::inventory("h1", class))));
    rows.extend(sample::subjects().map(|subject| record(sample::discrepancy("h1", subject))));
    rows
}

pub fn filled(engine: &mut dyn Backend) -> Vec<Record> {
    let rows = rows();
    // Claims and dirty devices first: a host that is there already would count them in its row.
    let wanted = |row: &&Record| match row {
        Record::Claim(_) => true,
        Record::Device(device) => device.to_sanitize().is_some(),
        _ => false,
    };
    let (wanted, others): (Vec<_>, Vec<_>) = rows.iter().partition(wanted);
    for (rows, n) in [wanted, others].into_iter().zip(1..) {
        commit(engine, n, |tx| {
            rows.iter().for_each(|row| insert(tx, row));
            Ok(())
        })
        .expect("an empty store takes new rows");
    }
    rows
}

fn ranges() -> Vec<Range> {
    let (h1, one) = (sample::host_id("h1"), sample::instance_id(1));
    let mut ranges = vec![
        Range::Hosts,
        Range::Flavors,
        Range::InventoryOf(h1.clone()),
        Range::DevicesOf(h1.clone()),
        Range::ToSanitize(h1.clone()),
        Range::DiscrepanciesOf(h1.clone()),
        Range::InstancesOn(h1.clone()),
        Range::Unfinished,
        Range::ClaimsOn(h1),
        Range::ClaimsOf(one),
        Range::Migrations,
        Range::MigrationsOf(one),
        Range::ActionsOf(one),
    ];
    for scope in [Scope::All, Scope::Project("blue".parse().expect("a name"))] {
        ranges.extend([true, false].map(|deleted| Range::Instances { scope: scope.clone(), deleted }));
    }
    ranges
}

fn fetch(engine: &mut dyn Backend, ask: RawAsk) -> Vec<Record> {
    let answers = engine.fetch(&[ask]).expect("the engine answers");
    engine.rollback();
    answers.into_iter().flatten().map(|row| row.record).collect()
}

#[test]
fn rows_come_back_as_they_were_written() {
    on_each(|name, engine| {
        for row in filled(engine) {
            assert_eq!(fetch(engine, RawAsk::Get(row.key())), [row], "{name}");
        }
        let absent = Key::Host(sample::host_id("nowhere"));
        assert_eq!(fetch(engine, RawAsk::Get(absent)), [], "{name}");
    });
}

#[test]
fn lists_hold_the_rows_that_say_so_and_sort_by_key() {
    on_each(|name, engine| {
        let rows = filled(engine);
        for range in ranges() {
            let mut expected: Vec<Record> =
                rows.iter().filter(|row| row.ranges().contains(&range)).cloned().collect();
            expected.sort_by_key(Record::key);
            assert!(!expected.is_empty(), "{range:?}");
            assert_eq!(fetch(engine, RawAsk::Of(range.clone(), Page::ALL)), expected, "{name} {range:?}");
        }
    });
}

#[test]
fn pages_go_on_where_the_last_one_ended() {
    on_each(|name, engine| {
        filled(engine);
        for range in ranges() {
            let all = fetch(engine, RawAsk::Of(range.clone(), Page::ALL));
            for descending in [false, true] {
                for limit in 1..=2 {
                    let mut walked = Vec::new();
                    let mut after = None;
                    loop {
                        let page = Page { after, limit, descending };
                        let rows = fetch(engine, RawAsk::Of(range.clone(), page));
                        assert!(rows.len() <= limit, "{name} {range:?}");
                        let Some(last) = rows.last() else { break };
                        after = Some(last.key());
                        walked.extend(rows);
                    }
                    if descending {
                        walked.reverse();
                    }
                    assert_eq!(walked, all, "{name} {range:?} {descending} {limit}");
                }
            }
        }
    });
}
