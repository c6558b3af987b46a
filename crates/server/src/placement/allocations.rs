//! `GET /allocations/{consumer}`: what an instance or a migration holds.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use serde_json::{Map, Value, json};
use steadfast_model::host::Host;
use steadfast_model::ids::{InstanceId, MigrationId};
use steadfast_model::migration::Migration;
use steadfast_operations::Control;
use steadfast_operations::seam::{Halt, View, claims_of, get};
use uuid::Uuid;

use super::cache::fresh;
use super::consumer::{Held, held};
use super::provider::amounts;
use super::resource_providers::ACCESS;
use super::tree::{Amounts, Tree, trees};
use crate::http::microversion::Microversion;
use crate::http::refusal::Refusal;
use crate::http::route::Route;
use crate::http::segment::Segment;
use crate::http::versions::placement as v;
use crate::site::Site;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let (all, one) = ("/placement/allocations", "/placement/allocations/{consumer_uuid}");
    vec![
        Route::get(one, ACCESS, "What an instance or a migration holds", show::<C>),
        Route::unbuilt(Method::PUT, one, "Write a consumer's allocations"),
        Route::unbuilt(Method::DELETE, one, "Delete a consumer's allocations"),
        Route::unbuilt(Method::POST, all, "Write several consumers' allocations").since(v::POST_ALLOCATIONS),
    ]
}

async fn show<C: Control>(
    State(site): State<Site<C>>,
    version: Microversion,
    Segment(consumer): Segment,
) -> Result<Response, Refusal> {
    let found = match consumer.parse::<Uuid>() {
        Ok(uuid) => site.control().view("allocations.show", move |view| read(view, uuid)).await?,
        Err(_) => Vec::new(),
    };
    Ok(fresh(version, site.control().now(), view(version, &found)))
}

/// The claims of a consumer, each with the tree of its host.
fn read(view: &mut View<'_>, consumer: Uuid) -> Result<Vec<(Held, Tree)>, Halt> {
    let (migration, own) =
        view.read((get::<Migration>(&MigrationId(consumer)), claims_of(InstanceId(consumer))))?;
    let claims = match migration {
        Some(migration) => view.read(claims_of(migration.instance))?,
        None => own,
    };
    let mut held = held(view, claims)?;
    held.retain(|held| held.consumer.uuid() == consumer);
    let hosts: Vec<_> = held.iter().map(|held| get::<Host>(&held.claim.host)).collect();
    let hosts = view.read(hosts)?.into_iter().map(|host| host.expect("a claim's host exists")).collect();
    let trees = trees(view, hosts)?;
    Ok(held.into_iter().zip(trees).collect())
}

fn view(version: Microversion, found: &[(Held, Tree)]) -> Value {
    let mut providers: BTreeMap<Uuid, (u64, Amounts)> = BTreeMap::new();
    for (held, tree) in found {
        for (provider, taken) in tree.taken_by(&held.claim) {
            let (_, sum) =
                providers.entry(provider).or_insert_with(|| (tree.host.children.0, Amounts::new()));
            taken.into_iter().for_each(|(class, units)| *sum.entry(class).or_default() += units);
        }
    }
    let allocations: Map<String, Value> = providers
        .iter()
        .map(|(uuid, (generation, sum))| {
            (uuid.to_string(), json!({"generation": generation, "resources": amounts(sum)}))
        })
        .collect();
    let mut shown = json!({"allocations": allocations});
    let Some((held, _)) = found.first() else { return shown };
    if version >= v::ALLOCATION_OWNER {
        shown["project_id"] = json!(held.instance.project);
        shown["user_id"] = json!(held.instance.user);
    }
    if version >= v::CONSUMER_GENERATION {
        shown["consumer_generation"] = json!(held.instance.children.0);
    }
    if version >= v::CONSUMER_TYPE {
        shown["consumer_type"] = json!(held.consumer.kind());
    }
    shown
}
