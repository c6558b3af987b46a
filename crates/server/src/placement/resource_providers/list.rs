//! `GET /resource_providers`: by host, each followed by its devices.

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};
use steadfast_operations::Control;
use uuid::Uuid;

use crate::http::microversion::Microversion;
use crate::http::query::Query;
use crate::http::refusal::Refusal;
use crate::http::versions::placement::{FILTER_AGGREGATES, FILTER_RESOURCES, FILTER_TRAITS, NESTED};
use crate::placement::cache::fresh;
use crate::placement::provider::Provider;
use crate::placement::tree::forest;
use crate::site::Site;

/// Filters of the API that this site does not have, with the version that brought them.
const UNBUILT: [(&str, Microversion); 3] =
    [("member_of", FILTER_AGGREGATES), ("resources", FILTER_RESOURCES), ("required", FILTER_TRAITS)];

pub async fn list<C: Control>(
    State(site): State<Site<C>>,
    version: Microversion,
    mut query: Query,
) -> Result<Response, Refusal> {
    let name = query.text("name");
    let uuid = query.parsed::<Uuid>("uuid", "a uuid")?;
    let in_tree = if version >= NESTED { query.parsed::<Uuid>("in_tree", "a uuid")? } else { None };
    for (key, since) in UNBUILT {
        if version >= since && query.has(key) {
            let sentence = format!("the filter {key} is part of the API, but this site does not have it");
            return Err(Refusal::not_implemented(sentence));
        }
    }
    query.finish()?;
    let trees: Vec<Vec<Provider>> = site
        .control()
        .view("providers.list", |view| Ok(forest(view)?.iter().map(|tree| tree.providers()).collect()))
        .await?;
    let in_its_tree =
        |tree: &&Vec<Provider>| in_tree.is_none_or(|uuid| tree.iter().any(|provider| provider.uuid == uuid));
    let wanted = trees.iter().filter(in_its_tree).flatten().filter(|provider| {
        name.as_ref().is_none_or(|name| *name == provider.name)
            && uuid.is_none_or(|uuid| uuid == provider.uuid)
    });
    let shown: Vec<Value> = wanted.map(|provider| provider.view(version)).collect();
    Ok(fresh(version, site.control().now(), json!({"resource_providers": shown})))
}
