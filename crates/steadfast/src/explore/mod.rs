//! Explores scenarios of the catalogue, and tells what was found.

mod bench;
mod count;
mod named;
mod output;
mod page;
mod progress;
mod replayed;
mod report;
mod run;
mod seed;
mod summary;
mod timeline;
mod told;
mod violation;

pub use bench::{Measured, measure};
pub use named::named;
pub use output::Output;
pub use page::page;
pub use replayed::Replayed;
pub use report::Report;
pub use run::run;
pub use seed::Answer;
pub use summary::summary;
pub use told::Told;
