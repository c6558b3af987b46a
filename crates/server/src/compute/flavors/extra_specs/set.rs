//! `PUT /flavors/{flavor_id}/os-extra_specs/{key}`.

use axum::extract::State;
use axum::{Extension, Json};
use steadfast_operations::Control;

use super::spec::{Specs, check, put};
use crate::http::body::Body;
use crate::http::microversion::Microversion;
use crate::http::refusal::{Refusal, quote};
use crate::http::request_id::RequestIds;
use crate::http::segment::Segment;
use crate::identity::caller::Caller;
use crate::site::Site;

pub async fn set<C: Control>(
    State(site): State<Site<C>>,
    Extension(ids): Extension<RequestIds>,
    version: Microversion,
    caller: Caller,
    Segment((id, key)): Segment<(String, String)>,
    Body(specs): Body<Specs>,
) -> Result<Json<Specs>, Refusal> {
    if specs.len() != 1 || !specs.contains_key(&key) {
        let key = quote(&key);
        return Err(Refusal::bad_request(format!(
            "the body is refused: it must have the one key `{key}`, as the path has"
        )));
    }
    check(&site, version, &specs)?;
    put(&site, &caller.cause(&ids), id, specs.clone()).await?;
    Ok(Json(specs))
}
