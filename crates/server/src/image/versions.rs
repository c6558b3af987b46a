//! What clients read first: which versions of Image there are.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use steadfast_operations::Control;

use crate::http::access::Access;
use crate::http::route::Route;
use crate::site::Site;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let does = "The versions of Image";
    ["/image", "/image/", "/image/versions"]
        .map(|path| Route::get(path, Access::Anyone, does, list::<C>))
        .into()
}

async fn list<C: Control>(State(site): State<Site<C>>) -> (StatusCode, Json<Value>) {
    let href = format!("{}/image/v2/", site.endpoint());
    let versions =
        json!({"versions": [{"id": "v2.9", "status": "CURRENT", "links": [{"rel": "self", "href": href}]}]});
    (StatusCode::MULTIPLE_CHOICES, Json(versions))
}
