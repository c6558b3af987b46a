//! `/os-aggregates`: hosts are not grouped here, which clients that show a hypervisor want to hear.

use axum::Json;
use axum::http::Method;
use serde_json::{Value, json};
use steadfast_operations::Control;

use crate::http::access::Access;
use crate::http::route::Route;
use crate::identity::role::Role;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let all = "/compute/v2.1/os-aggregates";
    let one = "/compute/v2.1/os-aggregates/{aggregate_id}";
    vec![
        Route::get(all, Access::Role(Role::Admin), "List aggregates: none", list),
        Route::unbuilt(Method::POST, all, "Create an aggregate"),
        Route::unbuilt(Method::GET, one, "Show an aggregate"),
        Route::unbuilt(Method::PUT, one, "Change an aggregate"),
        Route::unbuilt(Method::DELETE, one, "Delete an aggregate"),
        Route::unbuilt(
            Method::POST,
            "/compute/v2.1/os-aggregates/{aggregate_id}/action",
            "Add a host, or remove one",
        ),
    ]
}

async fn list() -> Json<Value> {
    Json(json!({"aggregates": []}))
}
