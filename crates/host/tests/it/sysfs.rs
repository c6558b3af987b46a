//! Discovery, on whole machines and on single faults.

use steadfast_host::sysfs::{Survey, Sysfs};
use steadfast_model::pci::{Discovered, Kind};

use crate::scratch::Scratch;
use crate::tree::{plant, plant_text};

fn survey(tree: &str) -> Survey {
    let scratch = Scratch::new();
    plant(tree, scratch.path());
    Sysfs::below(scratch.path().to_owned()).survey()
}

/// A device in one line: address, kind, ids, class, cell, parent, most VFs, driver.
fn line(device: &Discovered) -> String {
    let Discovered { address, kind, vendor, product, class, driver, numa_node, parent, vfs_max } = device;
    let kind = match kind {
        Kind::Pci => "PCI",
        Kind::Pf => "PF",
        Kind::Vf => "VF",
    };
    let cell = numa_node.map_or("-".to_owned(), |cell| cell.to_string());
    let parent = parent.map_or("-".to_owned(), |parent| parent.to_string());
    let driver = driver.as_deref().unwrap_or("-");
    format!("{address} {kind} {vendor}:{product} {class:06x} {cell} {parent} {vfs_max} {driver}")
}

fn cells(survey: &Survey) -> Vec<(u16, usize, u64)> {
    survey.cells.iter().map(|cell| (cell.id, cell.cpus.len(), cell.memory_mb)).collect()
}

fn reasons(survey: &Survey) -> Vec<String> {
    survey.skipped.iter().map(ToString::to_string).collect()
}

#[test]
fn a_nic_split_into_64_virtual_functions() {
    let found = survey("sriov-nic");
    let lines: Vec<String> = found.devices.iter().map(line).collect();
    assert_eq!(
        lines[..6],
        [
            "0000:00:00.0 PCI 8086:2020 060000 0 - 0 -",
            "0000:3a:00.0 PCI 8086:2030 060400 1 - 0 pcieport",
            "0000:3b:00.0 PF 8086:1583 020000 1 - 64 i40e",
            "0000:3b:00.1 PF 8086:1583 020000 1 - 64 i40e",
            "0000:3b:02.0 VF 8086:154c 020000 1 0000:3b:00.0 0 vfio-pci",
            "0000:3b:02.1 VF 8086:154c 020000 1 0000:3b:00.0 0 iavf",
        ]
    );
    assert_eq!(lines.last().expect("a device"), "0000:3b:09.7 VF 8086:154c 020000 1 0000:3b:00.0 0 iavf");
    assert_eq!(found.devices.iter().filter(|device| device.kind == Kind::Vf).count(), 64);
    assert_eq!(cells(&found), [(0, 32, 128_750), (1, 32, 128_839)]);
    assert_eq!((found.vcpus, found.memory_mb), (64, 257_590));
    assert_eq!(reasons(&found), [""; 0]);
}

#[test]
fn eight_accelerators_on_two_sockets() {
    let found = survey("eight-gpus");
    let gpus: Vec<_> = found.devices.iter().filter(|device| device.class == 0x03_0200).collect();
    assert_eq!(gpus.len(), 8);
    assert!(gpus.iter().all(|gpu| gpu.kind == Kind::Pci && gpu.driver.as_deref() == Some("vfio-pci")));
    let cells_of_gpus: Vec<_> = gpus.iter().map(|gpu| gpu.numa_node).collect();
    assert_eq!(cells_of_gpus, [[Some(0); 4], [Some(1); 4]].concat());
    assert_eq!(cells(&found), [(0, 56, 1_007_611), (1, 56, 1_007_960), (2, 0, 48_434)]);
    assert_eq!((found.vcpus, found.memory_mb), (112, 2_064_005));
    assert_eq!(reasons(&found), [""; 0]);
}

#[test]
fn a_laptop() {
    let found = survey("laptop");
    let lines: Vec<String> = found.devices.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "0000:00:00.0 PCI 8086:9a14 060000 - - 0 -",
            "0000:00:02.0 PF 8086:9a49 030000 - - 7 i915",
            "0000:00:14.3 PCI 8086:a0f0 028000 - - 0 iwlwifi",
        ]
    );
    assert_eq!(cells(&found), [(0, 8, 15_793)]);
    assert_eq!((found.vcpus, found.memory_mb), (8, 15_793));
    let reasons = reasons(&found);
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(
        reasons[0].starts_with("sys/bus/pci/devices/0000:04:00.0/vendor is left out: it cannot be read"),
        "{reasons:?}"
    );
    assert!(reasons[1].contains("`10000:e0:06.0` is not a PCI address"), "{reasons:?}");
}

/// One PF with two VFs on a machine of one cell.
const SOUND: &str = "
    [proc]
    meminfo = MemTotal: 2048000 kB
    [sys/devices/system/cpu]
    online = 0-1
    [sys/devices/system/node/node0]
    cpulist = 0-1
    meminfo = Node 0 MemTotal: 2048000 kB
    [sys/bus/pci/devices/0000:3b:00.0]
    vendor = 0x8086
    device = 0x1583
    class = 0x020000
    sriov_totalvfs = 2
    virtfn{0..1} -> ../0000:3b:02.{0..1}
    [sys/bus/pci/devices/0000:3b:02.{0..1}]
    vendor = 0x8086
    device = 0x154c
    class = 0x020000
    physfn -> ../0000:3b:00.0
";

#[test]
fn a_fault_leaves_out_what_it_spoils_and_is_named() {
    // What is added to the sound machine, the devices and cells then left, the reason.
    let table = [
        ("", 3, 1, ""),
        (
            "[sys/bus/pci/devices/0000:3b:02.0]\nvendor = more",
            2,
            1,
            "0000:3b:02.0/vendor is left out: `0x8086\nmore`",
        ),
        ("[sys/bus/pci/devices/0000:3b:02.0]\nnuma_node = east", 2, 1, "`east` is not a NUMA cell or -1"),
        ("[sys/bus/pci/devices/0000:3b:02.0]\nphysfn -> ..", 2, 1, "`..` is not a link to a named entry"),
        (
            "[sys/bus/pci/devices/0000:3b:02.0]\nphysfn -> ../eth0",
            2,
            1,
            "`eth0` is not a link to a PCI function",
        ),
        (
            "[sys/bus/pci/devices/0000:3b:02.0]\nphysfn -> ../0000:3b:00.1",
            2,
            1,
            "0000:3b:02.0 is left out: 0000:3b:00.0 calls it a virtual function of its own",
        ),
        ("[sys/bus/pci/devices/0000:3b:00.0]\nvirtfn2 -> ../eth0", 2, 1, "virtfn2 is left out: `eth0`"),
        (
            "[sys/bus/pci/devices/0000:3b:00.0]\nsriov_totalvfs = 2",
            2,
            1,
            "is not a number of virtual functions",
        ),
        ("[sys/bus/pci/devices/lost+found]\nvendor = 0x8086", 3, 1, "`lost+found` is not a PCI address"),
        (
            "[sys/bus/pci/devices/0000:00:1f.0/vendor]\nx = y",
            3,
            1,
            "0000:00:1f.0/vendor is left out: it cannot be read",
        ),
        ("[sys/devices/system/node/node0]\ncpulist = 7", 3, 0, "is not a list of processors"),
        ("[sys/devices/system/node/node70000]\nx = y", 3, 1, "`node70000` is not the name of a NUMA cell"),
        (
            "[sys/devices/system/node/node1]\ncpulist = 2",
            3,
            1,
            "node1/meminfo is left out: it cannot be read",
        ),
        ("[sys/devices/system/cpu]\nonline = 9", 3, 1, "cpu/online is left out: `0-1\n9`"),
    ];
    for (fault, devices, cells, reason) in table {
        let scratch = Scratch::new();
        plant_text(SOUND, scratch.path());
        plant_text(fault, scratch.path());
        let found = Sysfs::below(scratch.path().to_owned()).survey();
        assert_eq!(
            (found.devices.len(), found.cells.len()),
            (devices, cells),
            "{fault}: {:?}",
            found.skipped
        );
        match reasons(&found).as_slice() {
            [] => assert_eq!(reason, "", "{fault}"),
            [named] => assert!(!reason.is_empty() && named.contains(reason), "{fault}: {named}"),
            several => panic!("{fault}: {several:?}"),
        }
    }
}

#[test]
fn a_file_without_end_is_left_out() {
    let scratch = Scratch::new();
    plant_text(SOUND, scratch.path());
    let vendor = scratch.path().join("sys/bus/pci/devices/0000:3b:02.1/vendor");
    std::fs::write(&vendor, "0".repeat(1 << 20)).expect("it can be written");
    let found = Sysfs::below(scratch.path().to_owned()).survey();
    assert_eq!(found.devices.len(), 2);
    assert!(reasons(&found)[0].contains("it is longer than 65536 bytes"), "{:?}", reasons(&found));
}

#[test]
fn an_empty_tree_is_a_machine_with_nothing() {
    let scratch = Scratch::new();
    let found = Sysfs::below(scratch.path().to_owned()).survey();
    assert_eq!((found.devices.len(), found.vcpus, found.memory_mb), (0, 0, 0));
    assert_eq!(reasons(&found).len(), 2, "{:?}", reasons(&found));
}

#[test]
fn this_very_machine_has_processors_and_memory() {
    let found = Sysfs::below("/".into()).survey();
    assert!(found.vcpus > 0 && found.memory_mb > 0, "{:?}", reasons(&found));
}
