//! The engines under [`steadfast_operations::seam::Tx`].

mod memory;

pub use memory::Memory;
