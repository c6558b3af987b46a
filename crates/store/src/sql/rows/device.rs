//! `device`: a PCI device and the claim that owns it.

use steadfast_model::pci::{Device, Dirt, Observed};

use crate::sql::columns::{columns, tagged};

columns! { Device { host, seen, owner, present, foreign as "foreign_guest", dirt, stuck } }

columns! {
    Observed { address, kind, vendor, product, numa_node, parent, resource_class, traits: json, tags: json, sanitizer }
}

tagged!(Dirt, "dirt", "dirt_of");
