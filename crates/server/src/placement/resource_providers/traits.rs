//! `GET /resource_providers/{uuid}/traits`.

use axum::extract::State;
use axum::response::Response;
use serde_json::json;
use steadfast_operations::Control;

use super::find::find;
use crate::http::microversion::Microversion;
use crate::http::refusal::Refusal;
use crate::http::segment::Segment;
use crate::placement::cache::fresh;
use crate::site::Site;

pub async fn list<C: Control>(
    State(site): State<Site<C>>,
    version: Microversion,
    Segment(uuid): Segment,
) -> Result<Response, Refusal> {
    let (_, provider) = site.control().view("providers.traits", move |view| find(view, &uuid)).await?;
    let body = json!({"traits": provider.traits, "resource_provider_generation": provider.generation});
    Ok(fresh(version, site.control().now(), body))
}
