//! Devices for the tests of this folder. Addresses are written without their domain, `bb:ss.f`.

use std::collections::{BTreeMap, BTreeSet};

use super::{Address, Device, Dirt, HexId, Kind, Observed};
use crate::ids::ClaimId;

pub fn at(address: &str) -> Address {
    format!("0000:{address}").parse().expect("an address")
}

pub fn pci(address: &str) -> Device {
    device(address, Kind::Pci, 0x2330, None)
}

pub fn pf(address: &str) -> Device {
    device(address, Kind::Pf, 0x1572, None)
}

pub fn vf(address: &str, pf: &str) -> Device {
    device(address, Kind::Vf, 0x154c, Some(at(pf)))
}

pub fn owned(device: Device) -> Device {
    Device { owner: Some(ClaimId(uuid::Uuid::from_u128(7))), ..device }
}

pub fn gone(device: Device) -> Device {
    Device { present: false, ..device }
}

pub fn foreign(device: Device) -> Device {
    Device { foreign: true, ..device }
}

pub fn dirty(device: Device) -> Device {
    Device { dirt: Some(Dirt::Used(ClaimId(uuid::Uuid::from_u128(6)))), ..sanitizable(device) }
}

/// A clean device that is sanitised between two grants.
pub fn sanitizable(device: Device) -> Device {
    let sanitizer = Some("reset".parse().expect("a name"));
    Device { seen: Observed { sanitizer, ..device.seen }, ..device }
}

pub fn tagged(device: Device, key: &str, value: &str) -> Device {
    let tags = BTreeMap::from([(key.to_owned(), value.to_owned())]);
    Device { seen: Observed { tags, ..device.seen }, ..device }
}

fn device(address: &str, kind: Kind, product: u16, parent: Option<Address>) -> Device {
    let seen = Observed {
        address: at(address),
        kind,
        vendor: HexId(0x8086),
        product: HexId(product),
        numa_node: None,
        parent,
        resource_class: None,
        traits: BTreeSet::new(),
        tags: BTreeMap::new(),
        sanitizer: None,
    };
    let host = "host1".parse().expect("a name");
    Device { host, seen, owner: None, present: true, foreign: false, dirt: None, stuck: None }
}
