//! The rows that Steadfast has, their keys, and the lists that they stand in.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use steadfast_model::action::Action;
use steadfast_model::cause::Scope;
use steadfast_model::claim::Claim;
use steadfast_model::discrepancy::{Discrepancy, Subject};
use steadfast_model::flavor::Flavor;
use steadfast_model::host::Host;
use steadfast_model::ids::{Attempt, ClaimId, FlavorId, HostId, InstanceId, MigrationId};
use steadfast_model::instance::Instance;
use steadfast_model::inventory::{Inventory, ResourceClass};
use steadfast_model::ledger;
use steadfast_model::migration::Migration;
use steadfast_model::pci::{Address, Device};

use super::engine::Abort;
use super::follow::{self, Grounds};
use super::rows::{Row, Rows};
use super::tx::Tx;

/// A kind of row, its key, and how the key is read off a row.
macro_rules! rows {
    ($($name:ident($key:ty) = $table:literal, |$row:ident| $key_of:expr;)*) => {
        /// The tables of the store.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Table { $($name),* }

        impl Table {
            pub const ALL: &'static [Table] = &[$(Table::$name),*];

            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Table::$name => $table),* }
            }
        }

        /// The key of a row of any table.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Key { $($name($key)),* }

        impl Key {
            #[must_use]
            pub fn table(&self) -> Table {
                match self { $(Key::$name(_) => Table::$name),* }
            }
        }

        /// One row of any table. Rows are shared, never changed in place.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum Record { $($name(Arc<$name>)),* }

        fn key_of(record: &Record) -> Key {
            match record { $(Record::$name(row) => Key::$name(row.key())),* }
        }

        $(
            impl Row for $name {
                type Of = Record;
                type Key = $key;

                const TABLE: Table = Table::$name;

                fn key(&self) -> $key {
                    let $row = self;
                    $key_of
                }

                fn name_key(key: $key) -> Key {
                    Key::$name(key)
                }

                fn into_record(self: Arc<Self>) -> Record {
                    Record::$name(self)
                }

                fn of_record(record: &Record) -> Option<&Arc<Self>> {
                    let Record::$name(row) = record else { return None };
                    Some(row)
                }
            }
        )*
    };
}

rows! {
    Host(HostId) = "host", |row| row.id.clone();
    Inventory((HostId, ResourceClass)) = "inventory", |row| (row.host.clone(), row.stock.class);
    Device((HostId, Address)) = "device", |row| (row.host.clone(), row.seen.address);
    Discrepancy((HostId, Subject)) = "discrepancy", |row| (row.host.clone(), row.subject.clone());
    Flavor(FlavorId) = "flavor", |row| row.id.clone();
    Instance(InstanceId) = "instance", |row| row.id;
    Claim(ClaimId) = "claim", |row| row.id;
    Migration(MigrationId) = "migration", |row| row.id;
    Action((InstanceId, Attempt)) = "action", |row| (row.instance, row.attempt);
}

/// The lists that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Range {
    Hosts,
    InventoryOf(HostId),
    DevicesOf(HostId),
    /// Devices that nobody holds and that are dirty.
    ToSanitize(HostId),
    DiscrepanciesOf(HostId),
    Flavors,
    /// Instances of a scope, those that are deleted or those that are not.
    Instances {
        scope: Scope,
        deleted: bool,
    },
    InstancesOn(HostId),
    /// Instances whose operation is not over.
    Unfinished,
    ClaimsOn(HostId),
    ClaimsOf(InstanceId),
    Migrations,
    MigrationsOf(InstanceId),
    ActionsOf(InstanceId),
}

impl Range {
    #[must_use]
    pub fn table(&self) -> Table {
        match self {
            Range::Hosts => Table::Host,
            Range::InventoryOf(_) => Table::Inventory,
            Range::DevicesOf(_) | Range::ToSanitize(_) => Table::Device,
            Range::DiscrepanciesOf(_) => Table::Discrepancy,
            Range::Flavors => Table::Flavor,
            Range::Instances { .. } | Range::InstancesOn(_) | Range::Unfinished => Table::Instance,
            Range::ClaimsOn(_) | Range::ClaimsOf(_) => Table::Claim,
            Range::Migrations | Range::MigrationsOf(_) => Table::Migration,
            Range::ActionsOf(_) => Table::Action,
        }
    }
}

impl Rows for Record {
    type Table = Table;
    type Key = Key;
    type Range = Range;
    type Grounds = Grounds;

    fn key(&self) -> Key {
        key_of(self)
    }

    fn ranges(&self) -> Vec<Range> {
        match self {
            Record::Host(_) => vec![Range::Hosts],
            Record::Inventory(row) => vec![Range::InventoryOf(row.host.clone())],
            Record::Device(row) => device_ranges(row),
            Record::Discrepancy(row) => vec![Range::DiscrepanciesOf(row.host.clone())],
            Record::Flavor(_) => vec![Range::Flavors],
            Record::Instance(row) => instance_ranges(row),
            Record::Claim(row) => vec![Range::ClaimsOn(row.host.clone()), Range::ClaimsOf(row.instance)],
            Record::Migration(row) => vec![Range::Migrations, Range::MigrationsOf(row.instance)],
            Record::Action(row) => vec![Range::ActionsOf(row.instance)],
        }
    }

    fn parents(&self) -> Vec<Key> {
        match self {
            Record::Inventory(row) => vec![Key::Host(row.host.clone())],
            Record::Device(row) => vec![Key::Host(row.host.clone())],
            Record::Discrepancy(row) => vec![Key::Host(row.host.clone())],
            Record::Claim(row) => vec![Key::Host(row.host.clone()), Key::Instance(row.instance)],
            Record::Migration(row) => vec![Key::Instance(row.instance)],
            Record::Action(row) => vec![Key::Instance(row.instance)],
            Record::Host(_) | Record::Flavor(_) | Record::Instance(_) => Vec::new(),
        }
    }

    fn table(key: &Key) -> Table {
        key.table()
    }

    fn table_of(range: &Range) -> Table {
        range.table()
    }

    fn follow(tx: &mut Tx<'_>) -> Result<Vec<ledger::Entry>, Abort> {
        follow::raise_list_gens(tx)?;
        Ok(follow::ledger(tx))
    }
}

fn device_ranges(row: &Device) -> Vec<Range> {
    let dirty = row.to_sanitize().map(|_| Range::ToSanitize(row.host.clone()));
    std::iter::once(Range::DevicesOf(row.host.clone())).chain(dirty).collect()
}

fn instance_ranges(row: &Instance) -> Vec<Range> {
    let deleted = row.is_deleted();
    let project = Scope::Project(row.project.clone());
    let mut ranges =
        vec![Range::Instances { scope: Scope::All, deleted }, Range::Instances { scope: project, deleted }];
    if let Some(host) = row.host.clone().filter(|_| !deleted) {
        ranges.push(Range::InstancesOn(host));
    }
    if row.operation.is_some() {
        ranges.push(Range::Unfinished);
    }
    ranges
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.table().name())?;
        match self {
            Key::Host(id) => write!(f, "{id}"),
            Key::Inventory((host, class)) => write!(f, "{host}/{class}"),
            Key::Device((host, address)) => write!(f, "{host}/{address}"),
            Key::Discrepancy((host, subject)) => write!(f, "{host}/{subject}"),
            Key::Flavor(id) => write!(f, "{id}"),
            Key::Instance(id) => write!(f, "{id}"),
            Key::Claim(id) => write!(f, "{id}"),
            Key::Migration(id) => write!(f, "{id}"),
            Key::Action((instance, attempt)) => write!(f, "{instance}/{attempt}"),
        }
    }
}
