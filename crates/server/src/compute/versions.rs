//! What clients read first: which versions of Compute there are.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use steadfast_operations::Control;

use crate::endpoint::Endpoint;
use crate::http::access::Access;
use crate::http::route::Route;
use crate::http::versions::compute::VERSIONS;
use crate::site::Site;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let (all, one) = ("The versions of Compute", "The version of Compute, with its range of microversions");
    vec![
        Route::get("/compute", Access::Anyone, all, list::<C>),
        Route::get("/compute/", Access::Anyone, all, list::<C>),
        Route::get("/compute/v2.1", Access::Anyone, one, show::<C>),
        Route::get("/compute/v2.1/", Access::Anyone, one, show::<C>),
    ]
}

async fn list<C: Control>(State(site): State<Site<C>>) -> Json<Value> {
    Json(json!({"versions": [version(site.endpoint())]}))
}

async fn show<C: Control>(State(site): State<Site<C>>) -> Json<Value> {
    let mut version = version(site.endpoint());
    version["media-types"] =
        json!([{"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2.1"}]);
    Json(json!({"version": version}))
}

fn version(endpoint: &Endpoint) -> Value {
    json!({
        "id": "v2.1",
        "status": "CURRENT",
        "version": VERSIONS.max().to_string(),
        "min_version": VERSIONS.min().to_string(),
        "updated": "2013-07-23T11:33:21Z",
        "links": [{"rel": "self", "href": format!("{endpoint}/compute/v2.1/")}],
    })
}
