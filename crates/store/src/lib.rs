//! The engines under [`steadfast_operations::seam::Tx`].

mod backend;
mod backoff;
mod memory;
mod postgres;
mod runner;
mod snapshot;
mod sql;
mod sqlite;

pub use backend::Backend;
pub use memory::Memory;
pub use postgres::{Postgres, PostgresError};
pub use runner::{Counts, Engines, OpenError, Setup, Store, open_reader};
pub use snapshot::Snapshot;
pub use sql::schema::SchemaError;
pub use sqlite::{Sqlite, SqliteCopy, SqliteError};
