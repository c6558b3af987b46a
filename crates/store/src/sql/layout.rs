//! The tables: which columns each has, which of them are its key, and the code between its rows and them.

use std::sync::{Arc, LazyLock};

use steadfast_model::action::Action;
use steadfast_model::claim::Claim;
use steadfast_model::discrepancy::Discrepancy;
use steadfast_model::flavor::Flavor;
use steadfast_model::host::Host;
use steadfast_model::ids::Generation;
use steadfast_model::instance::Instance;
use steadfast_model::inventory::Inventory;
use steadfast_model::migration::Migration;
use steadfast_model::pci::Device;
use steadfast_operations::seam::{Abort, FeedEntry, Key, LedgerLine, Record, Stored, Table};

use super::columns::{Answer, Cells, Column, Columns, put_tagged};
use super::value::{Field, Type, Value};

/// The columns of one table.
#[derive(Debug)]
pub(crate) struct Layout {
    pub table: &'static str,
    pub columns: Vec<Column>,
    /// How many of the first columns are the key.
    pub key_len: usize,
}

impl Layout {
    fn of<C: Columns>(table: &'static str, key_len: usize, own: &[&'static str]) -> Layout {
        let mut columns = Vec::new();
        C::describe(table, &mut columns);
        columns.extend(own.iter().map(|name| Column { name, ty: Type::Integer }));
        Layout { table, columns, key_len }
    }

    pub fn key(&self) -> &[Column] {
        &self.columns[..self.key_len]
    }

    /// The names of all columns, as a statement lists them.
    pub fn names(&self) -> String {
        join(&self.columns, |column| column.name.to_owned())
    }

    pub fn cells<'a>(&'a self, answer: &'a dyn Answer) -> Cells<'a> {
        Cells::new(self.table, &self.columns, self.key_len, answer)
    }
}

/// Puts commas between.
pub(crate) fn join<T>(items: &[T], spell: impl Fn(&T) -> String) -> String {
    items.iter().map(spell).collect::<Vec<_>>().join(", ")
}

macro_rules! tables {
    ($($name:ident, $key_len:literal;)*) => {
        /// The columns of a row, then those that every row has.
        pub(crate) fn layout(table: Table) -> &'static Layout {
            match table {
                $(Table::$name => {
                    static LAYOUT: LazyLock<Layout> = LazyLock::new(|| {
                        Layout::of::<$name>(Table::$name.name(), $key_len, &["generation", "children"])
                    });
                    &LAYOUT
                })*
            }
        }

        /// The values of a row's own columns.
        pub(crate) fn put(record: &Record) -> Vec<Value> {
            let mut values = Vec::new();
            match record {
                $(Record::$name(row) => Columns::spread(row.as_ref(), &mut values),)*
            }
            values
        }

        /// # Errors
        /// When a column holds what no program of this version wrote.
        pub(crate) fn take(table: Table, answer: &dyn Answer) -> Result<Stored, Abort> {
            let mut cells = layout(table).cells(answer);
            let record = match table {
                $(Table::$name => Record::$name(Arc::new(Columns::gather(&mut cells)?)),)*
            };
            let generation: Generation = Columns::gather(&mut cells)?;
            let children: Generation = Columns::gather(&mut cells)?;
            Ok(Stored { record, generation, children })
        }
    };
}

tables! {
    Host, 1;
    Inventory, 2;
    Device, 2;
    Discrepancy, 3;
    Flavor, 1;
    Instance, 1;
    Claim, 1;
    Migration, 1;
    Action, 2;
}

pub(crate) static FEED: LazyLock<Layout> = LazyLock::new(|| Layout::of::<FeedEntry>("feed", 1, &[]));

/// `line` numbers the lines of one commit.
pub(crate) static LEDGER: LazyLock<Layout> =
    LazyLock::new(|| Layout::of::<LedgerLine>("ledger", 1, &["line"]));

/// The values of a key's columns. Their order in SQL is the order of keys.
pub(crate) fn key(key: &Key) -> Vec<Value> {
    match key {
        Key::Host(id) => vec![id.put()],
        Key::Inventory((host, class)) => vec![host.put(), class.put()],
        Key::Device((host, address)) => vec![host.put(), address.put()],
        Key::Discrepancy((host, subject)) => {
            let mut values = vec![host.put()];
            put_tagged(Some(subject), &mut values);
            values
        }
        Key::Flavor(id) => vec![id.put()],
        Key::Instance(id) => vec![id.put()],
        Key::Claim(id) => vec![id.put()],
        Key::Migration(id) => vec![id.put()],
        Key::Action((instance, attempt)) => vec![instance.put(), attempt.put()],
    }
}
