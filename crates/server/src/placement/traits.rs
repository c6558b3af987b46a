//! `/traits`: those that some provider has.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use steadfast_operations::Control;

use super::cache::{fresh, headers};
use super::resource_providers::ACCESS;
use super::tree::forest;
use crate::http::microversion::Microversion;
use crate::http::query::Query;
use crate::http::refusal::{Refusal, quote};
use crate::http::route::Route;
use crate::http::segment::Segment;
use crate::http::versions::placement::TRAITS;
use crate::site::Site;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let (all, one) = ("/placement/traits", "/placement/traits/{name}");
    vec![
        Route::get(all, ACCESS, "List the traits that providers have", list::<C>).since(TRAITS),
        Route::get(one, ACCESS, "Whether there is such a trait", show::<C>).since(TRAITS),
        Route::unbuilt(Method::PUT, one, "Create a trait").since(TRAITS),
        Route::unbuilt(Method::DELETE, one, "Delete a trait").since(TRAITS),
    ]
}

/// Which names a client asks for.
enum Names {
    In(BTreeSet<String>),
    StartingWith(String),
}

impl Names {
    fn parse(text: &str) -> Option<Names> {
        match text.split_once(':')? {
            ("in", names) => Some(Names::In(names.split(',').map(str::to_owned).collect())),
            ("startswith", prefix) => Some(Names::StartingWith(prefix.to_owned())),
            _ => None,
        }
    }

    fn take(&self, name: &str) -> bool {
        match self {
            Names::In(names) => names.contains(name),
            Names::StartingWith(prefix) => name.starts_with(prefix),
        }
    }
}

async fn list<C: Control>(
    State(site): State<Site<C>>,
    version: Microversion,
    mut query: Query,
) -> Result<Response, Refusal> {
    let names = query.parsed_by("name", "in:NAME,NAME or startswith:PREFIX", Names::parse)?;
    // Every trait here is one of some provider.
    let associated = query.flag("associated")?.unwrap_or(true);
    query.finish()?;
    let mut traits = known(&site).await?;
    traits.retain(|name| associated && names.as_ref().is_none_or(|names| names.take(name)));
    Ok(fresh(version, site.control().now(), json!({"traits": traits})))
}

async fn show<C: Control>(
    State(site): State<Site<C>>,
    version: Microversion,
    Segment(name): Segment,
) -> Result<Response, Refusal> {
    if !known(&site).await?.contains(&name) {
        return Err(Refusal::not_found(format!("No such trait {}", quote(&name))));
    }
    Ok((StatusCode::NO_CONTENT, headers(version, site.control().now())).into_response())
}

async fn known<C: Control>(site: &Site<C>) -> Result<BTreeSet<String>, Refusal> {
    let traits = site
        .control()
        .view("traits.list", |view| {
            let providers = forest(view)?.into_iter().flat_map(|tree| tree.providers());
            Ok(providers.flat_map(|provider| provider.traits).collect())
        })
        .await?;
    Ok(traits)
}
