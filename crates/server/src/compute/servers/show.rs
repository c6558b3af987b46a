//! `GET /servers/{server_id}`.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use steadfast_operations::Control;

use super::read::{one, with_homes};
use super::view::Viewer;
use crate::http::microversion::Microversion;
use crate::http::refusal::Refusal;
use crate::http::segment::Segment;
use crate::identity::caller::Caller;
use crate::site::Site;

pub async fn show<C: Control>(
    State(site): State<Site<C>>,
    version: Microversion,
    caller: Caller,
    Segment(id): Segment,
) -> Result<Json<Value>, Refusal> {
    let scope = caller.scope();
    let server = site
        .control()
        .view("servers.show", move |view| {
            let instance = one(view, &scope, &id, false)?;
            Ok(with_homes(view, vec![instance])?.pop().expect("one instance makes one server"))
        })
        .await?;
    let viewer =
        Viewer { endpoint: site.endpoint(), version, admin: caller.is_admin(), now: site.control().now() };
    Ok(Json(json!({"server": viewer.alone(&server)})))
}
