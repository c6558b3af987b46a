//! Who holds what: as the store has it, and as the guests have it.

use std::collections::BTreeMap;

use steadfast_model::claim::Role;
use steadfast_model::hypervisor::SeenGuest;
use steadfast_model::ids::{ClaimId, HostId, InstanceId};
use steadfast_model::invariant::guests::Observed;
use steadfast_model::pci::Address;
use steadfast_store::Snapshot;

use crate::config::AgentConfig;
use crate::exit::Failure;
use crate::site::{Layout, driver};

/// One instance at home, as the store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    pub instance: InstanceId,
    pub name: String,
    pub host: HostId,
    pub claim: ClaimId,
    pub devices: Vec<Address>,
}

/// Every instance that has a home, by name.
#[must_use]
pub fn of_store(snapshot: &Snapshot) -> Vec<Holding> {
    let names: BTreeMap<InstanceId, &str> =
        snapshot.rows.instances.iter().map(|instance| (instance.id, instance.name.as_str())).collect();
    let homes = snapshot.rows.claims.iter().filter(|claim| claim.role == Role::Home);
    let mut holdings: Vec<Holding> = homes
        .map(|claim| Holding {
            instance: claim.instance,
            name: names.get(&claim.instance).copied().unwrap_or_default().to_owned(),
            host: claim.host.clone(),
            claim: claim.id,
            devices: claim.devices.clone(),
        })
        .collect();
    holdings.sort_by(|a, b| (a.name.len(), &a.name).cmp(&(b.name.len(), &b.name)));
    holdings
}

/// The guests that are on hosts now. Their agents have ended: a host has one observer.
///
/// # Errors
/// When a host cannot be looked at.
pub async fn of_guests(layout: &Layout, hosts: &[HostId]) -> Result<Observed, Failure> {
    let configs = hosts.iter().map(|host| Ok((host.clone(), AgentConfig::read(&layout.agent(host))?)));
    let configs: Vec<(HostId, AgentConfig)> = configs.collect::<Result<_, Failure>>()?;
    let look = move || -> Result<Observed, Failure> {
        configs.into_iter().map(|(host, config)| Ok((host, guests(config)?))).collect()
    };
    tokio::task::spawn_blocking(look).await.map_err(Failure::because)?
}

fn guests(config: AgentConfig) -> Result<Vec<SeenGuest>, Failure> {
    let host = config.settings.host.clone();
    let seen = driver::open_to_look(config)?.observe();
    seen.map(|seen| seen.guests).map_err(Failure::cannot(format_args!("look at {host}")))
}
