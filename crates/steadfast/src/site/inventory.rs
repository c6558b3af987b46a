//! What a simulated host has: two sockets, GPUs, and a NIC split into virtual functions.

use steadfast_host::driver::Inventory;
use steadfast_model::host::Machine;
use steadfast_model::inventory::{RatioMilli, ResourceClass, Stock};
use steadfast_model::numa::Cell;
use steadfast_model::pci::{Address, Discovered, HexId, Kind};

/// How vendors and products are called in the flavors' aliases and the agents' `device_spec`.
pub const GPU: (HexId, HexId) = (HexId(0x10de), HexId(0x2330));
pub const NIC: (HexId, HexId) = (HexId(0x8086), HexId(0x1572));
pub const NIC_VF: (HexId, HexId) = (HexId(0x8086), HexId(0x154c));

/// The least GPUs of a host, whatever it has to carry.
const GPUS_MIN: u16 = 8;
/// Virtual functions of each NIC: one slot full.
const VFS_PER_NIC: u16 = 8;
/// Virtual functions that an instance asks for.
const VFS_PER_INSTANCE: u16 = 2;
/// NICs and GPUs of one PCI segment, each on a bus of its own.
const NICS_PER_DOMAIN: u16 = 32;
const GPUS_PER_DOMAIN: u16 = 128;
const NIC_BUS: u16 = 0x10;
const GPU_BUS: u16 = 0x40;

const CORES_PER_SOCKET: u32 = 32;
const MEMORY_MB_PER_SOCKET: u64 = 1 << 20;
const DISK_GB: u64 = 8 << 10;

/// A host with devices for `instances` instances of any flavor.
#[must_use]
pub fn simulated(instances: u16) -> Inventory {
    let gpus = instances.max(GPUS_MIN);
    let nics = (instances * VFS_PER_INSTANCE).div_ceil(VFS_PER_NIC).max(1);
    let sockets = [0u16, 1];
    let cell = |id: u16| {
        let first = u32::from(id) * CORES_PER_SOCKET;
        Cell { id, cpus: (first..first + CORES_PER_SOCKET).collect(), memory_mb: MEMORY_MB_PER_SOCKET }
    };
    let cells: Vec<Cell> = sockets.into_iter().map(cell).collect();
    let vcpus = cells.iter().map(|cell| cell.cpus.len() as u64).sum();
    let memory_mb = cells.iter().map(|cell| cell.memory_mb).sum();
    Inventory {
        machine: Machine {
            hypervisor_type: "simulated".to_owned(),
            hypervisor_version: 1,
            host_ip: "127.0.0.1".to_owned(),
            cells,
        },
        stocks: vec![
            Stock::plain(ResourceClass::Vcpu, vcpus, RatioMilli(16_000)),
            Stock::plain(ResourceClass::MemoryMb, memory_mb, RatioMilli(1_500)),
            Stock::plain(ResourceClass::DiskGb, DISK_GB, RatioMilli::ONE),
        ],
        devices: (0..nics).flat_map(nic).chain((0..gpus).map(gpu)).collect(),
    }
}

fn gpu(n: u16) -> Discovered {
    function(on_bus(n, GPUS_PER_DOMAIN, GPU_BUS), Kind::Pci, GPU, n % 2)
}

/// A physical function and its virtual ones.
fn nic(n: u16) -> impl Iterator<Item = Discovered> {
    let parent = on_bus(n, NICS_PER_DOMAIN, NIC_BUS);
    let pf = Discovered { vfs_max: VFS_PER_NIC, ..function(parent, Kind::Pf, NIC, n % 2) };
    let vf = move |number: u16| {
        let number = u8::try_from(number).expect("a slot has eight functions");
        let address = Address { slot: 2, function: number, ..parent };
        Discovered { parent: Some(parent), ..function(address, Kind::Vf, NIC_VF, n % 2) }
    };
    std::iter::once(pf).chain((0..VFS_PER_NIC).map(vf))
}

/// Where the `n`th function of a kind sits, of which `per_domain` sit on one segment from bus `first` on.
fn on_bus(n: u16, per_domain: u16, first: u16) -> Address {
    let bus = u8::try_from(first + n % per_domain).expect("the buses of each kind end below 256");
    Address { domain: n / per_domain, bus, slot: 0, function: 0 }
}

fn function(address: Address, kind: Kind, (vendor, product): (HexId, HexId), cell: u16) -> Discovered {
    Discovered {
        address,
        kind,
        vendor,
        product,
        class: 0,
        driver: Some("vfio-pci".to_owned()),
        numa_node: Some(cell),
        parent: None,
        vfs_max: 0,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_function_has_an_address_of_its_own() {
        for instances in [0, 8, 500] {
            let devices = simulated(instances).devices;
            let addresses: BTreeSet<Address> = devices.iter().map(|device| device.address).collect();
            assert_eq!(addresses.len(), devices.len(), "{instances}");
            let count = |kind| devices.iter().filter(|device| device.kind == kind).count();
            assert!(count(Kind::Pci) >= usize::from(instances), "{instances}");
            assert!(count(Kind::Vf) >= usize::from(instances * VFS_PER_INSTANCE), "{instances}");
        }
    }
}
