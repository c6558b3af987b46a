//! The engine on PostgreSQL, for several control planes on one database.
//!
//! Transactions are SERIALIZABLE. The questions of one `fetch` go out together and cost one round trip, the first of
//! them with BEGIN; a commit costs two, one for the writes and one for COMMIT.
//!
//! Writers take a lock just before they write and hold it until their commit is visible. So versions are in the order
//! of commits, a reader that sees one sees all before it, and whoever gets the lock knows that no commit whose answer
//! was lost is still under way.

mod cells;
mod line;
mod schema;
mod statements;
mod trouble;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use steadfast_model::ids::Version;
use steadfast_operations::seam::{
    Abort, Changes, CommitError, Engine, FeedEntry, LedgerLine, RawAsk, Stored, Table,
};
use tokio_postgres::{Config, Row};
use uuid::Uuid;

use crate::backend::Backend;
use crate::sql::columns::{Answer, Columns};
use crate::sql::layout::{self, FEED, LEDGER, Layout};
use crate::sql::query::{self, Query};
use crate::sql::schema::SchemaError;
use crate::sql::value::{Field, Value};
use cells::Arg;
use line::{Call, Line, Reply};
use trouble::Trouble;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Transactions.
    Write,
    /// Views: as if each had run between two transactions.
    Read,
    /// The store as it was at one version: never conflicts, and never makes a transaction conflict.
    Follow,
}

impl Purpose {
    fn begin(self) -> &'static str {
        match self {
            Purpose::Write => "BEGIN ISOLATION LEVEL SERIALIZABLE",
            Purpose::Read => "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY",
            Purpose::Follow => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }
}

/// A connection to a database. One that is lost is made anew.
pub struct Postgres {
    line: Line,
    purpose: Purpose,
    /// Whether a transaction is open.
    open: bool,
}

/// Why a database is not opened. No password stands in it.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    #[error("{0}")]
    Unreachable(String),
    #[error("the database's encoding is {0}: create one with ENCODING 'UTF8'")]
    Encoding(String),
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

impl From<Trouble> for PostgresError {
    fn from(trouble: Trouble) -> PostgresError {
        PostgresError::Unreachable(trouble.sentence())
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

/// Not to be used on a thread that runs async tasks: each call waits.
impl Postgres {
    /// A connection for transactions. The schema is brought up to date. `round_trips` counts the waits for the server.
    ///
    /// # Errors
    /// When the server cannot be reached, or the database is none that this program knows.
    pub fn writer(config: &Config, round_trips: Arc<AtomicU64>) -> Result<Postgres, PostgresError> {
        let mut line = Line::new(config, round_trips)?;
        schema::migrate(&mut line)?;
        Ok(Postgres { line, purpose: Purpose::Write, open: false })
    }

    /// A connection for views, of a database that a writer has opened before.
    ///
    /// # Errors
    /// When the server cannot be reached, or the database is not of this program's schema.
    pub fn reader(config: &Config, round_trips: Arc<AtomicU64>) -> Result<Postgres, PostgresError> {
        Postgres::readable(config, round_trips, Purpose::Read)
    }

    /// A connection to follow the feed with, or to read a whole store.
    ///
    /// # Errors
    /// When the server cannot be reached, or the database is not of this program's schema.
    pub fn follower(config: &Config, round_trips: Arc<AtomicU64>) -> Result<Postgres, PostgresError> {
        Postgres::readable(config, round_trips, Purpose::Follow)
    }

    fn readable(config: &Config, trips: Arc<AtomicU64>, purpose: Purpose) -> Result<Postgres, PostgresError> {
        let mut line = Line::new(config, trips)?;
        schema::check(&mut line)?;
        Ok(Postgres { line, purpose, open: false })
    }

    /// Makes calls in the open transaction, or opens one with them. If the connection turns out to be lost when a
    /// transaction is to begin, a new one is made: nothing has happened on the old one.
    fn converse(&mut self, calls: &[Call]) -> Result<Vec<Reply>, Trouble> {
        let begin = (!self.open).then(|| self.purpose.begin());
        let had_line = self.line.stands();
        let mut replies = self.line.converse(begin, calls);
        if begin.is_some() && had_line && matches!(replies, Err(Trouble::Line(_))) {
            replies = self.line.converse(begin, calls);
        }
        // After an error the server's transaction waits for ROLLBACK, if the connection stands.
        self.open = self.line.stands();
        replies
    }

    /// Makes one call in the open transaction, if one is open, and otherwise by itself.
    fn single(&mut self, call: Call) -> Result<Vec<Row>, Trouble> {
        let had_line = self.line.stands();
        let mut replies = self.line.converse(None, std::slice::from_ref(&call));
        if !self.open && had_line && matches!(replies, Err(Trouble::Line(_))) {
            replies = self.line.converse(None, &[call]);
        }
        self.open &= self.line.stands();
        Ok(replies?.into_iter().next().unwrap_or_default().rows)
    }

    fn ask(&mut self, queries: &[Query]) -> Result<Vec<Vec<Stored>>, Abort> {
        let beginning = !self.open;
        let calls: Vec<Call> = queries.iter().map(|query| call(&query.sql, &query.args)).collect();
        let replies = self.converse(&calls).map_err(|why| why.aborts(beginning))?;
        let stored = |(query, reply): (&Query, Reply)| {
            reply.rows.iter().map(|row| layout::take(query.table, row)).collect::<Result<Vec<_>, _>>()
        };
        queries.iter().zip(replies).map(stored).collect()
    }

    fn lines<C: Columns>(&mut self, layout: &Layout, rest: &str, args: &[Value]) -> Result<Vec<C>, Abort> {
        let sql = format!("SELECT {} FROM {} {rest}", layout.names(), layout.table);
        let beginning = !self.open;
        let rows = self.single(call(&sql, args)).map_err(|why| why.aborts(beginning))?;
        rows.iter().map(|row| C::gather(&mut layout.cells(row))).collect()
    }

    /// Writes a batch without committing it; none if a row is not as it was expected.
    fn write(&mut self, batch: &[Changes]) -> Result<Option<Version>, Trouble> {
        let Some(writes) = statements::writes(batch) else { return Ok(None) };
        let mut calls = vec![statements::lock()];
        calls.extend(writes.iter().map(|write| write.call.clone()));
        calls.push(statements::version());
        let replies = self.converse(&calls)?;
        let met = writes.iter().zip(&replies[1..]).all(|(write, reply)| {
            // Which rows a statement finds is what it was told to expect of them.
            write.rows.is_none_or(|rows| rows == reply.affected)
        });
        let version = replies.last().and_then(|reply| reply.rows.first()).map(version).transpose()?;
        Ok(version.filter(|_| met))
    }

    fn end(&mut self) -> Result<(), CommitError> {
        let ended = self.line.batch("COMMIT").map_err(Trouble::at_commit);
        self.open = false;
        ended
    }
}

impl Engine for Postgres {
    fn fetch(&mut self, asks: &[RawAsk]) -> Result<Vec<Vec<Stored>>, Abort> {
        let queries: Vec<Query> = asks.iter().map(query::ask).collect();
        self.ask(&queries)
    }

    fn commit(&mut self, batch: &[Changes]) -> Result<Version, CommitError> {
        if batch.is_empty() {
            // What was read is true once the server has said so.
            return if self.open { self.end().map(|()| Version::default()) } else { Ok(Version::default()) };
        }
        let beginning = !self.open;
        match self.write(batch) {
            Ok(Some(version)) => self.end().map(|()| version),
            Ok(None) => {
                self.rollback();
                Err(CommitError::Conflict)
            }
            Err(why) => {
                self.rollback();
                Err(why.before_commit(beginning))
            }
        }
    }

    fn rollback(&mut self) {
        if self.open {
            // If it fails the connection is lost, and the transaction with it.
            let _ = self.line.batch("ROLLBACK");
            self.open = false;
        }
    }

    /// A commit whose answer was lost may still be on its way through the server. It holds the writers' lock until it
    /// is over, so the answer is given under that lock.
    fn committed(&mut self, writer: Uuid, n: u64) -> Result<Option<Version>, Abort> {
        self.rollback();
        let sql = "SELECT version FROM feed WHERE writer = ?1 AND n = ?2";
        let calls = [statements::lock(), call(sql, &[writer.put(), n.put()])];
        // Each statement sees what was committed before it began.
        let replies = self.line.converse(Some("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"), &calls);
        self.open = self.line.stands();
        self.rollback();
        let replies = replies.map_err(|why| why.aborts(true))?;
        let found = replies.last().and_then(|reply| reply.rows.first());
        found.map(version).transpose().map_err(|why| why.aborts(true))
    }

    fn feed(&mut self, since: Version, limit: usize) -> Result<Vec<FeedEntry>, Abort> {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        self.lines(&FEED, "WHERE version > ?1 ORDER BY version LIMIT ?2", &[since.put(), limit.put()])
    }
}

impl Backend for Postgres {
    fn whole(&mut self, table: Table) -> Result<Vec<Stored>, Abort> {
        let rows = self.ask(&[query::whole(table)])?;
        Ok(rows.into_iter().flatten().collect())
    }

    fn ledger(&mut self) -> Result<Vec<LedgerLine>, Abort> {
        self.ask(&[])?;
        self.lines(&LEDGER, "ORDER BY version, line", &[])
    }

    fn head(&mut self) -> Result<Version, Abort> {
        self.ask(&[])?;
        let newest = call("SELECT coalesce(max(version), 0) FROM feed", &[]);
        let rows = self.single(newest).map_err(|why| why.aborts(false))?;
        let newest = rows.first().map(version).transpose().map_err(|why| why.aborts(false))?;
        Ok(newest.unwrap_or_default())
    }
}

/// The statements of both databases write `?1` where PostgreSQL wants `$1`; neither writes `?` for anything else.
fn call(sql: &str, args: &[Value]) -> Call {
    Call { sql: sql.replace('?', "$"), args: args.iter().cloned().map(Arg::One).collect() }
}

fn version(row: &Row) -> Result<Version, Trouble> {
    let cell = row.cell(0).and_then(Field::take);
    cell.map_err(|why| Trouble::Refused(format!("the version of a commit {why}")))
}
