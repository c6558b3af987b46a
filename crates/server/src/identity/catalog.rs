//! The catalog: where each service of the site is.

use serde_json::{Value, json};

use crate::endpoint::Endpoint;
use crate::http::service::Service;

/// The interfaces of a service's one address.
const INTERFACES: [&str; 3] = ["public", "internal", "admin"];

/// The services that clients look for: type, the name that OpenStack gives it, and the path of its API.
const SERVICES: [(Service, &str, &str); 5] = [
    (Service::Compute, "nova", "/compute/v2.1"),
    (Service::Placement, "placement", "/placement"),
    (Service::Identity, "keystone", "/identity"),
    (Service::Image, "glance", "/image"),
    (Service::Network, "neutron", "/network"),
];

/// The catalog as a token shows it.
#[must_use]
pub fn catalog(endpoint: &Endpoint, region: &str) -> Value {
    let service = |(service, name, path): (Service, &str, &str)| {
        let kind = service.name();
        let endpoints: Vec<Value> = INTERFACES
            .iter()
            .map(|interface| {
                json!({
                    "id": format!("{kind}-{interface}"),
                    "interface": interface,
                    "region": region,
                    "region_id": region,
                    "url": format!("{endpoint}{path}"),
                })
            })
            .collect();
        json!({"id": kind, "type": kind, "name": name, "endpoints": endpoints})
    };
    SERVICES.into_iter().map(service).collect()
}
