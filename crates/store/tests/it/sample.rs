//! Rows to store.

use std::collections::{BTreeMap, BTreeSet};

use steadfast_model::action::{Action, ActionKind, Outcome};
use steadfast_model::claim::{Claim, Role, Said};
use steadfast_model::discrepancy::{Discrepancy, Subject};
use steadfast_model::flavor::Flavor;
use steadfast_model::host::{Host, Machine, Receipt};
use steadfast_model::ids::{
    Attempt, ClaimId, Epoch, HostId, InstanceId, InventorySeq, ListGen, MigrationId, Moment, Order, ReportSeq,
};
use steadfast_model::instance::{Fault, Instance, Operation, Power, Size, VmState};
use steadfast_model::inventory::{Amounts, Inventory, RatioMilli, ResourceClass, Stock};
use steadfast_model::migration::{Migration, MigrationKind, MigrationStatus, Resize};
use steadfast_model::numa::Cell;
use steadfast_model::pci::{
    Address, AliasSpec, Device, DeviceRequest, Dirt, HexId, Kind, Observed, Sighting,
};
use uuid::Uuid;

pub fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + n)
}

pub fn host_id(name: &str) -> HostId {
    name.parse().expect("a host name")
}

pub fn host(name: &str) -> Host {
    Host::unborn(host_id(name), uuid(1), Moment(5))
}

/// A host with something in every column.
pub fn full_host(name: &str) -> Host {
    Host {
        epoch: Epoch(7),
        registered: true,
        nonce: Some(uuid(2)),
        boot_id: Some(uuid(3)),
        receipt: Some(Receipt::Asserted("ann".parse().expect("a name"))),
        asserted_dead: Some(uuid(5)),
        fence_intent: Some(Epoch(6)),
        list_gen: ListGen(9),
        inventory_seq: InventorySeq(4),
        report_seq: ReportSeq(6),
        removed: true,
        quarantined: true,
        disabled: Some("broken \u{1f527} 'fan'".to_owned()),
        machine: Machine {
            hypervisor_type: "QEMU".to_owned(),
            hypervisor_version: 9_002_001,
            host_ip: "192.0.2.7".to_owned(),
            cells: vec![Cell { id: 0, cpus: vec![0, 1], memory_mb: 1024 }],
        },
        last_seen: Moment(-6),
        ..host(name)
    }
}

pub fn inventory(host: &str, class: ResourceClass) -> Inventory {
    let stock = Stock { reserved: 1, ..Stock::plain(class, 64, RatioMilli(1500)) };
    Inventory { host: host_id(host), stock }
}

pub fn address(bus: u8) -> Address {
    Address { domain: 0, bus, slot: 0x1f, function: 1 }
}

const SIGHTING: Sighting = Sighting { epoch: Epoch(7), seq: InventorySeq(4) };

pub fn device(host: &str, bus: u8) -> Device {
    let seen = Observed {
        address: address(bus),
        kind: Kind::Pci,
        vendor: HexId(0x10de),
        product: HexId(0x0db8),
        numa_node: None,
        parent: None,
        resource_class: None,
        traits: BTreeSet::new(),
        tags: BTreeMap::new(),
        sanitizer: None,
    };
    Device { host: host_id(host), seen, owner: None, present: true, foreign: false, dirt: None, stuck: None }
}

pub fn full_device(host: &str, bus: u8) -> Device {
    let plain = device(host, bus);
    let seen = Observed {
        kind: Kind::Vf,
        numa_node: Some(1),
        parent: Some(address(200)),
        resource_class: Some("CUSTOM_GPU".to_owned()),
        traits: ["CUSTOM_A".to_owned(), "CUSTOM_B".to_owned()].into(),
        tags: [("physical_network".to_owned(), "net \"1\"".to_owned())].into(),
        sanitizer: Some("reset".parse().expect("a name")),
        ..plain.seen
    };
    let dirt = Some(Dirt::Found(SIGHTING));
    let stuck = Some("it has no reset".to_owned());
    Device { seen, owner: Some(claim_id(1)), present: false, foreign: true, dirt, stuck, ..plain }
}

/// A device that nobody holds and that its last user left dirty.
pub fn dirty_device(host: &str, bus: u8) -> Device {
    Device { dirt: Some(Dirt::Used(claim_id(9))), ..device(host, bus) }
}

pub fn discrepancy(host: &str, subject: Subject) -> Discrepancy {
    Discrepancy { host: host_id(host), subject, since: Moment(8) }
}

/// One of each kind, in the order of their keys.
pub fn subjects() -> [Subject; 3] {
    [
        Subject::MissingDevice(address(3)),
        Subject::NeverDead(uuid(4)),
        Subject::UnknownGuest("web1".parse().expect("a name")),
    ]
}

pub fn flavor(id: &str) -> Flavor {
    Flavor {
        id: id.parse().expect("a name"),
        name: "m1.small".to_owned(),
        vcpus: 1,
        memory_mb: 2048,
        root_gb: 20,
        ephemeral_gb: 0,
        swap_mb: 0,
        is_public: true,
        description: None,
        extra_specs: [("pci_passthrough:alias".to_owned(), "gpu:1".to_owned())].into(),
        created_at: Moment(3),
    }
}

pub fn instance_id(n: u128) -> InstanceId {
    InstanceId(uuid(0x1_0000 + n))
}

pub fn instance(n: u128, project: &str) -> Instance {
    Instance {
        id: instance_id(n),
        project: project.parse().expect("a name"),
        user: "ann".parse().expect("a name"),
        name: format!("vm{n}"),
        description: None,
        metadata: BTreeMap::new(),
        key_name: None,
        image: None,
        flavor: flavor("1"),
        devices: Vec::new(),
        requested_host: None,
        vm_state: VmState::Active,
        power: Power::On,
        operation: None,
        attempt: Attempt(1),
        host: None,
        fault: None,
        created_at: Moment(10),
        updated_at: Moment(11),
        launched_at: None,
        terminated_at: None,
    }
}

pub fn full_instance(n: u128, project: &str) -> Instance {
    let spec = AliasSpec {
        vendor_id: Some(HexId(0x10de)),
        product_id: None,
        device_type: Some(Kind::Pf),
        tags: BTreeMap::new(),
    };
    Instance {
        description: Some("it's \"mine\"\nand yours".to_owned()),
        metadata: [("k".to_owned(), "v".to_owned())].into(),
        key_name: Some("key".to_owned()),
        image: Some(uuid(6)),
        devices: vec![DeviceRequest { alias: "gpu".to_owned(), count: 2, specs: vec![spec] }],
        requested_host: Some(host_id("h2")),
        vm_state: VmState::Error,
        power: Power::Off,
        operation: Some(Operation::RollBack(migration_id(1))),
        host: Some(host_id("h1")),
        fault: Some(Fault { code: 500, message: "no".to_owned(), at: Moment(12) }),
        launched_at: Some(Moment(13)),
        terminated_at: Some(Moment(14)),
        ..instance(n, project)
    }
}

pub fn claim_id(n: u128) -> ClaimId {
    ClaimId(uuid(0x2_0000 + n))
}

pub fn claim(n: u128, instance: u128, host: &str) -> Claim {
    Claim {
        id: claim_id(n),
        instance: instance_id(instance),
        host: host_id(host),
        role: Role::Home,
        told: false,
        run: true,
        hot: true,
        order: Order(1),
        said: Said::None,
        devices: Vec::new(),
        amounts: Amounts { vcpus: 1, memory_mb: 2048, disk_gb: 20 },
        attempt: Attempt(1),
        migration: None,
        created_at: Moment(15),
    }
}

pub fn full_claim(n: u128, instance: u128, host: &str) -> Claim {
    Claim {
        role: Role::Incoming,
        told: true,
        said: Said::Failed("disk: full".to_owned()),
        devices: vec![address(3), address(4)],
        migration: Some(migration_id(1)),
        ..claim(n, instance, host)
    }
}

pub fn migration_id(n: u128) -> MigrationId {
    MigrationId(uuid(0x3_0000 + n))
}

pub fn migration(n: u128, instance: u128) -> Migration {
    Migration {
        id: migration_id(n),
        instance: instance_id(instance),
        project: "blue".parse().expect("a name"),
        user: "ann".parse().expect("a name"),
        kind: MigrationKind::Evacuation,
        status: MigrationStatus::Accepted,
        attempt: Attempt(2),
        power_before: Power::On,
        resize: None,
        source_host: host_id("h1"),
        source_claim: claim_id(1),
        dest_host: None,
        dest_claim: None,
        requested_host: None,
        reason: None,
        created_at: Moment(16),
        updated_at: Moment(17),
    }
}

fn size(id: &str) -> Size {
    Size { flavor: flavor(id), devices: full_instance(1, "blue").devices }
}

pub fn full_migration(n: u128, instance: u128) -> Migration {
    Migration {
        status: MigrationStatus::PreMigrating,
        power_before: Power::Off,
        resize: Some(Resize { before: size("1"), after: size("2") }),
        dest_host: Some(host_id("h2")),
        dest_claim: Some(claim_id(2)),
        requested_host: Some(host_id("h2")),
        reason: Some("h3: it is fenced".to_owned()),
        ..migration(n, instance)
    }
}

pub fn action(instance: u128, attempt: u64) -> Action {
    Action {
        instance: instance_id(instance),
        attempt: Attempt(attempt),
        kind: ActionKind::Evacuate,
        request: "req-1".parse().expect("a name"),
        user: "ann".parse().expect("a name"),
        project: "blue".parse().expect("a name"),
        started_at: Moment(18),
        ended: None,
    }
}

pub fn ended_action(instance: u128, attempt: u64, outcome: Outcome) -> Action {
    Action { ended: Some((Moment(19), outcome)), ..action(instance, attempt) }
}
