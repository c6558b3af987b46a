//! `PUT /os-services/{service_id}`.

use axum::extract::State;
use axum::{Extension, Json};
use serde_json::{Value, json};
use steadfast_model::host::Host;
use steadfast_operations::{Control, disable, force_down, unforce_down};

use super::find::{by_id, by_name};
use super::request::{Change, Which, parse};
use super::view::{BINARY, view};
use crate::http::body::Body;
use crate::http::microversion::Microversion;
use crate::http::refusal::Refusal;
use crate::http::request_id::RequestIds;
use crate::http::segment::Segment;
use crate::http::versions::compute::UUIDS;
use crate::identity::caller::Caller;
use crate::site::Site;

pub async fn update<C: Control>(
    State(site): State<Site<C>>,
    Extension(ids): Extension<RequestIds>,
    version: Microversion,
    caller: Caller,
    Segment(segment): Segment,
    Body(body): Body<Value>,
) -> Result<Json<Value>, Refusal> {
    let (which, change) = parse(version, segment, body)?;
    let host = site
        .control()
        .view("services.find", move |view| match &which {
            Which::Id(id) => by_id(view, version, "Service", id),
            Which::Host(name) => by_name(view, name),
        })
        .await?;
    let (control, cause) = (site.control(), caller.cause(&ids));
    if let Some(disabled) = change.disabled.clone() {
        disable(control, &cause, host.id.clone(), disabled).await?;
    }
    match change.forced_down {
        Some(true) => force_down(control, &cause, host.id.clone()).await?,
        Some(false) => unforce_down(control, &cause, host.id.clone()).await?,
        None => {}
    }
    let name = host.id.clone();
    let now_so = control.view("services.show", move |view| by_name(view, name.as_str())).await?;
    let shown =
        if version >= UUIDS { view(version, control.now(), &now_so) } else { changed(&now_so, &change) };
    Ok(Json(json!({"service": shown})))
}

/// Before 2.53 an answer repeats what was changed, and no more.
fn changed(host: &Host, change: &Change) -> Value {
    let mut shown = json!({"host": host.id, "binary": BINARY});
    if let Some(disabled) = &change.disabled {
        shown["status"] = json!(if disabled.is_some() { "disabled" } else { "enabled" });
        if let Some(reason) = disabled.as_ref().filter(|reason| !reason.is_empty()) {
            shown["disabled_reason"] = json!(reason);
        }
    }
    if let Some(forced_down) = change.forced_down {
        shown["forced_down"] = json!(forced_down);
    }
    shown
}
