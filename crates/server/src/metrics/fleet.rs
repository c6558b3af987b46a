//! What the hosts and devices of a site are doing, counted for one scrape.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use steadfast_model::host::Host;
use steadfast_model::inventory::ResourceClass;
use steadfast_model::pci::Device;
use steadfast_model::schedule::Fleet;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabel {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ClassLabel {
    class: &'static str,
}

/// The gauges of a fleet.
#[must_use]
pub fn gauges(fleet: &Fleet) -> Registry {
    let hosts = by_state(&HOST_STATES);
    let devices = by_state(&DEVICE_STATES);
    let claimed = Family::<ClassLabel, Gauge>::default();
    let capacity = Family::<ClassLabel, Gauge>::default();
    for view in fleet.hosts.values() {
        hosts.get_or_create(&StateLabel { state: host_state(&view.host) }).inc();
        for device in &view.devices {
            devices.get_or_create(&StateLabel { state: device_state(device) }).inc();
        }
        for class in ResourceClass::ALL {
            let label = ClassLabel { class: class.name() };
            let stock = view.inventory.iter().find(|row| row.stock.class == class);
            let given = stock.map_or(0, |row| row.stock.capacity());
            claimed.get_or_create(&label).inc_by(as_i64(view.claimed.of(class)));
            capacity.get_or_create(&label).inc_by(as_i64(given));
        }
    }
    let mut registry = Registry::default();
    registry.register("steadfast_hosts", "Hosts by state", hosts);
    registry.register("steadfast_devices", "PCI devices by state", devices);
    registry.register("steadfast_claimed", "Units of each resource class that claims hold", claimed);
    registry.register("steadfast_capacity", "Units of each resource class that hosts can give", capacity);
    registry
}

/// The states that a host is counted in; each host is in the first that holds.
const HOST_STATES: [&str; 6] = ["removed", "fenced", "unregistered", "quarantined", "disabled", "up"];

fn host_state(host: &Host) -> &'static str {
    let holds =
        [host.removed, host.is_fenced(), !host.registered, host.quarantined, host.disabled.is_some(), true];
    let state = HOST_STATES.into_iter().zip(holds).find(|(_, holds)| *holds);
    state.expect("the last state always holds").0
}

/// The states that a device is counted in. One that is to be sanitised is dirty, and stuck if that failed.
const DEVICE_STATES: [&str; 7] =
    ["free", "claimed", "claimed_missing", "foreign", "missing", "dirty", "stuck"];

fn device_state(device: &Device) -> &'static str {
    let [free, claimed, claimed_missing, foreign, missing, dirty, stuck] = DEVICE_STATES;
    match (device.owner.is_some(), device.present, device.foreign) {
        (true, true, _) => claimed,
        (true, false, _) => claimed_missing,
        (false, _, true) => foreign,
        (false, false, false) => missing,
        (false, true, false) => match (device.dirt, &device.stuck) {
            (None, _) => free,
            (Some(_), None) => dirty,
            (Some(_), Some(_)) => stuck,
        },
    }
}

/// A gauge that shows every state, also those that nothing is in.
fn by_state(states: &[&'static str]) -> Family<StateLabel, Gauge> {
    let family = Family::<StateLabel, Gauge>::default();
    for state in states {
        family.get_or_create(&StateLabel { state }).set(0);
    }
    family
}

fn as_i64(units: u64) -> i64 {
    i64::try_from(units).unwrap_or(i64::MAX)
}
