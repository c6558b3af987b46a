//! `GET /flavors/{flavor_id}/os-extra_specs` and one of them.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use steadfast_operations::Control;

use super::spec::missing;
use crate::compute::flavors::find::find;
use crate::http::refusal::Refusal;
use crate::http::segment::Segment;
use crate::identity::caller::Caller;
use crate::site::Site;

pub async fn list<C: Control>(
    State(site): State<Site<C>>,
    caller: Caller,
    Segment(id): Segment,
) -> Result<Json<Value>, Refusal> {
    let admin = caller.is_admin();
    let flavor = site.control().view("flavor.specs.list", move |view| find(view, &id, admin)).await?;
    Ok(Json(json!({"extra_specs": flavor.extra_specs})))
}

pub async fn show<C: Control>(
    State(site): State<Site<C>>,
    caller: Caller,
    Segment((id, key)): Segment<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    let (admin, wanted) = (caller.is_admin(), id.clone());
    let flavor = site.control().view("flavor.specs.show", move |view| find(view, &wanted, admin)).await?;
    let value = flavor.extra_specs.get(&key).ok_or_else(|| Refusal::from(missing(&id, &key)))?;
    Ok(Json(json!(BTreeMap::from([(key, value)]))))
}
