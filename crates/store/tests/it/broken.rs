//! What `verify` says of a database that somebody broke by hand: which invariant, which rows, and what to do.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use steadfast_model::claim::{Claim, Proof, Role};
use steadfast_model::host;
use steadfast_model::host::Host;
use steadfast_model::ids::{Attempt, Epoch};
use steadfast_model::instance::{Instance, Operation, VmState};
use steadfast_model::invariant::Invariant;
use steadfast_model::migration::{Migration, MigrationStatus};
use steadfast_model::pci::{Device, Kind, Observed, Receipt};
use steadfast_operations::seam::{Halt, Tx, get};
use steadfast_store::{Backend, Postgres, Snapshot, Sqlite};

use crate::engines::{Folder, commit};
use crate::sample;
use crate::server::Database;

/// The physical function on h1, and the virtual one of it.
const PF: u8 = 5;
const VF: u8 = 6;

/// A device of h2 that is dirty, and one that somebody called clean.
const DIRTY: u8 = 2;
const CLEAN: u8 = 4;

/// An instance at home on h1 with two devices; one that is evacuated from h9 to h2; one that is deleted and leaves h2.
fn fill(engine: &mut dyn Backend) {
    commit(engine, 1, good).expect("new rows");
    commit(engine, 2, |tx| {
        let claim = tx.read(get::<Claim>(&sample::claim_id(6)))?.expect("it was inserted");
        tx.end_claim(&claim, Proof::untold(&claim).expect("nobody was told of it"));
        let device = (sample::host_id("h2"), sample::address(CLEAN));
        let device = tx.read(get::<Device>(&device))?.expect("it was inserted");
        let dirt = device.dirt.expect("it is dirty");
        tx.sanitize(&device, Receipt::asserted(&device, dirt).expect("it is nobody's"));
        Ok(())
    })
    .expect("nobody else writes");
}

fn good(tx: &mut Tx<'_>) -> Result<(), Halt> {
    let lives = |name| Host { epoch: Epoch(1), registered: true, ..sample::host(name) };
    tx.insert(lives("h1"));
    tx.insert(lives("h2"));
    tx.insert(Host { epoch: Epoch(2), receipt: Some(host::Receipt::Driver), ..sample::host("h9") });

    let owner = Some(sample::claim_id(1));
    tx.insert(Device { owner, ..sample::device("h1", 3) });
    tx.insert(function(PF, Kind::Pf, None));
    tx.insert(Device { owner, ..function(VF, Kind::Vf, Some(PF)) });
    tx.insert(sample::device("h2", 3));
    tx.insert(sample::dirty_device("h2", DIRTY));
    tx.insert(sample::dirty_device("h2", CLEAN));

    let at = |host: &str| Some(sample::host_id(host));
    tx.insert(Instance { host: at("h1"), ..sample::instance(1, "blue") });
    let devices = vec![sample::address(3), sample::address(VF)];
    tx.insert(Claim { devices, ..sample::claim(1, 1, "h1") });

    let operation = Some(Operation::Evacuate(sample::migration_id(1)));
    tx.insert(Instance { host: at("h9"), operation, attempt: Attempt(2), ..sample::instance(2, "blue") });
    tx.insert(Claim { run: false, hot: false, ..sample::claim(3, 2, "h9") });
    tx.insert(Claim { role: Role::Incoming, ..sample::claim(4, 2, "h2") });
    tx.insert(Migration {
        status: MigrationStatus::PreMigrating,
        source_host: sample::host_id("h9"),
        source_claim: sample::claim_id(3),
        dest_host: at("h2"),
        dest_claim: Some(sample::claim_id(4)),
        ..sample::migration(1, 2)
    });

    tx.insert(Instance { host: at("h2"), vm_state: VmState::Deleted, ..sample::instance(3, "red") });
    tx.insert(sample::claim(5, 3, "h2").leaving());
    tx.insert(sample::claim(6, 3, "h2").leaving());
    Ok(())
}

fn function(bus: u8, kind: Kind, parent: Option<u8>) -> Device {
    let plain = sample::device("h1", bus);
    Device { seen: Observed { kind, parent: parent.map(sample::address), ..plain.seen }, ..plain }
}

/// A statement that breaks the good database, and what is found then. Ids are `c1` for claim 1, `i1` for instance 1
/// and `m1` for migration 1; devices are `h1/3` for the one on bus 3 of h1.
const BROKEN: &[(&str, Invariant, &[&str])] = &[
    (
        "UPDATE device SET owner = NULL WHERE host = 'h1' AND address = '0000:03:1f.1'",
        Invariant::S1ExclusiveDevice,
        &["claim c1", "device h1/3"],
    ),
    (
        "UPDATE device SET owner = 'c4' WHERE host = 'h1' AND address = '0000:03:1f.1'",
        Invariant::S1ExclusiveDevice,
        &["claim c1", "device h1/3"],
    ),
    (
        "UPDATE device SET owner = 'c1' WHERE host = 'h2'",
        Invariant::S1ExclusiveDevice,
        &["device h2/3", "claim c1"],
    ),
    (
        "UPDATE claim SET devices = '[]' WHERE id = 'c1'",
        Invariant::S1ExclusiveDevice,
        &["device h1/3", "claim c1"],
    ),
    (
        "DELETE FROM device WHERE host = 'h1' AND address = '0000:03:1f.1'",
        Invariant::S3DeviceOnHost,
        &["claim c1", "device h1/3"],
    ),
    (
        "UPDATE device SET owner = 'c1' WHERE kind = 'type-PF'",
        Invariant::S4Topology,
        &["device h1/6", "device h1/5"],
    ),
    ("UPDATE instance SET host = 'h2' WHERE id = 'i1'", Invariant::S7OneHome, &["instance i1", "claim c1"]),
    ("UPDATE instance SET host = NULL WHERE id = 'i1'", Invariant::S7OneHome, &["instance i1", "claim c1"]),
    (
        "UPDATE instance SET vm_state = 'deleted' WHERE id = 'i1'",
        Invariant::S7OneHome,
        &["instance i1", "claim c1"],
    ),
    ("UPDATE claim SET role = 'held' WHERE id = 'c1'", Invariant::S7OneHome, &["instance i1"]),
    (
        "UPDATE claim SET role = 'home' WHERE id = 'c4'",
        Invariant::S7OneHome,
        &["instance i2", "claim c3", "claim c4"],
    ),
    (
        "UPDATE claim SET role = 'incoming' WHERE instance = 'i2'",
        Invariant::S7OneHome,
        &["instance i2", "claim c3", "claim c4"],
    ),
    ("UPDATE claim SET role = 'home' WHERE id = 'c5'", Invariant::S7OneHome, &["instance i3", "claim c5"]),
    ("UPDATE claim SET hot = 0 WHERE id = 'c1'", Invariant::OneRunner, &["claim c1"]),
    ("UPDATE claim SET run = 1 WHERE id = 'c5'", Invariant::OneRunner, &["claim c5"]),
    (
        "UPDATE claim SET run = 1 WHERE id = 'c3'",
        Invariant::OneRunner,
        &["instance i2", "claim c3", "claim c4"],
    ),
    (
        "UPDATE claim SET host = 'h2' WHERE id = 'c3'",
        Invariant::OneClaimPerHost,
        &["instance i2", "claim c3", "claim c4"],
    ),
    ("DELETE FROM instance WHERE id = 'i1'", Invariant::ClaimsBelong, &["claim c1", "instance i1"]),
    ("DELETE FROM host WHERE id = 'h1'", Invariant::ClaimsBelong, &["claim c1", "host h1"]),
    ("DELETE FROM migration", Invariant::OperationsMatch, &["instance i2", "migration m1"]),
    ("UPDATE migration SET instance = 'i1'", Invariant::OperationsMatch, &["instance i2", "migration m1"]),
    ("UPDATE migration SET status = 'done'", Invariant::OperationsMatch, &["migration m1", "instance i2"]),
    (
        "UPDATE migration SET status = 'finished'",
        Invariant::OperationsMatch,
        &["migration m1", "instance i2"],
    ),
    (
        "UPDATE migration SET status = 'reverting'",
        Invariant::OperationsMatch,
        &["migration m1", "instance i2"],
    ),
    ("UPDATE claim SET role = 'held' WHERE id = 'c1'", Invariant::OperationsMatch, &["instance i1"]),
    (
        "UPDATE instance SET vm_state = 'resized' WHERE id = 'i1'",
        Invariant::OperationsMatch,
        &["instance i1"],
    ),
    (
        "UPDATE instance SET operation = NULL, operation_migration = NULL WHERE id = 'i2'",
        Invariant::OperationsMatch,
        &["migration m1", "instance i2"],
    ),
    ("UPDATE host SET receipt = 'driver' WHERE id = 'h1'", Invariant::HostsAgree, &["host h1"]),
    (
        "UPDATE host SET removed = 1, receipt = NULL WHERE id = 'h9'",
        Invariant::HostsAgree,
        &["host h9", "claim c3"],
    ),
    ("DELETE FROM ledger WHERE event = 'granted'", Invariant::LedgerTells, &["device h1/3"]),
    (
        "UPDATE ledger SET event = 'released' WHERE event = 'granted'",
        Invariant::LedgerTells,
        &["device h1/3"],
    ),
    ("UPDATE ledger SET claim = 'c3' WHERE event = 'granted'", Invariant::LedgerTells, &["device h1/3"]),
    ("UPDATE ledger SET proof = NULL WHERE event = 'ended'", Invariant::LedgerTells, &["claim c6"]),
    (
        "UPDATE device SET dirt = NULL, dirt_of = NULL WHERE dirt = 'used'",
        Invariant::CleanGrants,
        &["device h2/2"],
    ),
    ("DELETE FROM ledger WHERE event = 'dirtied'", Invariant::CleanGrants, &["device h2/2"]),
    ("DELETE FROM ledger WHERE event = 'sanitized'", Invariant::CleanGrants, &["device h2/4"]),
    ("UPDATE ledger SET proof = NULL WHERE event = 'sanitized'", Invariant::CleanGrants, &["device h2/4"]),
];

/// Spells out the short ids.
fn spelled(text: &str) -> String {
    let mut text = text.to_owned();
    for n in 1..=6 {
        text = text.replace(&format!("c{n}"), &sample::claim_id(n).to_string());
        text = text.replace(&format!("i{n}"), &sample::instance_id(n).to_string());
        text = text.replace(&format!("m{n}"), &sample::migration_id(n).to_string());
        let bus = u8::try_from(n).expect("it is small");
        for host in ["h1", "h2"] {
            text = text.replace(&format!("{host}/{n}"), &format!("{host}/{}", sample::address(bus)));
        }
    }
    text
}

/// Breaks a copy of the good database each time, and reads it.
fn check(name: &str, good: &Snapshot, broken: impl Fn(&str) -> Snapshot) {
    assert_eq!(good.violations(), [], "{name}");
    for (statement, invariant, rows) in BROKEN {
        let found = broken(&spelled(statement)).violations();
        let rows: Vec<String> = rows.iter().map(|row| spelled(row)).collect();
        let violation = found.iter().find(|found| found.invariant == *invariant && found.rows == rows);
        let violation = violation.unwrap_or_else(|| panic!("{name}: {statement}: {found:#?}"));
        assert_eq!(violation.remedy, invariant.remedy(), "{name}: {statement}");
    }
}

#[test]
fn every_invariant_of_a_store_is_broken_in_the_table() {
    // What guests do is not in a store.
    let elsewhere = [Invariant::S2NoUseWithoutClaim, Invariant::S9OneGuest];
    let all: BTreeSet<Invariant> =
        Invariant::ALL.into_iter().filter(|invariant| !elsewhere.contains(invariant)).collect();
    let broken: BTreeSet<Invariant> = BROKEN.iter().map(|(_, invariant, _)| *invariant).collect();
    assert_eq!(broken, all);
}

#[test]
fn a_broken_file_is_explained() {
    let read = |path: &Path| {
        let mut reader = Sqlite::reader(path).expect("the file opens");
        Snapshot::read(&mut reader).expect("every row can be read")
    };
    let folder = Folder::new();
    let (good, copy) = (folder.file("good"), folder.file("copy"));
    let mut writer = Sqlite::writer(&good).expect("a new file opens");
    fill(&mut writer);
    // The last connection that closes brings the log into the file.
    drop(writer);
    check("sqlite", &read(&good), |statement| {
        std::fs::copy(&good, &copy).expect("the file is copied");
        let connection = rusqlite::Connection::open(&copy).expect("the file opens");
        assert!(connection.execute(statement, []).expect("the statement runs") > 0, "{statement}");
        drop(connection);
        read(&copy)
    });
}

#[test]
fn a_broken_database_is_explained() {
    let read = |database: &Database| {
        let mut reader = Postgres::follower(&database.config, Arc::default()).expect("the database opens");
        Snapshot::read(&mut reader).expect("every row can be read")
    };
    let good = Database::new();
    let mut writer = Postgres::writer(&good.config, Arc::default()).expect("the database opens");
    fill(&mut writer);
    drop(writer);
    check("postgres", &read(&good), |statement| {
        let copy = good.copy();
        copy.sql(statement);
        read(&copy)
    });
}
