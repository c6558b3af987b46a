//! Image v2: reads from a folder.

pub mod folder;
pub mod images;
pub mod versions;
