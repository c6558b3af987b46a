//! Compute v2.1: the path of a URL is the path of its file.

pub mod versions;
