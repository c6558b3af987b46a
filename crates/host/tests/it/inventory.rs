//! What a host offers, found on a machine and chosen by `device_spec`.

use steadfast_host::driver::sim::Sim;
use steadfast_host::driver::{Driver, HostDirectory, Offer, Sanitizers, Source};
use steadfast_host::sysfs::Sysfs;
use steadfast_model::inventory::ResourceClass;
use steadfast_model::pci::Kind;

use crate::scratch::Scratch;
use crate::tree::{plant, plant_text};

#[test]
fn a_machine_offers_what_is_found_on_it() {
    let scratch = Scratch::new();
    let root = scratch.path().join("root");
    plant("sriov-nic", &root);
    let spec = r#"[{"address": "0000:3b:00.0", "tags": {"pool": "fast"}}]"#;
    let offer = Offer {
        source: Source::Surveyed { sysfs: Sysfs::below(root), host_ip: "192.0.2.1".to_owned() },
        device_specs: serde_json::from_str(spec).expect("a good spec"),
        sanitizers: Sanitizers::default(),
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

#[test]
fn a_function_is_reset_where_it_offers_that() {
    let scratch = Scratch::new();
    let root = scratch.path().join("root");
    plant("eight-gpus", &root);
    plant_text("[sys/devices/pci0000:15/0000:18:00.0]\nreset =", &root);
    let offer = Offer {
        source: Source::Surveyed { sysfs: Sysfs::below(root.clone()), host_ip: "192.0.2.1".to_owned() },
        device_specs: serde_json::from_str(r#"[{"vendor_id": "10de"}]"#).expect("a good spec"),
        sanitizers: Sanitizers::default(),
    };
    let directory = HostDirectory::lock(&scratch.path().join("host1")).expect("no other agent lives");
    let driver = Sim::open(directory, offer);
    let reset = |device: &str| {
        let device = device.parse().expect("an address");
        driver.sanitize(device, &"reset".parse().expect("a name")).map_err(|why| why.to_string())
    };
    assert_eq!(reset("0000:18:00.0"), Ok(()));
    let written = std::fs::read_to_string(root.join("sys/bus/pci/devices/0000:18:00.0/reset"));
    assert_eq!(written.expect("it is there"), "1");
    let refused = "0000:19:00.0 offers no reset: it needs another sanitizer";
    assert_eq!(reset("0000:19:00.0"), Err(refused.to_owned()));
    assert!(!root.join("sys/bus/pci/devices/0000:19:00.0/reset").exists());
    // A bridge, which no device_spec chooses.
    let refused = "0000:15:01.0 is not a device of this host that may be given";
    assert_eq!(reset("0000:15:01.0"), Err(refused.to_owned()));
}
