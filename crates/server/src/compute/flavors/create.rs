//! `POST /flavors`.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};
use steadfast_model::flavor::Flavor;
use steadfast_model::ids::{FlavorId, Moment};
use steadfast_operations::seam::{Halt, Page, Tx, flavors};
use steadfast_operations::{Control, Refused};

use super::view;
use crate::http::body::Body;
use crate::http::field;
use crate::http::integer::{INTEGER_MAX, Integer};
use crate::http::microversion::Microversion;
use crate::http::refusal::{Refusal, quote};
use crate::http::request_id::RequestIds;
use crate::http::text::{Description, Name};
use crate::http::versions::compute::FLAVOR_DESCRIPTION;
use crate::identity::caller::Caller;
use crate::site::Site;

/// How many flavors there may be. Every creation reads all names; sites have tens.
const FLAVORS_MAX: usize = 10_000;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    flavor: Asked,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    name: Name,
    ram: Integer<1, INTEGER_MAX>,
    vcpus: Integer<1, INTEGER_MAX>,
    disk: Integer<0, INTEGER_MAX>,
    id: Option<AskedId>,
    #[serde(rename = "OS-FLV-EXT-DATA:ephemeral")]
    ephemeral: Option<Integer<0, INTEGER_MAX>>,
    swap: Option<Integer<0, INTEGER_MAX>>,
    rxtx_factor: Option<f64>,
    #[serde(rename = "os-flavor-access:is_public")]
    is_public: Option<bool>,
    description: Option<Description>,
}

/// An id of the client's choice: some send a number, and `auto` means none.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "invalid type: expected a string or a number")]
enum AskedId {
    Number(u64),
    Text(String),
}

pub async fn create<C: Control>(
    State(site): State<Site<C>>,
    Extension(ids): Extension<RequestIds>,
    version: Microversion,
    caller: Caller,
    Body(Request { flavor }): Body<Request>,
) -> Result<Json<Value>, Refusal> {
    field::since(flavor.description.is_some(), "flavor.description", FLAVOR_DESCRIPTION, version)?;
    if flavor.rxtx_factor.is_some_and(|factor| (factor - 1.0).abs() > f64::EPSILON) {
        return Err(field::unoffered(
            "flavor.rxtx_factor",
            "there is nothing here that it would change, leave it out",
        ));
    }
    let id = match flavor.id.as_ref().map(AskedId::text).filter(|id| id != "auto") {
        None => site.control().id().to_string(),
        Some(id) => id,
    };
    let id = id
        .parse()
        .map_err(|error| Refusal::bad_request(format!("the body is refused at `flavor.id`: {error}")))?;
    let row = flavor.into_row(id, site.control().now());
    let created = site
        .control()
        .tx("flavor.create", &caller.cause(&ids), move |tx| insert(tx, &row).map(|()| row.clone()))
        .await?;
    Ok(Json(json!({"flavor": view::full(site.endpoint(), version, &created)})))
}

fn insert(tx: &mut Tx<'_>, row: &Flavor) -> Result<(), Halt> {
    let all = tx.read(flavors(Page::ALL))?;
    if all.iter().any(|other| other.id == row.id) {
        return Err(Refused::Conflict(format!("Flavor with ID {} already exists.", row.id)).into());
    }
    if all.iter().any(|other| other.name == row.name) {
        return Err(
            Refused::Conflict(format!("Flavor with name {} already exists.", quote(&row.name))).into()
        );
    }
    if all.len() >= FLAVORS_MAX {
        return Err(
            Refused::Conflict(format!("There are {FLAVORS_MAX} flavors already: delete one first.")).into()
        );
    }
    tx.insert(row.clone());
    Ok(())
}

impl AskedId {
    fn text(&self) -> String {
        match self {
            AskedId::Number(number) => number.to_string(),
            AskedId::Text(text) => text.clone(),
        }
    }
}

impl Asked {
    fn into_row(self, id: FlavorId, created_at: Moment) -> Flavor {
        Flavor {
            id,
            name: self.name.0,
            vcpus: self.vcpus.0,
            memory_mb: self.ram.0,
            root_gb: self.disk.0,
            ephemeral_gb: self.ephemeral.map_or(0, |gb| gb.0),
            swap_mb: self.swap.map_or(0, |mb| mb.0),
            is_public: self.is_public.unwrap_or(true),
            description: self.description.map(|description| description.0),
            extra_specs: BTreeMap::new(),
            created_at,
        }
    }
}
