//! Flavors: the sizes that users ask for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{FlavorId, Moment};
use crate::inventory::Amounts;

/// The extra spec that asks for PCI devices: `alias:count[,alias:count…]`.
pub const PCI_ALIAS_SPEC: &str = "pci_passthrough:alias";

/// A size that users ask for. An instance keeps its own copy of the one it was booted with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flavor {
    pub id: FlavorId,
    pub name: String,
    pub vcpus: u64,
    pub memory_mb: u64,
    pub root_gb: u64,
    pub ephemeral_gb: u64,
    pub swap_mb: u64,
    pub is_public: bool,
    pub description: Option<String>,
    pub extra_specs: BTreeMap<String, String>,
    pub created_at: Moment,
}

impl Flavor {
    /// What an instance of this flavor consumes. Swap is counted in whole GB, rounded up.
    #[must_use]
    pub fn amounts(&self) -> Amounts {
        Amounts {
            vcpus: self.vcpus,
            memory_mb: self.memory_mb,
            disk_gb: self.root_gb + self.ephemeral_gb + self.swap_mb.div_ceil(1024),
        }
    }
}
