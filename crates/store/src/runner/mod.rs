//! The production side of [`steadfast_operations::seam::Control`]: threads with an engine each, and what they share.
//!
//! ```text
//!  tx ────▶ writes (queue) ────▶ writers ──▶ engine          commits ──▶ index ──▶ fleet, changed
//!  view ──▶ reads (queue) ─────▶ readers ──▶ engine             feed ──▶ follower ──┘
//! ```
//!
//! Of a store that other processes write as well, `fleet` has the follower read the feed before it answers.

mod counters;
mod engines;
mod follower;
mod index;
mod job;
mod queue;
mod store;
mod worker;

pub use counters::Counts;
pub use engines::{Engines, OpenError};
pub use store::{Setup, Store, open_reader};
