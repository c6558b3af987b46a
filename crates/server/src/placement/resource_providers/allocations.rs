//! `GET /resource_providers/{uuid}/allocations`.

use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value, json};
use steadfast_operations::Control;

use super::find::find;
use crate::http::microversion::Microversion;
use crate::http::refusal::Refusal;
use crate::http::segment::Segment;
use crate::http::versions::placement::CONSUMER_GENERATION;
use crate::placement::cache::fresh;
use crate::placement::consumer::held;
use crate::placement::provider::amounts;
use crate::site::Site;

pub async fn list<C: Control>(
    State(site): State<Site<C>>,
    version: Microversion,
    Segment(uuid): Segment,
) -> Result<Response, Refusal> {
    let (tree, provider, held) = site
        .control()
        .view("providers.allocations", move |view| {
            let (tree, provider) = find(view, &uuid)?;
            let held = held(view, tree.claims.clone())?;
            Ok((tree, provider, held))
        })
        .await?;
    let mut allocations = Map::new();
    for held in &held {
        let Some(taken) = tree.taken_by(&held.claim).remove(&provider.uuid) else { continue };
        let mut shown: Value = json!({"resources": amounts(&taken)});
        if version >= CONSUMER_GENERATION {
            shown["consumer_generation"] = json!(held.instance.children.0);
        }
        allocations.insert(held.consumer.uuid().to_string(), shown);
    }
    let body = json!({"resource_provider_generation": provider.generation, "allocations": allocations});
    Ok(fresh(version, site.control().now(), body))
}
