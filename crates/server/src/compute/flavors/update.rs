//! `PUT /flavors/{flavor_id}`: only the description can change.

use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};
use steadfast_model::flavor::Flavor;
use steadfast_operations::Control;

use super::find::find;
use super::view;
use crate::http::body::Body;
use crate::http::microversion::Microversion;
use crate::http::refusal::Refusal;
use crate::http::request_id::RequestIds;
use crate::http::segment::Segment;
use crate::http::text::Description;
use crate::identity::caller::Caller;
use crate::site::Site;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    flavor: Asked,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(deserialize_with = "Option::deserialize")]
    description: Option<Description>,
}

pub async fn update<C: Control>(
    State(site): State<Site<C>>,
    Extension(ids): Extension<RequestIds>,
    version: Microversion,
    caller: Caller,
    Segment(id): Segment,
    Body(Request { flavor }): Body<Request>,
) -> Result<Json<Value>, Refusal> {
    let description = flavor.description.map(|description| description.0);
    let updated = site
        .control()
        .tx("flavor.update", &caller.cause(&ids), move |tx| {
            let old = find(tx, &id, true)?;
            let new = Flavor { description: description.clone(), ..old.row.as_ref().clone() };
            tx.update(&old, new.clone());
            Ok(new)
        })
        .await?;
    Ok(Json(json!({"flavor": view::full(site.endpoint(), version, &updated)})))
}
