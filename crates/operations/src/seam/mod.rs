//! The seam between what Steadfast does and the world it does it in.
//!
//! Every await of an operation goes through [`Env`]; every row goes through [`Tx`]. The same operations run
//! under tokio with SQLite in production and under the explorer in tests, unchanged.

mod ask;
mod changes;
mod engine;
mod env;
mod overlay;
mod row;
mod tx;

pub use ask::{Ask, Get, Of, Page};
pub use ask::{
    actions_of, claims_of, claims_on, devices_of, discrepancies_of, flavors, get, hosts, instances,
    instances_on, inventory_of, migrations, migrations_of, to_sanitize, unfinished,
};
pub use changes::{Changes, FeedEntry, LedgerLine, Write};
pub use engine::{Abort, CommitError, Engine, RawAsk};
pub use env::{CallError, Control, Env, Machine, Message, Step, TxError};
pub use overlay::Overlay;
pub use row::{Key, Range, Record, Row, Seen, Stored, Table};
pub use tx::{Commit, Draft, Footprint, Halt, Removable, Tx, View, draft, look};
