//! Choosing concrete devices of one host for everything that an instance asks for.
//!
//! What is guaranteed:
//! - Only grantable devices are chosen, never one twice, never a physical function together with one of its
//!   virtual functions, and exactly as many as each request asks for.
//! - The choice depends on the requests and the set of devices alone, not on the devices' order.
//! - If the requests can be met, they are, with one exception. Requests that overlap are matched exactly:
//!   a device moves from one request to another where that lets a further one be met. Whole physical functions
//!   are chosen before anything else, those first that take the fewest virtual functions away from the other
//!   requests. Where *several different* requests for virtual functions compete with requests for whole
//!   physical functions for the same families, that order can miss an assignment and report a shortage:
//!   to be exact there would mean trying every set of physical functions.
//! - Virtual functions come first from physical functions that are split already, the fullest first, then from
//!   those that nobody could be given whole, and last from whole ones, the largest first, so that few are split.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Address, Device, DeviceRequest, InUse, Kind, Observed};

/// Why a host cannot meet a request beside the others of the same instance.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[error("{wanted} devices of alias {alias} wanted, {grantable} grantable{}", waiting(*.to_sanitize))]
pub struct Shortage {
    pub alias: String,
    pub wanted: u32,
    /// How many could be granted for it beside what the other requests take.
    pub grantable: u32,
    /// How many that nobody holds are dirty.
    pub to_sanitize: u32,
}

fn waiting(to_sanitize: u32) -> String {
    if to_sanitize == 0 { String::new() } else { format!(", {to_sanitize} to be sanitised") }
}

/// Chooses the devices to grant for `requests` among `devices`, all those of one host. In order of address.
///
/// # Errors
/// When a request cannot be met: the first such one.
pub fn select(
    requests: &[DeviceRequest],
    devices: &[Device],
    quarantined: bool,
) -> Result<Vec<Address>, Shortage> {
    let offers = Offers::of(requests, devices, &InUse::on_host(devices, quarantined));
    let mut grant = Grant::of(requests);
    for pf in offers.physical_functions() {
        grant.give(pf);
    }
    for device in offers.others_beside(&grant.addresses()) {
        grant.give(device);
    }
    grant.complete().map_err(|short| {
        let request = requests.iter().find(|request| request.alias == short.alias);
        let dirty = devices.iter().filter(|device| device.to_sanitize().is_some() && !device.foreign);
        let useful = dirty.filter(|device| request.is_some_and(|request| request.matches(&device.seen)));
        Shortage { to_sanitize: u32::try_from(useful.count()).unwrap_or(u32::MAX), ..short }
    })
}

/// The devices that may be granted and that some request can use.
struct Offers<'a> {
    devices: Vec<&'a Observed>,
    /// How many of these are virtual functions of a physical one.
    vfs: BTreeMap<Address, usize>,
    /// Physical functions of which a part is in use.
    split: BTreeSet<Address>,
    /// Physical functions that could be granted, to this instance or another.
    whole: BTreeSet<Address>,
}

/// What it costs to grant a device that is no physical function; the cheapest first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Cost {
    /// Its physical function is split already, and offers `left` virtual functions.
    AlreadySplit { left: usize },
    /// No physical function that could be granted whole is touched.
    Nothing,
    /// A physical function that could be granted whole is split. It offers `left` virtual functions.
    Splits { left: Reverse<usize> },
}

impl<'a> Offers<'a> {
    fn of(requests: &[DeviceRequest], devices: &'a [Device], in_use: &InUse) -> Self {
        let grantable =
            || devices.iter().filter(|device| device.grantable(in_use)).map(|device| &device.seen);
        let useful = |seen: &&Observed| requests.iter().any(|request| request.matches(seen));
        let mut offers = Offers {
            devices: grantable().filter(useful).collect(),
            vfs: BTreeMap::new(),
            split: devices
                .iter()
                .filter_map(|device| device.seen.parent)
                .filter(|pf| in_use.splits(*pf))
                .collect(),
            whole: grantable().filter(|seen| seen.kind == Kind::Pf).map(|seen| seen.address).collect(),
        };
        for pf in offers.devices.iter().filter_map(|seen| seen.parent) {
            *offers.vfs.entry(pf).or_default() += 1;
        }
        offers
    }

    /// Those first that take the fewest virtual functions away from the other requests.
    fn physical_functions(&self) -> Vec<&'a Observed> {
        let mut pfs: Vec<_> = self.devices.iter().copied().filter(|seen| seen.kind == Kind::Pf).collect();
        pfs.sort_by_key(|seen| (self.vfs_of(seen.address), seen.address));
        pfs
    }

    /// Everything else that can be granted beside the physical functions `taken`, the cheapest first.
    fn others_beside(&self, taken: &BTreeSet<Address>) -> Vec<&'a Observed> {
        let beside =
            |seen: &&Observed| seen.kind != Kind::Pf && seen.parent.is_none_or(|pf| !taken.contains(&pf));
        let mut others: Vec<_> = self.devices.iter().copied().filter(beside).collect();
        others.sort_by_key(|seen| (self.cost(seen), seen.parent, seen.address));
        others
    }

    fn cost(&self, seen: &Observed) -> Cost {
        match seen.parent {
            Some(pf) if self.split.contains(&pf) => Cost::AlreadySplit { left: self.vfs_of(pf) },
            Some(pf) if self.whole.contains(&pf) => Cost::Splits { left: Reverse(self.vfs_of(pf)) },
            Some(_) | None => Cost::Nothing,
        }
    }

    fn vfs_of(&self, pf: Address) -> usize {
        self.vfs.get(&pf).copied().unwrap_or_default()
    }
}

/// Which devices each request is given: a matching that grows by augmenting paths, so that devices offered
/// earlier stay chosen whenever that leaves the rest possible.
struct Grant<'a> {
    requests: &'a [DeviceRequest],
    given: Vec<Vec<&'a Observed>>,
}

impl<'a> Grant<'a> {
    fn of(requests: &'a [DeviceRequest]) -> Self {
        Grant { requests, given: vec![Vec::new(); requests.len()] }
    }

    /// Gives the device to a request that lacks one, directly or by moving others; else leaves it.
    fn give(&mut self, device: &'a Observed) {
        if self.short().next().is_some() {
            let mut tried = vec![false; self.requests.len()];
            self.place(device, &mut tried);
        }
    }

    /// Each request is tried once for each device given, so this descends at most as deep as there are requests.
    fn place(&mut self, device: &'a Observed, tried: &mut [bool]) -> bool {
        for r in 0..self.requests.len() {
            if tried[r] || !self.requests[r].matches(device) {
                continue;
            }
            tried[r] = true;
            if self.lacks(r) > 0 {
                self.given[r].push(device);
                return true;
            }
            // Nothing below touches this request's devices: it counts as tried.
            let moved = (0..self.given[r].len()).find(|&i| self.place(self.given[r][i], tried));
            if let Some(i) = moved {
                self.given[r][i] = device;
                return true;
            }
        }
        false
    }

    fn lacks(&self, request: usize) -> u32 {
        let given = u32::try_from(self.given[request].len()).unwrap_or(u32::MAX);
        self.requests[request].count.saturating_sub(given)
    }

    fn short(&self) -> impl Iterator<Item = usize> {
        (0..self.requests.len()).filter(|&request| self.lacks(request) > 0)
    }

    fn addresses(&self) -> BTreeSet<Address> {
        self.given.iter().flatten().map(|seen| seen.address).collect()
    }

    fn complete(&self) -> Result<Vec<Address>, Shortage> {
        match self.short().next() {
            None => Ok(self.addresses().into_iter().collect()),
            Some(request) => {
                let DeviceRequest { alias, count, .. } = &self.requests[request];
                let grantable = count - self.lacks(request);
                Err(Shortage { alias: alias.clone(), wanted: *count, grantable, to_sanitize: 0 })
            }
        }
    }
}

#[cfg(test)]
mod tests;
