//! The statements that write a batch: one for each table and kind of change, whatever the number of rows.

use steadfast_model::ids::Version;
use steadfast_operations::seam::Changes;

use super::cells::{Arg, columns};
use super::line::Call;
use crate::sql::batch::{self, TableBatch};
use crate::sql::layout::{self, FEED, LEDGER, Layout, join};
use crate::sql::value::{Field, Type, Value};

/// The lock that writers hold from before their writes until their commit is visible.
const LOCK: i64 = 0x5354_4541_4446_4153;

/// One statement and how many rows it must change; none where any number is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Write {
    pub call: Call,
    pub rows: Option<u64>,
}

/// Waits until no other writer is between its writes and its commit.
pub(super) fn lock() -> Call {
    Call { sql: "SELECT pg_advisory_xact_lock($1)::text".to_owned(), args: vec![Arg::One(LOCK.put())] }
}

/// The version of the entry that was last put into the feed here.
pub(super) fn version() -> Call {
    Call { sql: "SELECT currval('feed_version')".to_owned(), args: Vec::new() }
}

/// Everything that a batch writes, in order; none if its members do not go together.
pub(super) fn writes(batch: &[Changes]) -> Option<Vec<Write>> {
    let mut writes = vec![feed(batch)];
    for (table, rows) in batch::rows(batch)? {
        writes.extend(table_writes(layout::layout(table), rows));
    }
    writes.extend(ledger(batch));
    Some(writes)
}

/// Versions are drawn while the lock is held, so they are in the order of commits and without a gap in a batch.
fn feed(batch: &[Changes]) -> Write {
    let layout = &*FEED;
    let rest = join(&layout.columns[1..], |column| column.name.to_owned());
    let places = Rows::of(layout, layout.columns.len(), &[]);
    let sql = format!(
        "INSERT INTO {} (version, {rest}) SELECT nextval('feed_version'), {rest} \
         FROM (SELECT * FROM {} ORDER BY version) AS ordered",
        layout.table, places.sql
    );
    places.write(sql, batch::feed(batch, Version(1)), None)
}

/// Lines carry the number of their member in the batch; the versions have just been drawn.
fn ledger(batch: &[Changes]) -> Option<Write> {
    let layout = &*LEDGER;
    let lines = batch::ledger(batch, Version(1));
    if lines.is_empty() {
        return None;
    }
    let rest = join(&layout.columns[1..], |column| column.name.to_owned());
    let places = Rows::of(layout, layout.columns.len(), &[("members", Type::Integer)]);
    let sql = format!(
        "INSERT INTO {} (version, {rest}) SELECT currval('feed_version') - members + version, {rest} FROM {}",
        layout.table, places.sql
    );
    let members = batch.len() as u64;
    let lines = lines.into_iter().map(|line| with(line, [members.put()])).collect();
    Some(places.write(sql, lines, None))
}

fn table_writes(layout: &Layout, rows: TableBatch) -> Vec<Write> {
    let Layout { table, columns, key_len } = layout;
    // The last two columns are generation and children.
    let own = columns.len() - 2;
    let is_row = layout
        .key()
        .iter()
        .map(|column| format!("t.{0} = u.{0}", column.name))
        .collect::<Vec<_>>()
        .join(" AND ");
    let sets = join(&columns[*key_len..own], |column| format!("{0} = u.{0}", column.name));
    let number = |name| (name, Type::Integer);

    let insert = Rows::of(layout, columns.len(), &[]);
    let insert_sql = format!(
        "INSERT INTO {table} ({}) SELECT * FROM {} ON CONFLICT DO NOTHING",
        layout.names(),
        insert.sql
    );
    let update = Rows::of(layout, own, &[number("generation"), number("bumps"), number("expects")]);
    let update_sql = format!(
        "UPDATE {table} AS t SET {sets}, generation = u.generation, children = t.children + u.bumps FROM {} \
         WHERE {is_row} AND t.generation = u.expects",
        update.sql
    );
    let delete = Rows::of(layout, *key_len, &[number("expects")]);
    let delete_sql =
        format!("DELETE FROM {table} AS t USING {} WHERE {is_row} AND t.generation = u.expects", delete.sql);
    let bump = Rows::of(layout, *key_len, &[number("bumps")]);
    let bump_sql =
        format!("UPDATE {table} AS t SET children = t.children + u.bumps FROM {} WHERE {is_row}", bump.sql);

    let TableBatch { inserts, updates, deletes, bumps } = rows;
    let inserts: Vec<_> = inserts.into_iter().map(|row| row.values).collect();
    let updates: Vec<_> =
        updates.into_iter().map(|row| with(row.values, [row.generation, row.bumps, row.expects])).collect();
    let deletes: Vec<_> = deletes.into_iter().map(|row| with(row.key, [row.expects])).collect();
    let bumps: Vec<_> = bumps.into_iter().map(|row| with(row.key, [row.bumps])).collect();
    let all = |rows: &Vec<Vec<Value>>| Some(rows.len() as u64);
    let mut writes = Vec::new();
    for (rows, places, sql, must) in [
        (inserts, insert, insert_sql, true),
        (updates, update, update_sql, true),
        (deletes, delete, delete_sql, true),
        (bumps, bump, bump_sql, false),
    ] {
        if !rows.is_empty() {
            let must = if must { all(&rows) } else { None };
            writes.push(places.write(sql, rows, must));
        }
    }
    writes
}

fn with<const N: usize>(mut values: Vec<Value>, more: [Value; N]) -> Vec<Value> {
    values.extend(more);
    values
}

/// Rows as a statement takes them: `unnest($1::text[], …) AS u(…)`.
struct Rows {
    sql: String,
    types: Vec<Type>,
}

impl Rows {
    /// The first `len` columns of a table, and more.
    fn of(layout: &Layout, len: usize, more: &[(&'static str, Type)]) -> Rows {
        let own = layout.columns[..len].iter().map(|column| (column.name, column.ty));
        let columns: Vec<(&str, Type)> = own.chain(more.iter().copied()).collect();
        let place = |(n, (_, ty)): &(usize, (&str, Type))| match ty {
            Type::Integer => format!("${n}::bigint[]"),
            Type::Text => format!("${n}::text[]"),
        };
        let numbered: Vec<_> = (1..).zip(columns.iter().copied()).collect();
        let names = join(&columns, |(name, _)| (*name).to_owned());
        let sql = format!("unnest({}) AS u({names})", join(&numbered, place));
        Rows { sql, types: columns.into_iter().map(|(_, ty)| ty).collect() }
    }

    fn write(&self, sql: String, rows: Vec<Vec<Value>>, must: Option<u64>) -> Write {
        Write { call: Call { sql, args: columns(&self.types, rows) }, rows: must }
    }
}
