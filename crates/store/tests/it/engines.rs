//! The engines that the suite runs on, each with a store of its own for each test.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use steadfast_model::cause::Cause;
use steadfast_model::ids::{Moment, Version};
use steadfast_operations::seam::{Changes, Commit, CommitError, Draft, Halt, Overlay, Tx, View, draft, look};
use steadfast_store::{Backend, Memory, Postgres, Sqlite};
use uuid::Uuid;

use crate::server::Database;

/// A folder that goes with the test.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("store-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).expect("the target directory can be written");
        Folder(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a test on each engine. `name` is that of the engine.
pub fn on_each(test: impl Fn(&str, &mut dyn Backend)) {
    test("memory", &mut Memory::new());
    let folder = Folder::new();
    test("sqlite", &mut Sqlite::writer(&folder.file("store")).expect("a new file opens"));
    let database = Database::new();
    test("postgres", &mut Postgres::writer(&database.config, Arc::default()).expect("a new database opens"));
}

pub fn cause() -> Cause {
    Cause {
        request: "req-1".parse().expect("a name"),
        actor: "ann".parse().expect("a name"),
        project: "blue".parse().expect("a name"),
    }
}

pub const WRITER: Uuid = Uuid::from_u128(0xaaaa);
pub const NOW: Moment = Moment(1_700_000_000_000_000);

/// Runs one body over a batch, without committing it.
pub fn run<T>(
    engine: &mut dyn Backend,
    base: &Overlay,
    n: u64,
    mut body: impl FnMut(&mut Tx<'_>) -> Result<T, Halt>,
) -> Result<Draft<T>, Halt> {
    let by = Commit { writer: WRITER, n, step: "test", cause: &cause() };
    draft(engine, base, NOW, by, &mut body)
}

/// One transaction, committed.
pub fn commit<T>(
    engine: &mut dyn Backend,
    n: u64,
    body: impl FnMut(&mut Tx<'_>) -> Result<T, Halt>,
) -> Result<(T, Version), CommitError> {
    let Draft { value, changes, .. } =
        run(engine, &Overlay::default(), n, body).expect("the body does not halt");
    let version = engine.commit(&[changes])?;
    Ok((value, version))
}

/// Several transactions, committed together.
pub fn commit_all(engine: &mut dyn Backend, batch: &[Changes]) -> Result<Version, CommitError> {
    engine.commit(batch)
}

/// What a body that only reads comes to.
pub fn view<T>(engine: &mut dyn Backend, mut body: impl FnMut(&mut View<'_>) -> Result<T, Halt>) -> T {
    let (value, _) = look(engine, NOW, &mut body).expect("the body does not halt");
    engine.rollback();
    value
}
