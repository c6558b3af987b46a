//! What Steadfast does: one operation, one file, over [`seam::Env`] and [`seam::Tx`].
//!
//! No runtime, no clock, no SQL: the same code runs in production and under the explorer.

mod advance;
pub mod agent;
mod assert_clean;
mod boot;
mod confirm;
mod delete;
mod destination;
mod disable;
mod evacuate;
mod fence;
mod force_down;
mod home;
mod list;
mod migrate;
mod place;
mod readmit_host;
pub mod refused;
mod register;
mod release;
mod remove_host;
mod report;
mod revert;
mod roll_back;
pub mod seam;
mod start;
mod stop;
mod sweep;

pub use advance::{advance, advance_later};
pub use assert_clean::assert_clean;
pub use boot::{Boot, boot};
pub use confirm::confirm;
pub use delete::delete;
pub use disable::disable;
pub use evacuate::{Evacuate, evacuate};
pub use fence::{fence_intend, fence_receive};
pub use force_down::{force_down, unforce_down};
pub use migrate::{Migrate, migrate};
pub use readmit_host::readmit_host;
pub use refused::Refused;
pub use remove_host::remove_host;
pub use revert::revert;
pub use seam::{Control, Env, Machine, TxError};
pub use start::start;
pub use stop::stop;
pub use sweep::sweep;
