//! What clients read first: which versions of Placement there are.

use axum::Json;
use serde_json::{Value, json};
use steadfast_operations::Control;

use crate::http::access::Access;
use crate::http::route::Route;
use crate::http::versions::placement::VERSIONS;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let does = "The versions of Placement";
    vec![
        Route::get("/placement", Access::Anyone, does, list),
        Route::get("/placement/", Access::Anyone, does, list),
    ]
}

async fn list() -> Json<Value> {
    Json(json!({"versions": [{
        "id": "v1.0",
        "status": "CURRENT",
        "min_version": VERSIONS.min().to_string(),
        "max_version": VERSIONS.max().to_string(),
        "links": [{"rel": "self", "href": ""}],
    }]}))
}
