//! Whatever is done to it, every engine comes to what the one in memory comes to.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use steadfast_model::cause::Scope;
use steadfast_model::claim::{Claim, Proof};
use steadfast_model::flavor::Flavor;
use steadfast_model::host::Host;
use steadfast_model::ids::Version;
use steadfast_model::instance::{Instance, VmState};
use steadfast_model::pci::Device;
use steadfast_operations::seam::{
    CommitError, Halt, Key, Overlay, Page, Seen, Stored, Table, Tx, claims_of, claims_on, devices_of, get,
    hosts, instances,
};
use steadfast_store::{Backend, Memory};

use crate::engines::{on_each, run};
use crate::sample;

/// One change within a transaction. `to` chooses what becomes of the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// Insert the host, or change the one that is there.
    Host { host: u8, to: u8 },
    /// Insert a host without looking.
    BlindHost { host: u8 },
    /// Change the host as an earlier transaction saw it.
    StaleHost { host: u8, to: u8 },
    /// Insert the device, grant or release it, or remove it.
    Device { host: u8, bus: u8, to: u8 },
    /// Insert the claim, tell of it, let it leave, or end it.
    Claim { claim: u8, to: u8 },
    /// Insert the instance, move or delete it.
    Instance { instance: u8, to: u8 },
    /// Insert or remove the flavor.
    Flavor { flavor: u8 },
}

type Transaction = Vec<Change>;
type Batch = Vec<Transaction>;

fn change() -> impl Strategy<Value = Change> {
    let (host, to) = (0..2u8, 0..4u8);
    prop_oneof![
        (host.clone(), to.clone()).prop_map(|(host, to)| Change::Host { host, to }),
        host.clone().prop_map(|host| Change::BlindHost { host }),
        (host.clone(), to.clone()).prop_map(|(host, to)| Change::StaleHost { host, to }),
        (host, 0..2u8, to.clone()).prop_map(|(host, bus, to)| Change::Device { host, bus, to }),
        (0..3u8, to.clone()).prop_map(|(claim, to)| Change::Claim { claim, to }),
        (0..2u8, to).prop_map(|(instance, to)| Change::Instance { instance, to }),
        (0..2u8).prop_map(|flavor| Change::Flavor { flavor }),
    ]
}

fn script() -> impl Strategy<Value = Vec<Batch>> {
    let transaction = prop::collection::vec(change(), 1..4);
    prop::collection::vec(prop::collection::vec(transaction, 1..4), 1..12)
}

impl Change {
    /// Which row it is about: a transaction changes each only once.
    fn row(self) -> (u8, u8) {
        match self {
            Change::Host { host, .. } | Change::BlindHost { host } | Change::StaleHost { host, .. } => {
                (0, host)
            }
            Change::Device { host, bus, .. } => (1, host * 2 + bus),
            Change::Claim { claim, .. } => (2, claim),
            Change::Instance { instance, .. } => (3, instance),
            Change::Flavor { flavor } => (4, flavor),
        }
    }
}

fn host_name(host: u8) -> String {
    format!("h{host}")
}

/// The hosts as the transactions before saw them.
type Earlier = BTreeMap<u8, Seen<Host>>;

fn apply(tx: &mut Tx<'_>, change: Change, earlier: &Earlier) -> Result<(), Halt> {
    match change {
        Change::Host { host, to } => match tx.read(get::<Host>(&sample::host_id(&host_name(host))))? {
            Some(row) => tx.update(&row, disabled(&row, to)),
            None => tx.insert(sample::host(&host_name(host))),
        },
        Change::BlindHost { host } => tx.insert(sample::host(&host_name(host))),
        Change::StaleHost { host, to } => {
            if let Some(row) = earlier.get(&host) {
                tx.update(row, disabled(row, to));
            }
        }
        Change::Device { host, bus, to } => device(tx, &host_name(host), bus, to)?,
        Change::Claim { claim, to } => claimed(tx, claim, to)?,
        Change::Instance { instance, to } => moved(tx, instance, to)?,
        Change::Flavor { flavor } => {
            let fresh = sample::flavor(&flavor.to_string());
            match tx.read(get::<Flavor>(&fresh.id))? {
                Some(row) => tx.remove(&row),
                None => tx.insert(fresh),
            }
        }
    }
    Ok(())
}

fn disabled(host: &Host, to: u8) -> Host {
    Host { disabled: Some(to.to_string()), ..host.clone() }
}

fn device(tx: &mut Tx<'_>, host: &str, bus: u8, to: u8) -> Result<(), Halt> {
    let devices = tx.read(devices_of(&sample::host_id(host)))?;
    let row = devices.into_iter().find(|row| row.seen.address == sample::address(bus));
    match (row, to) {
        (None, _) => tx.insert(sample::device(host, bus)),
        (Some(row), 0) => tx.remove(&row),
        (Some(row), to) => {
            let owner = (to < 3).then(|| sample::claim_id(to.into()));
            tx.update(&row, Device { owner, ..row.row.as_ref().clone() });
        }
    }
    Ok(())
}

fn claimed(tx: &mut Tx<'_>, claim: u8, to: u8) -> Result<(), Halt> {
    let id = sample::claim_id(claim.into());
    match (tx.read(get::<Claim>(&id))?, to) {
        (None, to) => tx.insert(sample::claim(claim.into(), (to / 2).into(), &host_name(to % 2))),
        (Some(row), 0) => tx.update(&row, Claim { told: true, ..row.row.as_ref().clone() }),
        (Some(row), _) => match Proof::untold(&row) {
            Some(proof) => tx.end_claim(&row, proof),
            None => tx.update(&row, row.leaving()),
        },
    }
    Ok(())
}

fn moved(tx: &mut Tx<'_>, instance: u8, to: u8) -> Result<(), Halt> {
    let id = sample::instance_id(instance.into());
    match (tx.read(get::<Instance>(&id))?, to) {
        (None, _) => tx.insert(sample::instance(instance.into(), "blue")),
        (Some(row), 0) => {
            tx.update(&row, Instance { vm_state: VmState::Deleted, ..row.row.as_ref().clone() })
        }
        (Some(row), to) => {
            let host = Some(sample::host_id(&host_name(to % 2)));
            tx.update(&row, Instance { host, ..row.row.as_ref().clone() });
        }
    }
    Ok(())
}

/// What a transaction saw at its end, own writes included.
fn look_around(tx: &mut Tx<'_>) -> Result<String, Halt> {
    let (h0, one) = (sample::host_id("h0"), sample::instance_id(1));
    let (first, last) = (Key::Instance(sample::instance_id(0)), Key::Instance(one));
    let up = Page { after: Some(first), limit: 1, descending: false };
    let pages = (
        instances(Scope::All, false, up),
        instances(Scope::All, false, Page::newest(1, None)),
        instances(Scope::All, false, Page::newest(1, Some(last))),
    );
    let seen = tx.read((hosts(), devices_of(&h0), claims_on(&h0), claims_of(one), pages))?;
    Ok(format!("{seen:?}"))
}

/// Everything that can be seen of a store while and after a script runs on it.
#[derive(Debug, Default, PartialEq)]
struct Transcript {
    looks: Vec<String>,
    /// Which batches were stored.
    commits: Vec<bool>,
    rows: Vec<Stored>,
    feed: Vec<(u64, Vec<Key>)>,
    /// Versions may have gaps: what counts is which commit a line belongs to.
    ledger: Vec<(usize, String)>,
}

fn play(engine: &mut dyn Backend, script: &[Batch]) -> Transcript {
    let mut transcript = Transcript::default();
    let mut earlier = Earlier::new();
    let mut n = 0;
    for batch in script {
        let mut base = Overlay::default();
        let mut stored = Vec::new();
        let mut seen = Earlier::new();
        for transaction in batch {
            n += 1;
            let mut rows = Vec::new();
            let draft = run(engine, &base, n, |tx| {
                for change in transaction {
                    if !rows.contains(&change.row()) {
                        rows.push(change.row());
                        apply(tx, *change, &earlier)?;
                    }
                }
                for host in 0..2 {
                    let row = tx.read(get::<Host>(&sample::host_id(&host_name(host))))?;
                    if let Some(row) = row {
                        seen.insert(host, row);
                    }
                }
                look_around(tx)
            })
            .expect("no body halts");
            rows.clear();
            transcript.looks.push(draft.value);
            if !draft.changes.is_empty() {
                base.absorb(&draft.changes);
                stored.push(draft.changes);
            }
        }
        let commit = engine.commit(&stored);
        assert!(matches!(commit, Ok(_) | Err(CommitError::Conflict)), "{commit:?}");
        transcript.commits.push(commit.is_ok());
        if commit.is_ok() {
            // Kept for a while, so that they grow old.
            for (host, row) in seen {
                earlier.entry(host).or_insert(row);
            }
            if n % 3 == 0 {
                earlier.clear();
            }
        }
    }
    finish(engine, transcript)
}

fn finish(engine: &mut dyn Backend, mut transcript: Transcript) -> Transcript {
    for table in Table::ALL {
        transcript.rows.extend(engine.whole(*table).expect("it is read"));
    }
    let feed = engine.feed(Version(0), usize::MAX).expect("it is read");
    let place = |version| feed.iter().position(|entry| entry.version == version).expect("it is in the feed");
    let ledger = engine.ledger().expect("it is read");
    engine.rollback();
    transcript.ledger =
        ledger.iter().map(|line| (place(line.version), format!("{:?}", line.entry))).collect();
    transcript.feed = feed.iter().map(|entry| (entry.n, entry.keys.clone())).collect();
    transcript
}

#[test]
fn every_engine_does_what_the_one_in_memory_does() {
    // A database for each case: few cases, each with many transactions.
    let config = Config { cases: 48, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&script(), |script| {
            let expected = play(&mut Memory::new(), &script);
            on_each(|name, engine| {
                let played = play(engine, &script);
                assert_eq!(played.looks, expected.looks, "{name}");
                assert_eq!(played.commits, expected.commits, "{name}");
                assert_eq!(played.rows, expected.rows, "{name}");
                assert_eq!(played.feed, expected.feed, "{name}");
                assert_eq!(played.ledger, expected.ledger, "{name}");
            });
            Ok(())
        })
        .expect("the engines agree");
}

/// What bodies see of those before them in their batch, and what becomes of the rows, is as if each had been stored
/// before the next one ran.
#[test]
fn a_batch_is_as_if_one_came_after_the_other() {
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&script(), |script| {
            let looks =
                |change: &Change| !matches!(change, Change::BlindHost { .. } | Change::StaleHost { .. });
            let looking = |transaction: &Transaction| transaction.iter().copied().filter(looks).collect();
            let batches: Vec<Batch> =
                script.iter().map(|batch| batch.iter().map(looking).collect()).collect();
            let single: Vec<Batch> =
                batches.iter().flatten().map(|transaction| vec![transaction.clone()]).collect();
            let (together, alone) = (play(&mut Memory::new(), &batches), play(&mut Memory::new(), &single));
            prop_assert!(together.commits.iter().chain(&alone.commits).all(|stored| *stored));
            prop_assert_eq!(together.looks, alone.looks);
            prop_assert_eq!(together.rows, alone.rows);
            prop_assert_eq!(together.ledger, alone.ledger);
            Ok(())
        })
        .expect("nobody can tell the difference");
}
