//! `GET /os-services`: by host.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use steadfast_operations::Control;

use super::find::all;
use super::view::{BINARY, view};
use crate::http::microversion::Microversion;
use crate::http::query::Query;
use crate::http::refusal::Refusal;
use crate::http::versions::compute::STRICT;
use crate::site::Site;

pub async fn list<C: Control>(
    State(site): State<Site<C>>,
    version: Microversion,
    mut query: Query,
) -> Result<Json<Value>, Refusal> {
    // Clients send both empty when they want all.
    let host = query.text("host").filter(|host| !host.is_empty());
    let binary = query.text("binary").filter(|binary| !binary.is_empty());
    if version >= STRICT {
        query.finish()?;
    }
    let hosts = site.control().view("services.list", |view| Ok(all(view)?)).await?;
    let now = site.control().now();
    let wanted = hosts.iter().filter(|row| {
        host.as_ref().is_none_or(|host| row.id.as_str() == host)
            && binary.as_ref().is_none_or(|name| name == BINARY)
    });
    let services: Vec<Value> = wanted.map(|row| view(version, now, row)).collect();
    Ok(Json(json!({"services": services})))
}
