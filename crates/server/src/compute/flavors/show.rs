//! `GET /flavors/{flavor_id}`.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use steadfast_operations::Control;

use super::find::find;
use super::view;
use crate::http::microversion::Microversion;
use crate::http::refusal::Refusal;
use crate::http::segment::Segment;
use crate::identity::caller::Caller;
use crate::site::Site;

pub async fn show<C: Control>(
    State(site): State<Site<C>>,
    version: Microversion,
    caller: Caller,
    Segment(id): Segment,
) -> Result<Json<Value>, Refusal> {
    let admin = caller.is_admin();
    let flavor = site.control().view("flavors.show", move |view| find(view, &id, admin)).await?;
    Ok(Json(json!({"flavor": view::full(site.endpoint(), version, &flavor)})))
}
