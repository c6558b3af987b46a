//! Protocols that history has shown to be wrong, arranged from small steps over the same seam.

pub mod audit;
