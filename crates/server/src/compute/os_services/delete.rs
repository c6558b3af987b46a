//! `DELETE /os-services/{service_id}`: the host is removed for good.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use steadfast_operations::{Control, remove_host};

use super::find::by_id;
use crate::http::microversion::Microversion;
use crate::http::refusal::Refusal;
use crate::http::request_id::RequestIds;
use crate::http::segment::Segment;
use crate::identity::caller::Caller;
use crate::site::Site;

pub async fn delete<C: Control>(
    State(site): State<Site<C>>,
    Extension(ids): Extension<RequestIds>,
    version: Microversion,
    caller: Caller,
    Segment(id): Segment,
) -> Result<StatusCode, Refusal> {
    let host = site.control().view("services.find", move |view| by_id(view, version, "Service", &id)).await?;
    remove_host(site.control(), &caller.cause(&ids), host.id.clone()).await?;
    Ok(StatusCode::NO_CONTENT)
}
