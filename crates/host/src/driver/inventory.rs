//! What a host has to give: described in a file, or found on the machine itself.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use steadfast_model::host::Machine;
use steadfast_model::hypervisor::ActError;
use steadfast_model::inventory::{RatioMilli, ResourceClass, Stock};
use steadfast_model::pci::{DeviceSpec, Discovered, Observed, choose};

use super::{HostDirectory, Sanitizers, cannot, directory};
use crate::sysfs::{Survey, Sysfs};

const FILE: &str = "inventory.json";

/// How many guest vCPUs share one of a machine, and what the host keeps for itself: Nova's defaults.
const VCPU_RATIO: RatioMilli = RatioMilli(4000);
const MEMORY_RESERVED_MB: u64 = 512;

/// What a host has, its PCI functions as they are before any `device_spec` chose among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    pub machine: Machine,
    pub stocks: Vec<Stock>,
    pub devices: Vec<Discovered>,
}

/// Where a driver learns what its host has.
#[derive(Debug, Clone)]
pub enum Source {
    /// `inventory.json` in the host's directory, read anew at each look.
    Described,
    /// The machine itself.
    Surveyed { sysfs: Sysfs, host_ip: String },
}

/// What a host offers: where its inventory comes from, which of its devices may be given, and what can be done to them
/// between two grants.
#[derive(Debug, Clone)]
pub struct Offer {
    pub source: Source,
    pub device_specs: Vec<DeviceSpec>,
    pub sanitizers: Sanitizers,
}

impl Inventory {
    /// Describes a host in its directory, as a whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn describe(&self, host: &Path) -> io::Result<()> {
        fs::create_dir_all(host)?;
        let text = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        directory::write(&host.join(FILE), &text)
    }

    /// What was found on a machine, with Nova's default ratios.
    #[must_use]
    pub fn surveyed(survey: Survey, disk_gb: u64, host_ip: &str) -> Self {
        let Survey { devices, cells, vcpus, memory_mb, skipped: _ } = survey;
        let reserved = MEMORY_RESERVED_MB.min(memory_mb);
        let memory = Stock { reserved, ..Stock::plain(ResourceClass::MemoryMb, memory_mb, RatioMilli::ONE) };
        Inventory {
            machine: Machine { host_ip: host_ip.to_owned(), cells, ..Machine::default() },
            stocks: vec![
                Stock::plain(ResourceClass::Vcpu, vcpus, VCPU_RATIO),
                memory,
                Stock::plain(ResourceClass::DiskGb, disk_gb, RatioMilli::ONE),
            ],
            devices,
        }
    }
}

impl Offer {
    /// What the host has now, and its devices that may be given.
    pub(super) fn now(&self, host: &HostDirectory) -> Result<(Machine, Vec<Stock>, Vec<Observed>), ActError> {
        let Inventory { machine, stocks, devices } = self.inventory(host)?;
        Ok((machine, stocks, choose(&self.device_specs, &devices)))
    }

    fn inventory(&self, host: &HostDirectory) -> Result<Inventory, ActError> {
        match &self.source {
            Source::Described => described(&host.path().join(FILE)),
            Source::Surveyed { sysfs, host_ip } => {
                let survey = sysfs.survey();
                for skipped in &survey.skipped {
                    tracing::debug!(%skipped, "part of the machine is not offered");
                }
                let disk_gb = host.disk_gb().map_err(cannot("read the size of the disk"))?;
                Ok(Inventory::surveyed(survey, disk_gb, host_ip))
            }
        }
    }
}

fn described(path: &Path) -> Result<Inventory, ActError> {
    let text = fs::read(path).map_err(cannot(&format!("read {}", path.display())))?;
    serde_json::from_slice(&text)
        .map_err(|e| ActError(format!("{} is not an inventory: {e}", path.display())))
}
