//! The seam between what Steadfast does and the world it does it in.
//!
//! Every await of an operation goes through [`Env`]; every row goes through [`Tx`]. The same operations run
//! under tokio with SQLite in production and under the explorer in tests, unchanged.

mod ask;
mod changes;
mod engine;
mod env;
mod follow;
mod overlay;
mod record;
mod rows;
mod tx;

pub use ask::{Answers, Ask, Get, Of, Page};
pub use ask::{
    actions_of, claims_of, claims_on, devices_of, discrepancies_of, flavors, get, hosts, instances,
    instances_on, inventory_of, migrations, migrations_of, to_sanitize, unfinished,
};
pub use changes::{Changes, FeedEntry, LedgerLine, Write};
pub use engine::{Abort, AskOf, CommitError, Engine, RawAsk};
pub use env::{CallError, Control, Env, Machine, Message, Step, Transactions, TxError};
pub use follow::Grounds;
pub use overlay::Overlay;
pub use record::{Key, Range, Record, Table};
pub use rows::{Row, Rows, Seen, Stored};
pub use tx::{Blind, Commit, Draft, Footprint, Halt, Removable, Tx, View, draft, look};
