//! `device`: a PCI device and the claim that owns it.

use steadfast_model::pci::{Device, Observed};

use crate::sql::columns::columns;

columns! { Device { host, seen, owner, present, foreign as "foreign_guest" } }

columns! {
    Observed { address, kind, vendor, product, numa_node, parent, resource_class, traits: json, tags: json }
}
