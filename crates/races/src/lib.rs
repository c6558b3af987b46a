//! Steadfast under the explorer: the shipped operations, unchanged, over a simulated world.

mod agent;
pub mod campaign;
mod cast;
pub mod catalogue;
mod fault;
pub mod legacy;
mod listed;
pub mod mutant;
pub mod replay;
pub mod scenario;
mod scene;
mod second_report;
mod site;
mod stage;
mod transaction;
pub mod twin;
mod verdict;
mod world;

pub use fault::Fault;
pub use site::{Object, Site};
pub use stage::{Race, Staged};
