//! `GET /os-hypervisors/{hypervisor_id}`.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use steadfast_operations::seam::Halt;
use steadfast_operations::{Control, Refused};

use super::read::read;
use super::view::full;
use crate::compute::os_services::find::by_id;
use crate::http::microversion::Microversion;
use crate::http::query::Query;
use crate::http::refusal::Refusal;
use crate::http::segment::Segment;
use crate::http::versions::compute::{STRICT, UUIDS};
use crate::site::Site;

pub async fn show<C: Control>(
    State(site): State<Site<C>>,
    version: Microversion,
    Segment(id): Segment,
    mut query: Query,
) -> Result<Json<Value>, Refusal> {
    let with_servers = if version >= UUIDS { query.flag("with_servers")?.unwrap_or(false) } else { false };
    if version >= STRICT {
        query.finish()?;
    }
    let found = site
        .control()
        .view("hypervisors.show", move |view| {
            let host = by_id(view, version, "Hypervisor", &id).map_err(missing)?;
            Ok(read(view, vec![host])?.pop().expect("one host makes one hypervisor"))
        })
        .await?;
    Ok(Json(json!({"hypervisor": full(version, site.control().now(), with_servers, &found)})))
}

/// Clients try a name where an id belongs, and take only 404 or 400 for no.
fn missing(halt: Halt) -> Halt {
    match halt {
        Halt::Refused(Refused::Invalid(sentence)) => Refused::NotFound(sentence).into(),
        other => other,
    }
}
