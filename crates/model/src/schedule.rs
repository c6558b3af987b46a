//! Which hosts could take an instance, in which order, and why the others could not.
//!
//! Scheduling only proposes. The claim's transaction asks [`admit`] again of the rows it reads (A9).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::claim::Claim;
use crate::host::Host;
use crate::ids::HostId;
use crate::inventory::{Amounts, Inventory, ResourceClass};
use crate::pci::{self, Address, Device, DeviceRequest, Shortage};

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Request {
    pub amounts: Amounts,
    pub devices: Vec<DeviceRequest>,
    /// The only host that will do, if one was named.
    pub only: Option<HostId>,
    /// Hosts that will not do: the one that the instance leaves.
    pub exclude: BTreeSet<HostId>,
}

/// A host and everything that decides what it can take, of one version of the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostView {
    pub host: Host,
    pub inventory: Vec<Inventory>,
    pub devices: Vec<Device>,
    pub claimed: Amounts,
}

impl HostView {
    #[must_use]
    pub fn new<'a>(
        host: Host,
        inventory: Vec<Inventory>,
        devices: Vec<Device>,
        claims: impl IntoIterator<Item = &'a Claim>,
    ) -> Self {
        let mut claimed = Amounts::default();
        claims.into_iter().for_each(|claim| claimed += claim.amounts);
        HostView { host, inventory, devices, claimed }
    }
}

/// Every host, as far as scheduling cares.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Fleet {
    pub hosts: BTreeMap<HostId, std::sync::Arc<HostView>>,
}

/// Why a host was refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    NotRequested,
    IsSource,
    Removed,
    Fenced,
    Unregistered,
    Quarantined,
    Disabled(String),
    Full { class: ResourceClass, wanted: u64, free: u64 },
    Devices(Shortage),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NotRequested => f.write_str("another host was asked for"),
            Refusal::IsSource => f.write_str("the instance is leaving it"),
            Refusal::Removed => f.write_str("it was removed"),
            Refusal::Fenced => f.write_str("it is fenced"),
            Refusal::Unregistered => f.write_str("its agent is not registered"),
            Refusal::Quarantined => f.write_str("it is quarantined until a report shows no unknown guest"),
            Refusal::Disabled(reason) if reason.is_empty() => f.write_str("it is disabled"),
            Refusal::Disabled(reason) => write!(f, "it is disabled: {reason}"),
            Refusal::Full { class, wanted, free } => write!(f, "{wanted} {class} wanted, {free} free"),
            Refusal::Devices(shortage) => shortage.fmt(f),
        }
    }
}

/// A refused host, with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Refused {
    pub host: HostId,
    pub why: Refusal,
}

/// Says of every refused host why, as one sentence for people.
#[must_use]
pub fn no_valid_host(refused: &[Refused]) -> String {
    if refused.is_empty() {
        return "No valid host was found: no host is known".to_owned();
    }
    let reasons: Vec<String> = refused.iter().map(|r| format!("{}: {}", r.host, r.why)).collect();
    format!("No valid host was found ({})", reasons.join("; "))
}

/// The candidates, best first, and the refusals.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ranking {
    pub candidates: Vec<HostId>,
    pub refused: Vec<Refused>,
}

/// What a host would give: nothing is granted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub devices: Vec<Address>,
}

/// The policy: fields in order of importance, smaller is better, the host's name last so that ties are settled.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Score {
    /// Keep hosts with devices free of instances that need none.
    devices_wasted: usize,
    /// Spread by memory, as Nova does.
    memory_free_mb: Reverse<u64>,
    host: HostId,
}

/// Whether the host can take the instance now, and with which devices.
///
/// # Errors
/// The first reason why it cannot.
pub fn admit(view: &HostView, request: &Request) -> Result<Grant, Refusal> {
    let host = &view.host;
    if request.only.as_ref().is_some_and(|only| *only != host.id) {
        return Err(Refusal::NotRequested);
    }
    if request.exclude.contains(&host.id) {
        return Err(Refusal::IsSource);
    }
    if host.removed {
        return Err(Refusal::Removed);
    }
    if host.is_fenced() {
        return Err(Refusal::Fenced);
    }
    if !host.registered {
        return Err(Refusal::Unregistered);
    }
    if host.quarantined {
        return Err(Refusal::Quarantined);
    }
    if let Some(reason) = &host.disabled {
        return Err(Refusal::Disabled(reason.clone()));
    }
    ResourceClass::ALL.into_iter().try_for_each(|class| room(view, class, request.amounts.of(class)))?;
    let devices = pci::select(&request.devices, &view.devices, host.quarantined).map_err(Refusal::Devices)?;
    Ok(Grant { devices })
}

fn room(view: &HostView, class: ResourceClass, wanted: u64) -> Result<(), Refusal> {
    if wanted == 0 {
        return Ok(());
    }
    let used = view.claimed.of(class);
    let stock = view.inventory.iter().map(|row| row.stock).find(|stock| stock.class == class);
    match stock {
        Some(stock) if stock.fits(used, wanted) => Ok(()),
        Some(stock) => Err(Refusal::Full { class, wanted, free: stock.capacity().saturating_sub(used) }),
        None => Err(Refusal::Full { class, wanted, free: 0 }),
    }
}

fn score(view: &HostView, request: &Request) -> Score {
    let free = view.inventory.iter().find(|row| row.stock.class == ResourceClass::MemoryMb);
    let memory_free_mb = free.map_or(0, |row| row.stock.capacity().saturating_sub(view.claimed.memory_mb));
    let idle = || view.devices.iter().filter(|device| device.owner.is_none()).count();
    let devices_wasted = if request.devices.is_empty() { idle() } else { 0 };
    Score { devices_wasted, memory_free_mb: Reverse(memory_free_mb), host: view.host.id.clone() }
}

/// Ranks the hosts of a fleet for one request.
#[must_use]
pub fn rank(fleet: &Fleet, request: &Request) -> Ranking {
    let mut scored = Vec::new();
    let mut ranking = Ranking::default();
    for (id, view) in &fleet.hosts {
        match admit(view, request) {
            Ok(_) => scored.push(score(view, request)),
            Err(why) => ranking.refused.push(Refused { host: id.clone(), why }),
        }
    }
    scored.sort();
    ranking.candidates = scored.into_iter().map(|score| score.host).collect();
    ranking
}
