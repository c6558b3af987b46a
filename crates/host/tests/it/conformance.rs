//! What every driver promises; each check runs on each driver.

use std::fs;
use std::path::Path;
use std::thread;

use steadfast_host::driver::{DirectoryError, Driver, HostDirectory, Inventory, Offer, Sanitizers, Source};
use steadfast_model::host::Machine;
use steadfast_model::hypervisor::{Act, SeenGuest};
use steadfast_model::ids::{ClaimId, InstanceId};
use steadfast_model::inventory::{RatioMilli, ResourceClass, Stock};
use steadfast_model::message::GuestSpec;
use steadfast_model::pci::{Address, DeviceSpec, Discovered, HexId, Kind};
use uuid::Uuid;

/// A host to try a driver on.
pub trait Rig {
    /// A host that was described with [`describe`] and has never run anything.
    fn new() -> Self;
    fn host(&self) -> &Path;
    /// Begins a life of its agent, in which the host has this to offer.
    fn open(&self, directory: HostDirectory, offer: Offer) -> Box<dyn Driver>;
    /// Takes the host's power away, and says why that was refused.
    fn kill_host(&self) -> Result<(), String>;
    /// Puts a running guest there that no agent of ours made; no agent lives.
    fn intrude(&self, tag: &str, devices: &[Address]);
    /// Ends a guest behind its agent's back.
    fn kill_guest(&self, claim: ClaimId);
}

/// Has each check run on a rig, as a test of its own.
macro_rules! conforms {
    ($rig:ty, $area:ident: $($check:ident)*) => {$(
        #[test]
        fn $check() {
            $crate::$area::$check::<$rig>();
        }
    )*};
    ($rig:ty) => {
        $crate::conformance::conforms! { $rig, conformance:
            a_fresh_host_shows_what_it_was_described_with
            orders_do_what_they_say_once_or_twice
            a_second_build_does_not_redefine_the_first
            guests_outlive_their_agent
            a_killed_host_runs_nothing_and_starts_nothing
            a_guest_that_died_is_seen_dead_and_can_be_started
            a_guest_of_another_name_is_told_of_and_left_alone
            a_host_has_one_agent
            what_was_left_unfinished_is_nothing
            guests_are_built_side_by_side
            a_host_that_cannot_be_seen_whole_is_not_seen
        }
        $crate::conformance::conforms! { $rig, sanitizing:
            a_command_that_ends_well_has_sanitised
            a_command_that_fails_says_why
            a_command_leaves_nothing_behind
            a_command_that_cannot_be_watched_is_killed_before_its_order_ends
            a_command_that_takes_too_long_is_killed
            the_barrier_kills_what_this_life_began
            the_barrier_kills_what_an_earlier_life_began
            what_cannot_be_sanitised_is_left_alone
        }
    };
}
pub(crate) use conforms;

/// Describes the host of a rig: four devices, of which a [`DeviceSpec`] chooses two.
pub fn describe(host: &Path) {
    let device = |bus: u8, product| Discovered {
        address: address(bus),
        kind: Kind::Pci,
        vendor: HexId(0x10de),
        product: HexId(product),
        class: 0x03_0200,
        driver: None,
        numa_node: Some(0),
        parent: None,
        vfs_max: 0,
    };
    let inventory = Inventory {
        machine: Machine { host_ip: "192.0.2.1".to_owned(), ..Machine::default() },
        stocks: vec![Stock::plain(ResourceClass::Vcpu, 8, RatioMilli(4000))],
        devices: vec![device(1, 0x2330), device(2, 0x2330), device(3, 0x1eb8), device(4, 0x1eb8)],
    };
    inventory.describe(host).expect("a scratch can be written");
}

pub fn offer() -> Offer {
    let device_specs: Vec<DeviceSpec> =
        serde_json::from_str(r#"[{"vendor_id": "10de", "product_id": "2330"}]"#).expect("a good spec");
    Offer { source: Source::Described, device_specs, sanitizers: Sanitizers::default() }
}

pub fn address(bus: u8) -> Address {
    Address { domain: 0, bus, slot: 0, function: 0 }
}

pub fn claim(n: u128) -> ClaimId {
    ClaimId(Uuid::from_u128(n))
}

/// The guest of claim `n`, with devices on the named buses.
pub fn guest(n: u128, buses: &[u8]) -> GuestSpec {
    GuestSpec {
        claim: claim(n),
        instance: InstanceId(Uuid::from_u128(1000 + n)),
        vcpus: 1,
        memory_mb: 512,
        disk_gb: 1,
        devices: buses.iter().copied().map(address).collect(),
    }
}

/// Begins a life without passing the barrier.
pub fn open<R: Rig>(rig: &R, offer: Offer) -> Box<dyn Driver> {
    rig.open(HostDirectory::lock(rig.host()).expect("no other agent lives"), offer)
}

fn life<R: Rig>(rig: &R) -> Box<dyn Driver> {
    let driver = open(rig, offer());
    driver.settle().expect("nothing hinders the barrier");
    driver
}

pub fn guests(driver: &dyn Driver) -> Vec<SeenGuest> {
    driver.observe().expect("the host can be seen").guests
}

/// The guest as it should be seen.
pub fn seen(guest: &GuestSpec, running: bool) -> SeenGuest {
    let tag = guest.claim.into();
    SeenGuest { tag, claim: Some(guest.claim), running, devices: guest.devices.clone() }
}

pub fn a_fresh_host_shows_what_it_was_described_with<R: Rig>() {
    let rig = R::new();
    let first = life(&rig).observe().expect("the host can be seen");
    assert_eq!(first.guests, []);
    let chosen: Vec<Address> = first.devices.iter().map(|device| device.address).collect();
    assert_eq!(chosen, [address(1), address(2)]);
    assert_eq!(first.machine.host_ip, "192.0.2.1");
    assert_eq!(first.stocks.len(), 1);
    assert_eq!(life(&rig).observe().expect("the host can be seen"), first);
}

pub fn orders_do_what_they_say_once_or_twice<R: Rig>() {
    let rig = R::new();
    let driver = life(&rig);
    // More devices than one slot has functions.
    let guest = guest(1, &[1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let id = guest.claim;
    let build = |run| Act::Build { guest: guest.clone(), run };
    // An order, whether it succeeds, and whether the guest is then there and runs.
    let table = [
        (Act::Stop(id), true, None),
        (Act::Destroy(id), true, None),
        (Act::Start(id), false, None),
        (build(false), true, Some(false)),
        (build(false), true, Some(false)),
        (Act::Stop(id), true, Some(false)),
        (Act::Start(id), true, Some(true)),
        (Act::Start(id), true, Some(true)),
        (build(false), true, Some(true)),
        (build(true), true, Some(true)),
        (Act::Stop(id), true, Some(false)),
        (build(true), true, Some(true)),
        (Act::Destroy(id), true, None),
        (Act::Destroy(id), true, None),
        (Act::Start(id), false, None),
        (build(true), true, Some(true)),
        (Act::Destroy(id), true, None),
    ];
    for (n, (act, succeeds, running)) in table.iter().enumerate() {
        let outcome = driver.act(act);
        assert_eq!(outcome.is_ok(), *succeeds, "{n}: {}: {outcome:?}", act.name());
        let want: Vec<SeenGuest> = running.iter().map(|running| seen(&guest, *running)).collect();
        assert_eq!(guests(&*driver), want, "{n}: {}", act.name());
    }
}

pub fn a_second_build_does_not_redefine_the_first<R: Rig>() {
    let rig = R::new();
    let driver = life(&rig);
    let first = guest(1, &[1]);
    driver.build(&first, false).expect("it can be built");
    driver.build(&guest(1, &[2, 3]), true).expect("it is there and can be started");
    assert_eq!(guests(&*driver), [seen(&first, true)]);
}

pub fn guests_outlive_their_agent<R: Rig>() {
    let rig = R::new();
    let (running, off) = (guest(1, &[1]), guest(2, &[2]));
    let driver = life(&rig);
    driver.build(&running, true).expect("it can be built");
    driver.build(&off, false).expect("it can be built");
    let before = driver.observe().expect("the host can be seen");
    drop(driver);
    let driver = life(&rig);
    assert_eq!(driver.observe().expect("the host can be seen"), before);
    assert_eq!(before.guests, [seen(&running, true), seen(&off, false)]);
    driver.stop(running.claim).expect("it can be stopped");
    driver.destroy(off.claim).expect("it can be destroyed");
    assert_eq!(guests(&*driver), [seen(&running, false)]);
}

pub fn a_killed_host_runs_nothing_and_starts_nothing<R: Rig>() {
    let rig = R::new();
    let (one, two) = (guest(1, &[1]), guest(2, &[2]));
    let driver = life(&rig);
    driver.build(&one, true).expect("it can be built");
    driver.build(&two, true).expect("it can be built");
    let before = driver.observe().expect("the host can be seen");
    drop(driver);
    rig.kill_host().expect("no agent lives");
    let driver = life(&rig);
    let after = driver.observe().expect("the host can be seen");
    assert_ne!(after.boot_id, before.boot_id);
    assert_eq!(after.guests, [seen(&one, false), seen(&two, false)]);
    driver.start(one.claim).expect("it is still defined");
    assert_eq!(guests(&*driver), [seen(&one, true), seen(&two, false)]);
}

pub fn a_guest_that_died_is_seen_dead_and_can_be_started<R: Rig>() {
    let rig = R::new();
    let guest = guest(1, &[1]);
    let driver = life(&rig);
    driver.build(&guest, true).expect("it can be built");
    rig.kill_guest(guest.claim);
    assert_eq!(guests(&*driver), [seen(&guest, false)]);
    driver.start(guest.claim).expect("it is still defined");
    assert_eq!(guests(&*driver), [seen(&guest, true)]);
}

pub fn a_guest_of_another_name_is_told_of_and_left_alone<R: Rig>() {
    let rig = R::new();
    let devices = [address(3), address(4)];
    drop(life(&rig));
    // The second is the id of a claim, but not as one is written.
    let tags = ["instance-0000002a", "00000000000000000000000000000001"];
    for tag in tags {
        rig.intrude(tag, &devices);
    }
    let driver = life(&rig);
    let ours = guest(1, &[1]);
    driver.build(&ours, true).expect("it can be built");
    driver.destroy(ours.claim).expect("it can be destroyed");
    driver.settle().expect("nothing hinders the barrier");
    let mut strangers = guests(&*driver);
    strangers.sort_by_key(|guest| guest.tag.clone());
    let want = |tag: &str| SeenGuest {
        tag: tag.parse().expect("a tag"),
        claim: None,
        running: true,
        devices: devices.to_vec(),
    };
    assert_eq!(strangers, [want(tags[1]), want(tags[0])]);
}

pub fn a_host_has_one_agent<R: Rig>() {
    let rig = R::new();
    let driver = life(&rig);
    let second = HostDirectory::lock(rig.host()).expect_err("an agent lives");
    assert!(matches!(second, DirectoryError::InUse(_)), "{second}");
    assert!(second.to_string().ends_with("is in use by another agent; end it first"), "{second}");
    let killed = rig.kill_host().expect_err("an agent lives");
    assert!(killed.contains("in use by another agent"), "{killed}");
    drop(driver);
    drop(life(&rig));
}

pub fn what_was_left_unfinished_is_nothing<R: Rig>() {
    let rig = R::new();
    drop(life(&rig));
    let left = rig.host().join("guests/.unfinished-00000000-0000-0000-0000-000000000001");
    fs::create_dir(&left).expect("a scratch can be written");
    fs::write(left.join("guest.json"), "{").expect("a scratch can be written");
    let driver = open(&rig, offer());
    assert_eq!(guests(&*driver), []);
    driver.settle().expect("nothing hinders the barrier");
    assert!(!left.exists());
}

pub fn guests_are_built_side_by_side<R: Rig>() {
    let rig = R::new();
    let driver = life(&rig);
    let all: Vec<GuestSpec> = (1..=5).map(|n| guest(n.into(), &[n])).collect();
    thread::scope(|scope| {
        for guest in &all {
            // Twice at once, as an agent would not.
            for _ in 0..2 {
                scope.spawn(|| driver.build(guest, true).expect("it can be built"));
            }
        }
    });
    let want: Vec<SeenGuest> = all.iter().map(|guest| seen(guest, true)).collect();
    assert_eq!(guests(&*driver), want);
}

pub fn a_host_that_cannot_be_seen_whole_is_not_seen<R: Rig>() {
    let rig = R::new();
    let driver = life(&rig);
    fs::write(rig.host().join("inventory.json"), "{").expect("a scratch can be written");
    let refused = driver.observe().expect_err("the inventory is broken").to_string();
    assert!(refused.contains("inventory.json is not an inventory"), "{refused}");
    describe(rig.host());
    driver.observe().expect("the inventory is whole again");
}
