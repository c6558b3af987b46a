//! NUMA cells: which processors and how much memory sit together.

use serde::{Deserialize, Serialize};

/// One NUMA cell of a host, as the kernel numbers it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cell {
    pub id: u16,
    pub cpus: Vec<u32>,
    pub memory_mb: u64,
}
