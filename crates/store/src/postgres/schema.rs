//! Brings a database's schema up to date.

use super::PostgresError;
use super::cells::Arg;
use super::line::{Call, Line, Reply};
use super::trouble::Trouble;
use crate::sql::columns::Answer;
use crate::sql::schema::{self, SchemaError, Step};
use crate::sql::value::{Cell, Field};

/// The lock that one process at a time holds while it changes the schema.
const LOCK: i64 = 0x5343_4845_4d41_0001;

/// Runs the steps that are missing, whoever else opens the database now.
pub(super) fn migrate(line: &mut Line) -> Result<(), PostgresError> {
    let migrated = try_migrate(line);
    // After an error this ends the transaction; after COMMIT it does nothing.
    let ended = line.batch("ROLLBACK").map_err(PostgresError::from);
    migrated.and(ended)
}

fn try_migrate(line: &mut Line) -> Result<(), PostgresError> {
    line.batch(&format!("BEGIN; SELECT pg_advisory_xact_lock({LOCK})"))?;
    let missing = schema::missing(found(line)?)?;
    if !missing.is_empty() {
        for Step { both, sqlite: _, postgres } in missing {
            // PostgreSQL would compare texts as its locale does; keys sort by their bytes.
            line.batch(&both.replace(" TEXT", " TEXT COLLATE \"C\""))?;
            line.batch(postgres)?;
        }
        line.batch(&schema::stamp())?;
    }
    line.batch("COMMIT")?;
    Ok(())
}

/// Whether the database can be read as it is.
pub(super) fn check(line: &mut Line) -> Result<(), PostgresError> {
    Ok(schema::readable(found(line)?)?)
}

/// The step that the database is at; none if it is empty.
fn found(line: &mut Line) -> Result<Option<i64>, PostgresError> {
    let tables = "SELECT count(*), count(*) FILTER (WHERE tablename::text = $1), current_setting('server_encoding') \
                  FROM pg_tables WHERE schemaname = current_schema()";
    let name = Arg::One(schema::TABLE.to_owned().put());
    let asked = line.converse(None, &[Call { sql: tables.to_owned(), args: vec![name] }])?;
    let encoding = text(&asked, 2)?;
    if encoding != "UTF8" {
        return Err(PostgresError::Encoding(encoding));
    }
    if number(&asked, 1)? == Some(0) {
        return if number(&asked, 0)? == Some(0) { Ok(None) } else { Err(SchemaError::Foreign.into()) };
    }
    let step = format!("SELECT max(step) FROM {}", schema::TABLE);
    let step = line.converse(None, &[Call { sql: step, args: Vec::new() }])?;
    Ok(Some(number(&step, 0)?.unwrap_or_default()))
}

fn cell(replies: &[Reply], column: usize) -> Result<Cell<'_>, Trouble> {
    let row = replies.first().and_then(|reply| reply.rows.first());
    let cell = row.map_or_else(|| Err("no answer".to_owned()), |row| row.cell(column));
    cell.map_err(|why| Trouble::Refused(format!("the database server {why}")))
}

fn number(replies: &[Reply], column: usize) -> Result<Option<i64>, Trouble> {
    <Option<i64> as Field>::take(cell(replies, column)?).map_err(Trouble::Refused)
}

fn text(replies: &[Reply], column: usize) -> Result<String, Trouble> {
    String::take(cell(replies, column)?).map_err(Trouble::Refused)
}
