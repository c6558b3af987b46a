//! What only a server can do: conflict, lose the line, be somebody else's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use steadfast_model::host::Host;
use steadfast_model::ids::Generation;
use steadfast_operations::seam::{
    Abort, CommitError, Draft, Engine, Key, Overlay, RawAsk, Tx, claims_on, devices_of, get,
};
use steadfast_store::Postgres;

use crate::engines::{WRITER, commit, run};
use crate::proxy::{Cut, Proxy};
use crate::sample;
use crate::server::Database;

fn writer(database: &Database) -> Postgres {
    Postgres::writer(&database.config, Arc::default()).expect("the database opens")
}

fn insert_host(name: &str) -> impl FnMut(&mut Tx<'_>) -> Result<(), steadfast_operations::seam::Halt> {
    move |tx| {
        tx.insert(sample::host(name));
        Ok(())
    }
}

/// Each reads what the other writes: one after the other they would not both have written.
#[test]
fn two_that_read_what_the_other_writes_do_not_both_commit() {
    let database = Database::new();
    let (mut one, mut two) = (writer(&database), writer(&database));
    commit(&mut one, 1, insert_host("h1")).expect("a new row");
    commit(&mut one, 2, insert_host("h2")).expect("a new row");
    let place = |engine: &mut Postgres, read: &str, write: &'static str, n: u64| -> Draft<()> {
        run(engine, &Overlay::default(), n, |tx| {
            assert!(tx.read(claims_on(&sample::host_id(read)))?.is_empty());
            let device = sample::device(write, 1);
            tx.insert(sample::claim(n.into(), 1, write));
            tx.insert(device);
            Ok(())
        })
        .expect("the body does not halt")
    };
    let (first, second) = (place(&mut one, "h1", "h2", 3), place(&mut two, "h2", "h1", 4));
    let answers = [one.commit(&[first.changes]), two.commit(&[second.changes])];
    assert!(answers[0].is_ok(), "{answers:?}");
    assert_eq!(answers[1], Err(CommitError::Conflict));
}

#[test]
fn a_commit_whose_answer_was_lost_is_found_or_is_not() {
    // Where the line is cut, and whether the commit is there.
    for (cut, stored) in [(Cut::BeforeServer, false), (Cut::AfterServer, true)] {
        let database = Database::new();
        let proxy = Proxy::to(&database);
        let mut engine = Postgres::writer(&proxy.config(&database), Arc::default()).expect("it opens");
        proxy.cut_at_commit(cut);
        let lost = commit(&mut engine, 7, insert_host("h1"));
        assert!(matches!(lost, Err(CommitError::Lost(_))), "{cut:?}: {lost:?}");
        let found = engine.committed(WRITER, 7).expect("the server is there");
        assert_eq!(found.is_some(), stored, "{cut:?}");
        let rows = engine.fetch(&[RawAsk::Get(Key::Host(sample::host_id("h1")))]).expect("it answers");
        assert_eq!(rows[0].len(), usize::from(stored), "{cut:?}");
        engine.rollback();
    }
}

/// The server has not even seen the commit when its sender asks about it. It is not too late for it yet, so neither
/// "stored" nor "not stored" would be true before it is over.
#[test]
fn a_commit_that_is_still_under_way_is_waited_for() {
    let database = Database::new();
    let proxy = Proxy::to(&database);
    let mut engine = Postgres::writer(&proxy.config(&database), Arc::default()).expect("it opens");
    proxy.cut_at_commit(Cut::Late);
    let lost = commit(&mut engine, 7, insert_host("h1"));
    assert!(matches!(lost, Err(CommitError::Lost(_))), "{lost:?}");
    let found = std::thread::scope(|scope| {
        let asked = scope.spawn(|| engine.committed(WRITER, 7));
        database.sql(
            "SET statement_timeout = '30s';
             DO $$ BEGIN
                 WHILE NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted) LOOP
                     PERFORM pg_sleep(0.01);
                 END LOOP;
             END $$",
        );
        proxy.let_through();
        asked.join().expect("no panic")
    });
    assert!(matches!(found, Ok(Some(_))), "{found:?}");
}

#[test]
fn a_step_costs_three_round_trips() {
    let database = Database::new();
    let proxy = Proxy::to(&database);
    let trips = Arc::new(AtomicU64::new(0));
    let mut engine = Postgres::writer(&proxy.config(&database), Arc::clone(&trips)).expect("it opens");
    let step = |engine: &mut Postgres, host: &'static str, n: u64| {
        commit(engine, n, |tx| {
            let id = sample::host_id(host);
            let (host_row, devices, claims) = tx.read((get::<Host>(&id), devices_of(&id), claims_on(&id)))?;
            assert!(host_row.is_none() && devices.is_empty() && claims.is_empty());
            tx.insert(sample::host(host));
            tx.insert(sample::device(host, 1));
            Ok(())
        })
        .expect("new rows")
    };
    // Statements are prepared the first time.
    step(&mut engine, "h1", 1);
    let before = trips.load(Ordering::Relaxed);
    // BEGIN and three questions; the lock, the feed, two tables, and the version; COMMIT. The ledger has nothing.
    proxy.expect_trips(&[4, 5, 1]);
    step(&mut engine, "h2", 2);
    assert!(proxy.trips_were_kept());
    assert_eq!(trips.load(Ordering::Relaxed) - before, 3);
}

#[test]
fn a_line_that_was_lost_is_made_anew() {
    let database = Database::new();
    let hang_up = || {
        database.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
    };
    let mut engine = writer(&database);
    hang_up();
    commit(&mut engine, 1, insert_host("h1")).expect("nobody noticed");
    // Within a transaction, everything has to be read again.
    let ask = [RawAsk::Get(Key::Host(sample::host_id("h1")))];
    assert_eq!(engine.fetch(&ask).expect("it answers")[0].len(), 1);
    hang_up();
    assert_eq!(engine.fetch(&ask), Err(Abort::Conflict));
    engine.rollback();
    assert_eq!(engine.fetch(&ask).expect("it answers")[0][0].generation, Generation(1));
    // Nothing was committed that was not told to be.
    let Draft { changes, .. } =
        run(&mut engine, &Overlay::default(), 2, insert_host("h2")).expect("the body does not halt");
    hang_up();
    assert_eq!(engine.commit(&[changes]), Err(CommitError::Conflict));
    assert_eq!(engine.committed(WRITER, 2), Ok(None));
}

#[test]
fn a_database_that_is_not_ours_is_refused() {
    // What was done to the database, and what the refusal says.
    let table = [
        ("CREATE TABLE cats (name TEXT)", "a database of its own"),
        ("CREATE TABLE schema_step (step BIGINT); INSERT INTO schema_step VALUES (99)", "at schema step 99"),
        ("CREATE TABLE schema_step (step BIGINT)", "at schema step 0, which never was"),
    ];
    for (statements, says) in table {
        let database = Database::bare();
        database.sql(statements);
        let why = Postgres::writer(&database.config, Arc::default()).expect_err("it is refused").to_string();
        assert!(why.contains(says), "{statements}: {why}");
    }
    let why =
        Postgres::follower(&Database::bare().config, Arc::default()).expect_err("it is empty").to_string();
    assert!(why.contains("no control plane has been started on it"), "{why}");
    let latin = Database::bare_in("LATIN1");
    let why = Postgres::writer(&latin.config, Arc::default()).expect_err("it is refused").to_string();
    assert!(why.contains("encoding is LATIN1"), "{why}");
}

#[test]
fn an_empty_database_may_be_opened_by_many_at_once() {
    let database = Database::bare();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| writer(&database));
        }
    });
}

#[test]
fn a_server_that_is_not_there_is_said_to_be_unreachable() {
    let mut config = tokio_postgres::Config::new();
    config.host("127.0.0.1").port(1).user("ann").password("secret");
    let why = Postgres::writer(&config, Arc::default()).expect_err("nobody listens").to_string();
    assert!(why.starts_with("the database server cannot be reached"), "{why}");
    assert!(!why.contains("secret"), "{why}");
}
