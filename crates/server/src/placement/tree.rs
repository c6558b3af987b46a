//! A host as a tree of resource providers: the host itself, and one child for each physical function or standalone
//! device. A virtual function counts at its physical one.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use steadfast_model::claim::Claim;
use steadfast_model::host::Host;
use steadfast_model::inventory;
use steadfast_model::inventory::ResourceClass;
use steadfast_model::pci::{Address, Device, InUse};
use steadfast_operations::seam::{Abort, Seen, View, claims_on, devices_of, hosts, inventory_of};
use uuid::{Builder, Uuid};

use super::class::ClassName;
use super::inventory::Inventory;
use super::provider::Provider;

/// The trait of every host.
const COMPUTE_NODE: &str = "COMPUTE_NODE";
/// The trait of a host that takes no new instances.
const COMPUTE_STATUS_DISABLED: &str = "COMPUTE_STATUS_DISABLED";

/// Units of each class.
pub type Amounts = BTreeMap<ClassName, u64>;

/// A host and all that its providers are made of, of one version of the store.
#[derive(Debug, Clone, Hash)]
pub struct Tree {
    pub host: Seen<Host>,
    inventory: Vec<Seen<inventory::Inventory>>,
    devices: Vec<Seen<Device>>,
    pub claims: Vec<Seen<Claim>>,
}

/// Every host that is not removed.
///
/// # Errors
/// When the store cannot answer.
pub fn forest(view: &mut View<'_>) -> Result<Vec<Tree>, Abort> {
    let hosts: Vec<_> = view.read(hosts())?.into_iter().filter(|host| !host.removed).collect();
    trees(view, hosts)
}

/// The trees of hosts.
///
/// # Errors
/// When the store cannot answer.
pub fn trees(view: &mut View<'_>, hosts: Vec<Seen<Host>>) -> Result<Vec<Tree>, Abort> {
    let asks: Vec<_> = hosts
        .iter()
        .map(|host| (inventory_of(&host.id), devices_of(&host.id), claims_on(&host.id)))
        .collect();
    let answers = view.read(asks)?;
    let tree = |(host, (inventory, devices, claims))| Tree { host, inventory, devices, claims };
    Ok(hosts.into_iter().zip(answers).map(tree).collect())
}

impl Tree {
    /// The providers, the host's own first.
    #[must_use]
    pub fn providers(&self) -> Vec<Provider> {
        let owned: Vec<Device> = self.devices.iter().map(|device| device.row.as_ref().clone()).collect();
        let in_use = InUse::on_host(&owned, self.host.quarantined);
        let mut families: BTreeMap<Address, Vec<&Device>> = BTreeMap::new();
        for device in &owned {
            families.entry(head(device)).or_default().push(device);
        }
        let children = families.into_iter().map(|(address, family)| self.child(address, &family, &in_use));
        std::iter::once(self.root()).chain(children).collect()
    }

    /// What a claim takes of each provider of the tree.
    #[must_use]
    pub fn taken_by(&self, claim: &Claim) -> BTreeMap<Uuid, Amounts> {
        let mut taken: BTreeMap<Uuid, Amounts> = BTreeMap::new();
        let root = ResourceClass::ALL.map(|class| (ClassName::from(class), claim.amounts.of(class)));
        taken.insert(self.host.uuid, root.into_iter().filter(|(_, units)| *units > 0).collect());
        for device in self.devices.iter().filter(|device| device.owner == Some(claim.id)) {
            let provider = taken.entry(child_uuid(&self.host, head(device))).or_default();
            *provider.entry(ClassName::of_device(&device.seen)).or_default() += 1;
        }
        taken.retain(|_, amounts| !amounts.is_empty());
        taken
    }

    fn root(&self) -> Provider {
        let stocks =
            self.inventory.iter().map(|row| (row.stock.class.into(), Inventory::of_stock(&row.stock)));
        let mut used: Amounts = self.inventory.iter().map(|row| (row.stock.class.into(), 0)).collect();
        for claim in &self.claims {
            for class in ResourceClass::ALL.into_iter().filter(|class| claim.amounts.of(*class) > 0) {
                *used.entry(class.into()).or_default() += claim.amounts.of(class);
            }
        }
        let disabled = self.host.disabled.as_ref().map(|_| COMPUTE_STATUS_DISABLED);
        Provider {
            uuid: self.host.uuid,
            name: self.host.id.to_string(),
            parent: None,
            root: self.host.uuid,
            generation: self.host.children.0,
            inventories: stocks.collect(),
            used,
            traits: [COMPUTE_NODE].into_iter().chain(disabled).map(str::to_owned).collect(),
        }
    }

    fn child(&self, address: Address, family: &[&Device], in_use: &InUse) -> Provider {
        let mut counts: BTreeMap<ClassName, (u64, u64, u64)> = BTreeMap::new();
        let mut traits = BTreeSet::new();
        for device in family {
            let (total, withheld, used) = counts.entry(ClassName::of_device(&device.seen)).or_default();
            *total += 1;
            *used += u64::from(device.owner.is_some());
            *withheld += u64::from(device.owner.is_none() && !device.grantable(in_use));
            traits.extend(device.seen.traits.iter().cloned());
        }
        let inventory = |(class, (total, withheld, _)): (&ClassName, &(u64, u64, u64))| {
            (class.clone(), Inventory::of_devices(*total, *withheld))
        };
        Provider {
            uuid: child_uuid(&self.host, address),
            name: format!("{}_{}", self.host.id, address.to_string().to_ascii_uppercase()),
            parent: Some(self.host.uuid),
            root: self.host.uuid,
            generation: self.host.children.0,
            inventories: counts.iter().map(inventory).collect(),
            used: counts.into_iter().map(|(class, (_, _, used))| (class, used)).collect(),
            traits,
        }
    }
}

/// The function at which a device counts.
fn head(device: &Device) -> Address {
    device.seen.parent.unwrap_or(device.seen.address)
}

/// A child's uuid: made from its host's and its address, so that it is the same whenever and wherever it is asked for.
fn child_uuid(host: &Host, address: Address) -> Uuid {
    let digest =
        Sha256::new().chain_update(host.uuid.as_bytes()).chain_update(address.to_string()).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}
