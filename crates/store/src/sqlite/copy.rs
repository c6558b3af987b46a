//! A database in memory with the rows of another store, which goes back to them as often as is wanted: what the
//! explorer runs beside the engine in memory, to see that the two answer the same.

use std::path::Path;

use rusqlite::OpenFlags;
use steadfast_model::ids::Version;
use steadfast_operations::seam::{Abort, Engine, Table};

use super::{Purpose, Sqlite, SqliteError, abort, connect, migrate, places};
use crate::backend::Backend;
use crate::sql::columns::Columns;
use crate::sql::layout::{self, FEED, LEDGER, Layout};
use crate::sql::value::{Field, Value};

/// Everything that a store held when it was copied, on SQLite.
#[derive(Debug)]
pub struct SqliteCopy {
    sqlite: Sqlite,
    /// What empties the tables.
    clear: Vec<String>,
    /// What fills them again, with its values.
    fill: Vec<(String, Vec<Value>)>,
}

impl SqliteCopy {
    /// Copies a store, rows with their generations, feed and ledger.
    ///
    /// # Errors
    /// When the store cannot be read, or the copy not be made.
    pub fn of(store: &mut dyn Backend) -> Result<SqliteCopy, Abort> {
        let unavailable = |why: SqliteError| Abort::Unavailable(why.to_string());
        let sqlite = in_memory().map_err(unavailable)?;
        let (mut clear, mut fill) = (Vec::new(), Vec::new());
        for table in Table::ALL {
            let layout = layout::layout(*table);
            clear.push(format!("DELETE FROM {}", layout.table));
            for stored in store.whole(*table)? {
                let mut values = layout::put(&stored.record);
                values.extend([stored.generation.put(), stored.children.put()]);
                fill.push((insert(layout), values));
            }
        }
        for entry in store.feed(Version::default(), usize::MAX)? {
            let mut values = Vec::new();
            entry.spread(&mut values);
            fill.push((insert(&FEED), values));
        }
        let (mut line, mut version) = (0u64, None);
        for entry in store.ledger()? {
            line = if version == Some(entry.version) { line + 1 } else { 0 };
            version = Some(entry.version);
            let mut values = Vec::new();
            entry.spread(&mut values);
            values.push(line.put());
            fill.push((insert(&LEDGER), values));
        }
        clear.extend([format!("DELETE FROM {}", FEED.table), format!("DELETE FROM {}", LEDGER.table)]);
        store.rollback();
        let mut copy = SqliteCopy { sqlite, clear, fill };
        copy.reset()?;
        Ok(copy)
    }

    /// Goes back to what was copied.
    ///
    /// # Errors
    /// When the database in memory fails.
    pub fn reset(&mut self) -> Result<(), Abort> {
        let SqliteCopy { sqlite, clear, fill } = self;
        if sqlite.open {
            sqlite.rollback();
        }
        let mut all = || {
            sqlite.begin()?;
            clear.iter().try_for_each(|sql| sqlite.execute(sql, [].iter()).map(drop))?;
            fill.iter().try_for_each(|(sql, values)| sqlite.execute(sql, values.iter()).map(drop))?;
            sqlite.end()
        };
        all().map_err(|why| abort(&why))
    }

    /// The engine itself.
    pub fn engine(&mut self) -> &mut Sqlite {
        &mut self.sqlite
    }
}

fn insert(layout: &Layout) -> String {
    format!("INSERT INTO {} ({}) VALUES ({})", layout.table, layout.names(), places(1, layout))
}

fn in_memory() -> Result<Sqlite, SqliteError> {
    let path = Path::new(":memory:");
    let open = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut connection = connect(path, flags)?;
        let migrated = migrate(&mut connection)?;
        Ok((connection, migrated))
    };
    Sqlite::of(path, Purpose::Write, open())
}
