//! `POST /flavors/{flavor_id}/os-extra_specs`.

use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};
use steadfast_operations::Control;

use super::spec::{Specs, check, put};
use crate::http::body::Body;
use crate::http::microversion::Microversion;
use crate::http::refusal::Refusal;
use crate::http::request_id::RequestIds;
use crate::http::segment::Segment;
use crate::identity::caller::Caller;
use crate::site::Site;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    extra_specs: Specs,
}

pub async fn create<C: Control>(
    State(site): State<Site<C>>,
    Extension(ids): Extension<RequestIds>,
    version: Microversion,
    caller: Caller,
    Segment(id): Segment,
    Body(Request { extra_specs }): Body<Request>,
) -> Result<Json<Value>, Refusal> {
    check(&site, version, &extra_specs)?;
    put(&site, &caller.cause(&ids), id, extra_specs.clone()).await?;
    Ok(Json(json!({"extra_specs": extra_specs})))
}
