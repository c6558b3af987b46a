//! What a host has to give, and Placement's rule of how much of it may be given.

use std::fmt;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::ids::HostId;

/// The resource classes that every instance consumes. PCI devices are named, not counted: see [`crate::pci`].
/// Sorts as the names do: pages of a list go on where a database says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ResourceClass {
    #[serde(rename = "DISK_GB")]
    DiskGb,
    #[serde(rename = "MEMORY_MB")]
    MemoryMb,
    #[serde(rename = "VCPU")]
    Vcpu,
}

impl ResourceClass {
    pub const ALL: [ResourceClass; 3] = [ResourceClass::Vcpu, ResourceClass::MemoryMb, ResourceClass::DiskGb];

    /// Placement's name of the class.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ResourceClass::Vcpu => "VCPU",
            ResourceClass::MemoryMb => "MEMORY_MB",
            ResourceClass::DiskGb => "DISK_GB",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

impl fmt::Display for ResourceClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How much of each class an instance consumes, or a host gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Amounts {
    pub vcpus: u64,
    pub memory_mb: u64,
    pub disk_gb: u64,
}

impl Amounts {
    #[must_use]
    pub fn of(&self, class: ResourceClass) -> u64 {
        match class {
            ResourceClass::Vcpu => self.vcpus,
            ResourceClass::MemoryMb => self.memory_mb,
            ResourceClass::DiskGb => self.disk_gb,
        }
    }
}

impl AddAssign for Amounts {
    fn add_assign(&mut self, other: Amounts) {
        self.vcpus += other.vcpus;
        self.memory_mb += other.memory_mb;
        self.disk_gb += other.disk_gb;
    }
}

/// How often a unit of a class may be given, in thousandths: 4000 lets four guest vCPUs share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RatioMilli(pub u32);

impl RatioMilli {
    pub const ONE: RatioMilli = RatioMilli(1000);

    /// The ratio as Placement writes it.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

/// The stock of one class on one host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stock {
    pub class: ResourceClass,
    pub total: u64,
    pub reserved: u64,
    pub ratio: RatioMilli,
    pub min_unit: u64,
    pub max_unit: u64,
    pub step_size: u64,
}

impl Stock {
    /// A stock without reservation, given in units of one.
    #[must_use]
    pub fn plain(class: ResourceClass, total: u64, ratio: RatioMilli) -> Self {
        Stock { class, total, reserved: 0, ratio, min_unit: 1, max_unit: total, step_size: 1 }
    }

    /// `(total − reserved) × ratio`, rounded down, as Placement computes it.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        let given = u128::from(self.total.saturating_sub(self.reserved)) * u128::from(self.ratio.0) / 1000;
        u64::try_from(given).unwrap_or(u64::MAX)
    }

    /// Whether `wanted` more units may be given beside the `used` ones: Placement's capacity rule.
    #[must_use]
    pub fn fits(&self, used: u64, wanted: u64) -> bool {
        let in_steps = self.step_size != 0 && wanted.is_multiple_of(self.step_size);
        let in_unit = (self.min_unit..=self.max_unit).contains(&wanted);
        in_steps && in_unit && used.checked_add(wanted).is_some_and(|sum| sum <= self.capacity())
    }
}

/// A [`Stock`] as a row of its host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Inventory {
    pub host: HostId,
    pub stock: Stock,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacity_is_placements() {
        let stock = |total, reserved, ratio| Stock {
            reserved,
            ..Stock::plain(ResourceClass::Vcpu, total, RatioMilli(ratio))
        };
        // total, reserved, ratio, used, wanted, fits
        let table = [
            (8, 0, 1000, 7, 1, true),
            (8, 0, 1000, 8, 1, false),
            (8, 2, 4000, 23, 1, true),
            (8, 2, 4000, 24, 1, false),
            (8, 0, 4000, 0, 9, false),
            (3, 0, 1500, 3, 1, true),
            (3, 0, 1500, 4, 1, false),
            (2, 4, 1000, 0, 1, false),
            (8, 0, 1000, u64::MAX, 1, false),
        ];
        for (total, reserved, ratio, used, wanted, fits) in table {
            assert_eq!(
                stock(total, reserved, ratio).fits(used, wanted),
                fits,
                "{total} {reserved} {ratio} {used} {wanted}"
            );
        }
    }
}
