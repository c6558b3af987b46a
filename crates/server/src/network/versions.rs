//! Which versions of Network there are.

use axum::Json;
use axum::extract::State;
use axum::http::Method;
use serde_json::{Value, json};
use steadfast_operations::Control;

use crate::http::access::Access;
use crate::http::route::Route;
use crate::site::Site;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let (all, resources) = ("The versions of Network", "The resources of Network: none");
    vec![
        Route::get("/network", Access::Anyone, all, list::<C>),
        Route::get("/network/", Access::Anyone, all, list::<C>),
        Route::get("/network/v2.0", Access::Anyone, resources, show),
        Route::get("/network/v2.0/", Access::Anyone, resources, show),
        Route::get("/network/v2.0/extensions", Access::Anyone, "The extensions of Network: none", extensions),
        Route::unbuilt(Method::GET, "/network/v2.0/networks", "List networks"),
        Route::unbuilt(Method::GET, "/network/v2.0/ports", "List ports"),
    ]
}

async fn list<C: Control>(State(site): State<Site<C>>) -> Json<Value> {
    let href = format!("{}/network/v2.0/", site.endpoint());
    Json(json!({"versions": [{"id": "v2.0", "status": "CURRENT", "links": [{"rel": "self", "href": href}]}]}))
}

async fn show() -> Json<Value> {
    Json(json!({"resources": []}))
}

async fn extensions() -> Json<Value> {
    Json(json!({"extensions": []}))
}
