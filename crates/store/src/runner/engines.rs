//! Where the engines of a store come from: each of its threads has one of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio_postgres::Config;

use crate::backend::Backend;
use crate::memory::Memory;
use crate::postgres::{Postgres, PostgresError};
use crate::sqlite::{Sqlite, SqliteError};

/// Threads that write to a PostgreSQL database. Bodies that share a commit cannot conflict; those of a second thread
/// would, far more often than its share of the work is worth.
const POSTGRES_WRITERS: usize = 1;
/// Threads that answer views of a PostgreSQL database. More keep more connections.
const POSTGRES_READERS: usize = 4;
/// Threads that answer views of a SQLite file. More use more processors at once.
const SQLITE_READERS: usize = 4;

/// Why a store is not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The url is not repeated: it may hold a password.
    #[error("the url names no store: write memory:, sqlite:PATH, or postgres://USER@HOST/DATABASE")]
    Url,
    #[error("memory: is gone with its process: there is nothing to read; name a sqlite: or postgres: store")]
    Ephemeral,
    #[error("the postgres: url cannot be read: {0}; write postgres://USER@HOST/DATABASE")]
    PostgresUrl(String),
    #[error("the store cannot be opened: {0}")]
    Sqlite(#[from] SqliteError),
    #[error("the store cannot be opened: {0}")]
    Postgres(#[from] PostgresError),
    #[error("the store cannot be read: {0}")]
    Unreadable(#[from] steadfast_operations::seam::Abort),
    #[error("no thread could be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// A store's engines.
pub trait Engines: Send + Sync {
    /// Engines for the threads that write; at least one.
    ///
    /// # Errors
    /// When the store cannot be opened.
    fn writers(&self) -> Result<Vec<Box<dyn Backend>>, OpenError>;

    /// Engines for the threads that answer views. With none, views wait in line with the writes.
    ///
    /// # Errors
    /// When the store cannot be opened.
    fn readers(&self) -> Result<Vec<Box<dyn Backend>>, OpenError>;

    /// An engine to follow other processes' commits with; none where there can be no other process.
    ///
    /// # Errors
    /// When the store cannot be opened.
    fn follower(&self) -> Result<Option<Box<dyn Backend>>, OpenError>;

    /// How often an engine has waited for a server, so far.
    fn round_trips(&self) -> u64 {
        0
    }
}

/// Rows in memory, gone with the process.
#[derive(Debug)]
pub(super) struct InMemory;

impl Engines for InMemory {
    fn writers(&self) -> Result<Vec<Box<dyn Backend>>, OpenError> {
        Ok(vec![Box::new(Memory::new())])
    }

    fn readers(&self) -> Result<Vec<Box<dyn Backend>>, OpenError> {
        Ok(Vec::new())
    }

    fn follower(&self) -> Result<Option<Box<dyn Backend>>, OpenError> {
        Ok(None)
    }
}

/// One SQLite file. A single writer: SQLite has one write lock.
#[derive(Debug)]
pub(super) struct InFile(pub PathBuf);

impl Engines for InFile {
    fn writers(&self) -> Result<Vec<Box<dyn Backend>>, OpenError> {
        Ok(vec![Box::new(Sqlite::writer(&self.0)?)])
    }

    fn readers(&self) -> Result<Vec<Box<dyn Backend>>, OpenError> {
        let reader = |_| Ok(Box::new(Sqlite::reader(&self.0)?) as Box<dyn Backend>);
        (0..SQLITE_READERS).map(reader).collect()
    }

    fn follower(&self) -> Result<Option<Box<dyn Backend>>, OpenError> {
        Ok(Some(Box::new(Sqlite::reader(&self.0)?)))
    }
}

/// One PostgreSQL database.
#[derive(Debug)]
pub(super) struct InDatabase {
    config: Config,
    round_trips: Arc<AtomicU64>,
}

impl InDatabase {
    pub fn new(url: &str) -> Result<InDatabase, OpenError> {
        let why = |why: tokio_postgres::Error| {
            let source = std::error::Error::source(&why).map(ToString::to_string);
            OpenError::PostgresUrl(source.unwrap_or_else(|| why.to_string()))
        };
        Ok(InDatabase { config: url.parse().map_err(why)?, round_trips: Arc::default() })
    }

    fn many(
        &self,
        count: usize,
        connect: impl Fn(&Config, Arc<AtomicU64>) -> Result<Postgres, PostgresError>,
    ) -> Result<Vec<Box<dyn Backend>>, OpenError> {
        let one = |_| Ok(Box::new(connect(&self.config, Arc::clone(&self.round_trips))?) as Box<dyn Backend>);
        (0..count).map(one).collect()
    }
}

impl Engines for InDatabase {
    fn writers(&self) -> Result<Vec<Box<dyn Backend>>, OpenError> {
        self.many(POSTGRES_WRITERS, Postgres::writer)
    }

    fn readers(&self) -> Result<Vec<Box<dyn Backend>>, OpenError> {
        self.many(POSTGRES_READERS, Postgres::reader)
    }

    fn follower(&self) -> Result<Option<Box<dyn Backend>>, OpenError> {
        Ok(self.many(1, Postgres::follower)?.pop())
    }

    fn round_trips(&self) -> u64 {
        self.round_trips.load(Ordering::Relaxed)
    }
}
