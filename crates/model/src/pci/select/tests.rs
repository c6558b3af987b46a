//! What [`select`] promises: by example, and for any host.

use proptest::prelude::*;

use super::*;
use crate::pci::sample::{at, dirty, foreign, gone, owned, pci, pf, tagged, vf};
use crate::pci::{AliasSpec, HexId};

fn request(alias: &str, count: u32) -> DeviceRequest {
    let spec = |product, kind| AliasSpec {
        vendor_id: Some(HexId(0x8086)),
        product_id: Some(HexId(product)),
        device_type: kind,
        tags: BTreeMap::new(),
    };
    let tag = |value: &str| AliasSpec {
        vendor_id: None,
        product_id: None,
        device_type: None,
        tags: BTreeMap::from([("pool".to_owned(), value.to_owned())]),
    };
    let specs = match alias {
        "gpu" => vec![spec(0x2330, None)],
        "vf" => vec![spec(0x154c, None)],
        "pf" => vec![spec(0x1572, Some(Kind::Pf))],
        "any" => vec![spec(0x2330, None), spec(0x154c, None)],
        // The product of the physical functions, but not their type.
        "pf-untyped" => vec![spec(0x1572, None)],
        pool => vec![tag(pool)],
    };
    DeviceRequest { alias: alias.to_owned(), count, specs }
}

fn requests(wanted: &[(&str, u32)]) -> Vec<DeviceRequest> {
    wanted.iter().map(|(alias, count)| request(alias, *count)).collect()
}

/// Selects and says what was chosen, or which alias lacks what, in short: `3b:00.0 3b:00.1` or `gpu 2>1`.
fn chosen(wanted: &[(&str, u32)], devices: &[Device]) -> String {
    match select(&requests(wanted), devices, false) {
        Ok(addresses) => {
            let short: Vec<String> =
                addresses.iter().map(|address| address.to_string()[5..].to_owned()).collect();
            short.join(" ")
        }
        Err(Shortage { alias, wanted, grantable, to_sanitize: 0 }) => format!("{alias} {wanted}>{grantable}"),
        Err(Shortage { alias, wanted, grantable, to_sanitize }) => {
            format!("{alias} {wanted}>{grantable}+{to_sanitize}")
        }
    }
}

fn check(table: &[(&[(&str, u32)], &str)], devices: &[Device]) {
    for (wanted, want) in table {
        assert_eq!(chosen(wanted, devices), *want, "{wanted:?} of {devices:?}");
    }
}

#[test]
fn whole_functions_and_their_parts_exclude_each_other() {
    let family = [pf("3b:00.0"), vf("3b:02.0", "3b:00.0"), vf("3b:02.1", "3b:00.0")];
    check(
        &[
            (&[], ""),
            (&[("pf", 1)], "3b:00.0"),
            (&[("pf-untyped", 1)], "pf-untyped 1>0"),
            (&[("vf", 2)], "3b:02.0 3b:02.1"),
            (&[("vf", 3)], "vf 3>2"),
            (&[("pf", 1), ("vf", 1)], "vf 1>0"),
            (&[("vf", 1), ("pf", 1)], "vf 1>0"),
        ],
        &family,
    );
    let [whole, one, two] = family;
    check(
        &[(&[("pf", 1)], "pf 1>0"), (&[("vf", 1)], "3b:02.1")],
        &[whole.clone(), owned(one.clone()), two.clone()],
    );
    check(&[(&[("vf", 1)], "vf 1>0")], &[owned(whole.clone()), one.clone(), two.clone()]);
    // What is dirty is not chosen, and counted for whoever asks why.
    check(&[(&[("vf", 2)], "vf 2>1+1"), (&[("pf", 1)], "pf 1>0")], &[whole, dirty(one), two]);
}

#[test]
fn a_quarantined_host_gives_nothing() {
    let refused = select(&requests(&[("gpu", 1)]), &[pci("3b:00.0")], true);
    assert_eq!(refused, Err(Shortage { alias: "gpu".to_owned(), wanted: 1, grantable: 0, to_sanitize: 0 }));
    assert_eq!(select(&[], &[pci("3b:00.0")], true), Ok(Vec::new()));
}

#[test]
fn whole_functions_are_taken_where_they_cost_the_others_least() {
    let host = [
        pf("3b:00.0"),
        vf("3b:02.0", "3b:00.0"),
        vf("3b:02.1", "3b:00.0"),
        pf("3b:00.1"),
        vf("3b:0a.0", "3b:00.1"),
    ];
    check(
        &[(&[("pf", 1), ("vf", 2)], "3b:00.1 3b:02.0 3b:02.1"), (&[("pf", 1), ("vf", 3)], "vf 3>2")],
        &host,
    );
}

#[test]
fn virtual_functions_are_packed() {
    let host = |fifth: Device| {
        vec![
            pf("3b:00.0"),
            vf("3b:02.0", "3b:00.0"),
            vf("3b:02.1", "3b:00.0"),
            pf("3b:00.1"),
            fifth,
            vf("3b:0a.1", "3b:00.1"),
            vf("3b:0a.2", "3b:00.1"),
            vf("3b:0a.3", "3b:00.1"),
            pci("af:00.0"),
        ]
    };
    // With everything free, the larger function is split, once; what splits nothing comes before it.
    check(
        &[
            (&[("vf", 1)], "3b:0a.0"),
            (&[("vf", 4)], "3b:0a.0 3b:0a.1 3b:0a.2 3b:0a.3"),
            (&[("any", 1)], "af:00.0"),
            (&[("any", 3)], "3b:0a.0 3b:0a.1 af:00.0"),
        ],
        &host(vf("3b:0a.0", "3b:00.1")),
    );
    // One that is split already comes first of all, and an unknown guest splits as well.
    for held in [owned(vf("3b:0a.0", "3b:00.1")), foreign(vf("3b:0a.0", "3b:00.1"))] {
        check(
            &[
                (&[("any", 1)], "3b:0a.1"),
                (&[("any", 4)], "3b:0a.1 3b:0a.2 3b:0a.3 af:00.0"),
                (&[("pf", 1)], "3b:00.0"),
            ],
            &host(held),
        );
    }
}

#[test]
fn overlapping_requests_are_matched() {
    let host = [
        tagged(pci("3b:00.0"), "pool", "gold"),
        tagged(pci("5e:00.0"), "pool", "gold"),
        pci("86:00.0"),
        vf("af:02.0", "af:00.0"),
    ];
    let all = "3b:00.0 5e:00.0 86:00.0 af:02.0";
    check(
        &[
            (&[("gpu", 1), ("gold", 2)], "3b:00.0 5e:00.0 86:00.0"),
            (&[("gold", 2), ("gpu", 1)], "3b:00.0 5e:00.0 86:00.0"),
            (&[("any", 1), ("gpu", 1), ("gold", 2)], all),
            (&[("gold", 1), ("gold", 1), ("any", 2)], all),
            (&[("gpu", 2), ("gold", 2)], "gold 2>1"),
            (&[("any", 5)], "any 5>4"),
        ],
        &host,
    );
}

/// How a device stands; most are free.
#[derive(Debug, Clone, Copy)]
enum State {
    Free,
    Owned,
    Foreign,
    Dirty,
    Gone,
}

fn state() -> impl Strategy<Value = State> {
    prop_oneof![
        6 => Just(State::Free),
        1 => Just(State::Owned),
        1 => Just(State::Foreign),
        1 => Just(State::Dirty),
        1 => Just(State::Gone),
    ]
}

fn stands(device: Device, state: State, gold: bool) -> Device {
    let device = if gold { tagged(device, "pool", "gold") } else { device };
    match state {
        State::Free => device,
        State::Owned => owned(device),
        State::Foreign => foreign(device),
        State::Dirty => dirty(device),
        State::Gone => gone(device),
    }
}

/// A host of standalone devices and families, its devices in any order.
fn any_host() -> impl Strategy<Value = Vec<Device>> {
    let standing = || (state(), any::<bool>());
    let family = (standing(), prop::collection::vec(standing(), 0..4));
    let host = (prop::collection::vec(standing(), 0..4), prop::collection::vec(family, 0..4));
    host.prop_map(|(alone, families)| {
        let single = |(n, (state, gold)): (usize, (State, bool))| {
            stands(pci(&format!("{:02x}:00.0", 0x80 + n)), state, gold)
        };
        let mut devices: Vec<Device> = alone.into_iter().enumerate().map(single).collect();
        for (bus, ((state, gold), vfs)) in families.into_iter().enumerate() {
            let parent = format!("{bus:02x}:00.0");
            devices.push(stands(pf(&parent), state, gold));
            for (n, (state, gold)) in vfs.into_iter().enumerate() {
                devices.push(stands(vf(&format!("{bus:02x}:02.{n}"), &parent), state, gold));
            }
        }
        devices
    })
    .prop_shuffle()
}

fn any_requests() -> impl Strategy<Value = Vec<DeviceRequest>> {
    let one = (prop::sample::select(vec!["gpu", "vf", "pf", "any", "gold"]), 1..4u32);
    prop::collection::vec(one, 0..4).prop_map(|wanted| requests(&wanted))
}

/// Every way to meet the requests, tried out.
fn can_be_met(units: &[&DeviceRequest], free: &[&Observed], taken: &mut Vec<Address>) -> bool {
    let Some((request, rest)) = units.split_first() else { return true };
    free.iter().any(|device| {
        let conflicts = taken.iter().any(|address| {
            let relative = |seen: &Observed| seen.address == *address && seen.parent == Some(device.address);
            *address == device.address
                || Some(*address) == device.parent
                || free.iter().any(|seen| relative(seen))
        });
        if conflicts || !request.matches(device) {
            return false;
        }
        taken.push(device.address);
        let met = can_be_met(rest, free, taken);
        taken.pop();
        met
    })
}

fn units(requests: &[DeviceRequest]) -> Vec<&DeviceRequest> {
    requests.iter().flat_map(|request| std::iter::repeat_n(request, request.count as usize)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_selection_is_grantable_free_of_conflict_and_complete(requests in any_requests(), host in any_host()) {
        let Ok(addresses) = select(&requests, &host, false) else { return Ok(()) };
        let in_use = InUse::on_host(&host, false);
        let chosen: Vec<&Device> = host.iter().filter(|device| addresses.contains(&device.seen.address)).collect();
        prop_assert_eq!(chosen.len(), addresses.len());
        prop_assert_eq!(chosen.len(), units(&requests).len());
        for device in &chosen {
            prop_assert!(device.grantable(&in_use), "{:?} is not grantable", device);
            let pf_too = device.seen.parent.is_some_and(|pf| addresses.contains(&pf));
            prop_assert!(!pf_too, "{:?} is chosen with its physical function", device);
        }
        let seen: Vec<&Observed> = chosen.iter().map(|device| &device.seen).collect();
        prop_assert!(can_be_met(&units(&requests), &seen, &mut Vec::new()), "the devices are not what was asked for");
        prop_assert!(addresses.is_sorted());
    }

    #[test]
    fn the_order_of_devices_does_not_matter(requests in any_requests(), host in any_host()) {
        let mut sorted = host.clone();
        sorted.sort_by_key(|device| device.seen.address);
        prop_assert_eq!(select(&requests, &host, false), select(&requests, &sorted, false));
    }

    #[test]
    fn what_can_be_met_is_met(requests in any_requests(), host in any_host()) {
        let mut others: Vec<&str> = requests.iter().map(|r| r.alias.as_str()).filter(|alias| *alias != "pf").collect();
        others.sort_unstable();
        others.dedup();
        let whole = requests.iter().any(|request| request.alias == "pf");
        // The exception that the module names.
        prop_assume!(!whole || others.len() <= 1);
        let in_use = InUse::on_host(&host, false);
        let free: Vec<&Observed> = host.iter().filter(|d| d.grantable(&in_use)).map(|d| &d.seen).collect();
        let met = can_be_met(&units(&requests), &free, &mut Vec::new());
        prop_assert_eq!(select(&requests, &host, false).is_ok(), met);
    }

    #[test]
    fn a_shortage_is_short(requests in any_requests(), host in any_host(), quarantined: bool) {
        if let Err(shortage) = select(&requests, &host, quarantined) {
            prop_assert!(shortage.grantable < shortage.wanted);
            prop_assert!(!quarantined || shortage.grantable == 0);
        }
    }
}

#[test]
fn a_full_host_is_served_in_good_time() {
    // 16 functions of 64 parts each; the count of matching steps, not the clock, keeps this bounded.
    let mut host = Vec::new();
    for bus in 0..16 {
        let parent = format!("{bus:02x}:00.0");
        host.push(pf(&parent));
        host.extend((0..64).map(|n| vf(&format!("{bus:02x}:{:02x}.{}", 1 + n / 8, n % 8), &parent)));
    }
    let addresses =
        select(&requests(&[("pf", 2), ("vf", 30), ("any", 32)]), &host, false).expect("there is room");
    assert_eq!(addresses.len(), 64);
    assert_eq!(addresses[0], at("00:00.0"));
}
