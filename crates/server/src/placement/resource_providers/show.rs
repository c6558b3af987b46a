//! `GET /resource_providers/{uuid}`.

use axum::extract::State;
use axum::response::Response;
use steadfast_operations::Control;

use super::find::find;
use crate::http::microversion::Microversion;
use crate::http::refusal::Refusal;
use crate::http::segment::Segment;
use crate::placement::cache::fresh;
use crate::site::Site;

pub async fn show<C: Control>(
    State(site): State<Site<C>>,
    version: Microversion,
    Segment(uuid): Segment,
) -> Result<Response, Refusal> {
    let (_, provider) = site.control().view("providers.show", move |view| find(view, &uuid)).await?;
    Ok(fresh(version, site.control().now(), provider.view(version)))
}
