//! Which databases are opened, and what is said of the others.

use std::cell::RefCell;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rusqlite::types::Value as SqlValue;
use steadfast_operations::seam::{Abort, Engine, Table};
use steadfast_store::{Backend, Snapshot, Sqlite};

use crate::engines::Folder;

fn sql(path: &Path, statements: &str) {
    let connection = rusqlite::Connection::open(path).expect("the file opens");
    connection.execute_batch(statements).expect("the statements run");
}

fn refusal(path: &Path) -> String {
    Sqlite::writer(path).expect_err("the file is refused").to_string()
}

#[test]
fn a_database_of_another_schema_is_refused() {
    let folder = Folder::new();
    // What was done to the file, and what the refusal says.
    let table = [
        ("newer", "UPDATE schema_step SET step = 99", "at schema step 99 and this program knows 4"),
        ("unknown", "UPDATE schema_step SET step = -1", "at schema step -1, which never was"),
        ("lost", "DELETE FROM schema_step", "at schema step 0, which never was"),
    ];
    for (name, statement, says) in table {
        let path = folder.file(name);
        drop(Sqlite::writer(&path).expect("a new file opens"));
        sql(&path, statement);
        let refusal = refusal(&path);
        assert!(refusal.contains(says), "{name}: {refusal}");
        assert!(Sqlite::reader(&path).is_err(), "{name}");
    }
    let foreign = folder.file("foreign");
    sql(&foreign, "CREATE TABLE cats (name TEXT)");
    assert!(refusal(&foreign).contains("a database of its own"));
    let text = folder.file("text");
    std::fs::write(&text, "this is no database, however long it may be".repeat(100)).expect("it is written");
    assert!(refusal(&text).contains("not a database"), "{}", refusal(&text));
}

#[test]
fn a_reader_changes_nothing() {
    let folder = Folder::new();
    let absent = folder.file("absent");
    assert!(Sqlite::reader(&absent).is_err());
    assert!(!absent.exists());
    let empty = folder.file("empty");
    sql(&empty, "");
    let why = Sqlite::reader(&empty).expect_err("there is nothing in it").to_string();
    assert!(why.contains("no control plane has been started on it"), "{why}");
}

#[test]
fn a_file_may_be_opened_by_many_at_once() {
    let folder = Folder::new();
    for round in 0..20 {
        let path = folder.file(&format!("store{round}"));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| drop(Sqlite::writer(&path).expect("it opens")));
            }
        });
    }
}

#[test]
fn an_unreadable_row_is_named_and_never_written_over() {
    let folder = Folder::new();
    // What was done to a good row, and what is said of it.
    let table = [
        ("UPDATE host SET epoch = 'x'", "row h1 of table host: column epoch is the text `x`, not a number"),
        ("UPDATE host SET epoch = -1", "row h1 of table host: column epoch is -1, which is out of range"),
        ("UPDATE host SET registered = 2", "row h1 of table host: column registered is 2, neither 0 nor 1"),
        ("UPDATE host SET uuid = 'u'", "row h1 of table host: column uuid is `u`"),
        ("UPDATE host SET cells = '{'", "row h1 of table host: column cells is `{`"),
        (
            "UPDATE host SET receipt = 'maybe'",
            "row h1 of table host: column receipt_by does not go with receipt",
        ),
        (
            "UPDATE host SET receipt_by = 'ann'",
            "row h1 of table host: column receipt_by is filled while receipt is empty",
        ),
        (
            "UPDATE host SET epoch = 1.5",
            "row h1 of table host: column epoch is 1.5, neither a text nor a whole number",
        ),
        ("UPDATE host SET id = 'a b'", "row a b of table host: column id is `a b`"),
        ("UPDATE device SET kind = 'gpu'", "row h1/0000:03:1f.1 of table device: column kind is `gpu`"),
    ];
    for (row, (statement, says)) in table.into_iter().enumerate() {
        let path = folder.file(&format!("store{row}"));
        let mut writer = Sqlite::writer(&path).expect("a new file opens");
        crate::engines::commit(&mut writer, 1, |tx| {
            tx.insert(crate::sample::host("h1"));
            tx.insert(crate::sample::device("h1", 3));
            Ok(())
        })
        .expect("new rows");
        sql(&path, statement);
        let why = Snapshot::read(&mut writer).expect_err("a row is unreadable").to_string();
        assert!(why.contains(says), "{statement}: {why}");
    }
}

/// Whatever stands in a column, a row is read or named; nothing panics.
#[test]
fn no_column_can_hold_what_breaks_its_reader() {
    let folder = Folder::new();
    let path = folder.file("store");
    let mut writer = Sqlite::writer(&path).expect("a new file opens");
    crate::lists::filled(&mut writer);
    let reader = RefCell::new(writer);
    let connection = rusqlite::Connection::open(&path).expect("the file opens");
    let columns: Vec<(&str, String)> = Table::ALL
        .iter()
        .flat_map(|table| {
            let sql = format!("SELECT name FROM pragma_table_info('{}')", table.name());
            let mut statement = connection.prepare(&sql).expect("SQLite knows its tables");
            let names = statement.query_map([], |row| row.get(0)).expect("it answers");
            names.map(|name| (table.name(), name.expect("it is a name"))).collect::<Vec<_>>()
        })
        .collect();
    let value = prop_oneof![
        any::<i64>().prop_map(SqlValue::Integer),
        any::<f64>().prop_map(SqlValue::Real),
        any::<String>().prop_map(SqlValue::Text),
        "[\\[{\"a-z0-9:,}\\]]{0,12}".prop_map(SqlValue::Text),
        any::<Vec<u8>>().prop_map(SqlValue::Blob),
    ];
    let config = Config { failure_persistence: None, ..Config::default() };
    let cases = (0..columns.len(), value);
    TestRunner::new(config)
        .run(&cases, |(column, value)| {
            let (table, column) = &columns[column];
            let row = format!("WHERE rowid = (SELECT min(rowid) FROM {table})");
            let old: SqlValue = connection
                .query_row(&format!("SELECT {column} FROM {table} {row}"), [], |row| row.get(0))
                .expect("every table has a row");
            let update = format!("UPDATE {table} SET {column} = ?1 {row}");
            connection.execute(&update, [value]).expect("no key is hit by chance");
            for table in Table::ALL {
                let read = reader.borrow_mut().whole(*table);
                prop_assert!(matches!(read, Ok(_) | Err(Abort::Corrupt(_))), "{:?}", read);
            }
            reader.borrow_mut().rollback();
            connection.execute(&update, [old]).expect("it was there before");
            Ok(())
        })
        .expect("every row is read or named");
}
