//! The flavors that a fresh site offers.

use std::collections::BTreeMap;

use steadfast_model::flavor::{Flavor, PCI_ALIAS_SPEC};
use steadfast_model::ids::Moment;
use steadfast_operations::seam::{Page, Transactions, flavors, hosts};

use crate::exit::Failure;
use crate::world::{ControlWorld, own_cause};

/// Name, vCPUs, memory, disk, and the devices that it asks for.
const FLAVORS: [(&str, u64, u64, u64, Option<&str>); 3] =
    [("small", 1, 512, 1, None), ("gpu", 2, 4096, 10, Some("gpu:1")), ("nic", 1, 2048, 5, Some("nic-vf:2"))];

/// Puts the flavors into a store in which there is nothing yet; leaves any other as it is.
///
/// # Errors
/// When the store cannot be written.
pub async fn seed(world: &ControlWorld) -> Result<(), Failure> {
    let cause = own_cause();
    let seeded = world.tx("up.flavors", &cause, |tx| {
        let (offered, known) = tx.read((flavors(Page::ALL), hosts()))?;
        if offered.is_empty() && known.is_empty() {
            let at = tx.now();
            FLAVORS.into_iter().for_each(|entry| tx.insert(flavor(entry, at)));
        }
        Ok(())
    });
    seeded.await.map_err(Failure::cannot("put flavors into the store"))
}

fn flavor(entry: (&str, u64, u64, u64, Option<&str>), created_at: Moment) -> Flavor {
    let (name, vcpus, memory_mb, root_gb, devices) = entry;
    let spec = devices.map(|devices| (PCI_ALIAS_SPEC.to_owned(), devices.to_owned()));
    Flavor {
        id: name.parse().expect("it is a name"),
        name: name.to_owned(),
        vcpus,
        memory_mb,
        root_gb,
        ephemeral_gb: 0,
        swap_mb: 0,
        is_public: true,
        description: None,
        extra_specs: BTreeMap::from_iter(spec),
        created_at,
    }
}
