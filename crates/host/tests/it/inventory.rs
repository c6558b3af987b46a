//! What a host offers, found on a machine and chosen by `device_spec`.

use steadfast_host::driver::sim::Sim;
use steadfast_host::driver::{Driver, HostDirectory, Offer, Source};
use steadfast_host::sysfs::Sysfs;
use steadfast_model::inventory::ResourceClass;
use steadfast_model::pci::Kind;

use crate::scratch::Scratch;
use crate::tree::plant;

#[test]
fn a_machine_offers_what_is_found_on_it() {
    let scratch = Scratch::new();
    let root = scratch.path().join("root");
    plant("sriov-nic", &root);
    let spec = r#"[{"address": "0000:3b:00.0", "tags": {"pool": "fast"}}]"#;
    let offer = Offer {
        source: Source::Surveyed { sysfs: Sysfs::below(root), host_ip: "192.0.2.1".to_owned() },
        device_specs: serde_json::from_str(spec).expect("a good spec"),
    };
    let directory = HostDirectory::lock(&scratch.path().join("host1")).expect("no other agent lives");
    let seen = Sim::open(directory, offer).observe().expect("the host can be seen");
    // The whole function and its 64 parts, and nothing else of the machine.
    assert_eq!(seen.devices.len(), 65);
    assert_eq!(seen.devices.iter().filter(|device| device.kind == Kind::Pf).count(), 1);
    assert!(seen.devices.iter().all(|device| device.tags["pool"] == "fast" && device.numa_node == Some(1)));
    let capacity = |class| seen.stocks.iter().find(|stock| stock.class == class).expect("a stock").capacity();
    assert_eq!(capacity(ResourceClass::Vcpu), 64 * 4);
    assert_eq!(capacity(ResourceClass::MemoryMb), 257_590 - 512);
    assert!(capacity(ResourceClass::DiskGb) > 0);
    assert_eq!((seen.machine.host_ip.as_str(), seen.machine.cells.len()), ("192.0.2.1", 2));
}
