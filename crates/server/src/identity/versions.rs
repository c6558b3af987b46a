//! What clients read before they log in: which versions of Identity there are.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use steadfast_operations::Control;

use crate::endpoint::Endpoint;
use crate::http::access::Access;
use crate::http::route::Route;
use crate::site::Site;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let (all, one) = ("The versions of Identity", "The version of Identity");
    vec![
        Route::get("/identity", Access::Anyone, all, list::<C>),
        Route::get("/identity/", Access::Anyone, all, list::<C>),
        Route::get("/identity/v3", Access::Anyone, one, show::<C>),
        Route::get("/identity/v3/", Access::Anyone, one, show::<C>),
    ]
}

async fn list<C: Control>(State(site): State<Site<C>>) -> (StatusCode, Json<Value>) {
    let versions = json!({"versions": {"values": [version(site.endpoint())]}});
    (StatusCode::MULTIPLE_CHOICES, Json(versions))
}

async fn show<C: Control>(State(site): State<Site<C>>) -> Json<Value> {
    Json(json!({"version": version(site.endpoint())}))
}

fn version(endpoint: &Endpoint) -> Value {
    json!({
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": format!("{endpoint}/identity/v3/")}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    })
}
