//! The emulated devices that stand for claimed ones, and which of them a guest has.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use steadfast_model::pci::Address;

use super::qmp::{Qmp, QmpError};

/// QEMU's own test device: two small registers, no driver, no backend.
const MODEL: &str = "pci-testdev";
/// Begins the id of every stand-in.
const PREFIX: &str = "claimed-";

/// The slots of the root bus that root ports may use: slot 0 is the host bridge's, the last one the chipset's.
const SLOTS: std::ops::Range<usize> = 1..0x1f;
const FUNCTIONS: usize = 8;
/// The most devices that a guest can have, each on a root port of its own.
pub const DEVICES_MAX: usize = (SLOTS.end - SLOTS.start) * FUNCTIONS;

/// QEMU's arguments for the stand-ins of `devices`; at most [`DEVICES_MAX`].
pub fn arguments(devices: &[Address]) -> Vec<String> {
    let mut arguments = Vec::new();
    for (n, device) in devices.iter().enumerate() {
        let (slot, function) = (SLOTS.start + n / FUNCTIONS, n % FUNCTIONS);
        let shared = if function == 0 { ",multifunction=on" } else { "" };
        let chassis = n + 1;
        arguments.extend([
            "-device".to_owned(),
            format!(
                "pcie-root-port,id=port-{n},bus=pcie.0,addr={slot:#x}.{function},chassis={chassis}{shared}"
            ),
            "-device".to_owned(),
            format!("{MODEL},id={},bus=port-{n}", id(*device)),
        ]);
    }
    arguments
}

/// An id of QEMU's has no colons: `claimed-0000-3b-00.1`.
fn id(device: Address) -> String {
    format!("{PREFIX}{}", device.to_string().replace(':', "-"))
}

fn device(id: &str) -> Option<Address> {
    id.strip_prefix(PREFIX)?.replace('-', ":").parse().ok()
}

/// The claimed devices that the guest in `folder` has now, in order, as its process says. That is asked of
/// QEMU's tree of objects, which shows a device from the first instruction on; `query-pci` shows it as well, once
/// the guest's firmware has numbered the buses.
pub fn devices(folder: &Path, timeout: Duration) -> Result<Vec<Address>, QmpError> {
    let mut qmp = Qmp::connect(folder, timeout)?;
    let objects = qmp.call("qom-list", json!({"path": "/machine/peripheral"}))?;
    let objects = objects.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut devices: Vec<Address> =
        objects.iter().filter_map(|object| device(object.get("name").and_then(Value::as_str)?)).collect();
    devices.sort_unstable();
    Ok(devices)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_carries_its_address(domain: u16, bus: u8, slot in 0..=0x1fu8, function in 0..=7u8) {
            let address = Address { domain, bus, slot, function };
            prop_assert_eq!(device(&id(address)), Some(address));
            prop_assert!(!id(address).contains(':'));
        }

        #[test]
        fn any_other_id_carries_none(text in "(claimed-)?[0-9a-f.-]{0,14}|\\PC*") {
            if let Some(address) = device(&text) {
                prop_assert_eq!(id(address), text);
            }
        }
    }

    #[test]
    fn every_device_has_a_port_of_its_own() {
        let devices: Vec<Address> =
            (0..DEVICES_MAX).map(|n| format!("0000:{n:02x}:00.0").parse().expect("an address")).collect();
        let arguments = arguments(&devices);
        let ports: std::collections::BTreeSet<_> = arguments
            .iter()
            .filter_map(|argument| argument.split_once("addr=")?.1.split(',').next())
            .collect();
        assert_eq!(ports.len(), DEVICES_MAX);
        assert_eq!(arguments.len(), 4 * DEVICES_MAX);
    }
}
