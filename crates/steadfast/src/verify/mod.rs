//! What a store's snapshot shows: what should be impossible, what does not fit, and what is merely in flight.
//!
//! What is in flight is no violation: an operation whose steps are not all done is as legal as one that is over.

mod findings;
mod in_flight;
mod text;

pub use findings::Findings;
