//! `GET /healthz`: whether this control plane can do its work, which is to read the store.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use steadfast_operations::Control;
use steadfast_operations::seam::{Page, unfinished};

use crate::http::access::Access;
use crate::http::refusal::Refusal;
use crate::http::route::Route;
use crate::site::Site;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    vec![Route::get("/healthz", Access::Anyone, "200 if the store can be read, 503 if not", healthz::<C>)]
}

async fn healthz<C: Control>(State(site): State<Site<C>>) -> Result<Json<Value>, Refusal> {
    let one = Page { after: None, limit: 1, descending: false };
    site.control().view("healthz", move |view| Ok(view.read(unfinished(one.clone())).map(|_| ())?)).await?;
    Ok(Json(json!({"status": "ok"})))
}
