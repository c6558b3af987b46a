//! Reading hosts with what is shown of them as machines.

use std::sync::Arc;

use steadfast_model::host::Host;
use steadfast_model::instance::Instance;
use steadfast_model::inventory::{Amounts, Inventory, ResourceClass};
use steadfast_operations::seam::{Abort, Seen, View, claims_on, instances_on, inventory_of};

/// A host with its inventory, what is claimed of it, and the servers that live there.
#[derive(Debug, Clone, Hash)]
pub struct Hypervisor {
    pub host: Arc<Host>,
    pub inventory: Vec<Seen<Inventory>>,
    pub claimed: Amounts,
    pub servers: Vec<Seen<Instance>>,
}

impl Hypervisor {
    #[must_use]
    pub fn total(&self, class: ResourceClass) -> u64 {
        self.inventory.iter().find(|row| row.stock.class == class).map_or(0, |row| row.stock.total)
    }

    /// What servers and the reservation for the host itself take.
    #[must_use]
    pub fn used(&self, class: ResourceClass) -> u64 {
        let reserved =
            self.inventory.iter().find(|row| row.stock.class == class).map_or(0, |row| row.stock.reserved);
        self.claimed.of(class) + reserved
    }
}

/// # Errors
/// When the store cannot answer.
pub fn read(view: &mut View<'_>, hosts: Vec<Arc<Host>>) -> Result<Vec<Hypervisor>, Abort> {
    let asks: Vec<_> = hosts
        .iter()
        .map(|host| (inventory_of(&host.id), claims_on(&host.id), instances_on(&host.id)))
        .collect();
    let answers = view.read(asks)?;
    let mut hypervisors = Vec::with_capacity(hosts.len());
    for (host, (inventory, claims, servers)) in hosts.into_iter().zip(answers) {
        let mut claimed = Amounts::default();
        claims.iter().for_each(|claim| claimed += claim.amounts);
        hypervisors.push(Hypervisor { host, inventory, claimed, servers });
    }
    Ok(hypervisors)
}
