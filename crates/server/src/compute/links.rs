//! The links of a resource.

use serde_json::{Value, json};

use crate::endpoint::Endpoint;

/// Where a resource is: at this version, and at any.
#[must_use]
pub fn links(endpoint: &Endpoint, collection: &str, id: &str) -> Value {
    json!([
        {"rel": "self", "href": format!("{endpoint}/compute/v2.1/{collection}/{id}")},
        {"rel": "bookmark", "href": format!("{endpoint}/compute/{collection}/{id}")},
    ])
}

/// The version-less link alone, which is how one resource points to another.
#[must_use]
pub fn bookmark(endpoint: &Endpoint, collection: &str, id: &str) -> Value {
    json!([{"rel": "bookmark", "href": format!("{endpoint}/compute/{collection}/{id}")}])
}
