//! What several races run: each of Nova's programs once, with a switch only where the catalogue names one.

pub mod audit;
pub mod boot;
pub mod evacuation;
pub mod migration;
pub mod source_start;
