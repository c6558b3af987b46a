//! What an agent does and says about one entry of its list, or one device on it: a function of what is wanted and what
//! is seen.

use crate::claim::Wanted;
use crate::hypervisor::{Act, Seen, SeenGuest};
use crate::ids::SanitizerName;
use crate::message::{Answer, Entry, List, Sanitize, Statement};
use crate::pci::{Address, family};

/// The act that brings the guest nearer to what is wanted; none when it is there.
#[must_use]
pub fn act_for(entry: &Entry, seen: Option<&SeenGuest>) -> Option<Act> {
    let claim = entry.guest.claim;
    let build = |run| Some(Act::Build { guest: entry.guest.clone(), run });
    match (entry.wanted, seen.map(|guest| guest.running)) {
        (Wanted::Run, None) => build(true),
        (Wanted::Run, Some(false)) => Some(Act::Start(claim)),
        (Wanted::BuildOff, None) => build(false),
        (Wanted::BuildOff | Wanted::Off, Some(true)) => Some(Act::Stop(claim)),
        (Wanted::Gone, Some(_)) => Some(Act::Destroy(claim)),
        (Wanted::Run, Some(true))
        | (Wanted::BuildOff, Some(false))
        | (Wanted::Off, None | Some(false))
        | (Wanted::Gone, None) => None,
    }
}

/// What can be said of the guest now; none while nothing is sure. `open` is whether an order of the agent's own for it
/// has not ended: then neither `off` nor `gone` is true yet (A3), and `running` may not last, for a start can still
/// fail. `failed` is why this very order failed.
#[must_use]
pub fn statement(
    entry: &Entry,
    seen: Option<&SeenGuest>,
    open: bool,
    failed: Option<&str>,
) -> Option<Statement> {
    if open {
        return None;
    }
    let answer = match (entry.wanted, seen.map(|guest| guest.running)) {
        (Wanted::Run, Some(true)) => Some(Answer::Running),
        (Wanted::BuildOff, Some(false)) | (Wanted::Off, None | Some(false)) => Some(Answer::Off),
        (Wanted::Gone, None) => Some(Answer::Gone),
        (Wanted::Run, None | Some(false))
        | (Wanted::BuildOff, None | Some(true))
        | (Wanted::Off, Some(true))
        | (Wanted::Gone, Some(_)) => failed.map(|reason| Answer::Failed(reason.to_owned())),
    };
    Some(Statement { claim: entry.guest.claim, order: entry.order, answer: answer? })
}

/// What is done about a device that is to be sanitised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cleaning {
    /// It is sanitised now.
    By(SanitizerName),
    /// It cannot be done as long as this is so.
    Stuck(String),
    /// It is not there any more: the next count says so.
    Absent,
}

/// Decides it. Whatever a claim of the list or any guest has is left alone, and so is what shares its hardware: the
/// list may be older than what is there, and the guest not ours.
#[must_use]
pub fn cleaning(asked: &Sanitize, list: &List, seen: &Seen) -> Cleaning {
    let device = asked.device;
    let Some(here) = seen.devices.iter().find(|here| here.address == device) else { return Cleaning::Absent };
    let family = family(&seen.devices, device);
    let shared = |devices: &[Address]| devices.iter().copied().find(|at| family.contains(at));
    let guest = seen
        .guests
        .iter()
        .find_map(|guest| shared(&guest.devices).map(|at| format!("guest {} has {at}", guest.tag)));
    let user = guest.or_else(|| {
        list.entries.iter().find_map(|Entry { guest, .. }| {
            shared(&guest.devices).map(|at| format!("claim {} has {at}", guest.claim))
        })
    });
    match (user, &here.sanitizer) {
        (Some(user), _) => Cleaning::Stuck(user),
        (None, None) => Cleaning::Stuck("its device_spec names no sanitizer any more".to_owned()),
        (None, Some(by)) => Cleaning::By(by.clone()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use uuid::Uuid;

    use super::*;
    use crate::host::Machine;
    use crate::ids::{Attempt, ClaimId, Epoch, InstanceId, ListGen, Order};
    use crate::inventory::Amounts;
    use crate::message::GuestSpec;
    use crate::pci::{Dirt, HexId, Kind, Observed};

    fn entry(wanted: Wanted) -> Entry {
        let (claim, instance) = (ClaimId(Uuid::from_u128(1)), InstanceId(Uuid::from_u128(2)));
        let guest = GuestSpec::new(claim, instance, Amounts::default(), Vec::new());
        Entry { order: Order(1), attempt: Attempt(1), wanted, guest }
    }

    fn guest(running: bool) -> SeenGuest {
        let claim = ClaimId(Uuid::from_u128(1));
        let tag = claim.into();
        SeenGuest { tag, claim: Some(claim), running, devices: Vec::new() }
    }

    fn device(address: &str, parent: Option<&str>, sanitizer: Option<&str>) -> Observed {
        let at = |text: &str| format!("0000:{text}").parse().expect("an address");
        Observed {
            address: at(address),
            kind: Kind::Pci,
            vendor: HexId(0x8086),
            product: HexId(0x1572),
            numa_node: None,
            parent: parent.map(at),
            resource_class: None,
            traits: BTreeSet::new(),
            tags: BTreeMap::new(),
            sanitizer: sanitizer.map(|name| name.parse().expect("a name")),
        }
    }

    #[test]
    fn what_somebody_has_is_left_alone() {
        let (free, pf, vf) = ("3b:00.0", "5e:00.0", "5e:02.0");
        // The device, what a guest has, what a claim of the list has, and what is done.
        let table = [
            (free, None, None, Some(Ok("wipe"))),
            (free, Some(free), None, Some(Err("guest web has 0000:3b:00.0"))),
            (free, None, Some(free), Some(Err("has 0000:3b:00.0"))),
            (free, Some(pf), Some(vf), Some(Ok("wipe"))),
            // What shares the hardware would be stopped as well.
            (pf, Some(vf), None, Some(Err("guest web has 0000:5e:02.0"))),
            (vf, None, Some(pf), Some(Err("has 0000:5e:00.0"))),
            (pf, None, None, Some(Ok("wipe"))),
            (vf, None, None, Some(Err("names no sanitizer"))),
            ("ff:00.0", None, None, None),
        ];
        let at = |text: &str| format!("0000:{text}").parse().expect("an address");
        for (asked, guest, claimed, done) in table {
            let devices = vec![
                device(free, None, Some("wipe")),
                device(pf, None, Some("wipe")),
                device(vf, Some(pf), None),
            ];
            let guests = guest.map(|has| SeenGuest {
                tag: "web".parse().expect("a name"),
                claim: None,
                running: false,
                devices: vec![at(has)],
            });
            let mut entries = vec![entry(Wanted::Off)];
            entries[0].guest.devices.extend(claimed.map(at));
            let list = List { epoch: Epoch(1), list_gen: ListGen(1), entries, to_sanitize: Vec::new() };
            let seen = Seen {
                boot_id: Uuid::nil(),
                guests: guests.into_iter().collect(),
                machine: Machine::default(),
                stocks: Vec::new(),
                devices,
            };
            let dirt = Dirt::Used(ClaimId(Uuid::from_u128(9)));
            match (cleaning(&Sanitize { device: at(asked), dirt }, &list, &seen), done) {
                (Cleaning::By(name), Some(Ok(wanted))) => assert_eq!(name.as_str(), wanted),
                (Cleaning::Stuck(why), Some(Err(wanted))) => assert!(why.contains(wanted), "{why}"),
                (Cleaning::Absent, None) => {}
                (other, wanted) => panic!("{asked} {guest:?} {claimed:?}: {other:?}, not {wanted:?}"),
            }
        }
    }

    #[test]
    fn nothing_is_said_while_an_order_is_open() {
        let lasting = [
            (Wanted::Run, Some(true), Answer::Running),
            (Wanted::BuildOff, Some(false), Answer::Off),
            (Wanted::Off, Some(false), Answer::Off),
            (Wanted::Off, None, Answer::Off),
            (Wanted::Gone, None, Answer::Gone),
        ];
        for (wanted, seen, answer) in lasting {
            let (entry, seen) = (entry(wanted), seen.map(guest));
            let said = |open| statement(&entry, seen.as_ref(), open, None).map(|said| said.answer);
            assert_eq!(said(false), Some(answer), "{wanted:?}");
            assert_eq!(said(true), None, "{wanted:?} with an open order");
            assert_eq!(act_for(&entry, seen.as_ref()), None, "{wanted:?}");
        }
    }
}
