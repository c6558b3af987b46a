//! `[sanitizer.NAME]` in `agent.toml`: what sanitises devices between two grants.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use steadfast_host::driver::{SanitizerCommand, Sanitizers};
use steadfast_model::ids::SanitizerName;
use steadfast_model::pci::DeviceSpec;

use super::unknown_key::unknown;

/// How long a command may take, if the file does not say. The slowest disks take that long to erase all that they hold.
const TIMEOUT_S: u64 = 3_600;

/// One command.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SanitizerConfig {
    command: Vec<String>,
    #[serde(default = "timeout_s")]
    timeout_s: u64,
}

fn timeout_s() -> u64 {
    TIMEOUT_S
}

/// The sanitizers of a host, of which its `device_spec`s name only such as there are: a device whose sanitizer is not
/// there would be dirty for ever.
pub fn sanitizers(
    configured: BTreeMap<SanitizerName, SanitizerConfig>,
    specs: &[DeviceSpec],
) -> Result<Sanitizers, String> {
    let mut sanitizers = Sanitizers::default();
    for (name, SanitizerConfig { command, timeout_s }) in configured {
        let command = SanitizerCommand::new(command, Duration::from_secs(timeout_s));
        let defined = command.and_then(|command| sanitizers.define(name.clone(), command));
        defined.map_err(|why| format!("sanitizer {name}: {why}"))?;
    }
    let known: Vec<&str> = sanitizers.names().collect();
    let named = specs.iter().filter_map(|spec| spec.sanitizer.as_ref());
    match named.map(SanitizerName::as_str).find(|name| !known.contains(name)) {
        Some(name) => Err(format!("device_spec, sanitizer: {}", unknown(name, &known))),
        None => Ok(sanitizers),
    }
}
