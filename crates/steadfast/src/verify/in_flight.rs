//! What is not over, and whom it waits for.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use steadfast_model::claim::{Claim, Role};
use steadfast_model::host::Host;
use steadfast_model::ids::{HostId, InstanceId, Moment};
use steadfast_model::instance::{Instance, Operation};
use steadfast_model::ledger::Event;
use steadfast_model::pci::{Address, Device, Dirt};
use steadfast_operations::seam::LedgerLine;
use steadfast_store::Snapshot;

/// One thing that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InFlight {
    /// What it is: `evacuate of vm1 (…)`.
    pub what: String,
    pub waits_for: String,
    #[serde(skip)]
    pub since: Moment,
}

/// Everything that is not over: operations first, then claims that are leaving, then fencings, then dirty devices.
#[must_use]
pub fn in_flight(snapshot: &Snapshot) -> Vec<InFlight> {
    let rows = &snapshot.rows;
    let hosts: BTreeMap<&HostId, &Host> = rows.hosts.iter().map(|host| (&host.id, host.as_ref())).collect();
    let names: BTreeMap<InstanceId, &str> =
        rows.instances.iter().map(|instance| (instance.id, instance.name.as_str())).collect();
    let operations = rows.instances.iter().filter_map(|instance| {
        let operation = instance.operation?;
        let claims = rows.claims.iter().map(Arc::as_ref);
        let claims: Vec<&Claim> = claims.filter(|claim| claim.instance == instance.id).collect();
        Some(InFlight {
            what: format!("{} of {} ({})", name(operation), instance.name, instance.id),
            waits_for: awaited(operation, instance, &claims, &hosts),
            since: instance.updated_at,
        })
    });
    let leaving = rows.claims.iter().filter(|claim| claim.is_leaving()).map(|claim| {
        let name = names.get(&claim.instance).copied().unwrap_or("an unknown instance");
        InFlight {
            what: format!("claim {} of {name} leaves {}", claim.id, claim.host),
            waits_for: word_of(&claim.host, "gone", &hosts),
            since: claim.created_at,
        }
    });
    let fencings = rows.hosts.iter().filter(|host| host.fence_intent.is_some()).map(|host| InFlight {
        what: format!("fencing of {}", host.id),
        waits_for: "the receipt of the fencing driver".to_owned(),
        since: host.last_seen,
    });
    let dirtied = dirtied(&snapshot.ledger);
    let dirty = rows.devices.iter().filter_map(|device| {
        let host = hosts.get(&device.host)?;
        let dirt = device.to_sanitize()?;
        let since = dirtied.get(&(&device.host, device.seen.address));
        Some(InFlight {
            what: format!("device {}/{} is dirty ({dirt})", device.host, device.seen.address),
            waits_for: cleaner_of(device, dirt, host),
            since: since.copied().unwrap_or(host.last_seen),
        })
    });
    operations.chain(leaving).chain(fencings).chain(dirty).collect()
}

/// When each device became dirty for the last time.
fn dirtied(ledger: &[LedgerLine]) -> BTreeMap<(&HostId, Address), Moment> {
    let lines = ledger.iter().filter(|line| line.entry.event == Event::Dirtied);
    lines.filter_map(|line| Some(((&line.entry.host, line.entry.device?), line.at))).collect()
}

fn name(operation: Operation) -> &'static str {
    match operation {
        Operation::Boot => "boot",
        Operation::Stop => "stop",
        Operation::Start => "start",
        Operation::Evacuate(_) => "evacuate",
        Operation::Migrate(_) => "migrate",
        Operation::Revert(_) => "revert of the move",
        Operation::RollBack(_) => "roll-back of the move",
    }
}

/// What the next step of an operation waits for.
fn awaited(
    operation: Operation,
    instance: &Instance,
    claims: &[&Claim],
    hosts: &BTreeMap<&HostId, &Host>,
) -> String {
    let at = |role: Role| claims.iter().find(|claim| claim.role == role).map(|claim| &claim.host);
    let word = if instance.power.is_on() { "running" } else { "off" };
    let loud = |role: Role| {
        let claim = claims.iter().find(|claim| claim.role == role && !claim.is_quiet());
        claim.map(|claim| &claim.host)
    };
    let (whose, said) = match operation {
        Operation::Boot | Operation::Stop | Operation::Start => (at(Role::Home), word),
        Operation::Evacuate(_) => (at(Role::Incoming), word),
        Operation::Migrate(_) => {
            loud(Role::Home).map_or((at(Role::Incoming), word), |source| (Some(source), "off"))
        }
        Operation::Revert(_) => (loud(Role::Home).or(at(Role::Held)), "off"),
        Operation::RollBack(_) => (loud(Role::Leaving), "gone"),
    };
    let Some(host) = whose else {
        return match operation {
            Operation::RollBack(_) | Operation::Revert(_) => "a control plane".to_owned(),
            Operation::Boot
            | Operation::Stop
            | Operation::Start
            | Operation::Evacuate(_)
            | Operation::Migrate(_) => "a control plane to find a host".to_owned(),
        };
    };
    word_of(host, said, hosts)
}

/// A host's agent that has to say something, and what to do if there is none that could.
fn word_of(host: &HostId, word: &str, hosts: &BTreeMap<&HostId, &Host>) -> String {
    match hosts.get(host) {
        Some(row) if row.lives() => format!("{host} to say `{word}`"),
        Some(row) if row.is_fenced() => format!("{host}, which is down, to live again and say `{word}`"),
        Some(_) | None => {
            format!("{host}, of which no life is registered, to say `{word}`: start its agent, or fence it")
        }
    }
}

/// Who has to do something about a dirty device: its agent, and if that could not, whoever may know better.
fn cleaner_of(device: &Device, dirt: Dirt, host: &Host) -> String {
    let Device { host: id, seen, stuck, .. } = device;
    let agent = match stuck {
        Some(_) if host.lives() => format!("{id}, which tries again"),
        None if host.lives() => format!("{id} to sanitise it"),
        Some(_) | None if host.is_fenced() => format!("{id}, which is down, to live again and sanitise it"),
        Some(_) | None => format!("{id}, of which no life is registered, to sanitise it: start its agent"),
    };
    let Some(why) = stuck else { return agent };
    let (address, dirt) = (seen.address, dirt.name());
    format!(
        "{agent} (the last time: {why}), or for somebody to say `steadfast host assert-clean {id} {address} {dirt}` \
         once they know that it is clean"
    )
}
