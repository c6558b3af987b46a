//! `GET /resource_providers/{uuid}/inventories` and one of them.

use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value, json};
use steadfast_operations::Control;

use super::find::find;
use crate::http::microversion::Microversion;
use crate::http::refusal::{Refusal, quote};
use crate::http::segment::Segment;
use crate::placement::cache::fresh;
use crate::site::Site;

pub async fn list<C: Control>(
    State(site): State<Site<C>>,
    version: Microversion,
    Segment(uuid): Segment,
) -> Result<Response, Refusal> {
    let (_, provider) = site.control().view("providers.inventories", move |view| find(view, &uuid)).await?;
    let inventories: Map<String, Value> =
        provider.inventories.iter().map(|(class, inventory)| (class.to_string(), inventory.view())).collect();
    let body = json!({"resource_provider_generation": provider.generation, "inventories": inventories});
    Ok(fresh(version, site.control().now(), body))
}

pub async fn show<C: Control>(
    State(site): State<Site<C>>,
    version: Microversion,
    Segment((uuid, class)): Segment<(String, String)>,
) -> Result<Response, Refusal> {
    let (_, provider) = site.control().view("providers.inventories", move |view| find(view, &uuid)).await?;
    let found = provider.inventories.iter().find(|(name, _)| name.as_str() == class);
    let (_, inventory) = found.ok_or_else(|| {
        Refusal::not_found(format!("No inventory of class {} for {}", quote(&class), provider.uuid))
    })?;
    let mut body = inventory.view();
    body["resource_provider_generation"] = json!(provider.generation);
    Ok(fresh(version, site.control().now(), body))
}
