//! `/resource_classes`: the standard ones that hosts have, and those of their devices.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use serde_json::{Value, json};
use steadfast_model::inventory::ResourceClass;
use steadfast_operations::Control;

use super::cache::fresh;
use super::class::ClassName;
use super::resource_providers::ACCESS;
use super::tree::forest;
use crate::http::microversion::Microversion;
use crate::http::refusal::{Refusal, quote};
use crate::http::route::Route;
use crate::http::segment::Segment;
use crate::http::versions::placement::RESOURCE_CLASSES;
use crate::site::Site;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let (all, one) = ("/placement/resource_classes", "/placement/resource_classes/{name}");
    vec![
        Route::get(all, ACCESS, "List resource classes", list::<C>).since(RESOURCE_CLASSES),
        Route::get(one, ACCESS, "Show a resource class", show::<C>).since(RESOURCE_CLASSES),
        Route::unbuilt(Method::POST, all, "Create a resource class").since(RESOURCE_CLASSES),
        Route::unbuilt(Method::PUT, one, "Create or rename a resource class").since(RESOURCE_CLASSES),
        Route::unbuilt(Method::DELETE, one, "Delete a resource class").since(RESOURCE_CLASSES),
    ]
}

async fn list<C: Control>(State(site): State<Site<C>>, version: Microversion) -> Result<Response, Refusal> {
    let classes: Vec<Value> = known(&site).await?.iter().map(view).collect();
    Ok(fresh(version, site.control().now(), json!({"resource_classes": classes})))
}

async fn show<C: Control>(
    State(site): State<Site<C>>,
    version: Microversion,
    Segment(name): Segment,
) -> Result<Response, Refusal> {
    let found = known(&site).await?.into_iter().find(|class| class.as_str() == name);
    let class =
        found.ok_or_else(|| Refusal::not_found(format!("No such resource class {}", quote(&name))))?;
    Ok(fresh(version, site.control().now(), view(&class)))
}

async fn known<C: Control>(site: &Site<C>) -> Result<BTreeSet<ClassName>, Refusal> {
    let mut classes: BTreeSet<ClassName> = ResourceClass::ALL.into_iter().map(ClassName::from).collect();
    let of_devices: Vec<ClassName> = site
        .control()
        .view("classes.list", |view| {
            let providers = forest(view)?.into_iter().flat_map(|tree| tree.providers());
            Ok(providers.flat_map(|provider| provider.inventories.into_keys()).collect())
        })
        .await?;
    classes.extend(of_devices);
    Ok(classes)
}

fn view(class: &ClassName) -> Value {
    json!({"name": class.as_str(), "links": [{"rel": "self", "href": format!("/placement/resource_classes/{class}")}]})
}
