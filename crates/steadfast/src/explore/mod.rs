//! Explores scenarios of the catalogue, and tells what was found.

mod campaign;
mod page;
mod progress;
mod report;
mod violation;

pub use campaign::{Budget, Campaign, Strategy, run};
pub use page::page;
pub use report::{Outcome, Report};
pub use violation::Told;
