//! `DELETE /servers/{server_id}`.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use steadfast_operations::{Control, Refused, delete as operation};

use crate::http::refusal::{Refusal, quote};
use crate::http::request_id::RequestIds;
use crate::http::segment::Segment;
use crate::identity::caller::Caller;
use crate::site::Site;

pub async fn delete<C: Control>(
    State(site): State<Site<C>>,
    Extension(ids): Extension<RequestIds>,
    caller: Caller,
    Segment(id): Segment,
) -> Result<StatusCode, Refusal> {
    let instance = id.parse().map_err(|_| Refused::not_found("Instance", quote(&id)))?;
    operation(site.control(), &caller.cause(&ids), caller.scope(), instance).await?;
    Ok(StatusCode::NO_CONTENT)
}
