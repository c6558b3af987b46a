//! The engine in one file: SQLite, embedded. Several processes may open the file; one writes at a time.
//!
//! A transaction that may write takes the write lock before it reads, so what it read is true until it commits. The
//! journal is a write-ahead log, so that readers neither wait nor make anybody wait, and every commit is flushed to
//! the disk before it is answered.

mod copy;

pub use copy::SqliteCopy;

use std::fmt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension, Row, ToSql, TransactionBehavior, params,
    params_from_iter,
};
use steadfast_model::ids::Version;
use steadfast_operations::seam::{
    Abort, Changes, CommitError, Engine, FeedEntry, LedgerLine, RawAsk, Stored, Table,
};
use uuid::Uuid;

use crate::backend::Backend;
use crate::sql::batch::{self, TableBatch};
use crate::sql::columns::{Answer, Columns};
use crate::sql::layout::{self, FEED, LEDGER, Layout, join};
use crate::sql::query::{self, Query};
use crate::sql::schema::{self, SchemaError, Step};
use crate::sql::value::{Cell, Field, Value};

/// How long another process's write is waited for. Shorter refuses work under a burst; longer makes callers wait for
/// a process that hangs with the lock.
const BUSY_TIMEOUT_MS: u64 = 5_000;
/// How often a file that is busy is tried again, where SQLite does not wait by itself.
const BUSY_POLL_MS: u64 = 5;
/// Prepared statements kept for each connection; there are about a hundred different ones.
const STATEMENTS_MAX: usize = 256;
/// Memory for pages, for each connection.
const CACHE_KB: i64 = 32 * 1024;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Write,
    Read,
}

/// A connection to a database file.
pub struct Sqlite {
    connection: Connection,
    path: PathBuf,
    purpose: Purpose,
    /// Whether a transaction is open.
    open: bool,
}

/// Why a file is not opened.
#[derive(Debug, thiserror::Error)]
pub enum SqliteError {
    #[error("{path}: {why}")]
    Unreadable { path: PathBuf, why: rusqlite::Error },
    #[error("{path}: {why}")]
    Schema { path: PathBuf, why: SchemaError },
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite")
            .field("path", &self.path)
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}

impl Sqlite {
    /// A connection that may write. A file that does not exist is created, and the schema is brought up to date.
    ///
    /// # Errors
    /// When the file cannot be read and written, or is no database that this program knows.
    pub fn writer(path: &Path) -> Result<Sqlite, SqliteError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let open = || {
            let mut connection = connect(path, flags)?;
            write_ahead(&connection)?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            let migrated = migrate(&mut connection)?;
            Ok((connection, migrated))
        };
        Sqlite::of(path, Purpose::Write, open())
    }

    /// A connection that only reads, of a file that a writer has opened before.
    ///
    /// # Errors
    /// When the file cannot be read, or is no database of this program's schema.
    pub fn reader(path: &Path) -> Result<Sqlite, SqliteError> {
        // A reader of a write-ahead log needs to write to the file beside it that readers and writers share.
        let open = || {
            let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            connection.pragma_update(None, "query_only", true)?;
            let readable = found(&connection)?.and_then(schema::readable);
            Ok((connection, readable))
        };
        Sqlite::of(path, Purpose::Read, open())
    }

    fn of(
        path: &Path,
        purpose: Purpose,
        opened: rusqlite::Result<(Connection, Result<(), SchemaError>)>,
    ) -> Result<Sqlite, SqliteError> {
        let path = path.to_owned();
        match opened {
            Ok((connection, Ok(()))) => Ok(Sqlite { connection, path, purpose, open: false }),
            Ok((_, Err(why))) => Err(SqliteError::Schema { path, why }),
            Err(why) => Err(SqliteError::Unreadable { path, why }),
        }
    }

    fn begin(&mut self) -> rusqlite::Result<()> {
        if !self.open {
            let begin = match self.purpose {
                Purpose::Write => "BEGIN IMMEDIATE",
                Purpose::Read => "BEGIN",
            };
            self.connection.prepare_cached(begin)?.execute([])?;
            self.open = true;
        }
        Ok(())
    }

    fn rows(&self, query: &Query) -> Result<Vec<Stored>, Abort> {
        let mut statement = self.connection.prepare_cached(&query.sql).map_err(|why| abort(&why))?;
        let mut rows = statement.query(params_from_iter(&query.args)).map_err(|why| abort(&why))?;
        let mut answer = Vec::new();
        while let Some(row) = rows.next().map_err(|why| abort(&why))? {
            answer.push(layout::take(query.table, row)?);
        }
        Ok(answer)
    }

    fn lines<C: Columns>(&self, layout: &Layout, rest: &str, args: &[Value]) -> Result<Vec<C>, Abort> {
        let sql = format!("SELECT {} FROM {} {rest}", layout.names(), layout.table);
        let mut statement = self.connection.prepare_cached(&sql).map_err(|why| abort(&why))?;
        let mut rows = statement.query(params_from_iter(args)).map_err(|why| abort(&why))?;
        let mut answer = Vec::new();
        while let Some(row) = rows.next().map_err(|why| abort(&why))? {
            answer.push(C::gather(&mut layout.cells(row))?);
        }
        Ok(answer)
    }

    fn newest(&self) -> rusqlite::Result<Version> {
        let newest = "SELECT coalesce(max(version), 0) FROM feed";
        self.connection.prepare_cached(newest)?.query_row([], version)
    }

    /// Whether every row had the generation that was expected.
    fn store(&self, batch: &[Changes], first: Version) -> rusqlite::Result<bool> {
        let Some(tables) = batch::rows(batch) else { return Ok(false) };
        for (table, rows) in tables {
            if !self.store_table(layout::layout(table), &rows)? {
                return Ok(false);
            }
        }
        self.append(&FEED, &batch::feed(batch, first))?;
        self.append(&LEDGER, &batch::ledger(batch, first))?;
        Ok(true)
    }

    fn store_table(&self, layout: &Layout, rows: &TableBatch) -> rusqlite::Result<bool> {
        let Statements { insert, update, delete, bump } = Statements::of(layout);
        for row in &rows.inserts {
            if self.execute(&insert, row.values.iter())? != 1 {
                return Ok(false);
            }
        }
        for row in &rows.updates {
            let args = row.values.iter().chain([&row.generation, &row.bumps, &row.expects]);
            if self.execute(&update, args)? != 1 {
                return Ok(false);
            }
        }
        for row in &rows.deletes {
            if self.execute(&delete, row.key.iter().chain([&row.expects]))? != 1 {
                return Ok(false);
            }
        }
        for row in &rows.bumps {
            self.execute(&bump, row.key.iter().chain([&row.bumps]))?;
        }
        Ok(true)
    }

    fn append(&self, layout: &Layout, lines: &[Vec<Value>]) -> rusqlite::Result<()> {
        let sql = format!("INSERT INTO {} ({}) VALUES ({})", layout.table, layout.names(), places(1, layout));
        lines.iter().try_for_each(|values| self.execute(&sql, values.iter()).map(drop))
    }

    fn execute<'v>(&self, sql: &str, args: impl Iterator<Item = &'v Value>) -> rusqlite::Result<usize> {
        self.connection.prepare_cached(sql)?.execute(params_from_iter(args))
    }

    fn end(&mut self) -> rusqlite::Result<()> {
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        self.open = false;
        Ok(())
    }
}

impl Engine for Sqlite {
    fn fetch(&mut self, asks: &[RawAsk]) -> Result<Vec<Vec<Stored>>, Abort> {
        self.begin().map_err(|why| abort(&why))?;
        asks.iter().map(|ask| self.rows(&query::ask(ask))).collect()
    }

    fn commit(&mut self, batch: &[Changes]) -> Result<Version, CommitError> {
        let stored = self.begin().and_then(|()| {
            let before = self.newest()?;
            Ok((before, self.store(batch, before.next())?))
        });
        match stored {
            Ok((before, true)) => match self.end() {
                Ok(()) => Ok(Version(before.0 + batch.len() as u64)),
                // What reached the log may still count, or not: see `committed`.
                Err(why) => {
                    self.rollback();
                    Err(CommitError::Lost(why.to_string()))
                }
            },
            Ok((_, false)) => {
                self.rollback();
                Err(CommitError::Conflict)
            }
            Err(why) => {
                self.rollback();
                Err(CommitError::Unavailable(why.to_string()))
            }
        }
    }

    fn rollback(&mut self) {
        // After some errors SQLite has already ended the transaction; ending it again is no harm.
        if self.open && !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        self.open = false;
    }

    /// A commit whose flush failed is in the log or not, and a crash could still bring it back. So the answer is not
    /// given before another commit has taken its place in the log.
    fn committed(&mut self, writer: Uuid, n: u64) -> Result<Option<Version>, Abort> {
        self.rollback();
        let ask = |this: &mut Sqlite| {
            this.begin()?;
            let sql = "SELECT version FROM feed WHERE writer = ?1 AND n = ?2";
            let (writer, n) = (writer.put(), n.put());
            let found = this.connection.query_row(sql, params![writer, n], version).optional()?;
            this.connection.execute_batch(&format!("UPDATE {0} SET step = step", schema::TABLE))?;
            this.end()?;
            Ok(found)
        };
        let answer = ask(self);
        self.rollback();
        answer.map_err(|why| abort(&why))
    }

    fn feed(&mut self, since: Version, limit: usize) -> Result<Vec<FeedEntry>, Abort> {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        self.lines(&FEED, "WHERE version > ?1 ORDER BY version LIMIT ?2", &[since.put(), limit.put()])
    }
}

impl Backend for Sqlite {
    fn whole(&mut self, table: Table) -> Result<Vec<Stored>, Abort> {
        self.begin().map_err(|why| abort(&why))?;
        self.rows(&query::whole(table))
    }

    fn ledger(&mut self) -> Result<Vec<LedgerLine>, Abort> {
        self.begin().map_err(|why| abort(&why))?;
        self.lines(&LEDGER, "ORDER BY version, line", &[])
    }

    fn head(&mut self) -> Result<Version, Abort> {
        self.begin().and_then(|()| self.newest()).map_err(|why| abort(&why))
    }
}

/// The statements that change one row of a table. Columns are numbered in their order.
struct Statements {
    insert: String,
    update: String,
    delete: String,
    bump: String,
}

impl Statements {
    fn of(layout: &Layout) -> Statements {
        let Layout { table, columns, key_len } = layout;
        // The last two columns are generation and children.
        let own = columns.len() - 2;
        let sets: Vec<String> =
            (*key_len..own).map(|at| format!("{} = ?{}", columns[at].name, at + 1)).collect();
        let terms: Vec<String> =
            layout.key().iter().zip(1..).map(|(column, n)| format!("{} = ?{n}", column.name)).collect();
        let (sets, is_row) = (sets.join(", "), terms.join(" AND "));
        let (generation, bumps, expects) = (own + 1, own + 2, own + 3);
        let after_key = key_len + 1;
        Statements {
            insert: format!(
                "INSERT INTO {table} ({}) VALUES ({}) ON CONFLICT DO NOTHING",
                layout.names(),
                places(1, layout)
            ),
            update: format!(
                "UPDATE {table} SET {sets}, generation = ?{generation}, children = children + ?{bumps} \
                 WHERE {is_row} AND generation = ?{expects}"
            ),
            delete: format!("DELETE FROM {table} WHERE {is_row} AND generation = ?{after_key}"),
            bump: format!("UPDATE {table} SET children = children + ?{after_key} WHERE {is_row}"),
        }
    }
}

fn places(from: usize, layout: &Layout) -> String {
    let places: Vec<usize> = (from..).take(layout.columns.len()).collect();
    join(&places, |n| format!("?{n}"))
}

fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    // No thread shares a connection, so SQLite needs no lock of its own.
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Otherwise a statement is planned anew whenever its values change, in case another plan suits them better. Our
    // queries have one good plan each.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KB)?;
    Ok(connection)
}

/// Turns the write-ahead log on. SQLite does not wait for other processes here, so this does.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let turn_on = || connection.pragma_update(None, "journal_mode", "WAL");
    for _ in 0..BUSY_TIMEOUT_MS / BUSY_POLL_MS {
        match turn_on() {
            Err(why) if why.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                thread::sleep(Duration::from_millis(BUSY_POLL_MS));
            }
            done => return done,
        }
    }
    turn_on()
}

/// The step of the schema that a database is at; none if it is empty.
fn found(connection: &Connection) -> rusqlite::Result<Result<Option<i64>, SchemaError>> {
    let tables = "SELECT count(*), count(*) FILTER (WHERE name = ?1) FROM sqlite_master WHERE type = 'table'";
    let (all, ours): (i64, i64) =
        connection.query_row(tables, [schema::TABLE], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if ours == 0 {
        return Ok(if all == 0 { Ok(None) } else { Err(SchemaError::Foreign) });
    }
    let step = format!("SELECT step FROM {}", schema::TABLE);
    let step: Option<i64> = connection.query_row(&step, [], |row| row.get(0)).optional()?;
    Ok(Ok(Some(step.unwrap_or_default())))
}

/// Brings the schema up to date, whoever else opens the file now.
fn migrate(connection: &mut Connection) -> rusqlite::Result<Result<(), SchemaError>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let missing = match found(&transaction)?.and_then(schema::missing) {
        Ok(missing) => missing,
        Err(why) => return Ok(Err(why)),
    };
    if !missing.is_empty() {
        for Step { both, sqlite, postgres: _ } in missing {
            transaction.execute_batch(both)?;
            transaction.execute_batch(sqlite)?;
        }
        transaction.execute_batch(&schema::stamp())?;
    }
    transaction.commit()?;
    Ok(Ok(()))
}

fn version(row: &Row<'_>) -> rusqlite::Result<Version> {
    let number: i64 = row.get(0)?;
    let out_of_range = |_| rusqlite::Error::IntegralValueOutOfRange(0, number);
    u64::try_from(number).map(Version).map_err(out_of_range)
}

fn abort(why: &rusqlite::Error) -> Abort {
    match why.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Abort::Corrupt(why.to_string()),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Abort::Unavailable(format!("another process has been writing for {BUSY_TIMEOUT_MS} ms ({why})"))
        }
        _ => Abort::Unavailable(why.to_string()),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

impl Answer for Row<'_> {
    fn cell(&self, index: usize) -> Result<Cell<'_>, String> {
        match self.get_ref(index).map_err(|why| why.to_string())? {
            ValueRef::Null => Ok(Cell::Null),
            ValueRef::Integer(number) => Ok(Cell::Integer(number)),
            ValueRef::Text(text) => {
                std::str::from_utf8(text).map(Cell::Text).map_err(|why| format!("is no text: {why}"))
            }
            ValueRef::Real(number) => Err(format!("is {number}, neither a text nor a whole number")),
            ValueRef::Blob(_) => Err("is a blob, neither a text nor a whole number".to_owned()),
        }
    }
}
