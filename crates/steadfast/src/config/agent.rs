//! `agent.toml`: what the agent of one host is told.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use http::Uri;
use serde::Deserialize;
use steadfast_host::driver::qemu::Accelerator;
use steadfast_host::driver::{Offer, Source};
use steadfast_host::sysfs::Sysfs;
use steadfast_model::ids::{HostId, SanitizerName};
use steadfast_model::inventory::RatioMilli;
use steadfast_model::pci::DeviceSpec;
use steadfast_operations::agent::Settings;
use steadfast_server::agent::key::AgentKey;

use super::sanitizer::{SanitizerConfig, sanitizers};
use super::{ConfigError, beside, read, read_text, refused};
use crate::world::{Allotment, Share};

/// How often an agent reports although nothing happened, if the file does not say.
const REPORT_INTERVAL_MS: u64 = 10_000;
/// How soon an agent asks again where it had no answer, if the file does not say.
const RETRY_INTERVAL_MS: u64 = 1_000;
/// The largest allocation ratio: beyond it the number is mistyped.
const RATIO_MAX: f64 = 1000.0;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    host: HostId,
    control: String,
    key: PathBuf,
    #[serde(default = "report_interval_ms")]
    report_interval_ms: u64,
    #[serde(default = "retry_interval_ms")]
    retry_interval_ms: u64,
    hypervisor: HypervisorConfig,
    #[serde(default)]
    inventory: InventoryConfig,
    #[serde(default, rename = "device_spec")]
    device_specs: Vec<DeviceSpec>,
    #[serde(default, rename = "sanitizer")]
    sanitizers: BTreeMap<SanitizerName, SanitizerConfig>,
}

fn report_interval_ms() -> u64 {
    REPORT_INTERVAL_MS
}

fn retry_interval_ms() -> u64 {
    RETRY_INTERVAL_MS
}

/// Which hypervisor runs the guests, and where it keeps them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HypervisorConfig {
    pub kind: HypervisorKind,
    pub directory: PathBuf,
    /// What QEMU runs guests with; found out if it is absent.
    pub accelerator: Option<AcceleratorName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AcceleratorName {
    Kvm,
    Tcg,
}

/// The hypervisors there are drivers for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum HypervisorKind {
    /// Guests are files: nothing runs.
    Sim,
    /// One QEMU process for each guest.
    Qemu,
}

impl HypervisorKind {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            HypervisorKind::Sim => "sim",
            HypervisorKind::Qemu => "qemu",
        }
    }
}

/// Where the inventory comes from and how much of it is given: Nova's names.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InventoryConfig {
    source: SourceName,
    /// What /sys and /proc are read below; another root shows another machine.
    root: PathBuf,
    host_ip: String,
    cpu_allocation_ratio: Option<f64>,
    ram_allocation_ratio: Option<f64>,
    disk_allocation_ratio: Option<f64>,
    reserved_host_cpus: Option<u64>,
    reserved_host_memory_mb: Option<u64>,
    reserved_host_disk_gb: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SourceName {
    /// The machine that the agent runs on.
    Sysfs,
    /// `inventory.json` in the hypervisor's directory.
    File,
}

impl Default for InventoryConfig {
    fn default() -> Self {
        InventoryConfig {
            source: SourceName::Sysfs,
            root: PathBuf::from("/"),
            host_ip: "127.0.0.1".to_owned(),
            cpu_allocation_ratio: None,
            ram_allocation_ratio: None,
            disk_allocation_ratio: None,
            reserved_host_cpus: None,
            reserved_host_memory_mb: None,
            reserved_host_disk_gb: None,
        }
    }
}

/// An agent's configuration, read and checked as a whole.
#[derive(Debug)]
pub struct AgentConfig {
    pub settings: Settings,
    /// The control plane's base URL, without a trailing slash.
    pub control: String,
    pub key: String,
    pub kind: HypervisorKind,
    pub directory: PathBuf,
    pub accelerator: Option<Accelerator>,
    pub offer: Offer,
    pub allotment: Allotment,
}

impl AgentConfig {
    /// Reads a configuration and the key that it names.
    ///
    /// # Errors
    /// The first thing that is not right, and where.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let File {
            host,
            control,
            key,
            report_interval_ms,
            retry_interval_ms,
            hypervisor,
            inventory,
            device_specs,
            sanitizers: configured,
        } = read(path)?;
        let refused = refused(path);
        for (name, value) in
            [("report_interval_ms", report_interval_ms), ("retry_interval_ms", retry_interval_ms)]
        {
            if value == 0 {
                return Err(refused(format!("{name} must be at least 1")));
            }
        }
        let control = base_url(&control).map_err(&refused)?;
        let key_path = beside(path, &key);
        let key = read_text(&key_path)?.trim().to_owned();
        AgentKey::parse(&key).map_err(|e| ConfigError::Refused { path: key_path, why: e.to_string() })?;
        let HypervisorConfig { kind, directory, accelerator } = hypervisor;
        let accelerator = accelerator.map(|name| match name {
            AcceleratorName::Kvm => Accelerator::Kvm,
            AcceleratorName::Tcg => Accelerator::Tcg,
        });
        let sanitizers = sanitizers(configured, &device_specs).map_err(&refused)?;
        Ok(AgentConfig {
            settings: Settings { host, report_interval_ms, retry_ms: retry_interval_ms },
            control,
            key,
            kind,
            directory: beside(path, &directory),
            accelerator,
            allotment: inventory.allotment().map_err(&refused)?,
            offer: Offer { source: inventory.source(path), device_specs, sanitizers },
        })
    }
}

impl InventoryConfig {
    fn source(&self, config: &Path) -> Source {
        match self.source {
            SourceName::File => Source::Described,
            SourceName::Sysfs => {
                let sysfs = Sysfs::below(beside(config, &self.root));
                Source::Surveyed { sysfs, host_ip: self.host_ip.clone() }
            }
        }
    }

    fn allotment(&self) -> Result<Allotment, String> {
        let share = |name, ratio: Option<f64>, reserved| {
            let ratio = ratio.map(|ratio| milli(ratio).ok_or(name)).transpose();
            ratio
                .map(|ratio| Share { ratio, reserved })
                .map_err(|name| format!("{name} must be above 0 and at most {RATIO_MAX}"))
        };
        Ok(Allotment {
            vcpu: share("cpu_allocation_ratio", self.cpu_allocation_ratio, self.reserved_host_cpus)?,
            memory_mb: share(
                "ram_allocation_ratio",
                self.ram_allocation_ratio,
                self.reserved_host_memory_mb,
            )?,
            disk_gb: share("disk_allocation_ratio", self.disk_allocation_ratio, self.reserved_host_disk_gb)?,
        })
    }
}

/// A ratio in thousandths, rounded.
fn milli(ratio: f64) -> Option<RatioMilli> {
    if !(0.001..=RATIO_MAX).contains(&ratio) {
        return None;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and a million")]
    let milli = (ratio * 1000.0).round() as u32;
    Some(RatioMilli(milli))
}

fn base_url(text: &str) -> Result<String, String> {
    let plain = |uri: &Uri| uri.scheme_str() == Some("http") && uri.host().is_some() && uri.query().is_none();
    let valid = text.parse::<Uri>().is_ok_and(|uri| plain(&uri));
    let refused = || {
        format!("control: `{text}` is not the control plane's URL; write one such as http://10.0.0.1:8774")
    };
    if valid { Ok(text.trim_end_matches('/').to_owned()) } else { Err(refused()) }
}
