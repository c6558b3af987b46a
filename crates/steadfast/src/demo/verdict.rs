//! What became of the devices: a comparison of who held what before, of what the store says after, and of what the
//! guests really have.

use std::collections::BTreeMap;
use std::sync::Arc;

use steadfast_model::ids::{ClaimId, HostId};
use steadfast_model::invariant::guests::Observed;
use steadfast_model::pci::{Address, Device};

use super::holding::Holding;

/// Devices, counted, with a sentence for each that is not where it should be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Devices that instances have as they had them: claimed, owned by that claim, and in the running guest.
    pub kept: usize,
    /// Devices that instances had and have no more.
    pub lost: usize,
    /// Devices that two guests have, or two claims.
    pub doubled: usize,
    /// Devices that are held by or for nobody.
    pub leaked: usize,
    pub sentences: Vec<String>,
}

impl Verdict {
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.lost == 0 && self.doubled == 0 && self.leaked == 0
    }
}

/// Compares. `devices` are all device rows of the store.
#[must_use]
pub fn judge(before: &[Holding], after: &[Holding], devices: &[Arc<Device>], guests: &Observed) -> Verdict {
    let mut verdict = Verdict::default();
    let owners: BTreeMap<(&HostId, Address), ClaimId> = devices
        .iter()
        .filter_map(|device| Some(((&device.host, device.seen.address), device.owner?)))
        .collect();
    for holding in before {
        let now = after.iter().find(|now| now.instance == holding.instance);
        let kept = now.map_or(0, |now| really_held(now, &owners, guests)).min(holding.devices.len());
        let lost = holding.devices.len() - kept;
        verdict.kept += kept;
        verdict.lost += lost;
        if lost > 0 {
            let (name, had) = (&holding.name, holding.devices.len());
            verdict.sentences.push(format!("{name} had {had} devices and has {kept}"));
        }
    }
    count_doubled(&mut verdict, after, guests);
    count_leaked(&mut verdict, after, &owners, guests);
    verdict
}

/// How many devices of an instance are claimed, owned by the claim, and in the guest that runs for it.
fn really_held(now: &Holding, owners: &BTreeMap<(&HostId, Address), ClaimId>, guests: &Observed) -> usize {
    let here = guests.get(&now.host).into_iter().flatten();
    let guest = here.into_iter().find(|guest| guest.claim == Some(now.claim) && guest.running);
    let in_guest = |device: &Address| guest.is_some_and(|guest| guest.devices.contains(device));
    let owned = |device: &Address| owners.get(&(&now.host, *device)) == Some(&now.claim);
    now.devices.iter().filter(|device| owned(device) && in_guest(device)).count()
}

fn count_doubled(verdict: &mut Verdict, after: &[Holding], guests: &Observed) {
    let mut users: BTreeMap<(&HostId, Address), Vec<String>> = BTreeMap::new();
    for (host, guest) in
        guests.iter().flat_map(|(host, guests)| guests.iter().map(move |guest| (host, guest)))
    {
        for device in &guest.devices {
            users.entry((host, *device)).or_default().push(format!("guest {}", guest.tag));
        }
    }
    let mut claims: BTreeMap<(&HostId, Address), Vec<String>> = BTreeMap::new();
    for holding in after {
        for device in &holding.devices {
            claims.entry((&holding.host, *device)).or_default().push(holding.name.clone());
        }
    }
    for ((host, device), holders) in users.into_iter().chain(claims).filter(|(_, holders)| holders.len() > 1)
    {
        verdict.doubled += 1;
        verdict.sentences.push(format!("{device} on {host} is held by {}", holders.join(" and ")));
    }
}

fn count_leaked(
    verdict: &mut Verdict,
    after: &[Holding],
    owners: &BTreeMap<(&HostId, Address), ClaimId>,
    guests: &Observed,
) {
    let holds = |claim: ClaimId| after.iter().any(|holding| holding.claim == claim);
    for ((host, device), claim) in owners.iter().filter(|(_, claim)| !holds(**claim)) {
        verdict.leaked += 1;
        verdict.sentences.push(format!("{device} on {host} is still owned by claim {claim}"));
    }
    for (host, guest) in
        guests.iter().flat_map(|(host, guests)| guests.iter().map(move |guest| (host, guest)))
    {
        if guest.claim.is_some_and(holds) {
            continue;
        }
        verdict.leaked += guest.devices.len();
        verdict.sentences.push(format!("guest {} on {host} is nobody's", guest.tag));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use steadfast_model::hypervisor::SeenGuest;
    use steadfast_model::ids::InstanceId;
    use steadfast_model::pci::{HexId, Kind, Observed as SeenDevice};
    use uuid::Uuid;

    use super::*;

    fn at(bus: u8) -> Address {
        Address { domain: 0, bus, slot: 0, function: 0 }
    }

    fn host(n: u8) -> HostId {
        format!("host{n}").parse().expect("a name")
    }

    /// Instance `n` at home on `host` under claim `claim`, with devices on these buses.
    fn holding(n: u8, on: u8, claim: u8, buses: &[u8]) -> Holding {
        Holding {
            instance: InstanceId(Uuid::from_u128(n.into())),
            name: format!("vm{n}"),
            host: host(on),
            claim: ClaimId(Uuid::from_u128(claim.into())),
            devices: buses.iter().copied().map(at).collect(),
        }
    }

    fn row(on: u8, bus: u8, owner: Option<u8>) -> Arc<Device> {
        let seen = SeenDevice {
            address: at(bus),
            kind: Kind::Pci,
            vendor: HexId(1),
            product: HexId(2),
            numa_node: None,
            parent: None,
            resource_class: None,
            traits: BTreeSet::new(),
            tags: BTreeMap::new(),
            sanitizer: None,
        };
        let owner = owner.map(|claim| ClaimId(Uuid::from_u128(claim.into())));
        Arc::new(Device {
            host: host(on),
            seen,
            owner,
            present: true,
            foreign: false,
            dirt: None,
            stuck: None,
        })
    }

    fn guest(claim: u8, running: bool, buses: &[u8]) -> SeenGuest {
        let claim = ClaimId(Uuid::from_u128(claim.into()));
        let tag = claim.into();
        SeenGuest { tag, claim: Some(claim), running, devices: buses.iter().copied().map(at).collect() }
    }

    /// One instance with device 1 of host1 under claim 1 before, and under claim 2 on host2 after.
    fn check(
        rows: &[Arc<Device>],
        guests: Vec<(u8, Vec<SeenGuest>)>,
        expected: (usize, usize, usize, usize),
    ) {
        let (before, after) = ([holding(1, 1, 1, &[1])], [holding(1, 2, 2, &[1])]);
        let guests = guests.into_iter().map(|(on, guests)| (host(on), guests)).collect();
        let verdict = judge(&before, &after, rows, &guests);
        let counts = (verdict.kept, verdict.lost, verdict.doubled, verdict.leaked);
        assert_eq!(counts, expected, "{:?}", verdict.sentences);
        assert_eq!(verdict.sentences.is_empty(), verdict.is_clean());
    }

    #[test]
    fn a_device_counts_as_kept_only_if_store_and_guest_agree() {
        let owned = || vec![row(1, 1, None), row(2, 1, Some(2))];
        check(&owned(), vec![(2, vec![guest(2, true, &[1])])], (1, 0, 0, 0));
        // The store freed it.
        check(&[row(2, 1, None)], vec![(2, vec![guest(2, true, &[1])])], (0, 1, 0, 0));
        // The guest does not have it, does not run, or is not there.
        check(&owned(), vec![(2, vec![guest(2, true, &[])])], (0, 1, 0, 0));
        check(&owned(), vec![(2, vec![guest(2, false, &[1])])], (0, 1, 0, 0));
        check(&owned(), vec![], (0, 1, 0, 0));
    }

    #[test]
    fn what_nobody_holds_is_leaked_and_what_two_hold_is_doubled() {
        let rows = || vec![row(1, 1, Some(1)), row(2, 1, Some(2))];
        let running = || guest(2, true, &[1]);
        // The old claim still owns the old device.
        check(&rows(), vec![(2, vec![running()])], (1, 0, 0, 1));
        // The old guest is still there.
        check(
            &[row(2, 1, Some(2))],
            vec![(1, vec![guest(1, false, &[1])]), (2, vec![running()])],
            (1, 0, 0, 1),
        );
        // A second guest has the device: doubled, and that guest is nobody's.
        check(&[row(2, 1, Some(2))], vec![(2, vec![running(), guest(9, true, &[1])])], (1, 0, 1, 1));
    }
}
