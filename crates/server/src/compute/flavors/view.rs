//! A flavor as Nova shows it.

use serde_json::{Value, json};
use steadfast_model::flavor::Flavor;

use crate::compute::links::links;
use crate::endpoint::Endpoint;
use crate::http::microversion::Microversion;
use crate::http::versions::compute::{FLAVOR_DESCRIPTION, FLAVOR_EXTRA_SPECS, STRICT};

/// A line of the short list.
#[must_use]
pub fn name(endpoint: &Endpoint, version: Microversion, flavor: &Flavor) -> Value {
    let id = flavor.id.as_str();
    let mut shown = json!({"id": id, "name": flavor.name, "links": links(endpoint, "flavors", id)});
    if version >= FLAVOR_DESCRIPTION {
        shown["description"] = json!(flavor.description);
    }
    shown
}

/// A flavor in full.
#[must_use]
pub fn full(endpoint: &Endpoint, version: Microversion, flavor: &Flavor) -> Value {
    let mut shown = name(endpoint, version, flavor);
    shown["vcpus"] = json!(flavor.vcpus);
    shown["ram"] = json!(flavor.memory_mb);
    shown["disk"] = json!(flavor.root_gb);
    shown["OS-FLV-EXT-DATA:ephemeral"] = json!(flavor.ephemeral_gb);
    shown["swap"] = swap(version, flavor);
    shown["rxtx_factor"] = json!(1.0);
    shown["OS-FLV-DISABLED:disabled"] = json!(false);
    shown["os-flavor-access:is_public"] = json!(flavor.is_public);
    if version >= FLAVOR_EXTRA_SPECS {
        shown["extra_specs"] = json!(flavor.extra_specs);
    }
    shown
}

/// A flavor as a server shows the one that it was booted with, from 2.47 on.
#[must_use]
pub fn embedded(flavor: &Flavor) -> Value {
    json!({
        "vcpus": flavor.vcpus,
        "ram": flavor.memory_mb,
        "disk": flavor.root_gb,
        "ephemeral": flavor.ephemeral_gb,
        "swap": flavor.swap_mb,
        "original_name": flavor.name,
        "extra_specs": flavor.extra_specs,
    })
}

/// No swap was an empty text once.
fn swap(version: Microversion, flavor: &Flavor) -> Value {
    if flavor.swap_mb == 0 && version < STRICT { json!("") } else { json!(flavor.swap_mb) }
}
