//! Explores scenarios of the catalogue, and tells what was found.

mod bench;
mod campaign;
mod page;
mod progress;
mod report;
mod seed;
mod violation;

pub use bench::measure;
pub use campaign::{Budget, Campaign, Strategy, run};
pub use page::page;
pub use report::{Outcome, Report};
pub use seed::Answer;
pub use violation::Told;
